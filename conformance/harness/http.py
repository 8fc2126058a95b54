"""HTTP as bytes on a wire: answers as they came, requests as no client library would send them."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import http2
from harness.pki import Identity
from harness.wait import PATIENCE_SECONDS


@dataclass(frozen=True)
class Answer:
    """An answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def request_id(self) -> str:
        return self.headers["x-amzn-requestid"] or ""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """AWS's error code, whatever the protocol."""
        text = self.body.decode(errors="replace")
        for pattern in (r"<Code>([^<]*)</Code>", r'"__type":"(?:[^"#]*#)?([^"]*)"'):
            found = re.search(pattern, text)
            if found:
                return found[1]
        return self.headers["x-amzn-errortype"] or ""

    @property
    def message(self) -> str:
        text = self.body.decode(errors="replace")
        found = re.search(r"<Message>([^<]*)</Message>", text) or re.search(
            r'"[mM]essage":"((?:[^"\\]|\\.)*)"', text
        )
        return found[1].replace("&apos;", "'") if found else text


def tls(
    ca: Path,
    identity: Identity | None = None,
    *,
    version: ssl.TLSVersion | None = None,
    alpn: list[str] | None = None,
    key: Path | None = None,
    check_name: bool = True,
) -> ssl.SSLContext:
    """A client's side of TLS that trusts one CA."""
    context = ssl.create_default_context(cafile=str(ca))
    context.check_hostname = check_name
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if alpn is not None:
        context.set_alpn_protocols(alpn)
    if identity is not None:
        context.load_cert_chain(identity.cert, key or identity.key)
    return context


def connect(
    port: int, context: ssl.SSLContext, name: str | None = "localhost", seconds: float = PATIENCE_SECONDS
) -> ssl.SSLSocket:
    """A connection with its handshake done; `name` is the SNI."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=seconds)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise


class Line:
    """One connection, kept open over requests."""

    def __init__(self, stream: ssl.SSLSocket) -> None:
        self.stream = stream

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def send(self, data: bytes) -> None:
        self.stream.sendall(data)

    def answer(self, method: str = "GET") -> Answer:
        """Reads one answer and leaves the connection as it is."""
        response = http.client.HTTPResponse(self.stream, method=method)
        response.begin()
        body = response.read()
        return Answer(response.status, response.headers, body)

    def ask(
        self, method: str, target: str, headers: list[tuple[str, str]] = [], body: bytes = b""
    ) -> Answer:
        """Sends a request exactly so, and reads the answer."""
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers)
        self.send(head.encode("latin-1") + b"\r\n" + body)
        return self.answer(method)

    def is_closed(self) -> bool:
        """Waits for the server to close; whatever it still says is read and dropped."""
        try:
            while self.stream.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True


def ask_once(
    port: int, context: ssl.SSLContext, method: str, target: str, headers: list[tuple[str, str]], body: bytes = b""
) -> Answer:
    """One request on a connection of its own."""
    with Line(connect(port, context)) as line:
        return line.ask(method, target, headers, body)


def ask_http_2(stream: ssl.SSLSocket, target: str, headers: list[tuple[str, str]] = []) -> tuple[bytes, bytes]:
    """One GET over HTTP/2, written by hand: the first header field of the answer, and its body.

    A field that is `b"\x88"` is `:status: 200` (RFC 7541, appendix A).
    """
    http2.begin(stream)
    stream.sendall(http2.request(1, http2.block("GET", target, headers)))
    status, body, read = b"", b"", stream.makefile("rb")
    while True:
        head = read.read(9)
        payload = read.read(int.from_bytes(head[:3], "big"))
        kind, flags = head[3], head[4]
        if kind == 1:
            status = payload[:1]
        elif kind == 0:
            body += payload
        assert kind != 7, f"GOAWAY: {payload!r}"
        if kind in (0, 1) and flags & 1:
            return status, body
