"""Whatever comes over the wire, the server stays up, small, and answers the next request."""

from __future__ import annotations

import json
import random
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.fleet import Fleet, name
from harness.http import Line, connect, tls
from harness.pki import Workshop
from harness.server import Keys, Server
from harness.sign import Plain, Signed, sign
from harness.wait import until

JSON10 = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.PutItem"}
JSON = {"Content-Type": "application/json"}
DOORS = ["api", "device"]

pytestmark = pytest.mark.usefixtures("survives")


def port(server: Server, door: str) -> int:
    return server.api_port if door == "api" else server.device_port


def exchange(server: Server, door: str, data: bytes) -> bytes:
    """Sends bytes over TLS and gives all that comes back until the server closes."""
    with connect(port(server, door), tls(server.ca)) as stream:
        received = b""
        try:
            stream.sendall(data)
            while piece := stream.recv(65536):
                received += piece
        except (OSError, ssl.SSLError):
            pass
        return received


def status(received: bytes) -> int | None:
    return int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/1.") else None


MALFORMED: dict[str, bytes] = {
    "nothing but noise": bytes(range(256)) * 8,
    "an empty line": b"\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "an unknown version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "a space in a header's name": b"GET / HTTP/1.1\r\nHo st: x\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
    "NUL in the path": b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bare carriage return in a header": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n",
    "a length that is none": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and chunks": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks that are none": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a chunk of all memory": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "an unknown coding": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a CONNECT": b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_http_is_refused(hostile: Server, door: str, what: str) -> None:
    received = exchange(hostile, door, MALFORMED[what])
    assert status(received) is None or 400 <= status(received) < 600
    assert b"sessionToken" not in received


@pytest.mark.parametrize("door", DOORS)
def test_heads_beyond_the_bounds_are_refused(hostile: Server, door: str) -> None:
    line, end = b"A: " + b"b" * 1000 + b"\r\n", b"\r\n"
    for start, lines, good in (
        (b"GET /" + b"a" * 200_000, b"", False),
        (b"GET /" + b"a" * 40_000, b"", False),
        (b"GET /", b"A: " + b"a" * 200_000 + end, False),
        (b"GET /", line * 33, False),
        (b"GET /", line * 31, True),
        (b"GET /", b"A: b\r\n" * 2_000, False),
        (b"GET /", b"A: b\r\n" * 100, False),
        (b"GET /", b"A: b\r\n" * 99, True),
    ):
        received = exchange(hostile, door, start + b" HTTP/1.1\r\nHost: x\r\n" + lines + end)
        if good:
            assert status(received) == (200 if door == "api" else 404), received[:100]
        else:
            # Closed, with the answer where it was read before the end of the connection was.
            assert status(received) in (431, None), received[:100]
            assert len(start + lines) > 100_000 or status(received) == 431, "a head that was read whole"


@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_tls_is_closed(hostile: Server, door: str) -> None:
    noise = random.Random(7)
    for data in (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        noise.randbytes(5000),
        b"\x16\x03\x01\xff\xff" + noise.randbytes(70_000),
        b"\x16\x03\x01\x00\x05\x01\x00\xff\xff\xff",
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"",
    ):
        with socket.create_connection(("127.0.0.1", port(hostile, door)), timeout=10) as plain:
            try:
                plain.sendall(data)
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(65536):
                    pass
            except OSError:
                pass  # closed before it had all: just as well


@pytest.mark.parametrize("door", DOORS)
def test_who_says_nothing_is_cut_off(hostile: Server, door: str) -> None:
    with socket.create_connection(("127.0.0.1", port(hostile, door)), timeout=10) as plain:
        assert plain.recv(1) == b"", "no handshake"
    with Line(connect(port(hostile, door), tls(hostile.ca), seconds=10)) as line:
        assert line.is_closed(), "no request"
    with Line(connect(port(hostile, door), tls(hostile.ca), seconds=10)) as line:
        line.send(b"GET / HTTP/1.1\r\nHost: x\r\nA: ")
        assert line.is_closed(), "half a head"


@pytest.mark.parametrize("door", DOORS)
def test_a_head_that_trickles_in_is_cut_off(hostile: Server, door: str) -> None:
    """A byte now and then does not begin the time anew."""
    with connect(port(hostile, door), tls(hostile.ca), seconds=0.2) as stream:
        line = Line(stream)
        line.send(b"GET / HTTP/1.1\r\nHost: x\r\nA: ")

        def is_cut_off() -> bool:
            try:
                line.send(b"a")
                return line.is_closed()
            except OSError:
                return True

        until(is_cut_off, "the end of a head that never ends", seconds=5)


def put(hostile: Server, body: bytes) -> Signed:
    return sign(hostile, Plain("dynamodb", "POST", "/", JSON10, body), hostile.admin)


def test_a_body_that_does_not_come_is_not_waited_for(hostile: Server) -> None:
    signed = put(hostile, b'{"TableName":"never"}')
    head = "POST / HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in signed.headers)
    for announced, sent in ((len(signed.body), signed.body[:5]), (1_000_000, b"x")):
        with Line(connect(hostile.api_port, tls(hostile.ca))) as line:
            line.send(f"{head}Content-Length: {announced}\r\n\r\n".encode() + sent)
            answer = line.answer()
            assert answer.status == 408 and answer.code == "RequestTimeoutException"
    with Line(connect(hostile.api_port, tls(hostile.ca))) as line:
        line.send(f"{head}Content-Length: 100\r\n\r\n".encode() + b"x")


def test_a_body_that_is_too_large_is_not_read(hostile: Server) -> None:
    head = "POST / HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in put(hostile, b"{}").headers)
    with Line(connect(hostile.api_port, tls(hostile.ca))) as line:
        line.send(f"{head}Content-Length: {16 * 1024 * 1024 + 1}\r\n\r\n".encode())
        answer = line.answer()
        assert (answer.status, answer.code) == (413, "RequestEntityTooLargeException")
    with Line(connect(hostile.api_port, tls(hostile.ca))) as line:
        line.send(f"{head}Expect: 100-continue\r\nContent-Length: {17 * 1024 * 1024}\r\n\r\n".encode())
        assert line.answer().status == 413, "it is not asked for first"
    signed = sign(hostile, Plain("iot", "POST", "/things/x", JSON, b"{}"), hostile.admin)
    head = "POST /things/x HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in signed.headers)
    with Line(connect(hostile.api_port, tls(hostile.ca))) as line:
        line.send(f"{head}Content-Length: {1024 * 1024 + 1}\r\n\r\n".encode())
        assert line.answer().status == 413


@pytest.mark.parametrize("coding", ["a length", "chunks"])
def test_who_sends_a_body_that_is_too_large_whole_is_told_so(hostile: Server, coding: str) -> None:
    """Clients that write before they read would see a broken connection."""
    head = "POST / HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in put(hostile, b"{}").headers)
    megabyte = b"x" * 0x100000
    with Line(connect(hostile.api_port, tls(hostile.ca))) as line:
        if coding == "a length":
            line.send(f"{head}Content-Length: {17 * len(megabyte)}\r\n\r\n".encode() + 17 * megabyte)
        else:
            line.send(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            line.send(17 * (b"100000\r\n" + megabyte + b"\r\n") + b"0\r\n\r\n")
        answer = line.answer()
        assert (answer.status, answer.code) == (413, "RequestEntityTooLargeException")


def test_the_device_door_waits_for_no_body(hostile: Server) -> None:
    """It takes none: the answer does not depend on it, however large or slow it is."""
    head = b"POST /role-aliases/x/credentials HTTP/1.1\r\nHost: x\r\nContent-Length: 17825792\r\n\r\n"
    with Line(connect(hostile.device_port, tls(hostile.ca))) as line:
        line.send(head + b"x")
        assert line.answer("POST").status == 405
        assert line.is_closed()
    before = hostile.resident_bytes()
    received = exchange(hostile, "device", head + b"x" * 17_825_792)
    assert status(received) in (405, None), received[:100]
    assert hostile.resident_bytes() < before + 8 * 1024 * 1024


def test_who_proved_nothing_cannot_take_the_memory_of_all(hostile: Server) -> None:
    """Bodies that strangers announce and never send leave room for who holds a key."""
    stranger = Keys("AKIAIOSFODNN7EXAMPLE", "x" * 40)
    signed = sign(hostile, Plain("dynamodb", "POST", "/", JSON10, b"{}"), stranger)
    head = "POST / HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in signed.headers)
    lines = [Line(connect(hostile.api_port, tls(hostile.ca))) for _ in range(20)]
    for line in lines:
        line.send(f"{head}Content-Length: {16 * 1024 * 1024}\r\n\r\n".encode())
    honest = sign(
        hostile,
        Plain("dynamodb", "POST", "/", JSON10 | {"X-Amz-Target": "DynamoDB_20120810.ListTables"}, b"{}"),
        hostile.admin,
    )
    answers = [honest.send(hostile) for _ in range(3)]
    for line in lines:
        line.stream.close()
    assert [answer.status for answer in answers] == [200, 200, 200], answers[0].body


def test_connections_beyond_the_bound_are_closed_and_make_no_harm(hostile: Server) -> None:
    opened: list[socket.socket] = []
    try:
        for _ in range(120):
            opened.append(socket.create_connection(("127.0.0.1", hostile.device_port), timeout=10))
        closed = sum(1 for plain in opened[60:] if _is_closed(plain))
        assert closed > 0
    finally:
        for plain in opened:
            plain.close()


def _is_closed(plain: socket.socket) -> bool:
    try:
        return plain.recv(1) == b""
    except OSError:
        return True


HARD_JSON: dict[str, bytes] = {
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "a deep item": b'{"TableName":"ttt","Item":{"id":' + b'{"L":[' * 5_000 + b'{"S":"x"}' + b"]}" * 5_000 + b"}}",
    "a doubled member": b'{"TableName":"ttt","TableName":"uuu","Item":{"id":{"S":"1"}}}',
    "a doubled attribute": b'{"TableName":"ttt","Item":{"id":{"S":"1"},"id":{"S":"2"}}}',
    "a number of a megabyte": b'{"TableName":"ttt","Item":{"id":{"S":"1"},"n":{"N":"' + b"9" * 1_000_000 + b'"}}}',
    "NUL in a name": b'{"TableName":"t\\u0000t","Item":{"id":{"S":"1"}}}',
    "half a surrogate": b'{"TableName":"\\ud800","Item":{"id":{"S":"1"}}}',
    "no UTF-8": b'{"TableName":"\xff\xfe","Item":{}}',
    "a list at the top": b"[]",
    "a string at the top": b'"x"',
    "nothing": b"",
    "NaN": b'{"TableName":NaN}',
    "two values": b"{}{}",
}


@pytest.mark.parametrize("what", HARD_JSON)
def test_json_that_is_hard_to_read_is_refused(hostile: Server, what: str) -> None:
    answer = put(hostile, HARD_JSON[what]).send(hostile)
    assert 400 <= answer.status < 500, (answer.status, answer.body[:200])
    body = HARD_JSON[what]
    plain = Plain("iot", "POST", f"/thing-types/{name('t')}", JSON, body)
    if what != "nothing":
        assert 400 <= sign(hostile, plain, hostile.admin).send(hostile).status < 500


def test_doubled_members_of_a_form_or_query_are_refused(hostile: Server) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (
        b"Action=ListUsers&Action=DeleteUser&Version=2010-05-08",
        b"Action=GetUser&UserName=a&UserName=b&Version=2010-05-08",
        b"Action=ListUsers&Version=2010-05-08&Version=2011-06-15",
    ):
        answer = sign(hostile, Plain("iam", "POST", "/", form, body), hostile.admin).send(hostile)
        assert answer.status == 400, body
    plain = Plain("iot", "GET", "/policies?pageSize=1&pageSize=2")
    assert sign(hostile, plain, hostile.admin).send(hostile).status == 400


def test_names_full_of_odd_characters_become_no_path(hostile: Server) -> None:
    for own in ["..%2F..%2Fetc", "%00", "%FF%FE", "a%0Ab", "%2e%2e", "*", "%24%7Baws%3Ausername%7D"]:
        plain = Plain("iot", "GET", f"/things/{own}")
        assert 400 <= sign(hostile, plain, hostile.admin).send(hostile).status < 500, own


def test_noise_as_certificates_is_refused(hostile: Server, workshop: Workshop) -> None:
    fleet, noise = Fleet(hostile, workshop), random.Random(11)
    good = workshop.self_signed("x").pem
    pems = ["", "x", good[:-60], good.replace("M", "N", 3), good + good,
            good.replace("CERTIFICATE", "PRIVATE KEY"), json.dumps(good), "\x00" * 100]
    pems += ["".join(chr(noise.randrange(32, 127)) for _ in range(500)) for _ in range(5)]
    for pem in pems:
        plain = Plain("iot", "POST", "/certificate/register-no-ca", JSON,
                      json.dumps({"certificatePem": pem, "status": "ACTIVE"}).encode())
        answer = sign(hostile, plain, fleet.server.admin).send(hostile)
        assert 400 <= answer.status < 500, (answer.status, pem[:60])


def test_noise_of_many_kinds(hostile: Server) -> None:
    """A request, and in it a few bytes that are others: 150 times, the same each run."""
    noise = random.Random(42)
    signed = put(hostile, b'{"TableName":"ttt","Item":{"id":{"S":"1"}}}')
    head = "POST / HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in signed.headers)
    whole = f"{head}Content-Length: {len(signed.body)}\r\nConnection: close\r\n\r\n".encode() + signed.body
    requests = []
    for _ in range(150):
        changed = bytearray(whole)
        for _ in range(noise.randrange(1, 8)):
            changed[noise.randrange(len(changed))] = noise.randrange(256)
        requests.append(bytes(changed[: noise.randrange(len(changed)) + 1] + b"\r\n\r\n"))
    with ThreadPoolExecutor(max_workers=24) as pool:
        for received in pool.map(lambda request: exchange(hostile, "api", request), requests):
            assert status(received) != 200 and (status(received) or 400) < 500, received[:300]
