"""HTTP/2 as no client speaks it: every flood ends its own connection, and nothing else."""

from __future__ import annotations

import random

import pytest

from harness import http2
from harness.http import connect, tls
from harness.http2 import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PING,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    block,
    frame,
    literal,
    request,
)
from harness.server import Server
from harness.sign import Plain, sign
from harness.wait import until

DOORS = ["api", "device"]
GROWTH_MAX = 16 * 1024 * 1024
STREAMS_MAX = 16
PROTOCOL_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, REFUSED, CALM = 1, 3, 6, 7, 11
STATUS_431 = b"\x48\x83\x69\x90\xff"
"""`:status: 431` as the first field of an answer: Huffman, RFC 7541."""

FIELDS = block("GET", "/role-aliases/x/credentials")
BOMB = FIELDS + b"\x40\x01a" + b"\x7f\x81\x1e" + b"b" * 4000 + b"\xbe" * 10_000
FLOODS: dict[str, tuple[list[bytes], set[int]]] = {
    "CONTINUATION without end": (
        [frame(HEADERS, END_STREAM, 1, FIELDS)] + [frame(CONTINUATION, 0, 1, literal("x", "a" * 100)) * 200] * 200,
        {CALM},
    ),
    "a field of a megabyte": (
        [frame(HEADERS, END_STREAM, 1, FIELDS)] + [frame(CONTINUATION, 0, 1, b"b" * 16_000)] * 60,
        {CALM, PROTOCOL_ERROR},
    ),
    "fields that unpack to forty megabytes": ([frame(HEADERS, END_HEADERS | END_STREAM, 1, BOMB)], {CALM}),
    "requests that are taken back": (
        [request(n, FIELDS) + frame(RST_STREAM, 0, n, b"\x00\x00\x00\x08") for n in range(1, 20_001, 2)],
        {CALM},
    ),
    "empty DATA": (
        [frame(HEADERS, END_HEADERS, 1, block("POST", "/")), *[frame(DATA, 0, 1) * 1000] * 100],
        {CALM},
    ),
    "a window that overflows": ([frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff")] * 3, {FLOW_CONTROL_ERROR}),
    "noise": ([b"\xff" + random.Random(5).randbytes(5000)], {FRAME_SIZE_ERROR}),
}

pytestmark = pytest.mark.usefixtures("survives")


def port(server: Server, door: str) -> int:
    return server.api_port if door == "api" else server.device_port


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", FLOODS)
def test_a_flood_ends_its_connection(hostile: Server, door: str, what: str) -> None:
    pieces, codes = FLOODS[what]
    before = hostile.resident_bytes()
    with connect(port(hostile, door), tls(hostile.ca, alpn=["h2"])) as stream:
        http2.begin(stream)
        took_all = http2.say(stream, pieces)
        heard = http2.hear(stream)
    assert heard.is_closed
    # Who still writes when the server closes may lose the server's last word.
    assert set(heard.goaway) <= codes and (heard.goaway or not took_all), heard
    assert hostile.resident_bytes() < before + GROWTH_MAX


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind,payload", [(PING, b"12345678"), (SETTINGS, b"\x00\x03\x00\x00\x00\x01")])
def test_who_only_pings_or_sets_is_answered_and_then_ended(
    hostile: Server, door: str, kind: int, payload: bytes
) -> None:
    before, many = hostile.resident_bytes(), 20_000
    with connect(port(hostile, door), tls(hostile.ca, alpn=["h2"])) as stream:
        http2.begin(stream)
        assert http2.say(stream, [frame(kind, 0, 0, payload) * 500] * (many // 500))
        heard = http2.hear(stream)
    acknowledged = [frame for frame in heard.of(kind) if frame.flags & 1]
    assert many <= len(acknowledged) <= many + 1 and heard.is_closed
    assert hostile.resident_bytes() < before + GROWTH_MAX


@pytest.mark.parametrize("door", DOORS)
def test_a_head_beyond_the_bound_is_refused(hostile: Server, door: str) -> None:
    for lines, good in ((2, True), (4, False)):
        pieces = [literal(f"a{n}", "b" * 10_000) for n in range(lines)]
        said = frame(HEADERS, END_STREAM, 1, FIELDS) + b"".join(frame(CONTINUATION, 0, 1, own) for own in pieces)
        with connect(port(hostile, door), tls(hostile.ca, alpn=["h2"])) as stream:
            http2.begin(stream)
            stream.sendall(said + frame(CONTINUATION, END_HEADERS, 1))
            (answer,) = http2.hear(stream, http2.ends(1)).of(HEADERS, 1)
        assert (answer.payload == STATUS_431) != good, answer


@pytest.mark.parametrize("door", DOORS)
def test_a_head_that_trickles_in_is_cut_off(hostile: Server, door: str) -> None:
    """A frame now and then does not begin the time anew."""
    with connect(port(hostile, door), tls(hostile.ca, alpn=["h2"]), seconds=0.1) as stream:
        http2.begin(stream)
        stream.sendall(frame(HEADERS, END_STREAM, 1, FIELDS))

        def is_cut_off() -> bool:
            return not http2.say(stream, [frame(CONTINUATION, 0, 1, b"")]) or http2.hear(stream).is_closed

        until(is_cut_off, "the end of a head that never ends", seconds=5)


@pytest.mark.parametrize("door", DOORS)
def test_requests_beyond_the_bound_of_a_connection_are_refused(hostile: Server, door: str) -> None:
    many = 200
    fields = block("POST", "/", [("content-length", "1000000")])
    with connect(port(hostile, door), tls(hostile.ca, alpn=["h2"])) as stream:
        http2.begin(stream)
        stream.sendall(b"".join(frame(HEADERS, END_HEADERS, 2 * n + 1, fields) for n in range(many)))
        heard = http2.hear(stream)
    refused = heard.resets.count(REFUSED)
    assert heard.is_closed and refused + len(heard.of(HEADERS)) == many
    assert refused > 0 and len(heard.of(HEADERS)) >= STREAMS_MAX


def test_bodies_that_do_not_come_are_not_waited_for(hostile: Server) -> None:
    kind = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables"}
    signed = sign(hostile, Plain("dynamodb", "POST", "/", kind, b"{}"), hostile.admin)
    own = [(name, value) for name, value in signed.headers if name.lower() != "host"]
    fields = block("POST", "/", own, signed.header("host"))
    streams = range(1, 2 * STREAMS_MAX, 2)
    with connect(hostile.api_port, tls(hostile.ca, alpn=["h2"])) as stream:
        http2.begin(stream)
        stream.sendall(b"".join(frame(HEADERS, END_HEADERS, n, fields) + frame(DATA, 0, n, b"{") for n in streams))
        heard = http2.hear(stream)
    bodies = [frame.payload for frame in heard.of(DATA) if frame.payload]
    assert len(bodies) == STREAMS_MAX and all(b"RequestTimeoutException" in body for body in bodies), heard
    assert heard.is_closed
