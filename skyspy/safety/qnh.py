"""The QNH of a place, from the altimeter settings that aircraft around it send (`nav_qnh`). Pure."""

from __future__ import annotations

from collections import defaultdict
from math import floor
from statistics import median

from skyspy.aircraft_state import AircraftState
from skyspy.airports.height import STANDARD_HPA, is_qnh
from skyspy.geo import Point, distance_nm
from skyspy.safety.rules import Round

AROUND_NM = 60.0
BELOW_FT = 10000
"""Settings of aircraft from here on are not local: the standard setting, or that of a destination."""
STANDARD_BELOW_FT = 3000
"""The standard setting counts as QNH only below every transition altitude."""
STANDARD_WITHIN_HPA = 0.5
MIN_SETTINGS, SPREAD_HPA = 2, 3.0
"""So many aircraft around must have a setting, and half of them must be so near the median. 3 hPa are 80 ft."""
CELLS_PER_DEGREE = 2
"""The median is taken once for a cell of half a degree."""


KEPT_S = 15.0
"""Pressure changes slowly: the settings of one round serve for so long."""


class Settings:
    """The altimeter settings of one round, and the medians of the cells that were asked for."""

    def __init__(self, look: Round) -> None:
        self._until = look.now + KEPT_S
        self._by_row: defaultdict[int, list[tuple[Point, float]]] = defaultdict(list)
        self._medians: dict[tuple[int, int], float | None] = {}
        for place, state in enumerate(look.aircraft.values()):
            if place % 256 == 255:
                look.pause()
            if state.nav_qnh is None or state.lat is None or state.lon is None:
                continue
            qnh = own_qnh(state)
            if qnh is not None:
                self._by_row[floor(state.lat)].append(((state.lat, state.lon), qnh))

    def serves(self, now: float) -> bool:
        """Whether these settings are recent enough."""
        return now < self._until

    def qnh_of(self, state: AircraftState, point: Point) -> float | None:
        """The QNH for an aircraft at this point: its own setting, unless that is the standard one and those around have another; else
        the median of those. None where neither is known."""
        own = own_qnh(state)
        if own is not None and not _is_standard(own):
            return own
        around = self._around(point)
        return own if around is None else around

    def _around(self, point: Point) -> float | None:
        cell = floor(point[0] * CELLS_PER_DEGREE), floor(point[1] * CELLS_PER_DEGREE)
        if cell not in self._medians:
            self._medians[cell] = self._median(((cell[0] + 0.5) / CELLS_PER_DEGREE, (cell[1] + 0.5) / CELLS_PER_DEGREE))
        return self._medians[cell]

    def _median(self, middle: Point) -> float | None:
        row, reach = floor(middle[0]), AROUND_NM / 59
        near = (one for number in range(row - 2, row + 3) for one in self._by_row.get(number, ()))
        found = [qnh for place, qnh in near if abs(place[0] - middle[0]) <= reach and distance_nm(place, middle) <= AROUND_NM]
        if len(found) < MIN_SETTINGS:
            return None
        value = median(found)
        return value if median(abs(qnh - value) for qnh in found) <= SPREAD_HPA else None


def own_qnh(state: AircraftState) -> float | None:
    """The altimeter setting of an aircraft where it is the QNH of where it flies."""
    qnh, altitude = state.nav_qnh, state.alt_baro
    if altitude is None or not is_qnh(qnh):
        return None
    return qnh if altitude < (STANDARD_BELOW_FT if _is_standard(qnh) else BELOW_FT) else None


def _is_standard(qnh: float) -> bool:
    return abs(qnh - STANDARD_HPA) <= STANDARD_WITHIN_HPA
