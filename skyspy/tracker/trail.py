"""Past positions of one aircraft.

Compact, because ten thousand aircraft may each have one: six numbers per point in one array. A point is added if the
aircraft moved, turned or climbed enough since the last one, or after MAX_SECONDS. When the trail is full, every second point
of its older half is removed, so that a long flight keeps its beginning.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from math import cos, inf, isnan, nan, radians
from typing import Any, NamedTuple

MIN_SECONDS = 4.0
"""Minimum interval between two points."""
MAX_SECONDS = 30.0
MIN_MOVE_NM = 2.0
MIN_TURN_DEG = 5.0
MIN_CLIMB_FT = 300.0
MIN_POINTS = 16
"""A trail may always have this many points."""

_STRIDE = 6
_RADIAN = radians(1.0)


class TrailPoint(NamedTuple):
    """One past position: `at` in steady seconds, `lat` and `lon` in degrees, `alt_baro` in feet or "ground", `gs` in knots,
    `track` in degrees; None: unknown."""

    at: float
    lat: float
    lon: float
    alt_baro: int | str | None
    gs: float | None
    track: float | None


class Trail:
    """The trail of one aircraft, with a bounded number of points."""

    __slots__ = ("_altitude", "_lat", "_lon", "_next", "_numbers", "_track", "last_at")

    def __init__(self) -> None:
        self._numbers = array("d")
        self._lat = self._lon = self._altitude = self._track = nan
        self.last_at = self._next = -inf

    def __len__(self) -> int:
        return len(self._numbers) // _STRIDE

    def offer(self, at: float, known: Mapping[str, Any], max_points: int) -> None:
        """Add the position in `known`, heard at `at`, if it differs enough from the last point; keep at most `max_points`."""
        if at < self._next:
            return
        self._next = at + MIN_SECONDS
        seconds = at - self.last_at
        lat, lon = known["lat"], known["lon"]
        altitude, track = _number(known.get("alt_baro")), _number(known.get("track"))
        if seconds < MAX_SECONDS:
            north = (lat - self._lat) * 60.0
            east = (lon - self._lon) * 60.0 * cos(lat * _RADIAN)
            turned = abs((track - self._track + 540.0) % 360.0 - 180.0)
            # Comparisons with NaN (unknown) are False: unknown values count as unchanged. From ground to air is an infinite
            # climb, and a step across the antimeridian is a long one; both add a point.
            is_worth_keeping = turned >= MIN_TURN_DEG or abs(altitude - self._altitude) >= MIN_CLIMB_FT
            if not is_worth_keeping and north * north + east * east < MIN_MOVE_NM * MIN_MOVE_NM:
                return
        self._numbers.extend((at, lat, lon, altitude, _number(known.get("gs")), track))
        self.last_at, self._lat, self._lon, self._altitude, self._track = at, lat, lon, altitude, track
        if len(self) > max(max_points, MIN_POINTS):
            self._thin()

    def shift(self, seconds: float) -> None:
        """Move all times by so many seconds."""
        for start in range(0, len(self._numbers), _STRIDE):
            self._numbers[start] += seconds
        self.last_at, self._next = self.last_at + seconds, self._next + seconds

    def points(self) -> list[TrailPoint]:
        """All points, oldest first."""
        numbers = self._numbers
        return [_point(*numbers[start : start + _STRIDE]) for start in range(0, len(numbers), _STRIDE)]

    def _thin(self) -> None:
        numbers, half = self._numbers, len(self) // 2
        kept = array("d")
        for start in range(0, half * _STRIDE, 2 * _STRIDE):
            kept.extend(numbers[start : start + _STRIDE])
        kept.extend(numbers[half * _STRIDE :])
        self._numbers = kept


def _number(value: object) -> float:
    """A number for the array: infinity for "ground", NaN for unknown."""
    if isinstance(value, int | float):
        return float(value)
    return inf if value == "ground" else nan


def _point(at: float, lat: float, lon: float, altitude: float, gs: float, track: float) -> TrailPoint:
    height: int | str | None = None if isnan(altitude) else "ground" if altitude == inf else int(altitude)
    return TrailPoint(at, lat, lon, height, None if isnan(gs) else gs, None if isnan(track) else track)
