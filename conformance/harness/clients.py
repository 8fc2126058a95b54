"""The AWS SDK for Python and the AWS command line, pointed at a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.server import Keys, Server

_SESSION = boto3.session.Session()
_ONCE = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=10,
    read_timeout=30,
    user_agent_extra="conformance",
    # What is wrong in a request is the server's to say.
    parameter_validation=False,
)
AWS = Path(sys.executable).with_name("aws")


class Sdk:
    """boto3 clients of all services with one set of keys; one try each."""

    def __init__(self, server: Server, keys: Keys) -> None:
        self.server, self.keys = server, keys
        self._made: dict[str, Any] = {}

    def _client(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = _SESSION.client(
                service,
                endpoint_url=self.server.api,
                verify=str(self.server.ca),
                region_name=self.server.region,
                aws_access_key_id=self.keys.access_key_id,
                aws_secret_access_key=self.keys.secret_access_key,
                aws_session_token=self.keys.session_token,
                config=_ONCE,
            )
        return self._made[service]

    @property
    def iot(self) -> Any:
        return self._client("iot")

    @property
    def iam(self) -> Any:
        return self._client("iam")

    @property
    def sts(self) -> Any:
        return self._client("sts")

    @property
    def dynamodb(self) -> Any:
        return self._client("dynamodb")

    def service(self, name: str) -> Any:
        return self._client(name)


class Refused:
    """What a client was refused with: `with Refused() as refused: client.call()`."""

    status: int
    code: str
    message: str
    request_id: str
    error: ClientError

    def __enter__(self) -> Refused:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if error is None:
            raise AssertionError("the call was allowed")
        if not isinstance(error, ClientError):
            return False
        self.error = error
        self.code = error.response["Error"]["Code"]
        self.message = error.response["Error"].get("Message", "")
        self.status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        headers = error.response["ResponseMetadata"]["HTTPHeaders"]
        self.request_id = headers.get("x-amzn-requestid", "")
        return True


def request_id(response: dict[str, Any]) -> str:
    """The id that a successful answer came with."""
    return response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]


class Shell:
    """A shell in which `eval "$(thingpass env)"` was run: the unmodified AWS command line."""

    def __init__(self, server: Server, keys: Keys, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ENDPOINT_URL": server.api,
            "AWS_CA_BUNDLE": str(server.ca),
            "AWS_REGION": server.region,
            "AWS_DEFAULT_REGION": server.region,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }
        if keys.session_token:
            self.environment["AWS_SESSION_TOKEN"] = keys.session_token

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [str(AWS), *arguments]
        environment = self.environment | more
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, cwd=self.folder, env=environment
        )

    def aws(self, *arguments: str) -> Any:
        """Runs a command that must succeed; gives its JSON, or `None` where it says nothing."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"aws {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def refused(self, *arguments: str) -> str:
        """Runs a command that must be refused; gives what it says."""
        done = self.run(*arguments)
        assert done.returncode != 0, f"aws {' '.join(arguments)} was allowed:\n{done.stdout}"
        return done.stderr
