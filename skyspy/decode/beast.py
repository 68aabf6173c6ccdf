"""Decode: Mode S Beast, the binary stream of most receivers.

A frame is 0x1a, a type, six bytes of timestamp, one of signal strength, and the payload; within it every 0x1a is
sent twice. Law: any split of the bytes gives the same frames. After damage, or a type we do not read, the next
0x1a that is not doubled starts anew. Never raises.
"""

from __future__ import annotations

from math import log10

from skyspy.aircraft import Observation
from skyspy.decode.base import Context, Counters
from skyspy.decode.modes import MLAT, UAT, Frame, ModeS

ESCAPE = 0x1A
_ESCAPE = b"\x1a"

# Type byte -> bytes that follow it: timestamp (6), signal (1), and Mode A/C (2), short (7) or long Mode S (14).
_LENGTHS: dict[int, int] = {ord("1"): 9, ord("2"): 14, ord("3"): 21}
_MODE_AC = 9

ORIGINS: dict[bytes, str] = {b"\xff\x00MLAT": MLAT, b"\xff\x00MLAU": UAT}
"""Timestamps that are none: they mark frames made by multilateration, or out of 978 MHz ones."""

RSSI: tuple[float | None, ...] = (None, *(round(20 * log10(byte / 255), 1) for byte in range(1, 256)))
"""Signal byte to dBFS: the byte is an amplitude, and 0 says that nobody measured it."""


class Beast:
    """Decoder of Beast streams."""

    def __init__(self, context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._modes = ModeS(context, self.counters)
        self._rest = b""
        # Between frames and not yet at the next one: what lies here was counted when we got lost.
        self._lost = False

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """The frames these bytes complete, decoded. Never raises."""
        frames, origins = self.split(data)
        return self._modes.frames(frames, now, origins) if frames else []

    def split(self, data: bytes) -> tuple[list[Frame], dict[int, str]]:
        """The Mode S frames these bytes complete, and the origin, by index, of those no transponder sent."""
        buffer = self._rest + data if self._rest else bytes(data)
        frames: list[Frame] = []
        origins: dict[int, str] = {}
        size, at, find, lengths = len(buffer), 0, buffer.find, _LENGTHS
        while True:
            start = find(_ESCAPE, at)
            if start != at and at < size:
                self._lose()
            if start < 0 or start + 1 >= size:
                at = size if start < 0 else start
                break
            length = lengths.get(buffer[start + 1])
            at = start + 2
            if length is None:
                self._unread(buffer[start + 1])
                continue
            end = at + length
            if find(_ESCAPE, at, end) < 0:
                if end > size:
                    at = start
                    break
                body, at = buffer[at:end], end
            else:
                body, at = _unescape(buffer, at, length)
                if at < 0:
                    at = start
                    break
                if len(body) < length:
                    self.counters.bad += 1
                    continue
            self._lost = False
            if length == _MODE_AC:
                self.counters.skipped += 1
                continue
            if body[0] == 0xFF and (origin := ORIGINS.get(body[:6])) is not None:
                origins[len(frames)] = origin
            frames.append((body[7:].hex(), RSSI[body[6]]))
        self._rest = buffer[at:]
        return frames, origins

    def _lose(self) -> None:
        if not self._lost:
            self.counters.bad += 1
            self._lost = True

    def _unread(self, kind: int) -> None:
        """A doubled 0x1a outside a frame is damage; any other unknown type is a record for others."""
        if kind == ESCAPE:
            self._lose()
        else:
            self.counters.skipped += 1
            self._lost = True


def _unescape(buffer: bytes, at: int, length: int) -> tuple[bytes, int]:
    """`length` bytes from `at` with doubled 0x1a made single, and where they end. The end is -1 when the buffer
    ends first; fewer bytes when a single 0x1a breaks in, and then the end is that one."""
    body = bytearray()
    size = len(buffer)
    while len(body) < length:
        if at >= size:
            return b"", -1
        byte = buffer[at]
        if byte == ESCAPE:
            if at + 1 >= size:
                return b"", -1
            if buffer[at + 1] != ESCAPE:
                break
            at += 1
        body.append(byte)
        at += 1
    return bytes(body), at
