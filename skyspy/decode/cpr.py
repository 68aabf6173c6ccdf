"""Decode: compact position reports, the halves in which Mode S sends a latitude and a longitude.

Law: a first position needs an even and an odd half sent close together; from then on each half is read against
the last good position, and where a pair can be read as well the two readings must agree. Halves that do not fit
together give no position rather than a wrong one. Whether a position is possible for the aircraft is asked
roughly here (a wrong zone is hundreds of miles off) and closely by the tracker.

Latitudes and longitudes in degrees, times in steady seconds.
"""

from __future__ import annotations

from bisect import bisect_left
from math import acos, cos, degrees, floor, inf, pi, radians, sqrt

from skyspy.geo import Point

_SCALE = 131072.0  # 17 bits
_ZONES = 60  # even latitude zones around the globe; odd ones are one less

AIRBORNE_WINDOW_S = 10.0
SURFACE_WINDOW_S = 25.0
SLOW_SURFACE_WINDOW_S = 50.0
SLOW_KT = 25.0
"""How far apart in time two halves may be and still be a pair: moving slower, they may be further apart."""

REFERENCE_S = 600.0
"""How old a position may be and still tell which zone an aircraft is in."""

AGREE_DEG = 0.01
"""How far two readings of one half may differ by rounding; a wrong zone differs by degrees."""

FASTEST_DEG_PER_S = 2000.0 / 60.0 / 3600.0
SLACK_DEG = 0.05
"""Nothing moves further from its last position than this, in degrees of arc; a wrong zone is further off."""

PATIENCE = 3
"""So many positions in a row that contradict the last good one are believed against it."""

# Latitudes at which the number of longitude zones falls, from 59 at the equator to 1 beyond 87 degrees.
_EDGES = sorted(degrees(acos(sqrt((1 - cos(pi / (2 * 15))) / (1 - cos(2 * pi / zones))))) for zones in range(2, 60))


def zones_at(lat: float) -> int:
    """NL: how many even longitude zones there are at a latitude."""
    return 59 - bisect_left(_EDGES, abs(lat))


def _wrap(lon: float) -> float:
    return (lon + 180.0) % 360.0 - 180.0


def _nearest(value: float, step: float, to: float) -> float:
    """The value, moved by whole steps, that lies nearest to `to`."""
    return value + step * floor((to - value) / step + 0.5)


def pair(even: tuple[int, int], odd: tuple[int, int], newest_odd: bool, near: Point | None = None) -> Point | None:
    """The position of the newer half of a pair; None when they are no pair (different zones).

    With `near` it is a surface pair: its cells are a quarter of the size, and the one nearest is meant.
    """
    turn = 360.0 if near is None else 90.0
    zone = floor((59 * even[0] - 60 * odd[0]) / _SCALE + 0.5)
    lat_even = turn / _ZONES * (zone % _ZONES + even[0] / _SCALE)
    lat_odd = turn / (_ZONES - 1) * (zone % (_ZONES - 1) + odd[0] / _SCALE)
    if near is None:
        lat_even = lat_even - 360.0 if lat_even >= 270.0 else lat_even
        lat_odd = lat_odd - 360.0 if lat_odd >= 270.0 else lat_odd
    else:
        lat_even, lat_odd = _nearest(lat_even, 90.0, near[0]), _nearest(lat_odd, 90.0, near[0])
    zones = zones_at(lat_even)
    if abs(lat_even) > 90.0 or abs(lat_odd) > 90.0 or zones != zones_at(lat_odd):
        return None
    half = odd if newest_odd else even
    columns = max(zones - newest_odd, 1)
    column = floor((even[1] * (zones - 1) - odd[1] * zones) / _SCALE + 0.5)
    lon = turn / columns * (column % columns + half[1] / _SCALE)
    if near is not None:
        lon = _nearest(lon, 90.0, near[1])
    return (lat_odd if newest_odd else lat_even), _wrap(lon)


def alone(half: tuple[int, int], odd: bool, surface: bool, near: Point) -> Point | None:
    """The position of one half that lies nearest to a known point; None beyond the poles."""
    turn = 90.0 if surface else 360.0
    step = turn / (_ZONES - odd)
    lat = _nearest(step * half[0] / _SCALE, step, near[0])
    if abs(lat) > 90.0:
        return None
    step = turn / max(zones_at(lat) - odd, 1)
    return lat, _wrap(_nearest(step * half[1] / _SCALE, step, near[1]))


def _apart(a: Point, b: Point) -> float:
    """Roughly how far apart two points are, in degrees of arc; good enough to tell zones from movement."""
    return max(abs(a[0] - b[0]), abs(_wrap(a[1] - b[1])) * cos(radians(a[0])))


class Cpr:
    """The halves heard of one aircraft from one source, and its last good position."""

    __slots__ = ("_at", "_even", "_last", "_odd", "_strikes", "_surface")

    def __init__(self) -> None:
        self._even: tuple[tuple[int, int], float] | None = None
        self._odd: tuple[tuple[int, int], float] | None = None
        self._surface = False
        self._last: Point | None = None
        self._at = -inf
        self._strikes = 0

    def hear_surface(self, half: tuple[int, int], odd: bool, now: float, near: Point | None, slow: bool) -> Point | None:
        """Take a surface half. `near` is the receiver's position, used until the aircraft's own is known; `slow`
        that it is known to move at no more than SLOW_KT."""
        reference = self._last if now - self._at <= REFERENCE_S else near
        other = self._other(half, odd, True, now, SLOW_SURFACE_WINDOW_S if slow else SURFACE_WINDOW_S)
        both = None
        if other is not None and reference is not None:
            both = pair(other, half, True, reference) if odd else pair(half, other, False, reference)
        return self._judge(both, half, odd, now)

    def hear_airborne(self, half: tuple[int, int], odd: bool, now: float) -> Point | None:
        """Take an airborne half; the position, when one can be told."""
        other = self._other(half, odd, False, now, AIRBORNE_WINDOW_S)
        both = None
        if other is not None:
            both = pair(other, half, True) if odd else pair(half, other, False)
        return self._judge(both, half, odd, now)

    def _other(self, half: tuple[int, int], odd: bool, surface: bool, now: float, window: float) -> tuple[int, int] | None:
        """Keep this half; the other one of its kind if it is recent enough to be its pair."""
        if surface != self._surface:
            # Surface and airborne halves are cut differently: they make no pair.
            self._even = self._odd = None
            self._surface = surface
        if odd:
            self._odd, other = (half, now), self._even
        else:
            self._even, other = (half, now), self._odd
        return other[0] if other is not None and now - other[1] <= window else None

    def _judge(self, both: Point | None, half: tuple[int, int], odd: bool, now: float) -> Point | None:
        age = now - self._at
        if self._last is None or age > REFERENCE_S:
            return None if both is None else self._accept(both, now)
        single = alone(half, odd, self._surface, self._last)
        possible = single is not None and _apart(single, self._last) <= SLACK_DEG + FASTEST_DEG_PER_S * max(age, 0.0)
        if possible and single is not None and (both is None or _apart(both, single) <= AGREE_DEG):
            # While the last position is in doubt, a half alone proves nothing: it would follow a wrong zone for ever.
            return None if both is None and self._strikes else self._accept(single, now)
        self._strikes += 1
        if both is not None:
            if self._strikes >= PATIENCE:
                return self._accept(both, now)
            # One damaged half must not be held against the position twice.
            self._even = self._odd = None
        return None

    def _accept(self, point: Point, now: float) -> Point:
        self._last, self._at, self._strikes = point, now, 0
        return point
