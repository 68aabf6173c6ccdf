"""Places of rules: circles and polygons, as documents hold them (areas.py says what is inside).

Polygons are GeoJSON (RFC 7946): longitude first, straight edges in degrees, the first ring of a polygon is its outline and the others are
holes. An edge over more than 180 degrees of longitude goes the other way, over the antimeridian, except for one from -180 to
180.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from skyspy.alerts.errors import Problems
from skyspy.geo import Point, Ring, unrolled

MAX_POINTS = 500
"""Corners of a place, those of all its rings."""
MAX_RADIUS_NM = 5000.0
MAX_LON = 360.0
"""Degrees of longitude either way: a shape over the antimeridian may go on from 170 to 190."""
MAX_NESTING = 3
"""Collections of features within each other."""

Polygon = tuple[Ring, ...]
"""An outline, and then its holes."""

HELP = (
    'Give {"circle": {"lat": 47.46, "lon": 8.55, "radius_nm": 5}}, or a GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection '
    "of these."
)


@dataclass(frozen=True, slots=True)
class Circle:
    """`radius_nm` around `centre`."""

    centre: Point
    radius_nm: float


@dataclass(frozen=True, slots=True)
class Polygons:
    """One polygon or several; a point in any of them is inside."""

    polygons: tuple[Polygon, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an aircraft may be inside."""

    shape: Circle | Polygons

    def document(self) -> dict[str, Any]:
        """As JSON holds it: {"circle": {...}} or a GeoJSON geometry."""
        shape = self.shape
        if isinstance(shape, Circle):
            return {"circle": {"lat": shape.centre[0], "lon": shape.centre[1], "radius_nm": shape.radius_nm}}
        rings = [[[[lon, lat] for lat, lon in (*ring, ring[0])] for ring in polygon] for polygon in shape.polygons]
        if len(rings) == 1:
            return {"type": "Polygon", "coordinates": rings[0]}
        return {"type": "MultiPolygon", "coordinates": rings}


def parse_place(document: object, path: str, problems: Problems) -> Place | None:
    """The place of a document; what is wrong is added to `problems` below `path`."""
    if not isinstance(document, Mapping):
        problems.add(path, HELP)
        return None
    if "circle" in document:
        return _circle(document, path, problems)
    polygons: list[Polygon] = []
    before = len(problems)
    _collect(document, path, problems, polygons, MAX_NESTING)
    if len(problems) > before:
        return None
    if not polygons:
        problems.add(path, f"There is no polygon in it. {HELP}")
        return None
    if sum(len(ring) for polygon in polygons for ring in polygon) > MAX_POINTS:
        problems.add(path, f"The place has more than {MAX_POINTS} corners; simplify it.")
        return None
    return Place(Polygons(tuple(polygons)))


def _circle(document: Mapping[str, Any], path: str, problems: Problems) -> Place | None:
    circle = document["circle"]
    if not isinstance(circle, Mapping) or circle.keys() != {"lat", "lon", "radius_nm"} or len(document) != 1:
        problems.add(path, 'A circle is {"circle": {"lat": 47.46, "lon": 8.55, "radius_nm": 5}}.')
        return None
    lat, lon = _number(circle["lat"], 90.0), _number(circle["lon"], 180.0)
    radius = _number(circle["radius_nm"], MAX_RADIUS_NM)
    if lat is None:
        problems.add(f"{path}.circle.lat", "Give a latitude from -90 to 90 degrees.")
    if lon is None:
        problems.add(f"{path}.circle.lon", "Give a longitude from -180 to 180 degrees.")
    if radius is None or radius <= 0:
        problems.add(f"{path}.circle.radius_nm", f"Give a radius above 0 and up to {MAX_RADIUS_NM:.0f} nautical miles.")
    return None if lat is None or lon is None or radius is None or radius <= 0 else Place(Circle((lat, lon), radius))


def _collect(document: Mapping[str, Any], path: str, problems: Problems, polygons: list[Polygon], nesting: int) -> None:
    """Add the polygons of a GeoJSON document."""
    kind = document.get("type")
    if kind == "Feature":
        geometry = document.get("geometry")
        if not isinstance(geometry, Mapping):
            problems.add(f"{path}.geometry", "Give a Polygon or MultiPolygon.")
        elif nesting:
            _collect(geometry, f"{path}.geometry", problems, polygons, nesting - 1)
        return
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list) or len(features) > MAX_POINTS or not nesting:
            problems.add(f"{path}.features", f"Give a list of at most {MAX_POINTS} features.")
            return
        for place, feature in enumerate(features):
            if isinstance(feature, Mapping):
                _collect(feature, f"{path}.features[{place}]", problems, polygons, nesting - 1)
            else:
                problems.add(f"{path}.features[{place}]", "Give a Feature.")
        return
    if kind in ("Polygon", "MultiPolygon"):
        _geometry(document, path, problems, polygons)
    else:
        problems.add(path, HELP)


def _geometry(document: Mapping[str, Any], path: str, problems: Problems, polygons: list[Polygon]) -> None:
    """Add a Polygon or the polygons of a MultiPolygon."""
    coordinates, is_single = document.get("coordinates"), document["type"] == "Polygon"
    if is_single:
        coordinates = [coordinates]
    if not isinstance(coordinates, list) or not 0 < len(coordinates) <= MAX_POINTS:
        problems.add(f"{path}.coordinates", "Give the coordinates of at least one polygon.")
        return
    for place, rings in enumerate(coordinates):
        below = f"{path}.coordinates" if is_single else f"{path}.coordinates[{place}]"
        polygon = _polygon(rings, below, problems)
        if polygon is not None:
            polygons.append(polygon)


def _polygon(rings: object, path: str, problems: Problems) -> Polygon | None:
    if not isinstance(rings, list) or not 0 < len(rings) <= MAX_POINTS:
        problems.add(path, "Give a list of rings, each a list of [longitude, latitude].")
        return None
    found = [_ring(ring, f"{path}[{place}]", problems) for place, ring in enumerate(rings)]
    parsed = tuple(ring for ring in found if ring is not None)
    return parsed if len(parsed) == len(rings) else None


def _ring(ring: object, path: str, problems: Problems) -> Ring | None:
    if not isinstance(ring, list) or not 3 <= len(ring) <= MAX_POINTS + 1:
        problems.add(path, f"Give a list of 3 to {MAX_POINTS} corners, each [longitude, latitude].")
        return None
    points = [_point(corner) for corner in ring]
    if None in points:
        problems.add(f"{path}[{points.index(None)}]", "Give [longitude, latitude] in degrees, the longitude first.")
        return None
    corners = [point for point in points if point is not None]
    if corners[0] == corners[-1]:
        del corners[-1]
    if len(set(corners)) < 3:
        problems.add(path, "A ring needs three different corners.")
        return None
    open_ring = unrolled([*corners, corners[0]])
    if abs(open_ring[-1][1] - open_ring[0][1]) > 180.0:
        problems.add(path, "A ring must not go around a pole; use a circle there.")
        return None
    return tuple(corners)


def _point(corner: object) -> Point | None:
    if not isinstance(corner, list | tuple) or not 2 <= len(corner) <= 3:
        return None
    lon, lat = _number(corner[0], MAX_LON), _number(corner[1], 90.0)
    return None if lon is None or lat is None else (lat, lon)


def _number(value: object, most: float) -> float | None:
    """The value as a finite number from -most to most; None if it is none. Booleans are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= most and isfinite(value) else None
