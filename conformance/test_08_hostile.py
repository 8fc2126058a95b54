"""Whatever comes over the wire, the server stays up, small, and answers the next request."""

from __future__ import annotations

import json
import random
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.fleet import Fleet, name
from harness.http import Line, connect, tls
from harness.pki import Workshop
from harness.server import Keys, Server
from harness.sign import Plain, Signed, sign
from harness.wait import until

LIMITS = """
[limits]
handshake_timeout_seconds = 1
head_timeout_seconds = 1
body_timeout_seconds = 1
max_connections = 40
"""
GROWTH_MAX = 96 * 1024 * 1024
JSON10 = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.PutItem"}
JSON = {"Content-Type": "application/json"}
DOORS = ["api", "device"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of short patience; what it was at the start is held against what it is at the end."""
    server = Server(tmp_path_factory.mktemp("hostile"), LIMITS).start()
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def survives(hostile: Server) -> Iterator[None]:
    """After each test: it runs, it answers, it is no bigger, and nothing in it panicked."""
    before = hostile.resident_bytes()
    yield
    assert hostile.is_running()

    def answers() -> bool:
        plain = Plain("sts", "POST", "/", {"Content-Type": "application/x-www-form-urlencoded"},
                      b"Action=GetCallerIdentity&Version=2011-06-15")
        try:
            return sign(hostile, plain, hostile.admin).send(hostile).status == 200
        except OSError:
            return False

    until(answers, "an answer to an honest request")
    assert hostile.resident_bytes() < before + GROWTH_MAX
    assert "panicked" not in hostile.log()


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
    for head in (
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 2_000 + b"\r\n",
    ):
        received = exchange(hostile, door, head)
        assert status(received) in (None, 400, 414, 431), received[:100]


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


def test_a_head_that_trickles_in_is_cut_off(hostile: Server) -> None:
    """A byte now and then does not begin the time anew."""
    with connect(hostile.api_port, tls(hostile.ca), seconds=0.2) as stream:
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
        line.send(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        try:
            for _ in range(18):
                line.send(piece)
            answered = line.answer().status
        except OSError:
            answered = None
        assert answered in (413, None)
    signed = sign(hostile, Plain("iot", "POST", "/things/x", JSON, b"{}"), hostile.admin)
    head = "POST /things/x HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in signed.headers)
    with Line(connect(hostile.api_port, tls(hostile.ca))) as line:
        line.send(f"{head}Content-Length: {1024 * 1024 + 1}\r\n\r\n".encode())
        assert line.answer().status == 413


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
