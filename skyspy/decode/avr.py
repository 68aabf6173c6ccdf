"""Decoder for AVR: Mode S frames as lines of hexadecimal text.

`*` and `:` precede a bare frame; `@` and `%` a 12-digit timestamp and a frame; `<` a timestamp, two digits of signal
strength and a frame. `;` ends the frame, and text that some programs write after it is ignored.

Invariants: any split of the same bytes gives the same frames; nothing raises.
"""

from __future__ import annotations

from skyspy.aircraft import Observation
from skyspy.decode.base import Context, Counters
from skyspy.decode.beast import ORIGINS, RSSI
from skyspy.decode.gps_stamps import GpsDelay
from skyspy.decode.lines import LineSplitter
from skyspy.decode.modes import Frame, ModeS

# Marker -> hex digits before the frame itself.
_BEFORE: dict[str, int] = {"*": 0, ":": 0, "@": 12, "%": 12, "<": 14}
_MODE_AC, _LENGTHS = 4, (14, 28)


class Avr:
    """Decoder for AVR streams."""

    def __init__(self, context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._modes = ModeS(context, self.counters)
        self._lines = LineSplitter()
        self._delay = GpsDelay(context.wall_minus_steady)
        self._stamp = b""

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """Decode the frames that these bytes complete. Never raises."""
        lines, dropped = self._lines.feed(data)
        self.counters.bad += dropped
        frames: list[Frame] = []
        origins: dict[int, str] = {}
        for line in lines:
            self._line(line, frames, origins)
        return self._modes.frames(frames, now - self._delay.seconds(self._stamp, now), origins) if frames else []

    def _line(self, line: bytes, frames: list[Frame], origins: dict[int, str]) -> None:
        """Append the frames of one line to `frames`; a line may hold several, each ended by `;`."""
        found = False
        for piece in line.decode("ascii", "replace").strip().lower().split(";"):
            before = _BEFORE.get(piece[:1])
            if before is None:
                # Text after a frame is an annotation by the sending program; text before the first frame is damage.
                if piece and not found:
                    self.counters.bad += 1
                    found = True
                continue
            found = True
            text = piece[1:].strip()
            head, frame = text[:before], text[before:]
            if len(frame) == _MODE_AC:
                self.counters.skipped += 1
            elif len(frame) not in _LENGTHS or (stamp := _from_hex(head)) is None or _from_hex(frame) is None:
                self.counters.bad += 1
            else:
                if (origin := ORIGINS.get(stamp[:6])) is not None:
                    origins[len(frames)] = origin
                elif stamp:
                    self._stamp = stamp[:6]
                frames.append((frame, RSSI[stamp[6]] if before > 12 else None))


def _from_hex(text: str) -> bytes | None:
    """The bytes of a hex string, or None if it is not one; bytes.fromhex alone would allow blanks."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return None
    return data if len(data) * 2 == len(text) else None
