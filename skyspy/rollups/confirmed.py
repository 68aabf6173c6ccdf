"""Which positions of an aircraft count in statistics: those that other positions of the same aircraft confirm.

A position counts once it is one of a run of three or more that takes ten seconds at least, in which an aircraft can have flown from each
to the next. All positions of a run count, from its first one. So one wrong position, or two, never count, wherever they are: no range
outline is stretched by them and no record is set. A position that is sent again unchanged is no further evidence.

The rule looks at one aircraft over time and not at several in one place, because two wrong positions of different aircraft in one
direction are common in a busy sky, while at the edge of the range, where a single aircraft is heard, its own positions confirm it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from skyspy.geo import distance_nm

MIN_POSITIONS = 3
MIN_RUN_S = 10.0
MAX_GAP_S = 120.0
"""A longer silence ends a run."""
MAX_KT = 1300.0
"""Faster than what carries a transponder usually flies."""
SLACK_NM = 1.0
MAX_WAITING = 32
"""Positions that wait for their confirmation; beyond it the oldest do not count."""


class Reading(NamedTuple):
    """One position of an aircraft as one moment found it. `at`: seconds; `distance_nm` and `bearing` from the receiver; `altitude`:
    barometric feet, 0 on the ground; `geometric`: feet by GPS; `gs`: kt. None: not known. `heard`: the receivers that heard it there;
    `rssi`: dBFS at `rssi_by`, the one whose signal strength is known."""

    at: float
    lat: float
    lon: float
    distance_nm: float
    bearing: float
    altitude: int | None = None
    geometric: int | None = None
    gs: float | None = None
    rssi: float | None = None
    rssi_by: str | None = None
    heard: tuple[str, ...] = ()


class Run:
    """The run of positions of one aircraft. `recent` are the last three that belong to it."""

    __slots__ = ("_began", "_count", "_waiting", "recent")

    def __init__(self) -> None:
        self._began = 0.0
        self._count = 0
        self._waiting: deque[Reading] = deque(maxlen=MAX_WAITING)
        self.recent: deque[Reading] = deque(maxlen=MIN_POSITIONS)

    def offer(self, reading: Reading) -> Sequence[Reading]:
        """Take the next position; returns those that count from now on: none, this one, or all of a run that is confirmed now."""
        last = self.recent[-1] if self.recent else None
        if last is not None and (reading.lat, reading.lon) == (last.lat, last.lon):
            return ()
        if last is None or not _follows(last, reading):
            self._began, self._count = reading.at, 0
            self._waiting.clear()
            self.recent.clear()
        self._count += 1
        self.recent.append(reading)
        if not self.confirmed:
            self._waiting.append(reading)
            return ()
        if not self._waiting:
            return (reading,)
        counted = (*self._waiting, reading)
        self._waiting.clear()
        return counted

    @property
    def confirmed(self) -> bool:
        """Whether the positions of this run count."""
        return self._count >= MIN_POSITIONS and self.recent[-1].at - self._began >= MIN_RUN_S


def _follows(last: Reading, reading: Reading) -> bool:
    seconds = reading.at - last.at
    if not 0.0 <= seconds <= MAX_GAP_S:
        return False
    return distance_nm((last.lat, last.lon), (reading.lat, reading.lon)) <= SLACK_NM + MAX_KT * seconds / 3600.0
