"""SIGTERM: what is in flight is finished, what is not is not waited for."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Callable

import pytest

from harness import http2
from harness.clients import Sdk
from harness.fleet import Fleet, policy, allow
from harness.http import Line, connect, tls
from harness.http2 import HEADERS, SHUT_WINDOW, WINDOW_UPDATE, block, frame, request
from harness.pki import Workshop
from harness.server import Server
from harness.sign import Plain, sign
from harness.wait import until

Another = Callable[..., Server]
# Far below shutdown_timeout_seconds, which is 30.
AT_ONCE_SECONDS = 5
STILL = "still in flight"


def stops_at_once(server: Server) -> None:
    begin = time.monotonic()
    assert server.wait() == 0
    assert time.monotonic() < begin + AT_ONCE_SECONDS
    assert STILL not in server.log()


def test_who_asks_nothing_is_not_waited_for(another: Another) -> None:
    """Neither for its answer to a PING, nor its handshake, nor the rest of its head."""
    server = another().start()
    open_lines: list[socket.socket] = []
    for port in (server.api_port, server.device_port):
        open_lines.append(socket.create_connection(("127.0.0.1", port), timeout=10))
        open_lines.append(connect(port, tls(server.ca)))
        half = connect(port, tls(server.ca))
        half.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nA: ")
        kept = connect(port, tls(server.ca))
        assert Line(kept).ask("GET", "/", [("Host", "x")]).status in (200, 404)
        idle = connect(port, tls(server.ca, alpn=["h2"]))
        http2.begin(idle)
        idle.sendall(request(1, block("GET", "/x")))
        assert http2.hear(idle, http2.ends(1)).of(HEADERS)
        open_lines += [half, kept, idle]
    server.signal(signal.SIGTERM)
    stops_at_once(server)
    for line in open_lines:
        line.close()


@pytest.mark.parametrize("door", ["device", "tables"])
def test_an_answer_that_is_not_taken_yet_is_finished_over_http_2(
    another: Another, workshop: Workshop, door: str
) -> None:
    server = another().start()
    fleet = Fleet(server, workshop)
    if door == "device":
        device, alias = fleet.device(), fleet.alias(fleet.role(policy(allow("dynamodb:GetItem"))))
        port, context, wanted = server.device_port, tls(server.ca, device.identity, alpn=["h2"]), b"sessionToken"
        asked = request(1, block("GET", f"/role-aliases/{alias}/credentials"))
    else:
        own = fleet.table()
        kind = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.PutItem"}
        body = json.dumps({"TableName": own, "Item": {"id": {"S": "1"}}, "ReturnValues": "ALL_OLD"}).encode()
        signed = sign(server, Plain("dynamodb", "POST", "/", kind, body), server.admin)
        fields = [(name, value) for name, value in signed.headers if name.lower() != "host"]
        port, context, wanted = server.api_port, tls(server.ca, alpn=["h2"]), b"{}"
        asked = request(1, block("POST", "/", fields, signed.header("host")), body)
    with connect(port, context) as busy, connect(port, context) as idle:
        http2.begin(busy, SHUT_WINDOW)
        busy.sendall(asked)
        http2.begin(idle)
        assert http2.hear(busy, lambda own: own.kind == HEADERS).of(HEADERS), "the answer has begun"
        server.signal(signal.SIGTERM)
        assert http2.hear(idle).is_closed, "who asks nothing goes first"
        assert server.is_running(), "a request is in flight"
        busy.sendall(frame(WINDOW_UPDATE, 0, 1, (65_536).to_bytes(4, "big")))
        heard = http2.hear(busy)
    assert wanted in b"".join(own.payload for own in heard.of(http2.DATA, 1)) and heard.is_closed
    assert heard.goaway and set(heard.goaway) == {0}
    stops_at_once(server)


@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/2"])
def test_a_write_to_a_table_that_is_in_flight_is_done(another: Another, workshop: Workshop, protocol: str) -> None:
    server = another().start()
    own = Fleet(server, workshop).table()
    kind = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.PutItem"}
    body = json.dumps({"TableName": own, "Item": {"id": {"S": "1"}}}).encode()
    signed = sign(server, Plain("dynamodb", "POST", "/", kind, body), server.admin)
    alpn = ["h2"] if protocol == "HTTP/2" else None
    with connect(server.api_port, tls(server.ca, alpn=alpn)) as stream:
        if alpn:
            fields = [(name, value) for name, value in signed.headers if name.lower() != "host"]
            http2.begin(stream)
            start = frame(HEADERS, http2.END_HEADERS, 1, block("POST", "/", fields, signed.header("host")))
            stream.sendall(start + frame(http2.DATA, 0, 1, body[:5]))
            stream.sendall(frame(http2.PING, 0, 0, b"all read"))
            assert http2.hear(stream, lambda own: own.payload == b"all read").of(http2.PING)
        else:
            head = "POST / HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in signed.headers)
            stream.sendall(f"{head}Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode())
            assert stream.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            stream.sendall(body[:5])
        server.signal(signal.SIGTERM)
        until(lambda: "stopping" in server.log(), "the server saying that it stops")
        assert server.is_running(), "a request is in flight"
        if alpn:
            stream.sendall(frame(http2.DATA, http2.END_STREAM, 1, body[5:]))
            heard = http2.hear(stream)
            assert heard.is_closed and b"{}" in [own.payload for own in heard.of(http2.DATA, 1)], heard
        else:
            stream.sendall(body[5:])
            assert Line(stream).answer("POST").status == 200
            assert Line(stream).is_closed()
    stops_at_once(server)
    server.start()
    kept = Sdk(server, server.admin).dynamodb.get_item(TableName=own, Key={"id": {"S": "1"}})
    assert kept["Item"] == {"id": {"S": "1"}}


def test_what_is_still_in_flight_when_patience_ends_is_told(another: Another) -> None:
    server = another("[limits]\nshutdown_timeout_seconds = 1").start()
    signed = sign(server, Plain("iot", "POST", "/things/x", {"Content-Type": "application/json"}, b"{}"), server.admin)
    head = "POST /things/x HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in signed.headers)
    with Line(connect(server.api_port, tls(server.ca))) as line:
        line.send(f"{head}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode())
        assert line.stream.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    assert STILL in server.log()
