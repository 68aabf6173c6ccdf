"""Decoder for Mode S Beast, the binary stream of most receivers.

A frame is 0x1a, a type byte, six bytes of timestamp, one byte of signal strength, and the payload. Within a frame every
0x1a is sent twice.

Frames with GPS timestamps are dated by the last one of those that arrived together.

Invariants: any split of the same bytes gives the same frames. After damage or an unknown type, decoding continues at
the next 0x1a that is not doubled. Nothing raises.
"""

from __future__ import annotations

from math import log10

from skyspy.aircraft import Observation
from skyspy.decode.base import Context, Counters
from skyspy.decode.gps_stamps import GpsDelay
from skyspy.decode.modes import MLAT, UAT, Frame, ModeS

ESCAPE = 0x1A
_ESCAPE = b"\x1a"

# Type byte -> number of bytes after it: timestamp (6), signal (1), and Mode A/C (2), short (7) or long (14) Mode S.
_LENGTHS: dict[int, int] = {ord("1"): 9, ord("2"): 14, ord("3"): 21}
_MODE_AC = 9
_STAMP_END = 6

ORIGINS: dict[bytes, str] = {b"\xff\x00MLAT": MLAT, b"\xff\x00MLAU": UAT}
"""Reserved timestamp values. They mark frames computed by multilateration or translated from UAT (978 MHz)."""

RSSI: tuple[float | None, ...] = (None, *(round(20 * log10(byte / 255), 1) for byte in range(1, 256)))
"""dBFS by signal byte. The byte is an amplitude; 0 means not measured (None)."""


class Beast:
    """Decoder for Beast streams."""

    def __init__(self, context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._modes = ModeS(context, self.counters)
        self._rest = b""
        self._delay = GpsDelay(context.wall_minus_steady)
        self._stamp = b""
        """The timestamp of the last frame that was received."""
        # True until the next whole frame: the damage or unknown record here has been counted already.
        self._out_of_sync = False

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """Decode the frames that these bytes complete. Never raises."""
        frames, origins = self.split_frames(data)
        return self._modes.frames(frames, now - self._delay.seconds(self._stamp, now), origins) if frames else []

    def split_frames(self, data: bytes) -> tuple[list[Frame], dict[int, str]]:
        """The Mode S frames that these bytes complete, and by index the origin (MLAT or UAT) of those that were not
        sent by a transponder."""
        buffer = self._rest + data if self._rest else bytes(data)
        frames: list[Frame] = []
        origins: dict[int, str] = {}
        body = b""
        size, at, find, lengths = len(buffer), 0, buffer.find, _LENGTHS
        while True:
            start = find(_ESCAPE, at)
            if start != at and at < size:
                self._count_damage()
            if start < 0 or start + 1 >= size:
                at = size if start < 0 else start
                break
            length = lengths.get(buffer[start + 1])
            at = start + 2
            if length is None:
                self._skip_record(buffer[start + 1])
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
            self._out_of_sync = False
            if length == _MODE_AC:
                self.counters.skipped += 1
                continue
            if body[0] == 0xFF and (origin := ORIGINS.get(body[:6])) is not None:
                origins[len(frames)] = origin
            frames.append((body[7:].hex(), RSSI[body[6]]))
        self._rest = buffer[at:]
        if len(body) > _STAMP_END and body[0] != 0xFF:
            self._stamp = body[:_STAMP_END]
        return frames, origins

    def _count_damage(self) -> None:
        """Count damaged bytes once, however many there are before the next frame."""
        if not self._out_of_sync:
            self.counters.bad += 1
            self._out_of_sync = True

    def _skip_record(self, kind: int) -> None:
        """Count an unknown type byte: a doubled 0x1a outside a frame is damage, any other value an unsupported record."""
        if kind == ESCAPE:
            self._count_damage()
        else:
            self.counters.skipped += 1
            self._out_of_sync = True


def _unescape(buffer: bytes, at: int, length: int) -> tuple[bytes, int]:
    """Unescape `length` bytes from `at`; returns them and the index after them.

    The index is -1 if the buffer ends first. If a single 0x1a interrupts, fewer bytes are returned and the index is
    that of the 0x1a.
    """
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
