"""Decode: AVR, Mode S frames as lines of hexadecimal text.

`*` and `:` stand before a bare frame, `@` and `%` before a timestamp of 12 digits and a frame, `<` before a
timestamp, two digits of signal strength and a frame; `;` ends it, and what some programs write behind it is left.
Law: as for Beast, any split of the bytes gives the same frames, and nothing raises.
"""

from __future__ import annotations

from skyspy.aircraft import Observation
from skyspy.decode.base import Context, Counters
from skyspy.decode.beast import ORIGINS, RSSI
from skyspy.decode.lines import Lines
from skyspy.decode.modes import Frame, ModeS

# Marker -> hex digits before the frame itself.
_BEFORE: dict[str, int] = {"*": 0, ":": 0, "@": 12, "%": 12, "<": 14}
_MODE_AC, _LENGTHS = 4, (14, 28)


class Avr:
    """Decoder of AVR streams."""

    def __init__(self, context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._modes = ModeS(context, self.counters)
        self._lines = Lines()

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """The frames these bytes complete, decoded. Never raises."""
        lines, dropped = self._lines.feed(data)
        self.counters.bad += dropped
        frames: list[Frame] = []
        origins: dict[int, str] = {}
        for line in lines:
            self._line(line, frames, origins)
        return self._modes.frames(frames, now, origins) if frames else []

    def _line(self, line: bytes, frames: list[Frame], origins: dict[int, str]) -> None:
        """Add the frames of one line; a line may hold several, each ended by `;`."""
        found = False
        for piece in line.decode("ascii", "replace").strip().lower().split(";"):
            before = _BEFORE.get(piece[:1])
            if before is None:
                # Behind a frame stands its program's own small print; before one, nothing may.
                if piece and not found:
                    self.counters.bad += 1
                    found = True
                continue
            found = True
            text = piece[1:].strip()
            head, frame = text[:before], text[before:]
            if len(frame) == _MODE_AC:
                self.counters.skipped += 1
            elif len(frame) not in _LENGTHS or (stamp := _unhexed(head)) is None or _unhexed(frame) is None:
                self.counters.bad += 1
            else:
                if (origin := ORIGINS.get(stamp[:6])) is not None:
                    origins[len(frames)] = origin
                frames.append((frame, RSSI[stamp[6]] if before > 12 else None))


def _unhexed(text: str) -> bytes | None:
    """The bytes that an even number of hex digits stand for, or None; blanks between digits are none."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return None
    return data if len(data) * 2 == len(text) else None
