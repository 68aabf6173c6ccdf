"""Places of rules: circles and polygons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skyspy.geo import Point

Ring = tuple[Point, ...]
"""The corners of a ring, without the first one again at the end."""


@dataclass(frozen=True, slots=True)
class Circle:
    """`radius_nm` around `centre`."""

    centre: Point
    radius_nm: float


@dataclass(frozen=True, slots=True)
class Polygons:
    """One polygon or several: each is its outer ring and then its holes."""

    polygons: tuple[tuple[Ring, ...], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an aircraft may be inside: a circle or polygons."""

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
