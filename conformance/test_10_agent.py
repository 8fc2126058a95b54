"""The device's own program: `aws --profile` with `credential_process = thingpass-agent credentials`."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from harness import secrets
from harness.clients import Shell
from harness.fleet import Device, Fleet, allow, name, policy
from harness.pki import P256, P384, RSA, openssl
from harness.server import AGENT, Keys


class Board:
    """A device's file system: agent, configuration, cache, and the AWS command line's profile."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self.fleet, self.folder = fleet, folder
        self.thing = fleet.thing()
        self.device: Device = fleet.device(self.thing)
        self.alias = fleet.alias(fleet.role(policy(allow("dynamodb:ListTables"))))
        self.config = folder / "agent.toml"
        self.cache = folder / "cache"
        self.write()
        self.aws_config = folder / "aws-config"
        self.aws_config.write_text(
            "[profile device]\n"
            f"region = {fleet.server.region}\n"
            f"credential_process = {AGENT} credentials --config {self.config}\n"
        )

    def write(self, **changed: str) -> None:
        values = {
            "endpoint": self.fleet.server.device,
            "ca": str(self.fleet.server.ca),
            "cert": str(self.device.identity.cert),
            "key": str(self.device.identity.key),
            "role_alias": self.alias,
            "thing_name": self.thing,
            "cache_dir": str(self.cache),
        } | changed
        self.config.write_text("".join(f"{own} = {json.dumps(value)}\n" for own, value in values.items()))

    def agent(self, *more: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        command = [str(AGENT), "credentials", "--config", str(self.config), *more]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)

    def vended(self) -> int:
        """How many credentials the server has given out to this device."""
        events = self.fleet.server.events()
        own = self.device.certificate_id
        return sum(
            1 for e in events if e["door"] == "device" and e["decision"] == "allow" and e.get("certificate_id") == own
        )


@pytest.fixture
def board(fleet: Fleet, tmp_path: Path) -> Board:
    return Board(fleet, tmp_path)


def test_the_aws_command_line_works_with_the_agent(board: Board, tmp_path: Path) -> None:
    shell = Shell(board.fleet.server, Keys("", ""), tmp_path)
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del shell.environment[variable]
    shell.environment["AWS_CONFIG_FILE"] = str(board.aws_config)
    told = shell.aws("--profile", "device", "sts", "get-caller-identity")
    assert told["Arn"].endswith(f"/{board.device.certificate_id}")
    assert "TableNames" in shell.aws("--profile", "device", "dynamodb", "list-tables")
    assert board.vended() == 1, "the second command used the cache"


def test_a_certificate_of_version_1_works_with_the_agent(board: Board) -> None:
    iot, workshop = board.fleet.admin.iot, board.fleet.workshop
    ca = workshop.ca("Maker of version 1")
    code = iot.get_registration_code()["registrationCode"]
    iot.register_ca_certificate(
        caCertificate=ca.pem, verificationCertificate=workshop.leaf(ca, code).pem, setAsActive=True
    )
    for kind in (RSA, P256, P384):
        identity = workshop.leaf(ca, "lamp", kind)
        assert "Version: 1 (0x0)" in openssl("x509", "-in", identity.cert, "-noout", "-text")
        made = iot.register_certificate(
            certificatePem=identity.pem, caCertificatePem=ca.pem, setAsActive=True
        )
        device = Device(identity, made["certificateArn"], made["certificateId"], board.thing, None)
        iot.attach_thing_principal(thingName=board.thing, principal=device.certificate_arn)
        board.fleet.attach(device)
        board.device = device
        board.write()
        done = board.agent("--no-cache")
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        secrets.note(document["SecretAccessKey"], document["SessionToken"])
        assert board.vended() == 1
    board.write(key=str(workshop.key()))
    done = board.agent("--no-cache")
    assert done.returncode == 2 and "does not belong to the certificate in" in done.stderr


def test_the_document_is_the_sdks_and_fits_the_oldest(board: Board) -> None:
    done = board.agent()
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.encode()) <= 1024
    document = json.loads(done.stdout)
    assert list(document) == ["Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]
    assert document["Version"] == 1 and len(document["Expiration"]) == 20
    secrets.note(document["SecretAccessKey"], document["SessionToken"])


def test_the_document_of_the_longest_names_fits_too(board: Board) -> None:
    fleet = board.fleet
    thing_type, thing, alias = (name(noun)[:128].ljust(128, "x") for noun in ("type", "thing", "alias"))
    fleet.admin.iot.create_thing_type(thingTypeName=thing_type)
    fleet.admin.iot.create_thing(thingName=thing, thingTypeName=thing_type)
    fleet.admin.iot.attach_thing_principal(thingName=thing, principal=board.device.certificate_arn)
    fleet.admin.iot.create_role_alias(roleAlias=alias, roleArn=fleet.role())
    board.write(thing_name=thing, role_alias=alias)
    done = board.agent()
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    secrets.note(document["SecretAccessKey"], document["SessionToken"])
    assert len(done.stdout.encode()) <= 1024


def test_the_cache_serves_the_next_call_and_is_private(board: Board) -> None:
    first, second = board.agent(), board.agent()
    assert first.stdout == second.stdout and board.vended() == 1
    files = [path for path in board.cache.rglob("*") if path.is_file()]
    assert files and all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in files)
    for key in ("SecretAccessKey", "SessionToken"):
        secrets.note(json.loads(first.stdout)[key])
    fresh = board.agent("--no-cache")
    assert fresh.returncode == 0 and fresh.stdout != first.stdout and board.vended() == 2
    secrets.note(*(json.loads(fresh.stdout)[key] for key in ("SecretAccessKey", "SessionToken")))


def test_a_refusal_is_told_with_its_request_id(board: Board) -> None:
    board.write(thing_name=board.fleet.thing())
    done = board.agent()
    assert done.returncode == 1 and not done.stdout
    assert "Invalid thing name passed" in done.stderr
    denied = [e for e in board.fleet.server.events() if e.get("certificate_id") == board.device.certificate_id]
    assert denied[-1]["decision"] == "deny" and denied[-1]["request_id"] in done.stderr


def test_a_server_of_another_ca_is_not_trusted(board: Board) -> None:
    board.write(ca=str(board.fleet.workshop.self_signed("other").cert))
    done = board.agent()
    assert done.returncode == 1 and not done.stdout and done.stderr.startswith("thingpass-agent: ")
    assert board.vended() == 0


def test_a_configuration_that_lacks_something_is_exit_code_2(board: Board, tmp_path: Path) -> None:
    board.write(role_alias="")
    assert board.agent().returncode == 2
    board.write(key=str(tmp_path / "none.key"))
    done = board.agent()
    assert done.returncode == 2 and "none.key" in done.stderr
    board.config.write_text("endpont = 1\n")
    assert board.agent().returncode == 2
    board.config.unlink()
    assert board.agent().returncode == 2


def test_a_server_that_is_away_is_exit_code_1(board: Board) -> None:
    board.write(endpoint="localhost:1")
    done = board.agent("--timeout", "2")
    assert done.returncode == 1 and not done.stdout and "localhost:1" in done.stderr
