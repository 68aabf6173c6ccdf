"""Infrastructure: WebSocket frames (RFC 6455), bounded before they are read.

Invariants: a frame's declared length is checked before its body is read, a message's length before it is
assembled; a protocol error closes the socket with the close code for it. A write waits at most for the socket's
time-out, and two greenlets never write into one frame. This file knows frames and bytes, not Engine.IO,
Socket.IO or principals.
"""

from __future__ import annotations

import contextlib
import logging
import socket as sockets
import struct
from typing import Any

import gevent
from geventwebsocket.exceptions import WebSocketError
from geventwebsocket.websocket import WebSocket

from skyspy.cooperate import PAUSE_SECONDS
from skyspy.transport.rate_limit import TokenBucket

log = logging.getLogger(__name__)

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
NORMAL, PROTOCOL_ERROR, BAD_DATA, POLICY, TOO_BIG = 1000, 1002, 1007, 1008, 1009

MAX_FRAGMENTS = 128
"""Frames one message may be cut into; empty ones cost nothing to send, so their number is bounded too."""
CONTROL_RATE, CONTROL_BURST = 20.0, 60
"""Control frames a client may send a second, and at once."""
YIELD_EVERY = 8
"""Messages between two yields to other greenlets: reading data that has already arrived never yields."""

_LENGTH_16, _LENGTH_64 = struct.Struct("!H"), struct.Struct("!Q")


