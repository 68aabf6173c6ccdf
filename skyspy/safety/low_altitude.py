"""The rule for low flight far from every airport (`low_altitude`). Pure.

There is no terrain model. The height is taken above the lowest airport within REFERENCE_NM, so that an aircraft over a hill or a mountain
is not found low; one far below all airports around flies over lower ground or water, and its height is not known. An altitude without a
QNH may be wrong by 900 ft, so a QNH is needed: its own altimeter setting, or the median of those around. Where there is none, the
geometric altitude counts, where it is low with its greatest error too. Otherwise nothing is raised.

Two receptions of the altitude are needed. What takes off climbs and is not looked at meanwhile. Light aircraft use fields that no table
has: they must fly level for LEVEL_S.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airport, Airports, altitude_ft
from skyspy.airports.height import ERROR_FT, ERROR_WITHOUT_QNH_FT
from skyspy.geo import Point
from skyspy.safety.profiles import AIRLINER, LIGHT, ROTORCRAFT, profile_of
from skyspy.safety.qnh import Settings
from skyspy.safety.rules import CRITICAL, LOW_ALTITUDE, WARNING, Finding, Round
from skyspy.safety.states import is_located, name_of
from skyspy.safety.two_looks import TwoLooks

APART_S = 3.0
LEVEL_S = 30.0
"""Seconds between two receptions of the altitude; the second for light aircraft, which are to fly level in between."""
LEVEL_FT_MIN = 300
"""Rates below are level; what climbs faster, or at an unknown rate, may be taking off."""
MIN_KT = 40.0
"""What is slower, or of unknown speed, may be parked or hover."""

REFERENCE_NM = 25.0
BELOW_FT = 300
"""An aircraft so far below the lowest airport flies over lower ground."""
GEOID_FT = 360
"""The geometric altitude is above the ellipsoid; mean sea level is up to 350 ft from that (EGM96), besides what GPS is wrong by."""

PROFILES = frozenset({AIRLINER.name, LIGHT.name})
"""Classes that do not fly low on purpose; helicopters are added by a setting."""
# fmt: off
LOW_WORK = frozenset({
    "AT3P", "AT3T", "AT5P", "AT5T", "AT6T", "AT8T", "CL2P", "CL2T", "CSNT", "G164", "G64T", "M18", "M18T", "PA25", "PA36", "SS2P", "SS2T",
})
# fmt: on
"""Type designators (ICAO Doc 8643) of aircraft for spraying crops and fighting fires."""
WATER = frozenset("AS")
"""First letters of ICAO's description of amphibians and seaplanes, which land far from airports."""

CELLS_PER_DEGREE = 4
CELL_NM = 10.7
"""Half the diagonal of a cell, at most."""
MAX_CELLS = 50000


@dataclass(frozen=True, slots=True)
class Height:
    """A height above an airport, feet. `qnh`: None where it follows from the geometric altitude."""

    feet: float
    error_ft: int
    airport: Airport
    distance_nm: float
    qnh: float | None


class LowAltitude:
    """The rule. `_highest` has, for each cell of a quarter of a degree, the highest elevation that may be the reference there: most aircraft
    are higher than anything low above that, which one look-up shows."""

    def __init__(self) -> None:
        self._looks = {seconds: TwoLooks(seconds) for seconds in (APART_S, LEVEL_S)}
        self._airports: Airports | None = None
        self._settings: Settings | None = None
        self._highest: dict[tuple[int, int], float | None] = {}

    @property
    def remembered(self) -> int:
        """How many aircraft are kept for the next round."""
        return sum(len(looks) for looks in self._looks.values())

    def look(self, look: Round) -> Iterator[Finding]:
        """The aircraft that fly low far from every airport."""
        for looks in self._looks.values():
            looks.begin()
        airports = look.airports
        if airports is None:
            return
        if airports is not self._airports or len(self._highest) > MAX_CELLS:
            self._airports, self._highest = airports, {}
        margin = look.thresholds.low_altitude_ft + ERROR_WITHOUT_QNH_FT
        for place, state in enumerate(look.aircraft.values()):
            if place % 64 == 63:
                look.pause()
            lat, lon, altitude = state.lat, state.lon, state.alt_baro
            if altitude is None or lat is None or lon is None:
                continue
            cell = floor(lat * CELLS_PER_DEGREE), floor(lon * CELLS_PER_DEGREE)
            if cell not in self._highest:
                self._highest[cell] = _highest_reference(airports, cell)
                look.pause()
            highest = self._highest[cell]
            if highest is None or altitude > highest + margin or not _is_looked_at(state, look):
                continue
            if airports.nearest((lat, lon), look.thresholds.low_altitude_airport_nm) is not None:
                continue
            if self._settings is None or not self._settings.serves(look.now):
                self._settings = Settings(look)
            height = _height(state, (lat, lon), altitude, airports, self._settings)
            look.pause()
            if height is None or not _is_low(height, look.thresholds.low_altitude_ft):
                continue
            apart = LEVEL_S if profile_of(state) is LIGHT else APART_S
            if self._looks[apart].confirms(state.hex, "low", state.alt_at):
                yield _finding(state, height, look.thresholds.low_altitude_ft)


