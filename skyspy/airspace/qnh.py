"""The QNH of a place from the METARs around it: that of the nearest station that has reported it lately.

Below the transition altitude an aircraft's altitude above the sea is its pressure altitude corrected by the QNH (`airports.altitude_ft`). Above
it altitudes are flight levels and need none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import ceil, cos, floor, radians
from typing import NamedTuple

from skyspy.airspace.weather import Metar
from skyspy.geo import Point, distance_nm

WITHIN_NM = 100.0
MAX_AGE_S = 2.5 * 3600.0
"""Stations report each hour or half hour; so long one counts whose next report is missing."""
AHEAD_S = 900.0
"""A report may be so much after our clock."""
NM_PER_DEGREE = 60.0
POLAR_DEG = 88.0
"""A search that reaches beyond this latitude goes around the earth."""


class StationQnh(NamedTuple):
    """`hpa`: the QNH. `station`: where it was observed, `distance_nm` away, `age_s` ago."""

    hpa: float
    station: str
    distance_nm: float
    age_s: float


class StationPressures:
    """The METARs with a QNH, by where they were observed. Made anew for each new document."""

    def __init__(self, metars: Iterable[Metar]) -> None:
        latest: dict[str, Metar] = {}
        for one in metars:
            known = latest.get(one.station)
            if one.qnh_hpa is not None and (known is None or one.observed > known.observed):
                latest[one.station] = one
        self._cells: defaultdict[tuple[int, int], list[Metar]] = defaultdict(list)
        for one in latest.values():
            self._cells[floor(one.lat), (floor(one.lon) + 180) % 360 - 180].append(one)

    def nearest(self, point: Point, now: float, within_nm: float = WITHIN_NM, max_age_s: float = MAX_AGE_S) -> StationQnh | None:
        """The QNH of the nearest station within `within_nm` whose last report was at most `max_age_s` before `now` (wall seconds); None where
        there is none. Of two at one distance, that with the lower identifier."""
        best: StationQnh | None = None
        for one in self._around(point, within_nm):
            age = now - one.observed
            if one.qnh_hpa is None or age > max_age_s or age < -AHEAD_S:
                continue
            away = distance_nm(point, one.point)
            if away <= within_nm and (best is None or (away, one.station) < (best.distance_nm, best.station)):
                best = StationQnh(one.qnh_hpa, one.station, away, max(0.0, age))
        return best

    def _around(self, point: Point, within_nm: float) -> Iterator[Metar]:
        reach = within_nm / NM_PER_DEGREE
        low, high = floor(point[0] - reach), floor(point[0] + reach)
        farthest = min(90.0, max(abs(point[0] - reach), abs(point[0] + reach)))
        columns = ceil(reach / cos(radians(min(farthest, POLAR_DEG))))
        if farthest >= POLAR_DEG or 2 * columns + 1 >= 360:
            for (row, _), found in self._cells.items():
                if low <= row <= high:
                    yield from found
            return
        west = floor(point[1])
        for row in range(low, high + 1):
            for column in range(west - columns, west + columns + 1):
                yield from self._cells.get((row, (column + 180) % 360 - 180), ())
