"""Compact position reporting (CPR): the encoding of positions in Mode S (Doc 9871, DO-260B).

A position message is even or odd and holds a latitude and a longitude of 17 bits each, called a half here: alone it is
ambiguous. An even and an odd half give a position (global decoding); so does one half with a position nearby (local
decoding). Latitudes and longitudes are degrees, times are steady seconds.

Invariants:
- A first position needs an even and an odd half received close together. After that each half is decoded locally
  against the last good position; if it also completes a pair, both results must agree.
- Halves that do not match give no position.
- Positions are only checked for a wrong zone here (an error of hundreds of miles). The tracker checks whether the aircraft
  can have moved there.
"""

from __future__ import annotations

from bisect import bisect_left
from math import acos, cos, degrees, floor, inf, pi, radians, sqrt

from skyspy.geo import Point

_SCALE = 131072.0  # 17 bits
_ZONES = 60  # number of even latitude zones around the globe; there is one odd zone less

AIRBORNE_WINDOW_S = 10.0
SURFACE_WINDOW_S = 25.0
SLOW_SURFACE_WINDOW_S = 50.0
SLOW_KT = 25.0
"""Seconds between two halves of a pair, at most: in the air, on the ground, and on the ground at no more than SLOW_KT."""

MAX_REFERENCE_AGE_S = 600.0
"""Seconds for which a position may serve as the reference of local decoding."""

MAX_DISAGREEMENT_DEG = 0.01
"""How far global and local decoding of one half may differ by rounding; with a wrong zone they differ by degrees."""

MAX_SPEED_DEG_PER_S = 2000.0 / 60.0 / 3600.0
SLACK_DEG = 0.05
"""Limit of movement from the last position, in degrees of arc (2000 kt and a margin); a wrong zone is further off."""

MIN_CONTRADICTIONS = 3
"""After this many contradictions in a row, a pair replaces the last position."""

# Latitudes at which the number of longitude zones decreases, from 59 at the equator to 1 beyond 87 degrees.
_EDGES = sorted(degrees(acos(sqrt((1 - cos(pi / (2 * 15))) / (1 - cos(2 * pi / zones))))) for zones in range(2, 60))


def zones_at(lat: float) -> int:
    """NL: the number of even longitude zones at a latitude."""
    return 59 - bisect_left(_EDGES, abs(lat))


def _wrap(lon: float) -> float:
    return (lon + 180.0) % 360.0 - 180.0


def _nearest(value: float, step: float, to: float) -> float:
    """`value` plus the multiple of `step` that brings it nearest to `to`."""
    return value + step * floor((to - value) / step + 0.5)


def global_position(even: tuple[int, int], odd: tuple[int, int], newest_odd: bool, near: Point | None = None) -> Point | None:
    """The position of the newer half of a pair (global decoding); None if the halves are from different zones.

    `near` is given for a surface pair: surface zones are a quarter of the size, and the position nearest to it is used.
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


def local_position(half: tuple[int, int], odd: bool, surface: bool, near: Point) -> Point | None:
    """The position of one half that is nearest to a known point (local decoding); None beyond the poles."""
    turn = 90.0 if surface else 360.0
    step = turn / (_ZONES - odd)
    lat = _nearest(step * half[0] / _SCALE, step, near[0])
    if abs(lat) > 90.0:
        return None
    step = turn / max(zones_at(lat) - odd, 1)
    return lat, _wrap(_nearest(step * half[1] / _SCALE, step, near[1]))


def _arc_deg(a: Point, b: Point) -> float:
    """Approximate distance of two points in degrees of arc; accurate enough to tell a wrong zone from movement."""
    return max(abs(a[0] - b[0]), abs(_wrap(a[1] - b[1])) * cos(radians(a[0])))


class CprDecoder:
    """Decodes the position messages of one aircraft from one source; keeps the last halves and the last good position."""

    __slots__ = ("_contradictions", "_even", "_last", "_last_at", "_odd", "_surface")

    def __init__(self) -> None:
        self._even: tuple[tuple[int, int], float] | None = None
        self._odd: tuple[tuple[int, int], float] | None = None
        self._surface = False
        self._last: Point | None = None
        self._last_at = -inf
        self._contradictions = 0

    def add_surface(self, half: tuple[int, int], odd: bool, now: float, near: Point | None, slow: bool) -> Point | None:
        """Add a surface half; returns the position, if it can be determined.

        `near` is the receiver's position, the reference while the aircraft's is unknown. `slow`: the aircraft is known
        to move at no more than SLOW_KT.
        """
        reference = self._last if now - self._last_at <= MAX_REFERENCE_AGE_S else near
        other = self._other(half, odd, True, now, SLOW_SURFACE_WINDOW_S if slow else SURFACE_WINDOW_S)
        paired = None
        if other is not None and reference is not None:
            paired = global_position(other, half, True, reference) if odd else global_position(half, other, False, reference)
        return self._resolve(paired, half, odd, now)

    def add_airborne(self, half: tuple[int, int], odd: bool, now: float) -> Point | None:
        """Add an airborne half; returns the position, if it can be determined."""
        other = self._other(half, odd, False, now, AIRBORNE_WINDOW_S)
        paired = None
        if other is not None:
            paired = global_position(other, half, True) if odd else global_position(half, other, False)
        return self._resolve(paired, half, odd, now)

    def _other(self, half: tuple[int, int], odd: bool, surface: bool, now: float, window: float) -> tuple[int, int] | None:
        """Store this half; returns the opposite half if it is at most `window` seconds old."""
        if surface != self._surface:
            # Surface and airborne positions are encoded differently and make no pair.
            self._even = self._odd = None
            self._surface = surface
        if odd:
            self._odd, other = (half, now), self._even
        else:
            self._even, other = (half, now), self._odd
        return other[0] if other is not None and now - other[1] <= window else None

    def _resolve(self, paired: Point | None, half: tuple[int, int], odd: bool, now: float) -> Point | None:
        """Accept or reject a half: `paired` is its position by global decoding, if it completes a pair."""
        age = now - self._last_at
        if self._last is None or age > MAX_REFERENCE_AGE_S:
            return None if paired is None else self._accept(paired, now)
        local = local_position(half, odd, self._surface, self._last)
        possible = local is not None and _arc_deg(local, self._last) <= SLACK_DEG + MAX_SPEED_DEG_PER_S * max(age, 0.0)
        if possible and local is not None and (paired is None or _arc_deg(paired, local) <= MAX_DISAGREEMENT_DEG):
            # After a contradiction, local decoding alone is not accepted: it would stay in a wrong zone indefinitely.
            return None if paired is None and self._contradictions else self._accept(local, now)
        self._contradictions += 1
        if paired is not None:
            if self._contradictions >= MIN_CONTRADICTIONS:
                return self._accept(paired, now)
            # Drop both halves, so that one damaged half is not counted as a contradiction twice.
            self._even = self._odd = None
        return None

    def _accept(self, point: Point, now: float) -> Point:
        self._last, self._last_at, self._contradictions = point, now, 0
        return point
