"""When an aircraft landed and departed, and where.

Only where it was received on both sides: on the ground after the air, or in the air after the ground, each side twice. A signal that
is lost above a runway is no landing; neither is a landing of which nothing was received on the ground. And only at an airport: on one of
its runways or near them, or near an airport of which no runway is known. A helicopter may land elsewhere, which counts where it is
slow; where its speed is not known it is not known to be slow.
"""

from __future__ import annotations

from typing import NamedTuple

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airport, Airports, airport_around, on_final, on_runway
from skyspy.movements.movement import DEPARTED, LANDED, Movement
from skyspy.movements.plane import direction_deg, offset_nm
from skyspy.safety.profiles import ROTORCRAFT, profile_of
from skyspy.visits import MIN_TURNAROUND_S

CONFIRM_S = 2.0
"""The second reception comes so many seconds after the first: switches in the landing gear bounce, too."""
MAX_APART_S = 120.0
"""The last position in the air tells the runway of a landing for so long."""
MAX_OFF_AIRPORT_KT = 40.0
MIN_ROLLING_KT = 40.0
"""An aircraft that moves so fast along a runway takes off there."""
MIN_DIRECTION_NM = 0.1
"""So far apart, two positions give a direction."""


class Place(NamedTuple):
    """Where an aircraft landed or departed. `airport`, `runway`: None where there is none, or none is known."""

    airport: Airport | None
    runway: str | None


class Ground:
    """Whether one aircraft is on the ground, confirmed. `is_on_ground`: None until it was received twice. `is_settled`: nothing else was
    received since. `place`: where it landed or departed last."""

    __slots__ = ("_last_air", "_last_ground", "_next", "_next_at", "_since", "is_on_ground", "is_settled", "place")

    def __init__(self) -> None:
        self.is_on_ground: bool | None = None
        self.is_settled = False
        self.place: Place | None = None
        self._since: float | None = None
        """When a landing was received first; None where it was not seen to land."""
        self._next: bool | None = None
        self._next_at = 0.0
        """What was received once, and when."""
        self._last_air: AircraftState | None = None
        self._last_ground: AircraftState | None = None

    def note(self, state: AircraftState, airports: Airports | None) -> Movement | None:
        """Take a state in which `on_ground` and its time are known; the movement that it confirms."""
        flag, at = state.on_ground, state.alt_at
        if flag is None or at is None:
            return None
        if flag is self.is_on_ground:
            self._next, self.is_settled = None, True
            self._remember(state, flag)
            return None
        if self._next is not flag or at < self._next_at:
            self._next, self._next_at, self.is_settled = flag, at, False
            return None
        if at - self._next_at < CONFIRM_S:
            return None
        is_first = self.is_on_ground is None
        if not is_first and flag and not self._is_placed(state):
            return None
        movement = None
        if not is_first and airports is not None:
            movement = self._landed(state, airports) if flag else self._departed(state, airports)
        self._since = self._next_at if flag and not is_first else None
        self.is_on_ground, self._next, self.is_settled = flag, None, True
        self._remember(state, flag)
        return movement

    def _remember(self, state: AircraftState, flag: bool) -> None:
        if state.lat is None:
            return
        if flag:
            self._last_ground = state
        else:
            self._last_air = state

    def _is_placed(self, state: AircraftState) -> bool:
        """Whether the position was measured on the ground."""
        return state.lat is not None and state.pos_at is not None and state.pos_at >= self._next_at - CONFIRM_S

    def _landed(self, state: AircraftState, airports: Airports) -> Movement | None:
        before = self._last_air
        self._last_ground = None
        place = place_on_ground(state, airports, _track(before, state))
        if place is None or state.lat is None or state.lon is None:
            return None
        if place.runway is None and before is not None and self._next_at - (before.pos_at or 0.0) <= MAX_APART_S:
            place = Place(place.airport, _runway_of_approach(before, place.airport, airports))
        self.place = place
        ident = place.airport.ident if place.airport else None
        details = {"gs_kt": state.gs}
        return Movement(LANDED, state.hex, self._next_at, state.lat, state.lon, ident, place.runway, details)

    def _departed(self, state: AircraftState, airports: Airports) -> Movement | None:
        before = self._last_ground
        if before is None or before.lat is None or before.lon is None:
            return None
        place = place_on_ground(before, airports, before.track)
        if place is None:
            return None
        is_rolling = before.gs is not None and before.gs >= MIN_ROLLING_KT
        runway = _runway_below(state, place.airport, airports) or (place.runway if is_rolling else None)
        self.place = Place(place.airport, runway)
        seconds = None if self._since is None else round(self._next_at - self._since, 1)
        details = {
            "ground_s": seconds,
            "touch_and_go": seconds is not None and seconds < MIN_TURNAROUND_S,
        }
        lat, lon = (before.lat, before.lon) if state.lat is None or state.lon is None else (state.lat, state.lon)
        ident = place.airport.ident if place.airport else None
        return Movement(DEPARTED, state.hex, self._next_at, lat, lon, ident, runway, details)


def place_on_ground(state: AircraftState, airports: Airports, track: float | None) -> Place | None:
    """Where an aircraft on the ground is; None where it can be on no ground that is known."""
    point = state.point
    if point is None:
        return None
    found = on_runway(airports, point, track)
    if found is not None:
        return Place(found.airport, found.end.ident if found.end else None)
    airport = airport_around(airports, point)
    if airport is not None:
        return Place(airport, None)
    is_slow = state.gs is not None and state.gs <= MAX_OFF_AIRPORT_KT
    return Place(None, None) if is_slow and profile_of(state) is ROTORCRAFT else None


def _track(before: AircraftState | None, state: AircraftState) -> float | None:
    """The direction of movement: as received, or from the last position in the air."""
    if state.track is not None or before is None or before.lat is None or before.lon is None:
        return state.track
    if state.lat is None or state.lon is None or before.pos_at is None or state.pos_at is None:
        return None
    east, north = offset_nm(before.lat, before.lon, state.lat, state.lon)
    is_apart = abs(east) + abs(north) >= MIN_DIRECTION_NM and state.pos_at - before.pos_at <= CONFIRM_S * 10
    return direction_deg(east, north) % 360.0 if is_apart else None


def _runway_of_approach(before: AircraftState, airport: Airport | None, airports: Airports) -> str | None:
    """The runway of the final approach on which the aircraft was before it landed."""
    if before.point is None or before.track is None or before.alt_baro is None or airport is None:
        return None
    approach = on_final(airports, before.point, before.track, before.alt_baro, before.nav_qnh)
    return approach.end.ident if approach is not None and approach.airport.ident == airport.ident else None


def _runway_below(state: AircraftState, airport: Airport | None, airports: Airports) -> str | None:
    """The runway above which the aircraft still is, shortly after its departure."""
    if state.point is None or state.track is None or airport is None:
        return None
    found = on_runway(airports, state.point, state.track)
    return found.end.ident if found is not None and found.end is not None and found.airport.ident == airport.ident else None