class FrameError(Exception):
    """The client violated the protocol; `code` is the close code it gets, `reason` the text."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def unmask(payload: bytes, mask: bytes) -> bytes:
    """Undo the client's masking. One exclusive-or over two big integers runs at the speed of C."""
    size = len(payload)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(payload, "little") ^ key).to_bytes(size, "little")


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole unmasked frame, as a server sends it: header and payload."""
    return frame_head(opcode, len(payload)) + payload


def frame_head(opcode: int, size: int) -> bytes:
    """The header of a frame with a payload of `size` bytes."""
    if size < 126:
        return bytes((0x80 | opcode, size))
    if size < 65536:
        return bytes((0x80 | opcode, 126)) + _LENGTH_16.pack(size)
    return bytes((0x80 | opcode, 127)) + _LENGTH_64.pack(size)


def payload_of_server_frame(whole: bytes) -> bytes:
    """The payload of a frame made by `frame`."""
    return whole[{126: 4, 127: 10}.get(whole[1], 2) :]


def close_code(payload: bytes) -> int:
    """The code that answers the payload of a client's close frame: its own, unless the frame breaks the protocol.

    1004 to 1006 and 1015 to 2999 are not for a frame to carry (RFC 6455, 7.4).
    """
    if not payload:
        return NORMAL
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        return PROTOCOL_ERROR
    try:
        payload[2:].decode("utf-8")
    except UnicodeDecodeError:
        return BAD_DATA
    return code


class BoundedWebSocket(WebSocket):  # type: ignore[misc]
    """A server's end of one WebSocket whose messages are at most `limit` bytes.

    `code` is the close code this side chose, 0 while open. One greenlet receives and one sends, as in Engine.IO;
    a pong or close that the receiving one has to write meanwhile follows the frame being written.
    """

    def __init__(self, environ: dict[str, Any], handler: Any, limit: int) -> None:
        # The parent's constructor builds the slow validator that this class exists to avoid.
        self.environ = environ
        self.closed = False
        self.handler = handler
        self.code = 0
        self._raw = handler.socket
        self.raw_read = handler.rfile.read
        self._limit = limit
        self._writing = False
        self._answers: list[bytes] = []
        self._control = TokenBucket(CONTROL_BURST)
        self._count = 0

    def __del__(self) -> None:
        # The parent would try to send from the garbage collector; the handler closes every socket it opened.
        return

    # -- receiving -----------------------------------------------------------------------------

    def receive(self) -> str | bytes | None:
        """The next message, or None when the socket is closed, by either side. Never raises."""
        if self.closed:
            return None
        self._count += 1
        if self._count % YIELD_EVERY == 0:
            gevent.sleep(PAUSE_SECONDS)
        try:
            return self.read_message()
        except FrameError as error:
            self._end(error.code, str(error))
        except (OSError, ValueError):
            # Reset, timed out, or the file object was closed meanwhile: nothing can be sent any more.
            self.abandon()
        return None

    def read_message(self) -> str | bytes | None:
        """Assemble one message; None after a close frame. Raises FrameError or OSError."""
        kind = 0
        parts: list[bytes] = []
        size = 0
        while True:
            final, opcode, payload = self.read_frame(self._limit - size)
            if opcode >= CLOSE:
                if not self._answer_control(opcode, payload):
                    return None
                continue
            if opcode in (TEXT, BINARY):
                if kind:
                    raise FrameError(PROTOCOL_ERROR, "a message inside a message")
                kind = opcode
            elif opcode != CONTINUATION or not kind:
                raise FrameError(PROTOCOL_ERROR, "unexpected opcode")
            parts.append(payload)
            size += len(payload)
            if len(parts) > MAX_FRAGMENTS:
                raise FrameError(TOO_BIG, "too many fragments")
            if final:
                break
        message = parts[0] if len(parts) == 1 else b"".join(parts)
        if kind == BINARY:
            return message
        try:
            return message.decode("utf-8")
        except UnicodeDecodeError:
            raise FrameError(BAD_DATA, "not UTF-8") from None

    def read_frame(self, room: int = 0) -> tuple[bool, int, bytes]:
        """One frame as (final, opcode, payload); a data frame longer than `room` is refused unread."""
        first, second = self._read(2)
        opcode, length = first & 0x0F, second & 0x7F
        if first & 0x70:
            raise FrameError(PROTOCOL_ERROR, "reserved bits set")
        if not second & 0x80:
            raise FrameError(PROTOCOL_ERROR, "client frames must be masked")
        if opcode >= CLOSE:
            if length > 125 or not first & 0x80 or opcode > PONG:
                raise FrameError(PROTOCOL_ERROR, "bad control frame")
        elif opcode > BINARY:
            raise FrameError(PROTOCOL_ERROR, "unknown opcode")
        elif length == 126:
            (length,) = _LENGTH_16.unpack(self._read(2))
        elif length == 127:
            (length,) = _LENGTH_64.unpack(self._read(8))
        if opcode < CLOSE and length > room:
            raise FrameError(TOO_BIG, "message too big")
        mask = self._read(4)
        return bool(first & 0x80), opcode, unmask(self._read(length), mask) if length else b""

    def _read(self, size: int) -> bytes:
        data: bytes = self.raw_read(size)
        if len(data) != size:
            raise ConnectionResetError("the client is gone")
        return data

    def _answer_control(self, opcode: int, payload: bytes) -> bool:
        """Answer a ping or a close; False when the socket is closed by it."""
        if opcode == CLOSE:
            self._end(close_code(payload))
            return False
        if not self._control.take(CONTROL_RATE, CONTROL_BURST):
            raise FrameError(POLICY, "too many control frames")
        if opcode == PING:
            self._answer(frame(PONG, payload))
        return True

    # -- sending -------------------------------------------------------------------------------

    def send(self, message: str | bytes, binary: bool | None = None) -> None:
        """Send one message; raises WebSocketError when the socket is closed or cannot take it in time."""
        if isinstance(message, str):
            self.send_frame(frame(BINARY if binary else TEXT, message.encode("utf-8")))
        else:
            self.send_frame(frame(BINARY, bytes(message)))

    def send_frame(self, *parts: bytes) -> None:
        """Send one frame made by `frame`, or its parts, as it is; raises WebSocketError as `send` does."""
        if self.closed:
            raise WebSocketError("closed")
        self._write(*parts)

    def _write(self, *parts: bytes) -> None:
        self._writing = True
        try:
            for part in parts:
                self._raw.sendall(part)
            while self._answers:
                self._raw.sendall(self._answers.pop(0))
        except OSError as error:
            # A frame may be half written: nothing after it could be read. TimeoutError is an OSError.
            self.abandon()
            raise WebSocketError(str(error)) from None
        finally:
            self._writing = False

    def _answer(self, data: bytes) -> None:
        if self._writing:
            if len(self._answers) >= CONTROL_BURST:
                raise FrameError(POLICY, "answers are not read")
            self._answers.append(data)
        else:
            with contextlib.suppress(WebSocketError):
                self._write(data)

    # -- closing -------------------------------------------------------------------------------

    def close(self, code: int = NORMAL, message: str | bytes = b"") -> None:
        """Send a close frame if that is possible without waiting. The caller ends the TCP connection."""
        if self.closed:
            return
        self.closed = True
        self.code = code
        reason = message.encode("utf-8") if isinstance(message, str) else message
        if not self._writing:
            with contextlib.suppress(OSError):
                self._raw.settimeout(0.0)
                self._raw.send(frame(CLOSE, _LENGTH_16.pack(code) + reason[:123]))

    def _end(self, code: int, message: str = "") -> None:
        """Close after the greenlet that sends had its turn: the answers to what came before go before the close frame."""
        gevent.sleep(0)
        self.close(code, message)

    def abandon(self) -> None:
        """Close without a close frame: the other side is gone, or a frame was cut in two."""
        self.closed = True
        with contextlib.suppress(OSError):
            self._raw.shutdown(sockets.SHUT_RDWR)
