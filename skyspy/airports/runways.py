"""Domain: on which runway an aircraft is, and on which final approach.

Distances are on the sphere of geo.py. `across` is positive to the right of the direction of landing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import asin, atan2, cos, degrees, hypot, radians, sin, tan

from skyspy.airports.height import ERROR_FT, ERROR_WITHOUT_QNH_FT, altitude_ft, is_qnh
from skyspy.airports.index import Airports, NearAirport
from skyspy.airports.records import FEET_PER_NM, Airport, Runway, RunwayEnd
from skyspy.geo import EARTH_RADIUS_NM, Point, bearing_deg, distance_nm

MAX_AIRPORT_NM = 5.0
"""No runway of the table is centred farther from its airport's position."""
ON_RUNWAY_NM = MAX_AIRPORT_NM + 3.0
"""Where airports are looked for around an aircraft on the ground: half a runway is shorter than three miles."""
DEFAULT_WIDTH_FT = 100
MARGIN_FT = 100.0
"""By how much a runway's rectangle is enlarged on all sides: positions of aircraft and of runway ends are not exact."""
MAX_ON_RUNWAY_TRACK = 20.0

MAX_FROM_RUNWAY_NM = 1.0
"""Taxiways and aprons are at most so far from one of their airport's runways."""
MAX_FROM_AIRPORT_NM = 1.5
"""From the position of an airport whose runways are not in the table."""

MAX_FINAL_NM = 10.0
MAX_FINAL_TRACK = 15.0
FINAL_WIDTH_NM = 0.1
FINAL_SPREAD = tan(radians(2.5))
"""At the threshold an approach is FINAL_WIDTH_NM wide to each side, and wider by this much for each mile before it."""
MIN_GLIDE, NOMINAL_GLIDE, MAX_GLIDE = 1.5, 3.0, 7.0
"""Degrees; the steepest published approaches of airliners have 6.7."""


@dataclass(frozen=True, slots=True)
class OnRunway:
    """An aircraft on a runway. `end`: the one it moves away from, None where its track is not known. `along_ft`: from the pavement's
    beginning at `end` (at `runway.ends[0]` without a track). `across_ft`: from the centre line."""

    airport: Airport
    runway: Runway
    end: RunwayEnd | None
    along_ft: float
    across_ft: float


@dataclass(frozen=True, slots=True)
class OnFinal:
    """An aircraft on final approach to `end`. `distance_nm`: along the centre line to the threshold. `across_nm`: from the centre
    line. `height_ft`: above the threshold. `glide_deg`: the angle at which the threshold sees the aircraft."""

    airport: Airport
    runway: Runway
    end: RunwayEnd
    distance_nm: float
    across_nm: float
    height_ft: float
    glide_deg: float


def along_and_across(start: Point, heading: float, point: Point) -> tuple[float, float]:
    """Where a point is beside the great circle that leaves `start` with a true `heading`: nautical miles along it (negative behind
    the start) and across it (positive to the right)."""
    angle = distance_nm(start, point) / EARTH_RADIUS_NM
    turn = radians(bearing_deg(start, point) - heading)
    across = asin(max(-1.0, min(1.0, sin(angle) * sin(turn))))
    along = atan2(sin(angle) * cos(turn), cos(angle))
    return along * EARTH_RADIUS_NM, across * EARTH_RADIUS_NM


def turn_between(a: float, b: float) -> float:
    """The angle between two directions, 0 to 180 degrees."""
    return abs((a - b + 180.0) % 360.0 - 180.0)


def on_runway(airports: Airports, point: Point, track: float | None) -> OnRunway | None:
    """The runway on which an aircraft on the ground is. `track`: its direction of movement, true; it must agree with the runway's.
    Without one (an aircraft that stands) the position alone decides. Of several, the one whose centre line is nearest."""
    found = [
        place
        for near in airports.within(point, ON_RUNWAY_NM, with_runways=True)
        for runway in near.airport.runways
        if (place := _on_runway(near.airport, runway, point, track)) is not None
    ]
    return min(found, key=lambda place: abs(place.across_ft), default=None)


