"""Domain: which airports are near a position, and which one has a code.

Invariants: rows become records only when they are asked for, and at most MAX_RECORDS are kept. Nothing changes after construction
but that cache.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from math import asin, ceil, cos, degrees, floor, radians, sin
from typing import Any

from skyspy.airports.records import KINDS, Airport
from skyspy.airports.table import CELLS_PER_ROW, ROWS_OF_CELLS, SCALE, airport_at, iata_at, ident_at, unpack
from skyspy.geo import EARTH_RADIUS_NM, Point, distance_nm

MAX_RECORDS = 1024
FIRST_RADIUS_NM = 8.0
"""A search for the nearest airport begins with this radius and triples it while nothing is found."""
MAX_RADIUS_NM = 11_000.0
"""More than half the earth's circumference."""
_ROUNDING = 1e-5
"""Degrees by which a search goes beyond its bounds, for positions are rounded to a millionth; the distance decides."""


@dataclass(frozen=True, slots=True)
class NearAirport:
    """An airport and how far it is."""

    airport: Airport
    distance_nm: float


class Airports:
    """All airports of a table. `data`: the bytes that `table.pack` made. Raises TableError."""

    def __init__(self, data: bytes) -> None:
        self._table = unpack(data)
        self._lat, self._lon = self._table.columns["lat"], self._table.columns["lon"]
        self._cells, self._kind = self._table.columns["cells"], self._table.columns["kind"]
        self._runways = self._table.columns["runways"]
        self._airport: Callable[[int], Airport] = lru_cache(MAX_RECORDS)(partial(airport_at, self._table))

    def __len__(self) -> int:
        return len(self._lat)

    def __iter__(self) -> Iterator[Airport]:
        return (airport_at(self._table, row) for row in range(len(self)))

    @property
    def runway_count(self) -> int:
        return int(self._runways[-1])

    @property
    def sources(self) -> list[dict[str, Any]]:
        """From which packages the table was made: `name`, `version`, `licence`, `holds`."""
        return list(self._table.header["sources"])

    def find(self, code: str) -> Airport | None:
        """The airport with this ident (the ICAO code where it has one) or IATA code, in upper or lower case."""
        wanted = code.strip().upper()
        if not wanted:
            return None
        for order, name in (("by_ident", ident_at), ("by_iata", iata_at)):
            rows = self._table.columns[order]
            at = bisect_left(rows, wanted, key=partial(name, self._table))
            if at < len(rows) and name(self._table, rows[at]) == wanted:
                return self._airport(rows[at])
        return None

    def nearest(
        self, point: Point, within_nm: float = MAX_RADIUS_NM, kinds: Collection[str] = KINDS, with_runways: bool = False
    ) -> NearAirport | None:
        """The nearest airport; None where there is none of these `kinds` within `within_nm`. `with_runways`: only airports of
        which a runway is known. Of two at the same distance, the one with the lower ident.

        Over land this takes microseconds; far out at sea, where a wide circle must be searched, about a millisecond: give `within_nm`
        where what is far away does not matter."""
        radius = min(FIRST_RADIUS_NM, within_nm)
        while True:
            found = self._rows(point, radius, kinds, with_runways)
            if found:
                least = min(distance for distance, _ in found)
                at_least = [self._airport(row) for distance, row in found if distance == least]
                return NearAirport(min(at_least, key=lambda airport: airport.ident), least)
            if radius >= within_nm:
                return None
            radius = min(radius * 3, within_nm)

    def within(
        self, point: Point, radius_nm: float, kinds: Collection[str] = KINDS, with_runways: bool = False
    ) -> list[NearAirport]:
        """The airports at most `radius_nm` away, the nearest first."""
        found = sorted(self._rows(point, radius_nm, kinds, with_runways))
        return [NearAirport(self._airport(row), distance) for distance, row in found]

    def _rows(self, point: Point, radius: float, kinds: Collection[str], with_runways: bool) -> list[tuple[float, int]]:
        """Distance and row of the airports within `radius`."""
        wanted = frozenset(KINDS.index(kind) for kind in kinds)
        half_lat = degrees(radius / EARTH_RADIUS_NM) + _ROUNDING
        half_lon = _half_lon(point[0], half_lat)
        low, high = floor((point[0] - half_lat) * SCALE), ceil((point[0] + half_lat) * SCALE)
        widest = half_lon * SCALE
        found = []
        for first, last in self._ranges(point, half_lat, half_lon):
            for row in range(bisect_left(self._lat, low, first, last), bisect_right(self._lat, high, first, last)):
                lon = self._lon[row]
                if abs((lon - point[1] * SCALE + 180 * SCALE) % (360 * SCALE) - 180 * SCALE) > widest:
                    continue
                if self._kind[row] & 127 not in wanted or (with_runways and self._runways[row] == self._runways[row + 1]):
                    continue
                distance = distance_nm(point, (self._lat[row] / SCALE, lon / SCALE))
                if distance <= radius:
                    found.append((distance, row))
        return found

    def _ranges(self, point: Point, half_lat: float, half_lon: float) -> Iterator[tuple[int, int]]:
        """First and last row of each cell that the box around a point meets and that holds an airport."""
        lat, lon = point
        bottom = max(floor(lat - half_lat) + 90, 0)
        top = min(floor(lat + half_lat) + 90, ROWS_OF_CELLS - 1)
        west = floor(lon - half_lon)
        count = min(floor(lon + half_lon) - west + 1, CELLS_PER_ROW)
        for row in range(bottom, top + 1):
            start = row * CELLS_PER_ROW
            for column in range(west, west + count):
                cell = start + (column + 180) % CELLS_PER_ROW
                if self._cells[cell] < self._cells[cell + 1]:
                    yield self._cells[cell], self._cells[cell + 1]


def _half_lon(lat: float, half_lat: float) -> float:
    """By how many degrees of longitude a circle of `half_lat` degrees around a point reaches to each side; 180 where it holds a pole."""
    if abs(lat) + half_lat >= 90.0:
        return 180.0
    return degrees(asin(min(1.0, sin(radians(half_lat)) / cos(radians(lat))))) + _ROUNDING
