"""The QNH of a place from the METARs around it: that of the nearest station that has reported it lately.

Below the transition altitude an aircraft's altitude above the sea is its pressure altitude corrected by the QNH (`airports.altitude_ft`). Above
it altitudes are flight levels and need none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import ceil, cos, floor, radians, sin
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


class _Station(NamedTuple):
    """A METAR and where its station is, as a unit vector from the middle of the earth."""

    x: float
    y: float
    z: float
    observed: float
    metar: Metar


class StationPressures:
    """The METARs with a QNH, by where they were observed. Made anew for each new document."""

    def __init__(self, metars: Iterable[Metar]) -> None:
        latest: dict[str, Metar] = {}
        for one in metars:
            known = latest.get(one.station)
            if one.qnh_hpa is not None and (known is None or one.observed > known.observed):
                latest[one.station] = one
        self._cells: defaultdict[tuple[int, int], list[_Station]] = defaultdict(list)
        for one in latest.values():
            cell = floor(one.lat), (floor(one.lon) + 180) % 360 - 180
            self._cells[cell].append(_Station(*_direction(one.point), one.observed, one))

    def nearest(self, point: Point, now: float, within_nm: float = WITHIN_NM, max_age_s: float = MAX_AGE_S) -> StationQnh | None:
        """The QNH of the nearest station within `within_nm` whose last report was at most `max_age_s` before `now` (wall seconds); None where
        there is none. Of two at one distance, that with the lower identifier."""
        x, y, z = _direction(point)
        earliest, last = now - max_age_s, now + AHEAD_S
        best, nearest = -2.0, None
        for a, b, c, observed, one in self._around(point, within_nm):
            # The cosine of the angle between both, as seen from the middle of the earth: the greater, the nearer.
            cosine = a * x + b * y + c * z
            if (
                cosine >= best
                and earliest <= observed <= last
                and (nearest is None or (-cosine, one.station) < (-best, nearest.station))
            ):
                best, nearest = cosine, one
        if nearest is None or nearest.qnh_hpa is None:
            return None
        away = distance_nm(point, nearest.point)
        return StationQnh(nearest.qnh_hpa, nearest.station, away, max(0.0, now - nearest.observed)) if away <= within_nm else None

    def _around(self, point: Point, within_nm: float) -> Iterator[_Station]:
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


def _direction(point: Point) -> tuple[float, float, float]:
    lat, lon = radians(point[0]), radians(point[1])
    return cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)
