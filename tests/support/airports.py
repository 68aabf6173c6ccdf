"""Airports for tests: the table that comes with SkySpy, and small ones; geometry by vectors, which shares nothing with geo.py."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from math import asin, atan2, cos, pi, radians, sin

from hypothesis import strategies as st

from skyspy.airports import KINDS, Airport, Airports
from skyspy.airports.table import pack
from skyspy.geo import EARTH_RADIUS_NM, Point
from skyspy.store.airport_table import PATH

Vector = tuple[float, float, float]


@cache
def shipped() -> Airports:
    """The table that comes with SkySpy."""
    return Airports(PATH.read_bytes())


def packed(airports: Iterable[Airport]) -> Airports:
    return Airports(pack(airports, [{"name": "test", "version": "1", "licence": "MIT", "holds": "nothing real"}]))


def airport(ident: str, point: Point, kind: str = "small", **more: object) -> Airport:
    return Airport(ident, "", "", f"{ident} field", "XX", kind, *point, **more)  # type: ignore[arg-type]


FAR_AWAY = packed([airport("FAR", (-50.0, -100.0))])
"""A table whose one airport is far from what tests simulate."""


def _degrees(limit: int) -> st.SearchStrategy[float]:
    """Millionths of a degree, with the edges of cells, the poles and the antimeridian more often than chance has them."""
    edges = st.sampled_from([-limit, -limit + 1, -limit + 1e-6, -1.0, -1e-6, 0.0, 1e-6, 1.0, limit - 1e-6, limit - 1, limit])
    return edges | st.integers(-limit * 10**6, limit * 10**6).map(lambda n: n / 1e6)


points = st.tuples(_degrees(90), _degrees(180))

fields = st.lists(st.tuples(points, st.sampled_from(KINDS)), max_size=20).map(
    lambda rows: [airport(f"F{n:03}", point, kind) for n, (point, kind) in enumerate(rows)]
)
"""Lists of airports anywhere."""


def vector(point: Point) -> Vector:
    """The unit vector from the earth's centre to a point."""
    lat, lon = radians(point[0]), radians(point[1])
    return cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)


def dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def angle_nm(a: Point, b: Point) -> float:
    """The distance of two points, from the cross product of their vectors."""
    u, v = vector(a), vector(b)
    normal = cross(u, v)
    return EARTH_RADIUS_NM * atan2(dot(normal, normal) ** 0.5, dot(u, v))


def along_and_across_by_vectors(start: Point, heading: float, point: Point) -> tuple[float, float]:
    """Nautical miles along and across (right) the great circle that leaves `start` with `heading`."""
    up, to = vector(start), vector(point)
    lat, lon, turn = radians(start[0]), radians(start[1]), heading / 180 * pi
    north = (-sin(lat) * cos(lon), -sin(lat) * sin(lon), cos(lat))
    east = (-sin(lon), cos(lon), 0.0)
    ahead = tuple(cos(turn) * n + sin(turn) * e for n, e in zip(north, east, strict=True))
    right = cross(ahead, up)  # type: ignore[arg-type]
    return EARTH_RADIUS_NM * atan2(dot(to, ahead), dot(to, up)), EARTH_RADIUS_NM * asin(max(-1.0, min(1.0, dot(to, right))))  # type: ignore[arg-type]
