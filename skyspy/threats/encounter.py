"""How near a threat is to a driver, and whether the two come nearer. Pure: time is an argument, in steady seconds.

Distances are over ground, in nautical miles; speeds in knots, directions in true degrees.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import cos, radians
from typing import NamedTuple

from skyspy.aircraft_state import AircraftState
from skyspy.geo import Point, bearing_deg, destination, distance_nm

LOW, MEDIUM, HIGH, CRITICAL = "low", "medium", "high", "critical"
LEVELS = (LOW, MEDIUM, HIGH, CRITICAL)
"""The levels, the least one first."""
EDGES_NM = (5.0, 3.0, 1.0)
"""Below so many miles the level is MEDIUM, HIGH, CRITICAL."""
EDGE_MARGIN_NM = 0.1
"""By so much more than the edge an aircraft must be away until its level falls, so that it does not change to and fro at the edge."""

APPROACHING, RECEDING, STABLE = "approaching", "receding", "stable"
MOVES_KT = 15.0
"""From this closing speed on two that were stable approach each other, or recede."""
RESTS_KT = 8.0
"""Below this closing speed two that approached, or receded, are stable."""
MAX_DRIVER_KT = 100.0
"""How fast a driver may be whose motion is not known: what such a motion could outweigh is stable."""

MAX_AHEAD_S = 10.0
"""An aircraft is moved along its track by the age of its position, at most by so much: it may be turning."""
MIN_BASE_S, MAX_BASE_S = 1.0, 6.0
"""A driver's motion is taken from two positions so many seconds apart: from nearer ones it would be the error of the positions."""
POINT_EVERY_S = 0.5
MAX_SILENT_S = 10.0
"""Without a new position for so long a driver stands still, as far as is known: devices may send positions only while they move."""
MAX_SPEED_KT = 250.0
"""A driver who seems to be faster has jumped from a wrong position, or to one."""
HEADING_AGREES_DEG = 60.0
"""A heading that differs by more from the way between two positions is how the device is held, and not where the driver goes."""


class Motion(NamedTuple):
    """A motion over ground."""

    speed_kt: float
    course: float


@dataclass(slots=True, repr=False)
class Driver:
    """Where one driver is. It has no text form, so that no log can hold a position.

    `heading` and `altitude` are what the driver sent with the last position; None where nothing was.
    """

    point: Point | None = None
    at: float = 0.0
    heading: float | None = None
    altitude: float | None = None
    _past: deque[tuple[float, Point]] = field(default_factory=lambda: deque(maxlen=1 + int(MAX_BASE_S / POINT_EVERY_S)))

    def move(self, point: Point, now: float, heading: float | None = None, altitude: float | None = None) -> None:
        """Take a new position."""
        if self.point is not None and (not self._past or self.at - self._past[-1][0] >= POINT_EVERY_S):
            self._past.append((self.at, self.point))
        self.point, self.at, self.heading, self.altitude = point, now, heading, altitude

    def motion(self, now: float) -> Motion | None:
        """How the driver moves, from the last positions; None where they do not say it. Without a new position for MAX_SILENT_S the last
        one is a place: distances are measured from there, and the trend says how these change."""
        if self.point is None:
            return None
        if now - self.at > MAX_SILENT_S:
            return Motion(0.0, 0.0)
        before = next((past for past in self._past if MIN_BASE_S <= self.at - past[0] <= MAX_BASE_S), None)
        if before is None:
            return None
        speed = distance_nm(before[1], self.point) / (self.at - before[0]) * 3600.0
        if speed > MAX_SPEED_KT:
            return None
        course = bearing_deg(before[1], self.point)
        if self.heading is not None and _between(self.heading, course) <= HEADING_AGREES_DEG:
            course = self.heading
        return Motion(speed, course)

    def forget(self) -> None:
        """Know no position any more."""
        self.point = self.heading = self.altitude = None
        self._past.clear()


def _between(a: float, b: float) -> float:
    """The angle between two directions, 0 to 180 degrees."""
    return abs((a - b + 180.0) % 360.0 - 180.0)


def motion_of(state: AircraftState, before: AircraftState | None = None) -> Motion | None:
    """How an aircraft moves: as it says, else from its position and an earlier one; None where neither says it."""
    if state.gs is not None and state.track is not None:
        return Motion(state.gs, state.track)
    here = state.point
    there = None if before is None else before.point
    if before is None or here is None or there is None or state.pos_at is None or before.pos_at is None:
        return None
    seconds = state.pos_at - before.pos_at
    if not MIN_BASE_S <= seconds <= 10 * MAX_BASE_S:
        return None
    return Motion(distance_nm(there, here) / seconds * 3600.0, bearing_deg(there, here))


def place_at(point: Point, motion: Motion | None, age_s: float) -> Point:
    """Where an aircraft is now that was at `point` so many seconds ago."""
    ahead = min(age_s, MAX_AHEAD_S)
    if motion is None or ahead <= 0:
        return point
    return destination(point, motion.course, motion.speed_kt * ahead / 3600.0)


def closing_kt(driver: Point, drives: Motion | None, aircraft: Point, flies: Motion) -> float:
    """How fast the distance becomes smaller, in knots; negative where it grows. A driver whose motion is not known stands still."""
    away = bearing_deg(aircraft, driver) + 180.0
    closing = -flies.speed_kt * cos(radians(flies.course - away))
    if drives is not None:
        closing += drives.speed_kt * cos(radians(drives.course - bearing_deg(driver, aircraft)))
    return closing


def trend_of(before: str | None, closing: float | None, driver_is_known: bool = True) -> str:
    """Approaching, receding or stable, which is also what is not known. `before`: the trend at the last look, None at the first."""
    if closing is None:
        return STABLE
    unknown = 0.0 if driver_is_known else MAX_DRIVER_KT
    if closing >= (RESTS_KT if before == APPROACHING else MOVES_KT) + unknown:
        return APPROACHING
    if closing <= -(RESTS_KT if before == RECEDING else MOVES_KT) - unknown:
        return RECEDING
    return STABLE


def level_by_distance(distance: float, before: int = 0) -> int:
    """The level of a distance, as its place in LEVELS, whatever the trend. `before`: the one at the last look."""
    nearer_than = sum(distance < edge for edge in EDGES_NM)
    still = sum(distance < edge + EDGE_MARGIN_NM for edge in EDGES_NM)
    return max(nearer_than, min(before, still))


def level_of(by_distance: int, trend: str) -> str:
    """The level of a threat: one step lower while it recedes."""
    return LEVELS[max(0, by_distance - 1) if trend == RECEDING else by_distance]


def highest(levels: list[str]) -> str | None:
    """The highest of some levels; None of none."""
    return max(levels, key=LEVELS.index, default=None)
