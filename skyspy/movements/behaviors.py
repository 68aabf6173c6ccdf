"""What one aircraft does for some time: it circles, it loiters, it flies back and forth.

None of it is said near an airport, where traffic patterns and holdings are, nor of an aircraft whose altitude is not known or less
than MIN_ALTITUDE_FT, nor of gliders and what else circles in thermals or drifts.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot

from skyspy.aircraft import Scalar
from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports
from skyspy.geo import destination
from skyspy.movements.circling import LOOSE, Area, circling, is_still_circling, loitering
from skyspy.movements.legs import Legs
from skyspy.movements.movement import BACK_AND_FORTH, BEHAVIORS, CHANGED, CIRCLING, LOITERING, LOST, Movement
from skyspy.movements.path import Path
from skyspy.movements.plane import direction_deg
from skyspy.safety.profiles import BALLOON, GLIDER, PARACHUTIST, ROTORCRAFT, ULTRALIGHT, profile_of

MIN_ALTITUDE_FT = 300
MIN_AIRPORT_NM = 2.2
EXCLUDED = frozenset(profile.name for profile in (BALLOON, GLIDER, PARACHUTIST, ULTRALIGHT))

MIN_MOVE_NM = 0.05
"""A step is at least so long: positions are exact to some 10 m, and what stands does not turn."""
MIN_MOVE_ROUGH_NM = 0.3
ROUGH_SOURCES = frozenset({"mlat", "tisb", "other"})
"""Sources whose positions are wrong by some hundred meters."""


class Behaviors:
    """The behaviors of one aircraft. `under_way`: by kind, when the part of the path began that shows it, in steady seconds."""

    __slots__ = ("_legs", "_path", "_phase", "_since", "under_way")

    def __init__(self, phase: float = 0.0) -> None:
        self._phase = phase
        """When a point of the path is kept (see pacing.py)."""
        self.under_way: dict[str, float] = {}
        self._path: Path | None = None
        self._legs = Legs()
        self._since: dict[str, float] = {}
        """When a behavior ended: what was flown before is not part of the next one."""

    def note(self, state: AircraftState, airports: Airports, max_points: int) -> list[Movement]:
        """Take a state in the air with a new position; what it begins and ends."""
        if state.lat is None or state.lon is None or state.pos_at is None:
            return []
        if profile_of(state).name in EXCLUDED:
            self._path, self._legs = None, Legs()
            return self.end(state, CHANGED)
        path = self._path
        if path is None:
            path = self._path = Path(state.lat, state.lon, state.pos_at, self._phase)
            return []
        unbroken = path.unbroken_since
        step = path.offer(state.lat, state.lon, state.pos_at, MIN_MOVE_ROUGH_NM if state.source in ROUGH_SOURCES else MIN_MOVE_NM)
        if path.unbroken_since != unbroken:
            self._legs = Legs()
        if step is not None:
            self._legs.note(step, path.lat, path.lon, path.at)
        if not path.keep(max_points):
            return []
        return [*self._ended(state, path), *self._begun(state, path, airports)]

    def end(self, state: AircraftState, ended_by: str) -> list[Movement]:
        """End what is under way."""
        return [self._end(kind, state, ended_by) for kind in list(self.under_way)]

    def _ended(self, state: AircraftState, path: Path) -> list[Movement]:
        going_on = {
            CIRCLING: lambda: is_still_circling(path),
            LOITERING: lambda: loitering(path, self._since.get(LOITERING, 0.0), LOOSE) is not None,
            BACK_AND_FORTH: lambda: self._legs.is_back_and_forth,
        }
        return [self._end(kind, state, CHANGED) for kind in list(self.under_way) if not going_on[kind]()]

    def _begun(self, state: AircraftState, path: Path, airports: Airports) -> list[Movement]:
        altitude = state.alt_geom if state.alt_baro is None else state.alt_baro
        if altitude is None or altitude < MIN_ALTITUDE_FT:
            return []
        found: list[Movement] = []
        if CIRCLING not in self.under_way:
            area = circling(path, self._since.get(CIRCLING, path.at - 1e9), profile_of(state) is ROTORCRAFT)
            found += self._begin_in(CIRCLING, area, state, path, airports)
        if LOITERING not in self.under_way:
            area = loitering(path, self._since.get(LOITERING, path.at - 1e9))
            found += self._begin_in(LOITERING, area, state, path, airports)
        legs, middle = self._legs, self._legs.middle
        if (
            BACK_AND_FORTH not in self.under_way
            and legs.is_back_and_forth
            and middle is not None
            and _is_remote(middle, airports)
        ):
            details = {"reversals": legs.reversals, "axis_deg": round(legs.axis % 180.0), "leg_nm": round(legs.longest_nm, 1)}
            found.append(self._begin(BACK_AND_FORTH, state, path, path.at, details))
        return found

    def _begin_in(self, kind: str, area: Area | None, state: AircraftState, path: Path, airports: Airports) -> list[Movement]:
        """Begin a behavior that takes place in an area, if it is far from airports."""
        if area is None:
            return []
        centre = destination((path.lat, path.lon), direction_deg(area.east, area.north), hypot(area.east, area.north))
        if not _is_remote(centre, airports):
            return []
        details: dict[str, Scalar] = {
            "center_lat": round(centre[0], 5),
            "center_lon": round(centre[1], 5),
            "radius_nm": round(area.radius_nm, 2),
            "turn_deg": round(area.turn_deg),
            "path_nm": round(area.path_nm, 1),
            "duration_s": round(area.seconds),
        }
        return [self._begin(kind, state, path, path.at - area.seconds, details)]

    def _begin(self, kind: str, state: AircraftState, path: Path, since: float, details: Mapping[str, Scalar]) -> Movement:
        self.under_way[kind] = since
        return Movement(kind, state.hex, path.at, path.lat, path.lon, details=details)

    def _end(self, kind: str, state: AircraftState, ended_by: str) -> Movement:
        since, path = self.under_way.pop(kind), self._path
        at = state.heard_at if ended_by == LOST or state.pos_at is None else state.pos_at
        self._since[kind] = at if path is None else path.at
        lat, lon = state.point or (0.0, 0.0)
        if path is not None:
            lat, lon = path.lat, path.lon
        details: dict[str, Scalar] = {"ended_by": ended_by, "duration_s": round(at - since)}
        return Movement(BEHAVIORS[kind], state.hex, at, lat, lon, details=details)


def _is_remote(point: tuple[float, float], airports: Airports) -> bool:
    return airports.nearest(point, MIN_AIRPORT_NM) is None
