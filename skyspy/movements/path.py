"""Where an aircraft flew in the last 25 minutes, and how it turned.

Compact, because ten thousand aircraft may each have one: five single-precision numbers per point in one array. The turn is summed at
each position that is taken, every few seconds, so that fewer points can be kept: the sums at any two points give the turn between
them. A turn in a gap of more than MAX_GAP_S is not known and not counted, nor is one of more than
MAX_TURN_DEG from one position to the next. When the path is full, every second point of its older half
is removed; the sums stay right.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from math import hypot
from typing import NamedTuple

from skyspy.movements.pacing import next_turn
from skyspy.movements.plane import POLAR_LAT, direction_deg, offset_nm, signed_turn

WINDOW_S = 1500.0
MAX_GAP_S = 60.0
MIN_SECONDS, MIN_TURN_DEG, MAX_SECONDS = 8.0, 15.0, 30.0
"""A point is kept where so much time has passed since the last one and it has turned so much, and every MAX_SECONDS in any case."""
MIN_POINTS = 48
"""A path may always have this many points."""
MAX_NM_S, SLACK_NM = 0.42, 1.0
"""1,500 kt: beyond it the two positions are no flight, and say nothing about a turn."""

MAX_TURN_DEG = 150.0
"""Of a larger turn between two positions it is not known to which side it was."""

_STRIDE = 5
_SPARE = 8
"""So many points are removed at once, when they are too old."""


class Step(NamedTuple):
    """From one position that was taken to the next: where it began, its length and direction (-180 to 180 degrees from north, at its
    end)."""

    lat: float
    lon: float
    nm: float
    direction: float


class Path:
    """The path of one aircraft. `at`, `lat`, `lon`: the last position that was taken. `turn`: the sum of all turns in degrees, positive
    to the right; `nm`: the length. `unbroken_since`: since when there was no gap."""

    __slots__ = (
        "_base", "_due", "_kept_at", "_kept_turn", "_numbers", "_phase", "_taken_at", "at", "direction", "lat", "lon", "nm", "turn", "unbroken_since",
    )  # fmt: skip

    def __init__(self, lat: float, lon: float, at: float, phase: float = 0.0) -> None:
        self._phase = phase
        self._numbers = array("f")
        self._base = self.at = self.unbroken_since = self._taken_at = at
        self.lat, self.lon = lat, lon
        self.turn = self.nm = 0.0
        self.direction: float | None = None
        """The direction of the last step; None where there was none, or a gap."""
        self._keep()

    def __len__(self) -> int:
        return len(self._numbers) // _STRIDE

    def offer(self, lat: float, lon: float, at: float, min_move_nm: float) -> Step | None:
        """Take the position measured at `at`. The step to it; None where it moved less than `min_move_nm`, and after a gap."""
        seconds = at - self.at
        if seconds <= 0.0:
            return None
        self.at = at
        east, north = offset_nm(self.lat, self.lon, lat, lon)
        moved = hypot(east, north)
        if seconds > MAX_GAP_S or moved > SLACK_NM + MAX_NM_S * (at - self._taken_at):
            self.unbroken_since = self._taken_at = at
            self.lat, self.lon, self.direction = lat, lon, None
            return None
        if moved < min_move_nm:
            return None
        at_begin = at_end = direction_deg(east, north)
        if not -POLAR_LAT < lat < POLAR_LAT:
            back_east, back_north = offset_nm(lat, lon, self.lat, self.lon)
            at_end = direction_deg(-back_east, -back_north)
        if self.direction is not None:
            turn = signed_turn(self.direction, at_begin)
            self.turn += turn if -MAX_TURN_DEG <= turn <= MAX_TURN_DEG else 0.0
        step = Step(self.lat, self.lon, moved, at_end)
        self.direction, self._taken_at = step.direction, at
        self.lat, self.lon = lat, lon
        self.nm += moved
        return step

    def keep(self, max_points: int) -> bool:
        """Keep the last position as a point where it is needed; whether it was. At most `max_points` stay."""
        if self.at < self._due and (self.at - self._kept_at < MIN_SECONDS or abs(self.turn - self._kept_turn) < MIN_TURN_DEG):
            return False
        self._keep()
        if len(self) > max(max_points, MIN_POINTS):
            self._thin()
        return True

    def index_at(self, at: float) -> int:
        """The first point that is not before `at`."""
        return bisect_left(self._numbers[0::_STRIDE], at - self._base)

    def turn_since(self, at: float) -> float:
        """The sum of the turns since the first point that is not before `at`."""
        first = self.index_at(at)
        return self.turn - self._numbers[first * _STRIDE + 3] if first < len(self) else 0.0

    def turns(self, first: int) -> array[float]:
        """The turn until now from each point on."""
        return self._numbers[first * _STRIDE + 3 :: _STRIDE]

    def time_of(self, index: int) -> float:
        """When a point was measured."""
        return self._base + self._numbers[index * _STRIDE]

    def nm_since(self, index: int) -> float:
        """The length of the path since a point."""
        return self.nm - self._numbers[index * _STRIDE + 4]

    def offset_of(self, index: int) -> tuple[float, float]:
        """How far a point is east and north of the last position."""
        start = index * _STRIDE
        return offset_nm(self.lat, self.lon, self._numbers[start + 1], self._numbers[start + 2])

    def offsets(self, first: int) -> Iterator[tuple[float, float]]:
        """How far each point from `first` on, and the last position, is east and north of the last position."""
        for index in range(first, len(self)):
            yield self.offset_of(index)
        yield 0.0, 0.0

    def _keep(self) -> None:
        self._kept_at, self._kept_turn, self._due = self.at, self.turn, next_turn(self.at, MAX_SECONDS, self._phase)
        self._numbers.extend((self.at - self._base, self.lat, self.lon, self.turn, self.nm))
        old = self.index_at(self.at - WINDOW_S)
        if old >= _SPARE:
            del self._numbers[: old * _STRIDE]

    def _thin(self) -> None:
        numbers, half = self._numbers, len(self) // 2
        kept = array("f")
        for start in range(0, half * _STRIDE, 2 * _STRIDE):
            kept.extend(numbers[start : start + _STRIDE])
        kept.extend(numbers[half * _STRIDE :])
        self._numbers = kept
