"""Who asks and does not take the answers holds a bounded piece of memory, for a bounded time."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from harness import http2
from harness.clients import Sdk
from harness.fleet import Fleet, allow, policy
from harness.http import connect, tls
from harness.http2 import SETTINGS, SHUT_WINDOW, block, request
from harness.pki import Workshop
from harness.server import Server
from harness.sign import Plain, Signed, sign
from harness.wait import until

Another = Callable[..., Server]
ITEMS, ITEM_BYTES = 38, 390_000
MEGABYTE = 1024 * 1024
# Three quarters for the tables: three answers of 15 MB.
MEMORY, PLACES = 64 * MEGABYTE, 3
# The answers, what they are made from, and what the allocator keeps.
GROWTH_MAX = MEMORY + 128 * MEGABYTE
CONNECTIONS, STREAMS = 4, 16
UNTAKEN_SECONDS = 30


@pytest.fixture
def server(another: Another) -> Server:
    return another(f"[limits]\nanswer_memory_bytes = {MEMORY}").start()


@pytest.fixture
def table(server: Server, workshop: Workshop) -> str:
    fleet = Fleet(server, workshop)
    own = fleet.table()
    for number in range(ITEMS):
        fleet.admin.dynamodb.put_item(
            TableName=own, Item={"id": {"S": str(number)}, "load": {"S": "x" * ITEM_BYTES}}
        )
    return own


def keys(table: str, count: int) -> dict[str, object]:
    return {table: {"Keys": [{"id": {"S": str(number)}} for number in range(count)]}}


def all_of(server: Server, table: str) -> Signed:
    kind = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.BatchGetItem"}
    body = json.dumps({"RequestItems": keys(table, ITEMS)}).encode()
    return sign(server, Plain("dynamodb", "POST", "/", kind, body), server.admin)


def ask_and_read_nothing(server: Server, asked: Signed) -> ssl.SSLSocket:
    head = "POST / HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in asked.headers)
    stream = connect(server.api_port, tls(server.ca), seconds=2 * UNTAKEN_SECONDS)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stream.sendall(f"{head}Content-Length: {len(asked.body)}\r\n\r\n".encode() + asked.body)
    return stream


def ask_behind_a_shut_window(server: Server, asked: Signed) -> ssl.SSLSocket:
    own = [(name, value) for name, value in asked.headers if name.lower() != "host"]
    fields = block("POST", "/", [*own, ("content-length", str(len(asked.body)))], asked.header("host"))
    stream = connect(server.api_port, tls(server.ca, alpn=["h2"]), seconds=2 * UNTAKEN_SECONDS)
    http2.begin(stream, SHUT_WINDOW)
    for number in range(STREAMS):
        stream.sendall(request(2 * number + 1, fields, asked.body))
    return stream


def test_answers_that_nobody_takes(server: Server, table: str, workshop: Workshop) -> None:
    fleet, asked = Fleet(server, workshop), all_of(server, table)
    device, alias = fleet.device(), fleet.alias(fleet.role(policy(allow("dynamodb:GetItem"))))
    before = server.resident_bytes()
    assert len(asked.send(server).body) > ITEMS * ITEM_BYTES, "who reads is answered"

    slow = ask_and_read_nothing(server, asked)
    shut = [ask_behind_a_shut_window(server, asked) for _ in range(CONNECTIONS)]
    given = sum(whole_answers(stream) for stream in shut)
    assert PLACES - 1 <= given <= PLACES, "the one over HTTP/1.1 has the other"
    held = server.resident_bytes() - before
    assert held < GROWTH_MAX, f"{held >> 20} MB for {(CONNECTIONS * STREAMS + 1) * 15} MB of answers"

    sdk = Sdk(server, server.admin)
    with pytest.raises(ClientError) as refused:
        sdk.dynamodb.batch_get_item(RequestItems=keys(table, ITEMS))
    told = refused.value.response
    assert (told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"]) == (503, "ServiceUnavailableException")
    # What is small does not wait for what is large.
    assert sdk.dynamodb.batch_get_item(RequestItems=keys(fleet.table(), 1))["Responses"]
    assert "Item" not in sdk.dynamodb.get_item(TableName=table, Key={"id": {"S": "none"}})
    sdk.dynamodb.put_item(TableName=table, Item={"id": {"S": "small"}})
    assert sdk.iot.list_things()["things"] == [] and fleet.ask(device, alias).status == 200

    for stream in shut:
        assert http2.hear(stream).is_closed, "an answer behind a shut window ends its connection"
    assert "Untaken" in server.log()
    slow.settimeout(1)
    assert read_all(slow) < ITEMS * ITEM_BYTES, "the answer over HTTP/1.1 broke off"
    until(lambda: asked.send(server).status == 200, "a place given back")
    again = ask_behind_a_shut_window(server, asked)
    assert whole_answers(again) == PLACES, "all places have been given back"
    assert server.resident_bytes() - before < GROWTH_MAX
    for stream in [slow, again, *shut]:
        stream.close()


def whole_answers(stream: ssl.SSLSocket) -> int:
    """How many of the answers of a connection are not refusals; not a byte of any is taken."""
    status_200, answers = b"\x88", []
    while len(answers) < STREAMS:
        heard = http2.hear(stream, lambda own: own.kind == http2.HEADERS)
        assert not heard.is_closed and not [own for own in heard.of(http2.DATA) if own.payload]
        answers += heard.of(http2.HEADERS)
    return sum(1 for answer in answers if answer.payload.startswith(status_200))


def read_all(stream: ssl.SSLSocket) -> int:
    taken = 0
    try:
        while piece := stream.recv(65_536):
            taken += len(piece)
    except OSError:
        pass
    return taken
