"""When an aircraft entered the vicinity of an airport, and when it left it.

The vicinity is a circle around the airport, up to a height; larger airports have a larger one. It is left through a larger circle
than it is entered by, so that an aircraft on the edge does not enter and leave again and again, and both count when they are seen
twice. An aircraft is in one vicinity at a time. What is first seen in one has not entered it, but may leave it.
"""

from __future__ import annotations

from typing import NamedTuple

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airport, Airports, height_above
from skyspy.geo import distance_nm
from skyspy.movements.movement import ENTERED_AIRPORT, LEFT_AIRPORT, Movement
from skyspy.movements.pacing import next_turn

LARGE_NM, LARGE_FT = 5.0, 3000.0
SMALL_NM, SMALL_FT = 2.0, 1500.0
LARGE_KINDS = frozenset({"large", "medium"})
BEYOND, BEYOND_FT = 1.3, 500.0
"""An airport is left beyond so many times the radius, and so many feet above the height."""
MAX_ALTITUDE_FT = 20_000
"""No airport is so high that an aircraft above this is in its vicinity."""
LOOK_S = 10.0
"""So often the airports around an aircraft are looked up."""


class Seen(NamedTuple):
    """How far an aircraft is from an airport, and how high above it; None: not known."""

    airport: Airport
    distance_nm: float
    height_ft: float | None


class Vicinity:
    """In which airport's vicinity one aircraft is. `airport`: None where it is in none, or not looked for yet. `phase`: when it is looked
    for again (see pacing.py)."""

    __slots__ = ("_doubt", "_is_known", "_next", "_phase", "airport")

    def __init__(self, phase: float) -> None:
        self._phase = phase
        self.airport: Airport | None = None
        self._is_known = False
        self._doubt: str | None = None
        """The airport in whose vicinity it was once, or "" where it was once outside; None: neither."""
        self._next = 0.0

    def note(self, state: AircraftState, now: float, airports: Airports) -> Movement | None:
        """Take a state with a new position; what it confirms."""
        if now < self._next or state.lat is None or state.lon is None:
            return None
        if self.airport is not None:
            seen = _seen(self.airport, state, (state.lat, state.lon))
            return self._leave(state, seen) if self._confirm("" if _is_outside(seen) else None) else None
        self._next = next_turn(now, LOOK_S, self._phase)
        found = _entered(state, (state.lat, state.lon), airports)
        if not self._is_known:
            self._is_known, self.airport = True, None if found is None else found.airport
            return None
        if found is None or not self._confirm(found.airport.ident):
            self._next = now if found is not None else self._next
            self._doubt = self._doubt if found is not None else None
            return None
        return self._enter(state, found)

    def settle(self, state: AircraftState, airport: Airport) -> list[Movement]:
        """It landed at this airport: it has left the other one in whose vicinity it was, and entered this one."""
        if state.lat is None or state.lon is None or (self.airport is not None and self.airport.ident == airport.ident):
            return []
        point = (state.lat, state.lon)
        left = [] if self.airport is None else [self._leave(state, _seen(self.airport, state, point))]
        self._is_known = True
        return [*left, self._enter(state, _seen(airport, state, point))]

    def _confirm(self, doubt: str | None) -> bool:
        """Whether this is seen a second time."""
        is_second = doubt is not None and doubt == self._doubt
        self._doubt = None if is_second else doubt
        return is_second

    def _enter(self, state: AircraftState, seen: Seen) -> Movement:
        self.airport = seen.airport
        return _movement(ENTERED_AIRPORT, state, seen)

    def _leave(self, state: AircraftState, seen: Seen) -> Movement:
        self.airport = None
        return _movement(LEFT_AIRPORT, state, seen)


def _entered(state: AircraftState, point: tuple[float, float], airports: Airports) -> Seen | None:
    """The airport in whose vicinity an aircraft is: of several, the one in whose circle it is deepest."""
    if state.on_ground is not True and (state.alt_baro is None or state.alt_baro > MAX_ALTITUDE_FT):
        return None
    found: list[tuple[float, str, Seen]] = []
    for near in airports.within(point, LARGE_NM):
        radius, ceiling = _limits(near.airport)
        seen = Seen(near.airport, near.distance_nm, _height(near.airport, state))
        if near.distance_nm <= radius and seen.height_ft is not None and seen.height_ft <= ceiling:
            found.append((near.distance_nm / radius, near.airport.ident, seen))
    return min(found)[2] if found else None


def _is_outside(seen: Seen) -> bool:
    radius, ceiling = _limits(seen.airport)
    return seen.distance_nm > radius * BEYOND or (seen.height_ft is not None and seen.height_ft > ceiling + BEYOND_FT)


def _seen(airport: Airport, state: AircraftState, point: tuple[float, float]) -> Seen:
    return Seen(airport, distance_nm(airport.point, point), _height(airport, state))


def _limits(airport: Airport) -> tuple[float, float]:
    """The radius of its vicinity in nm, and its height in feet."""
    return (LARGE_NM, LARGE_FT) if airport.kind in LARGE_KINDS else (SMALL_NM, SMALL_FT)


def _height(airport: Airport, state: AircraftState) -> float | None:
    """Feet above the airport; None where altitude or elevation is not known."""
    if state.on_ground:
        return 0.0
    return None if state.alt_baro is None else height_above(airport, state.alt_baro, state.nav_qnh)


def _movement(kind: str, state: AircraftState, seen: Seen) -> Movement:
    at = state.heard_at if state.pos_at is None else state.pos_at
    lat, lon = state.point or seen.airport.point
    details = {
        "distance_nm": round(seen.distance_nm, 2),
        "height_ft": None if seen.height_ft is None else round(seen.height_ft),
    }
    return Movement(kind, state.hex, at, lat, lon, seen.airport.ident, None, details)
