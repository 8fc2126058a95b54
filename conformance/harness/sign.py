"""Requests signed by botocore at any time, for any scope, and changed afterwards."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, replace

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.http import Answer, ask_once, tls
from harness.server import Keys, Server


@dataclass(frozen=True)
class Signed:
    """A request as it goes out."""

    method: str
    target: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str:
        return next(value for own, value in self.headers if own.lower() == name.lower())

    def with_header(self, name: str, value: str) -> Signed:
        """The same with a header changed, or added."""
        kept = [(own, old) for own, old in self.headers if own.lower() != name.lower()]
        return replace(self, headers=[*kept, (name, value)])

    def adding(self, name: str, value: str) -> Signed:
        """The same with a header more, also if it stands there already."""
        return replace(self, headers=[*self.headers, (name, value)])

    def without(self, name: str) -> Signed:
        return replace(self, headers=[(own, v) for own, v in self.headers if own.lower() != name.lower()])

    def send(self, server: Server) -> Answer:
        headers = [*self.headers, ("Content-Length", str(len(self.body)))]
        context = tls(server.ca)
        return ask_once(server.api_port, context, self.method, self.target, headers, self.body)


@dataclass(frozen=True)
class Plain:
    """A request before it is signed."""

    service: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def sign(
    server: Server,
    plain: Plain,
    keys: Keys,
    *,
    minutes: float = 0,
    service: str | None = None,
    region: str | None = None,
    presigned: bool = False,
) -> Signed:
    """Signs a request as botocore does, `minutes` off the true time."""
    url = f"https://localhost:{server.api_port}{plain.path}"
    request = AWSRequest(plain.method, url, headers=dict(plain.headers), data=plain.body)
    credentials = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
    kind = _Presigning if presigned else _Signing
    signer = kind(credentials, service or plain.service, region or server.region)
    signer.minutes = minutes
    signer.add_auth(request)
    prepared = request.prepare()
    target = "/" + prepared.url.split("/", 3)[3]
    headers = [(name, _text(value)) for name, value in prepared.headers.items()]
    headers = [("Host", f"localhost:{server.api_port}")] + [
        (name, value) for name, value in headers if name.lower() not in ("host", "content-length")
    ]
    named = {name.lower() for name, _ in headers}
    headers += [(name, value) for name, value in plain.headers.items() if name.lower() not in named]
    return Signed(plain.method, target, headers, plain.body)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class _AtAnyTime:
    minutes: float = 0

    def add_auth(self, request: AWSRequest) -> None:
        now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=self.minutes)
        request.context["timestamp"] = now.strftime(SIGV4_TIMESTAMP)
        body = request.data
        if isinstance(self, SigV4QueryAuth):
            # botocore would move the body into the query.
            request.data = b""
        self._modify_request_before_signing(request)
        request.data = body
        canonical = self.canonical_request(request)
        text = self.string_to_sign(request, canonical)
        self._inject_signature_to_request(request, self.signature(text, request))


class _Signing(_AtAnyTime, SigV4Auth):
    pass


class _Presigning(_AtAnyTime, SigV4QueryAuth):
    pass