def _highest_reference(airports: Airports, cell: tuple[int, int]) -> float | None:
    """The highest elevation that is the lowest one around any place in a cell; None where no airport is within reach. Airports near the
    cell's middle are around each of its places."""
    middle = (cell[0] + 0.5) / CELLS_PER_DEGREE, (cell[1] + 0.5) / CELLS_PER_DEGREE
    near = _elevations(airports, middle, REFERENCE_NM - CELL_NM)
    return min(near) if near else max(_elevations(airports, middle, REFERENCE_NM + CELL_NM), default=None)


def _elevations(airports: Airports, middle: Point, radius_nm: float) -> list[int]:
    found = airports.within((min(middle[0], 90.0), middle[1]), radius_nm)
    return [near.airport.elevation_ft for near in found if near.airport.elevation_ft is not None]


def _is_looked_at(state: AircraftState, look: Round) -> bool:
    """Whether this aircraft, if it is low, should not be: it flies, is known well enough, and has no reason to be low."""
    if not is_located(state, look.now) or state.on_ground is not False or state.hex in look.collapsed:
        return False
    if state.gs is None or state.gs < MIN_KT or state.military or not state.is_icao:
        return False
    profile, rate = profile_of(state), state.rate
    if profile is ROTORCRAFT:
        return look.thresholds.low_altitude_helicopters
    if profile.name not in PROFILES or state.t in LOW_WORK or (state.type_class or " ")[0] in WATER:
        return False
    return rate is not None and rate < LEVEL_FT_MIN and (profile is not LIGHT or rate > -LEVEL_FT_MIN)


def _height(state: AircraftState, point: Point, altitude: int, airports: Airports, settings: Settings) -> Height | None:
    """The height above the lowest airport around; None where it is not known well enough."""
    around = [
        (near.airport.elevation_ft, near)
        for near in airports.within(point, REFERENCE_NM)
        if near.airport.elevation_ft is not None
    ]
    if not around:
        return None
    elevation, near = min(around, key=lambda one: (one[0], one[1].distance_nm))
    qnh = settings.qnh_of(state, point)
    if qnh is not None:
        return Height(altitude_ft(altitude, qnh) - elevation, ERROR_FT, near.airport, near.distance_nm, qnh)
    if state.alt_geom is None:
        return None
    return Height(state.alt_geom - elevation, GEOID_FT, near.airport, near.distance_nm, None)


def _is_low(height: Height, threshold: int) -> bool:
    """Whether a height is low. With a QNH it is as exact as an altimeter; a geometric one must be low with its greatest error."""
    feet = height.feet if height.qnh is not None else height.feet + height.error_ft
    return feet < threshold and height.feet >= -BELOW_FT


def _finding(state: AircraftState, height: Height, threshold: int) -> Finding:
    feet = round(height.feet / 50) * 50
    airport = height.airport
    over = f"about {feet} ft above" if feet > 0 else "at or below"
    return Finding(
        LOW_ALTITUDE,
        state.hex,
        CRITICAL if height.feet + height.error_ft < threshold / 2 else WARNING,
        f"{name_of(state)} flies {over} the elevation of {airport.ident}, {height.distance_nm:.0f} nm away,"
        f" the lowest airport around (±{height.error_ft} ft).",
        hex=state.hex,
        callsign=state.flight,
        lat=state.lat,
        lon=state.lon,
        details={
            "height_ft": round(height.feet),
            "height_error_ft": height.error_ft,
            "threshold_ft": threshold,
            "airport": airport.ident,
            "airport_elevation_ft": airport.elevation_ft,
            "airport_distance_nm": round(height.distance_nm, 1),
            "altitude_ft": state.alt_baro,
            "qnh_hpa": None if height.qnh is None else round(height.qnh, 1),
        },
    )
