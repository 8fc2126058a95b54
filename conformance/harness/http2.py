"""HTTP/2 frame by frame, as no client library would send it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS = 1, 4
SHUT_WINDOW = b"\x00\x04\x00\x00\x00\x00"
"""The setting by which a peer takes no byte of an answer."""

Field = tuple[str, str]


@dataclass(frozen=True)
class Frame:
    """A frame."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def error(self) -> int:
        """The error code of RST_STREAM or GOAWAY."""
        return int.from_bytes(self.payload[4:8] if self.kind == GOAWAY else self.payload[:4], "big")


@dataclass
class Heard:
    """What a server said."""

    frames: list[Frame] = field(default_factory=list)
    is_closed: bool = False

    def of(self, kind: int, stream: int | None = None) -> list[Frame]:
        return [frame for frame in self.frames if frame.kind == kind and stream in (None, frame.stream)]

    @property
    def goaway(self) -> list[int]:
        """The codes with which it ended the connection."""
        return [frame.error for frame in self.of(GOAWAY)]

    @property
    def resets(self) -> list[int]:
        return [frame.error for frame in self.of(RST_STREAM)]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(name: str, value: str) -> bytes:
    """A header field that is put into no table (RFC 7541, 6.2.2)."""
    return b"\x00" + _string(name) + _string(value)


def block(method: str, target: str, headers: Iterable[Field] = (), authority: str = "localhost") -> bytes:
    """The header fields of a request."""
    pseudo = [(":method", method), (":scheme", "https"), (":authority", authority), (":path", target)]
    return b"".join(literal(name.lower(), value) for name, value in [*pseudo, *headers])


def request(stream: int, fields: bytes, body: bytes = b"") -> bytes:
    """A whole request."""
    if not body:
        return frame(HEADERS, END_HEADERS | END_STREAM, stream, fields)
    pieces = [body[at : at + 16_384] for at in range(0, len(body), 16_384)]
    data = [frame(DATA, 0, stream, piece) for piece in pieces[:-1]]
    return frame(HEADERS, END_HEADERS, stream, fields) + b"".join(data) + frame(DATA, END_STREAM, stream, pieces[-1])


def begin(stream: ssl.SSLSocket, settings: bytes = b"") -> None:
    """The client's side of the beginning of a connection."""
    stream.sendall(PREFACE + frame(SETTINGS, 0, 0, settings))


def hear(stream: ssl.SSLSocket, until: Callable[[Frame], object] = lambda _: False) -> Heard:
    """Reads until there is a frame as wanted, the server closes, or nothing comes for the socket's patience."""
    heard = Heard()
    try:
        while True:
            head = _exactly(stream, 9)
            payload = _exactly(stream, int.from_bytes(head[:3], "big"))
            heard.frames.append(Frame(head[3], head[4], int.from_bytes(head[5:9], "big"), payload))
            if until(heard.frames[-1]):
                return heard
    except TimeoutError:
        return heard
    except OSError:
        heard.is_closed = True
        return heard


def ends(stream: int) -> Callable[[Frame], object]:
    """The frame that ends a stream."""
    return lambda own: own.stream == stream and (
        own.kind == RST_STREAM or own.kind in (DATA, HEADERS) and own.flags & END_STREAM
    )


def say(stream: ssl.SSLSocket, pieces: Iterable[bytes]) -> bool:
    """Sends what the server takes; whether it took all."""
    try:
        for piece in pieces:
            stream.sendall(piece)
    except OSError:
        return False
    return True


def _exactly(stream: ssl.SSLSocket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = stream.recv(length - len(data))
        if not piece:
            raise ConnectionResetError("the server closed")
        data += piece
    return data


def _string(text: str) -> bytes:
    return _number(len(text), 7) + text.encode("latin-1")


def _number(number: int, bits: int) -> bytes:
    most = (1 << bits) - 1
    if number < most:
        return bytes([number])
    number -= most
    said = bytes([most])
    while number >= 128:
        said += bytes([number % 128 + 128])
        number //= 128
    return said + bytes([number])
