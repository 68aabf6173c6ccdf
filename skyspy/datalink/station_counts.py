"""Domain (pure): what each station has received since the start, and the frames that are not counted elsewhere yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from skyspy.datalink.message import Block

MAX_STATIONS = 500
"""Stations that are counted; of more, the one that was heard the longest ago is left out."""


class StationKey(NamedTuple):
    """One station: the data link, the name that its decoder was given, the receiver in SkySpy's list that reads it."""

    link: str
    name: str | None
    receiver: str | None


@dataclass(slots=True)
class StationCount:
    """What one station received: `messages` with text or a label, `frames` without, `errors` corrected errors; `level` the best one in dB,
    None: none was given; `time` of the last one in wall seconds; `demo`: it is simulated."""

    messages: int = 0
    frames: int = 0
    errors: int = 0
    level: float | None = None
    time: float = 0.0
    demo: bool = False


class StationCounts:
    """The counts of each station. The one that was heard last is last. `left_out` counts stations that were forgotten."""

    def __init__(self, most: int = MAX_STATIONS) -> None:
        self._most = most
        self._found: dict[StationKey, StationCount] = {}
        self.left_out = 0

    def __len__(self) -> int:
        return len(self._found)

    def note(self, block: Block, wall: float, *, is_message: bool) -> None:
        """Count a block that was received at `wall` (wall seconds)."""
        key = StationKey(block.link, block.station, block.receiver)
        count = self._found.pop(key, None) or StationCount()
        self._found[key] = count
        count.messages += is_message
        count.frames += not is_message
        count.errors += block.errors or 0
        if block.level is not None and (count.level is None or block.level > count.level):
            count.level = block.level
        count.time, count.demo = max(count.time, wall), block.demo
        if len(self._found) > self._most:
            self.left_out += 1
            del self._found[next(iter(self._found))]

    def items(self) -> Iterable[tuple[StationKey, StationCount]]:
        """Each station with its counts, the one that was heard the longest ago first."""
        return list(self._found.items())

    def clear(self) -> None:
        """Begin anew."""
        self._found.clear()
