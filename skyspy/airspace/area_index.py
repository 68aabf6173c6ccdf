"""Which of many areas a position is in: cells of a grid first, then the edges of a few of them.

A small area is listed in cells of 1 degree, a large one in cells of 10 degrees. Where a cell is wholly inside an area, no edge is looked at.
Edges of a ring are sorted into belts of latitude, so that a test looks at few of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from math import floor
from typing import NamedTuple

from skyspy.airspace.polygons import closed_ring, no_pause, signed_area
from skyspy.airspace.records import Area
from skyspy.geo import Point, Ring

FINE_DEG, COARSE_DEG = 1, 10
"""Edges of the cells."""
MAX_FINE_CELLS = 256
"""An area that touches more cells of 1 degree is listed in cells of 10 degrees."""
MAX_BELTS = 256
MAX_COPIES = 3
"""Entries for each edge in all belts, on the average."""
PAUSE_UNITS = 1_000
"""Units of work between two pauses: edges that are looked at, or about as much of other work. About 0.2 ms."""
CANDIDATE_UNITS, POSITION_UNITS, CELL_UNITS = 6, 4, 30
SLACK_DEG = 1e-9
NORTHMOST = 90.0 - 1e-9
"""The pole is looked up as this, because what is on a northern edge belongs to the area north of it."""


class _Edge(NamedTuple):
    """An edge that is not level, from its lower to its higher end: two rings that share it find the same longitudes on it. `slope`: degrees
    of longitude for each of latitude. `sign`: 1 where the ring goes up on it, else -1."""

    low: float
    high: float
    lon: float
    slope: float
    sign: int


class _Pacer:
    """Calls `pause` each PAUSE_UNITS of work."""

    __slots__ = ("_left", "_pause")

    def __init__(self, pause: Callable[[], None]) -> None:
        self._pause, self._left = pause, PAUSE_UNITS

    def spend(self, units: int) -> None:
        self._left -= units
        if self._left <= 0:
            self._left = PAUSE_UNITS
            self._pause()


class _RingShape:
    """One ring, made for tests. `units`: edges that a test looks at, at most."""

    __slots__ = ("_belts", "_per_deg", "east", "is_hole", "north", "south", "units", "west")

    def __init__(self, points: Ring, pacer: _Pacer) -> None:
        """`points`: of a closed ring."""
        lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
        self.south, self.north, self.west, self.east = min(lats), max(lats), min(lons), max(lons)
        self.is_hole = signed_area(points) < 0.0
        height, climbed = self.north - self.south, 0.0
        edges: list[_Edge] = []
        for (lat, lon), (to_lat, to_lon) in pairwise(points):
            climbed += abs(to_lat - lat)
            if lat < to_lat:
                edges.append(_Edge(lat, to_lat, lon, (to_lon - lon) / (to_lat - lat), 1))
            elif lat > to_lat:
                edges.append(_Edge(to_lat, lat, to_lon, (lon - to_lon) / (lat - to_lat), -1))
            pacer.spend(3)
        most = MAX_COPIES * len(edges) * height / climbed if climbed else 1.0
        count = max(1, min(MAX_BELTS, len(edges) // 4 + 1, int(most)))
        self._per_deg = count / height if height else 0.0
        self._belts: list[list[_Edge]] = [[] for _ in range(count)]
        for edge in edges:
            low, high = self._belt(edge.low), self._belt(edge.high)
            for belt in self._belts[low : high + 1]:
                belt.append(edge)
            pacer.spend(2 + high - low)
        self.units = 1 + max(len(belt) for belt in self._belts)

    def _belt(self, lat: float) -> int:
        return min(len(self._belts) - 1, int((lat - self.south) * self._per_deg))

    def is_inside(self, lat: float, lon: float) -> bool:
        """Whether the ring goes around the position. `lon`: from -180 on, below 180."""
        if not self.south <= lat < self.north:
            return False
        if lon < self.west:
            lon += 360.0
        winding = 0
        while lon <= self.east:
            for low, high, at, slope, sign in self._belts[self._belt(lat)]:
                if low <= lat < high and lon < at + (lat - low) * slope:
                    winding += sign
            lon += 360.0
        return winding != 0


class _Shape:
    """One area, made for tests. `place`: of its id. `units`: what a test costs at most."""

    __slots__ = ("place", "rings", "units")

    def __init__(self, place: int, rings: list[_RingShape]) -> None:
        self.place, self.rings = place, rings
        self.units = CANDIDATE_UNITS + sum(ring.units for ring in rings)

    def is_inside(self, lat: float, lon: float) -> bool:
        """Whether a position is inside more outlines than holes."""
        if len(self.rings) == 1:
            return self.rings[0].is_inside(lat, lon)
        return sum(-1 if ring.is_hole else 1 for ring in self.rings if ring.is_inside(lat, lon)) > 0


class _Cell:
    """What is in one cell: places of areas that it is wholly inside of, and areas with an edge in it."""

    __slots__ = ("edged", "whole")

    def __init__(self) -> None:
        self.whole: list[int] = []
        self.edged: list[_Shape] = []


class AreaIndex:
    """Areas with their ids, looked up by position. It does not change once it is made."""

    __slots__ = ("_coarse", "_fine", "_ids")

    def __init__(self, areas: Iterable[tuple[str, Area]], pause: Callable[[], None] = no_pause) -> None:
        """`areas`: ids, each once, with areas that `polygons.area_of` made. `pause` is called between pieces of work."""
        self._ids: list[str] = []
        self._fine: dict[int, _Cell] = {}
        self._coarse: dict[int, _Cell] = {}
        pacer = _Pacer(pause)
        for place, (one, area) in enumerate(areas):
            self._ids.append(one)
            self._add(place, area, pacer)

    def __len__(self) -> int:
        return len(self._ids)

    def inside(self, lat: float, lon: float) -> list[str]:
        """The ids of the areas that a position in degrees is in, in the order in which they were given."""
        return self._inside(lat, lon, _Pacer(no_pause))

    def inside_each(self, positions: Mapping[str, Point], pause: Callable[[], None] = no_pause) -> dict[str, list[str]]:
        """For each key whose position is inside an area, the ids as `inside` gives them. `pause` is called between pieces of work of some
        0.2 ms."""
        pacer = _Pacer(pause)
        found = {}
        for key, (lat, lon) in positions.items():
            ids = self._inside(lat, lon, pacer)
            if ids:
                found[key] = ids
        return found

    def _inside(self, lat: float, lon: float, pacer: _Pacer) -> list[str]:
        lat, lon = min(lat, NORTHMOST), lon if -180.0 <= lon < 180.0 else _lon(lon)
        places: list[int] = []
        for size, cells in ((FINE_DEG, self._fine), (COARSE_DEG, self._coarse)):
            cell = cells.get(_cell(_row(lat, size), floor((lon + 180.0) / size), size))
            if cell is None:
                continue
            places += cell.whole
            for shape in cell.edged:
                if shape.is_inside(lat, lon):
                    places.append(shape.place)
                pacer.spend(shape.units)
        pacer.spend(POSITION_UNITS + len(places))
        places.sort()
        return [self._ids[place] for place in places]

    def _add(self, place: int, area: Area, pacer: _Pacer) -> None:
        closed = [closed_ring(ring) for ring in area.rings]
        pacer.spend(sum(map(len, closed)))
        shape = _Shape(place, [_RingShape(points, pacer) for points in closed])
        size, cells = (FINE_DEG, self._fine) if _box_cells(shape) <= MAX_FINE_CELLS else (COARSE_DEG, self._coarse)
        edged = {cell for points in closed for cell in _touched(points, size, pacer)}
        for cell in edged:
            cells.setdefault(cell, _Cell()).edged.append(shape)
        for ring in shape.rings:
            if not ring.is_hole:
                for row, column in _rows_and_columns(ring, size):
                    cell = _cell(row, column, size)
                    pacer.spend(CELL_UNITS)
                    if cell in edged:
                        continue
                    # No edge is in it, so that its middle speaks for all of it.
                    edged.add(cell)
                    if shape.is_inside((row + 0.5) * size - 90.0, _lon((column + 0.5) * size - 180.0)):
                        cells.setdefault(cell, _Cell()).whole.append(place)


def _row(lat: float, size: int) -> int:
    return min(180 // size - 1, max(0, floor((lat + 90.0) / size)))


def _lon(lon: float) -> float:
    return (lon + 180.0) % 360.0 - 180.0


def _cell(row: int, column: int, size: int) -> int:
    """The number of a cell; columns go on around the earth."""
    columns = 360 // size
    return row * columns + column % columns


def _rows_and_columns(ring: _RingShape, size: int) -> Iterator[tuple[int, int]]:
    """The cells of a ring's box."""
    first, last = floor((ring.west + 180.0) / size), floor((ring.east + 180.0) / size)
    for row in range(_row(ring.south, size), _row(ring.north, size) + 1):
        for column in range(first, min(last, first + 360 // size - 1) + 1):
            yield row, column


def _box_cells(shape: _Shape) -> float:
    """How many cells of 1 degree the boxes of the outlines have, about."""
    return sum((ring.north - ring.south + 1.0) * (ring.east - ring.west + 1.0) for ring in shape.rings if not ring.is_hole)


def _touched(points: Ring, size: int, pacer: _Pacer) -> Iterator[int]:
    """The cells that have a part of an edge in them, some of them more than once."""
    for (lat, lon), (to_lat, to_lon) in pairwise(points):
        low, high = min(lat, to_lat), max(lat, to_lat)
        slope = (to_lon - lon) / (to_lat - lat) if high > low else 0.0
        # What rounding may do to a longitude on the edge.
        slack = SLACK_DEG + abs(slope) * 1e-13
        for row in range(_row(low - SLACK_DEG, size), _row(high + SLACK_DEG, size) + 1):
            # The part of the edge that is in this row of cells.
            bottom, top = max(low, row * size - 90.0), min(high, (row + 1) * size - 90.0)
            a, b = (lon + (bottom - lat) * slope, lon + (top - lat) * slope) if high > low else (lon, to_lon)
            first, last = floor((min(a, b) - slack + 180.0) / size), floor((max(a, b) + slack + 180.0) / size)
            for column in range(first, last + 1):
                yield _cell(row, column, size)
            pacer.spend(2 + last - first)
