"""Distance, bearing and destination on a spherical earth, in degrees and nautical miles.

The radius is the usual 3440.065 nm. The error against the ellipsoid (below 0.5 %) is smaller than the uncertainty of a
receiver's range.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import asin, atan2, cos, degrees, radians, sin, sqrt

EARTH_RADIUS_NM = 3440.065

Point = tuple[float, float]
"""Latitude and longitude in degrees, north and east positive."""
Ring = tuple[Point, ...]
"""The corners of a ring, without the first one again at the end."""


def unrolled(ring: Iterable[Point], whole_turns: bool = True) -> Ring:
    """The points with longitudes that go on beyond 180, so that each edge takes the shorter way around the earth: one over more than 180
    degrees of longitude goes the other way, over the antimeridian. From -180 to 180 is a step around the earth, or none without
    `whole_turns`."""
    found: list[Point] = []
    before, turned = 0.0, 0.0
    for lat, lon in ring:
        step = lon - before
        if found and abs(step) > 180.0 and not (whole_turns and abs(step) == 360.0):
            turned -= 360.0 * round(step / 360.0)
        before = lon
        found.append((lat, lon + turned))
    return tuple(found)


def distance_nm(a: Point, b: Point) -> float:
    """Great-circle distance between two points, in nautical miles (haversine)."""
    lat1, lat2 = radians(a[0]), radians(b[0])
    half_lat = sin((lat2 - lat1) / 2)
    half_lon = sin(radians(b[1] - a[1]) / 2)
    h = half_lat * half_lat + cos(lat1) * cos(lat2) * half_lon * half_lon
    return 2 * EARTH_RADIUS_NM * asin(min(1.0, sqrt(h)))


def bearing_deg(a: Point, b: Point) -> float:
    """Initial true bearing from a to b, in degrees 0 <= x < 360."""
    lat1, lat2 = radians(a[0]), radians(b[0])
    dlon = radians(b[1] - a[1])
    y = sin(dlon) * cos(lat2)
    x = cos(lat1) * sin(lat2) - sin(lat1) * cos(lat2) * cos(dlon)
    return degrees(atan2(y, x)) % 360.0


def destination(a: Point, bearing: float, distance: float) -> Point:
    """The point at `distance` nm from a, with initial true `bearing`."""
    lat1, lon1 = radians(a[0]), radians(a[1])
    angle, theta = distance / EARTH_RADIUS_NM, radians(bearing)
    lat2 = asin(sin(lat1) * cos(angle) + cos(lat1) * sin(angle) * cos(theta))
    lon2 = lon1 + atan2(sin(theta) * sin(angle) * cos(lat1), cos(angle) - sin(lat1) * sin(lat2))
    return degrees(lat2), (degrees(lon2) + 540.0) % 360.0 - 180.0


def rounded(point: Point, step: float = 0.1) -> Point:
    """The point rounded to multiples of `step` degrees."""
    digits = 6
    return round(round(point[0] / step) * step, digits), round(round(point[1] / step) * step, digits)