def airport_around(airports: Airports, point: Point) -> Airport | None:
    """The airport on whose ground an aircraft on the ground is: the one with the nearest runway, where none is near, the nearest
    one of which no runway is known."""
    found = [
        (distance, len(near.airport.runways) == 0, near.airport.ident, near.airport)
        for near in airports.within(point, ON_RUNWAY_NM)
        if (distance := _from_airport_nm(near, point)) is not None
    ]
    return min(found, key=lambda place: (place[1], place[0], place[2]))[3] if found else None


def _from_airport_nm(near: NearAirport, point: Point) -> float | None:
    """How far a point is from the nearest runway of an airport, or from an airport without one; None where that is too far."""
    runways = near.airport.runways
    distance = min((_from_runway_nm(runway, point) for runway in runways), default=near.distance_nm)
    return distance if distance <= (MAX_FROM_RUNWAY_NM if runways else MAX_FROM_AIRPORT_NM) else None


def _from_runway_nm(runway: Runway, point: Point) -> float:
    start, finish = runway.ends
    along, across = along_and_across(start.point, start.heading, point)
    beyond = max(0.0, -along, along - distance_nm(start.point, finish.point))
    return hypot(across, beyond)


def on_final(airports: Airports, point: Point, track: float, alt_baro: float, qnh: float | None = None) -> OnFinal | None:
    """The final approach on which an aircraft in the air is; None where it is on none, and where the elevation is unknown.

    `track`: direction over ground, true. `alt_baro`: pressure altitude in feet, `qnh` in hPa where known. It must be before the
    threshold, near the centre line, move along it, and be at a height that an approach can have. Of several, the one whose 3° path
    is nearest.
    """
    altitude = altitude_ft(alt_baro, qnh)
    error = ERROR_FT if is_qnh(qnh) else ERROR_WITHOUT_QNH_FT
    found = [
        approach
        for airport, runway, end in _aligned(airports, point, track)
        if (approach := _on_final(airport, runway, end, point, altitude, error)) is not None
    ]
    return min(found, key=_off_path_ft, default=None)


def _aligned(airports: Airports, point: Point, track: float) -> Iterator[tuple[Airport, Runway, RunwayEnd]]:
    for near in airports.within(point, MAX_FINAL_NM + ON_RUNWAY_NM, with_runways=True):
        for runway in near.airport.runways:
            for end in runway.ends:
                if turn_between(track, end.heading) <= MAX_FINAL_TRACK:
                    yield near.airport, runway, end


def _on_runway(airport: Airport, runway: Runway, point: Point, track: float | None) -> OnRunway | None:
    end: RunwayEnd | None = None
    if track is not None:
        end = min(runway.ends, key=lambda one: turn_between(track, one.heading))
        if turn_between(track, end.heading) > MAX_ON_RUNWAY_TRACK:
            return None
    start = end or runway.ends[0]
    along, across = (nm * FEET_PER_NM for nm in along_and_across(start.point, start.heading, point))
    length = distance_nm(runway.ends[0].point, runway.ends[1].point) * FEET_PER_NM
    inside = -MARGIN_FT <= along <= length + MARGIN_FT and abs(across) <= (runway.width_ft or DEFAULT_WIDTH_FT) / 2 + MARGIN_FT
    return OnRunway(airport, runway, end, along, across) if inside else None


def _on_final(airport: Airport, runway: Runway, end: RunwayEnd, point: Point, altitude: float, error: float) -> OnFinal | None:
    elevation = airport.elevation_ft if end.elevation_ft is None else end.elevation_ft
    along, across = along_and_across(end.threshold, end.heading, point)
    distance = -along
    if elevation is None or not 0.0 < distance <= MAX_FINAL_NM or abs(across) > FINAL_WIDTH_NM + distance * FINAL_SPREAD:
        return None
    height, feet = altitude - elevation, distance * FEET_PER_NM
    if height + error < feet * tan(radians(MIN_GLIDE)) or height - error > feet * tan(radians(MAX_GLIDE)):
        return None
    return OnFinal(airport, runway, end, distance, across, height, degrees(atan2(height, feet)))


def _off_path_ft(approach: OnFinal) -> float:
    """How far an aircraft is from the 3° path."""
    path = approach.distance_nm * FEET_PER_NM * tan(radians(NOMINAL_GLIDE))
    return hypot(approach.across_nm * FEET_PER_NM, approach.height_ft - path)
