"""Which positions are inside a place, with a band at its edge: an aircraft that is inside stays so until it is beyond the band.

The band is 2 % of the radius of a circle, or of the width of a polygon, but at least 0.05 nm and at most 1 nm. Works on the whole earth, poles and
antimeridian included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import asin, cos, degrees, hypot, pi, radians, sin
from typing import NamedTuple, Protocol

from skyspy.alerts.places import Circle, Place, Polygon
from skyspy.geo import EARTH_RADIUS_NM, Ring, unrolled

BAND_SHARE, MIN_BAND_NM, MAX_BAND_NM = 0.02, 0.05, 1.0
MAX_BELTS = 32
"""Belts of latitude by which the edges of a polygon are found."""
NM_PER_DEG = EARTH_RADIUS_NM * pi / 180.0


class Position(NamedTuple):
    """A position, in degrees and as a unit vector."""

    lat: float
    lon: float
    x: float
    y: float
    z: float


def position_of(lat: float, lon: float) -> Position:
    """The position at a latitude and longitude in degrees."""
    phi, theta = radians(lat), radians(lon)
    flat = cos(phi)
    return Position(lat, lon, flat * cos(theta), flat * sin(theta), sin(phi))


class Box(NamedTuple):
    """Degrees between which something is; the longitudes are from -180 to 180."""

    south: float
    north: float
    west: float
    east: float


class Area(Protocol):
    """What is inside. `boxes`: it is in these, its band included. `units`: edges that one test looks at, at most; of a circle 1."""

    boxes: tuple[Box, ...]
    units: int

    def is_inside(self, at: Position) -> bool:
        """Whether the position is inside."""

    def is_in_band(self, at: Position) -> bool:
        """Whether a position that is not inside is still in the band around it."""


def area_of(place: Place) -> Area:
    """The area of a place."""
    return CircleArea(place.shape) if isinstance(place.shape, Circle) else PolygonsArea(place.shape.polygons)


def band_nm(size_nm: float) -> float:
    """How wide the band is at the edge of something of this size."""
    return min(MAX_BAND_NM, max(MIN_BAND_NM, BAND_SHARE * size_nm))


def _boxes(south: float, north: float, west: float, east: float) -> tuple[Box, ...]:
    """Boxes for what is between these degrees, where longitudes may go on beyond 180."""
    # Rounding must not lose a position at the very edge.
    south, north, west, east = south - 1e-6, north + 1e-6, west - 1e-6, east + 1e-6
    if east - west >= 360.0:
        return (Box(south, north, -180.0, 180.0),)
    turned = ((max(-180.0, west + turn), min(180.0, east + turn)) for turn in (-720.0, -360.0, 0.0, 360.0, 720.0))
    return tuple(Box(south, north, one_west, one_east) for one_west, one_east in turned if one_west <= one_east)


def _half_width(lat: float, reach: float) -> float:
    """How many degrees of longitude a circle of this radius in degrees reaches to either side; 180 where it has a pole in it."""
    if abs(lat) + reach >= 90.0:
        return 180.0
    return degrees(asin(min(1.0, sin(radians(reach)) / cos(radians(lat)))))


class CircleArea:
    """A circle: a position is inside where its angle from the centre is at most that of the radius."""

    __slots__ = ("_centre", "_far", "_near", "boxes", "units")

    def __init__(self, circle: Circle) -> None:
        self._centre = position_of(*circle.centre)
        outer = circle.radius_nm + band_nm(circle.radius_nm)
        self._near, self._far = cos(circle.radius_nm / EARTH_RADIUS_NM), cos(min(pi, outer / EARTH_RADIUS_NM))
        (lat, lon), reach = circle.centre, outer / NM_PER_DEG
        half = _half_width(lat, reach)
        self.boxes, self.units = _boxes(lat - reach, lat + reach, lon - half, lon + half), 1

    def is_inside(self, at: Position) -> bool:
        """Whether the position is inside."""
        return self._cosine(at) >= self._near

    def is_in_band(self, at: Position) -> bool:
        """Whether the position is in the band around the circle, or inside."""
        return self._cosine(at) >= self._far

    def _cosine(self, at: Position) -> float:
        centre = self._centre
        return at.x * centre.x + at.y * centre.y + at.z * centre.z


class _Edge(NamedTuple):
    lat: float
    lon: float
    to_lat: float
    to_lon: float


class PolygonsArea:
    """One polygon or several."""

    __slots__ = ("_parts", "boxes", "units")

    def __init__(self, polygons: Iterable[Polygon]) -> None:
        self._parts = [_PolygonArea(polygon) for polygon in polygons]
        self.boxes = tuple(box for part in self._parts for box in part.boxes)
        self.units = sum(part.units for part in self._parts)

    def is_inside(self, at: Position) -> bool:
        """Whether the position is inside a polygon."""
        return any(part.is_inside(at) for part in self._parts)

    def is_in_band(self, at: Position) -> bool:
        """Whether the position is near the edge of a polygon."""
        return any(part.is_near(at) for part in self._parts)


class _PolygonArea:
    """A polygon with its holes. Its edges are sorted into belts of latitude, so that a test looks at few of them."""

    __slots__ = ("_belts", "_east", "_edges", "_north", "_south", "_west", "band", "boxes", "units")

    def __init__(self, polygon: Polygon) -> None:
        outline = unrolled(polygon[0])
        lats, lons = [lat for lat, _ in outline], [lon for _, lon in outline]
        self._south, self._north, self._west, self._east = min(lats), max(lats), min(lons), max(lons)
        rings = [outline, *(self._beside(unrolled(hole)) for hole in polygon[1:])]
        self._edges = [edge for ring in rings for edge in _edges(ring)]
        middle = radians((self._south + self._north) / 2)
        width = min(self._north - self._south, (self._east - self._west) * cos(middle)) * NM_PER_DEG
        self.band = band_nm(width / 2)
        high, wide = self.band / NM_PER_DEG, self._reach(max(abs(self._south), abs(self._north)))
        self.boxes = _boxes(self._south - high, self._north + high, self._west - wide, self._east + wide)
        count = min(MAX_BELTS, len(self._edges) // 4 + 1)
        self._belts: list[list[_Edge]] = [[] for _ in range(count)]
        for edge in self._edges:
            low, high = sorted((self._belt(edge.lat), self._belt(edge.to_lat)))
            for belt in self._belts[low : high + 1]:
                belt.append(edge)
        self.units = 1 + max(len(belt) for belt in self._belts)

    def _beside(self, ring: Ring) -> Ring:
        """A hole whose longitudes are counted as those of the outline."""
        turns = round((ring[0][1] - (self._west + self._east) / 2) / 360.0)
        return tuple((lat, lon - 360.0 * turns) for lat, lon in ring)

    def _belt(self, lat: float) -> int:
        share = (lat - self._south) / (self._north - self._south) if self._north > self._south else 0.0
        return min(len(self._belts) - 1, max(0, int(share * len(self._belts))))

    def is_inside(self, at: Position) -> bool:
        """Whether a line to the west from the position crosses an odd number of edges."""
        if not self._south <= at.lat <= self._north:
            return False
        belt = self._belts[self._belt(at.lat)]
        return any(_crossings(belt, at.lat, lon) % 2 for lon in self._longitudes(at.lon, 0.0))

    def is_near(self, at: Position) -> bool:
        """Whether it is no farther from an edge than the band is wide. Distances are those on a plane that touches the earth there."""
        band = self.band
        if not self._south - band / NM_PER_DEG <= at.lat <= self._north + band / NM_PER_DEG:
            return False
        flat = _flat(at.lat)
        longitudes = self._longitudes(at.lon, self._reach(at.lat))
        return any(_distance_nm(edge, at.lat, lon, flat) <= band for lon in longitudes for edge in self._edges)

    def _reach(self, lat: float) -> float:
        """The width of the band at a latitude, in degrees of longitude."""
        return self.band / NM_PER_DEG / _flat(lat)

    def _longitudes(self, lon: float, beyond: float) -> Iterator[float]:
        """The longitude as it may be counted in this polygon."""
        return (one for one in (lon - 360.0, lon, lon + 360.0) if self._west - beyond <= one <= self._east + beyond)


def _flat(lat: float) -> float:
    """How much shorter a degree of longitude is than one of latitude; not less than a hundredth."""
    return max(0.01, cos(radians(lat)))


def _edges(ring: Ring) -> Iterator[_Edge]:
    for place, (lat, lon) in enumerate(ring):
        to_lat, to_lon = ring[(place + 1) % len(ring)]
        yield _Edge(lat, lon, to_lat, to_lon)


def _crossings(edges: Iterable[_Edge], lat: float, lon: float) -> int:
    count = 0
    for from_lat, from_lon, to_lat, to_lon in edges:
        if (from_lat > lat) != (to_lat > lat) and lon < from_lon + (to_lon - from_lon) * (lat - from_lat) / (to_lat - from_lat):
            count += 1
    return count


def _distance_nm(edge: _Edge, lat: float, lon: float, flat: float) -> float:
    """From a point to an edge; `flat`: the cosine of the latitude."""
    ax, ay = (edge.lon - lon) * flat, edge.lat - lat
    bx, by = (edge.to_lon - lon) * flat, edge.to_lat - lat
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    share = 0.0 if length == 0.0 else min(1.0, max(0.0, -(ax * dx + ay * dy) / length))
    return hypot(ax + share * dx, ay + share * dy) * NM_PER_DEG
