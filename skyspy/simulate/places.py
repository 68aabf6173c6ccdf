"""Where incidents take place: runways, and stretches far from every airport, near the centre of the simulation.

Places are on the flat map of route.py: x east and y north in nautical miles from the centre, headings in degrees from its north. The
airports are those of the world, so that rules which look for airports find what they need.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin

from skyspy.airports import Airport, Airports
from skyspy.airports.records import FEET_PER_NM, Runway, RunwayEnd
from skyspy.geo import Point, bearing_deg, destination, distance_nm
from skyspy.simulate.flight import convergence
from skyspy.simulate.random_stream import RandomStream

MAX_NM = 45.0
"""No place is farther from the centre."""
MIN_RUNWAY_FT = 5000
"""An airliner lands on runways of this length."""
TRIES = 300
"""So many stretches are looked at; where none of them serves, there is hardly one."""
STEP_NM = 0.75
"""A stretch is looked at in steps of this length."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A runway as it is used: where its landing direction begins, that direction, its length and elevation."""

    airport: str
    x: float
    y: float
    heading: float
    nm: float
    elevation_ft: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A straight line of `nm` whose middle is at `x`, `y`. `floor_ft`: the elevation of the lowest airport around."""

    x: float
    y: float
    heading: float
    floor_ft: int


class Places:
    """The places around a centre. `airports`: None where they are not known; then there are no places."""

    def __init__(self, airports: Airports | None, centre: Point) -> None:
        self._airports = airports
        self._centre = centre

    def point(self, x: float, y: float) -> Point:
        """Latitude and longitude of a place on the map."""
        return destination(self._centre, degrees(atan2(x, y)), hypot(x, y))

    def runway(self, random: RandomStream) -> Strip | None:
        """A runway in one of its directions; None where there is none of MIN_RUNWAY_FT."""
        found = list(self._runways(MIN_RUNWAY_FT))
        return self._strip(*random.pick(found)) if found else None

    def nearest_runway(self, min_ft: int, beside_nm: float = 0.0) -> Strip | None:
        """A runway of `min_ft` of the nearest airport that has one, `beside_nm` or more from the nearest of all with one of MIN_RUNWAY_FT."""
        first = next(self._runways(MIN_RUNWAY_FT), None)
        found = (
            (airport, runway, end)
            for airport, runway, end in self._runways(min_ft)
            if not beside_nm or (first is not None and distance_nm(airport.point, first[0].point) >= beside_nm)
        )
        nearest = next(found, None)
        return None if nearest is None else self._strip(*nearest)

    def _runways(self, min_ft: int) -> Iterator[tuple[Airport, Runway, RunwayEnd]]:
        """The runways, in each of their directions, those of the nearest airport first."""
        if self._airports is not None:
            for near in self._airports.within(self._centre, MAX_NM, with_runways=True):
                for runway in near.airport.runways:
                    if runway.length_ft >= min_ft:
                        yield from ((near.airport, runway, end) for end in runway.ends)

    def _strip(self, airport: Airport, runway: Runway, end: RunwayEnd) -> Strip:
        away, bearing = distance_nm(self._centre, end.threshold), radians(bearing_deg(self._centre, end.threshold))
        heading = (end.heading - convergence(self._centre, end.threshold)) % 360.0
        elevation = airport.elevation_ft if end.elevation_ft is None else end.elevation_ft
        return Strip(
            airport.ident, away * sin(bearing), away * cos(bearing), heading, runway.length_ft / FEET_PER_NM, elevation or 0
        )

    def stretch(self, random: RandomStream, nm: float, clear_nm: float, floor_nm: float) -> Stretch | None:
        """A stretch of `nm` without an airport within `clear_nm`, and with the same lowest airport within `floor_nm` all along."""
        for _ in range(TRIES if self._airports is not None else 0):
            away, bearing = random.between(clear_nm, MAX_NM), radians(random.between(0, 360))
            x, y, heading = away * sin(bearing), away * cos(bearing), random.between(0, 360)
            floor = self._floor_along(x, y, heading, nm, clear_nm, floor_nm)
            if floor is not None:
                return Stretch(x, y, heading, floor)
        return None

    def _floor_along(self, x: float, y: float, heading: float, nm: float, clear_nm: float, floor_nm: float) -> int | None:
        steps, angle = max(1, round(nm / STEP_NM)), radians(heading)
        points = [
            self.point(x + along * sin(angle), y + along * cos(angle))
            for along in (nm * (step / steps - 0.5) for step in range(steps + 1))
        ]
        airports = self._airports
        if airports is None or any(airports.nearest(point, clear_nm) is not None for point in points):
            return None
        floors = {_lowest(airports, point, floor_nm) for point in points}
        return floors.pop() if len(floors) == 1 else None


def _lowest(airports: Airports, point: Point, radius_nm: float) -> int | None:
    elevations = (near.airport.elevation_ft for near in airports.within(point, radius_nm))
    return min((feet for feet in elevations if feet is not None), default=None)
