"""Claims about WebSocket frames (skyspy/transport/frames.py): judged before they are read."""

from __future__ import annotations

import io
import os
import struct
from types import SimpleNamespace

import pytest
from geventwebsocket.exceptions import WebSocketError
from hypothesis import given
from hypothesis import strategies as st

from skyspy.transport.frames import BoundedWebSocket, frame, unmask

LIMIT = 64 * 1024
MASK = b"\x11\x22\x33\x44"


class FakeSocket:
    """Remembers what was sent; `dead` makes every write fail."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self.dead = False
        self.shut = False

    def sendall(self, data: bytes) -> None:
        if self.dead:
            raise TimeoutError("timed out")
        self.sent += data

    def send(self, data: bytes) -> int:
        self.sendall(data)
        return len(data)

    def settimeout(self, _seconds: float) -> None:
        return

    def shutdown(self, _how: int) -> None:
        self.shut = True


class Wire:
    """A socket with `data` waiting in it, and the BoundedWebSocket that reads it."""

    def __init__(self, data: bytes) -> None:
        self.socket = FakeSocket()
        self.file = io.BytesIO(data)
        self.ws = BoundedWebSocket({}, SimpleNamespace(socket=self.socket, rfile=self.file), LIMIT)

    def closed_with(self) -> int:
        assert self.ws.closed
        return self.ws.code


def masked(payload: bytes, first: int = 0x81, length: bytes | None = None) -> bytes:
    size = len(payload)
    if length is None:
        length = bytes((0x80 | size,)) if size < 126 else bytes((0xFE,)) + struct.pack("!H", size)
    return bytes((first,)) + length + MASK + unmask(payload, MASK)


def declared(size: int, first: int = 0x81) -> bytes:
    return bytes((first, 0xFF)) + struct.pack("!Q", size) + MASK


CLOSES = {
    b"": 1000,
    b"\x03": 1002,
    **{code.to_bytes(2, "big"): code for code in (1000, 1001, 1002, 1003, 1007, 1008, 1011, 1014, 3000, 3999, 4000, 4999)},
    **{code.to_bytes(2, "big"): 1002 for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)},
    b"\x03\xe8Gr\xc3\xbcezi": 1000,
    b"\x03\xe8\xff": 1007,
    b"\x03\xe8\xce\xba\xe1": 1007,
    b"\x03\xed\xff": 1002,
}
"""The code that answers each payload of a close frame."""


@pytest.mark.parametrize("payload", CLOSES, ids=bytes.hex)
def test_a_close_frame_is_answered_with_its_code_or_with_what_is_wrong_with_it(payload: bytes) -> None:
    wire = Wire(masked(payload, 0x88))
    assert wire.ws.receive() is None
    assert wire.closed_with() == CLOSES[payload]
    assert bytes(wire.socket.sent) == frame(0x8, struct.pack("!H", CLOSES[payload]))


@given(st.binary(max_size=500), st.binary(min_size=4, max_size=4))
def test_unmasking_is_the_exclusive_or_of_the_rfc(payload: bytes, mask: bytes) -> None:
    assert unmask(payload, mask) == bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def test_an_honest_message_arrives_whole_and_in_pieces() -> None:
    text = "Grüezi ✈ " * 100
    raw = text.encode()
    assert Wire(masked(raw)).ws.receive() == text
    # Cut in the middle of a character, with a ping between the pieces.
    wire = Wire(masked(raw[:6], 0x01) + masked(b"hello", 0x89) + masked(raw[6:11], 0x00) + masked(raw[11:], 0x80))
    assert wire.ws.receive() == text
    assert bytes(wire.socket.sent) == frame(0xA, b"hello")
    assert Wire(masked(b"\x00\xff", 0x82)).ws.receive() == b"\x00\xff"
    assert Wire(masked(b"")).ws.receive() == ""


@pytest.mark.parametrize("size", [LIMIT + 1, 1_000_000, 10 * 2**30, 2**63, 2**64 - 1])
def test_a_declared_length_over_the_limit_is_refused_unread(size: int) -> None:
    wire = Wire(declared(size) + b"x" * 1000)
    assert wire.ws.receive() is None
    assert wire.closed_with() == 1009
    assert wire.file.tell() == 10, "not even the mask was read, let alone the body"
    assert bytes(wire.socket.sent[2:4]) == struct.pack("!H", 1009)


def test_a_message_of_exactly_the_limit_is_read() -> None:
    wire = Wire(declared(LIMIT) + unmask(b"x" * LIMIT, MASK))
    assert wire.ws.receive() == "x" * LIMIT


def test_fragments_together_obey_the_same_limit() -> None:
    wire = Wire(masked(b"x" * 40_000, 0x01) + masked(b"x" * 40_000, 0x00))
    assert wire.ws.receive() is None
    assert wire.closed_with() == 1009
    assert wire.file.tell() < 40_100


def test_fragments_without_end_are_cut_off_even_when_empty() -> None:
    wire = Wire(masked(b"", 0x01) + masked(b"", 0x00) * 100_000)
    assert wire.ws.receive() is None
    assert wire.closed_with() == 1009
    assert wire.file.tell() < 2000


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x05hello", 1002),  # unmasked
        (masked(b"x", 0xC1), 1002),  # RSV1
        (masked(b"x", 0xA1), 1002),  # RSV2
        (masked(b"x", 0x91), 1002),  # RSV3
        (masked(b"x", 0x83), 1002),  # unknown data opcode
        (masked(b"x", 0x8B), 1002),  # unknown control opcode
        (masked(b"x", 0x09), 1002),  # fragmented ping
        (bytes((0x89, 0xFE)) + struct.pack("!H", 200) + MASK + b"x" * 200, 1002),  # long ping
        (masked(b"x", 0x80), 1002),  # continues nothing
        (masked(b"x", 0x01) + masked(b"x", 0x81), 1002),  # a message inside a message
        (masked(b"\xff\xfe"), 1007),  # not UTF-8
        (masked(b"\xed\xa0\x80"), 1007),  # a lone surrogate
        (masked(b"\xc3", 0x01) + masked(b"\xc3", 0x80), 1007),
        (masked(b"", 0x89) * 1000, 1008),  # a flood of pings
        (masked(struct.pack("!H", 1001) + b"bye", 0x88), 1001),
        (masked(struct.pack("!H", 1005), 0x88), 1002),
        (masked(b"", 0x88), 1000),
    ],
)
def test_what_breaks_the_protocol_closes_with_the_code_that_says_why(data: bytes, code: int) -> None:
    wire = Wire(data)
    assert wire.ws.receive() is None
    assert wire.closed_with() == code
    assert wire.ws.receive() is None


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 5, 7])
def test_a_client_that_vanishes_in_mid_frame_is_let_go(cut: int) -> None:
    wire = Wire(masked(b"hello")[:cut])
    assert wire.ws.receive() is None
    assert wire.ws.closed
    assert wire.socket.shut


def test_random_bytes_never_raise() -> None:
    for _ in range(2000):
        wire = Wire(os.urandom(64))
        while wire.ws.receive() is not None:
            pass
        assert wire.ws.closed


def test_a_pong_waits_behind_the_frame_that_is_being_written() -> None:
    wire = Wire(masked(b"now", 0x89) + masked(b"after"))
    inner = wire.socket.sendall

    def reader_meanwhile(data: bytes) -> None:
        inner(data[:3])
        if wire.file.tell() == 0:
            assert wire.ws.receive() == "after"
        inner(data[3:])

    wire.socket.sendall = reader_meanwhile  # type: ignore[method-assign]
    wire.ws.send("a long frame")
    assert bytes(wire.socket.sent) == frame(0x1, b"a long frame") + frame(0xA, b"now")


def test_a_write_that_fails_ends_the_connection() -> None:
    wire = Wire(b"")
    wire.socket.dead = True
    with pytest.raises(WebSocketError):
        wire.ws.send("x")
    assert wire.ws.closed
    assert wire.socket.shut
    with pytest.raises(WebSocketError):
        wire.ws.send("y")


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536, 200_000])
def test_frames_of_every_length_are_headed_right(size: int) -> None:
    made = frame(0x1, b"x" * size)
    head = len(made) - size
    assert head == (2 if size < 126 else 4 if size < 65536 else 10)
    assert made[head:] == b"x" * size
    declared_size = made[1] if head == 2 else int.from_bytes(made[2:head], "big")
    assert declared_size == size
