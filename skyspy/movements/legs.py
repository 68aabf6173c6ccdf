"""Straight legs of a path, and how often an aircraft reversed on one line.

A leg goes on while each step keeps its direction; legs shorter than MIN_LEG_NM are parts of turns. Of an aircraft the present leg, the
last long one and the count are kept: no more with time.
"""

from __future__ import annotations

from math import cos, hypot, radians, sin

from skyspy.geo import Point, bearing_deg, destination
from skyspy.movements.path import Step
from skyspy.movements.plane import direction_deg, offset_nm, signed_turn

MIN_LEG_NM = 2.0
MIN_REVERSAL_DEG = 150.0
"""A reversal is a change of direction by 150 to 210 degrees."""
MAX_OFF_AXIS_DEG = 15.0
"""By how much a step may deviate from its leg, and a leg from the first one of the line."""
MAX_ASIDE_NM = 2.0
"""How far beside the line of one leg the next one may begin."""
MAX_TURN_S = 300.0
"""Most time between two legs."""
MIN_REVERSALS = 3
LONGER, LONGER_NM = 2.0, 2.0
"""A leg that is so many times, and so much, longer than those before leaves the line."""


class Leg:
    """One straight leg. `lat`, `lon`: where it began. `direction`: to its end, -180 to 180 degrees."""

    __slots__ = ("began_at", "direction", "end", "ended_at", "lat", "lon", "nm")

    def __init__(self, step: Step, end: Point, began_at: float, ended_at: float) -> None:
        self.lat, self.lon, self.nm, self.direction = step
        self.end = end
        self.began_at, self.ended_at = began_at, ended_at

    def extend(self, lat: float, lon: float, direction: float, at: float) -> bool:
        """Go on to this place, reached in this direction, if that is on the leg; whether it is."""
        if abs(signed_turn(self.direction, direction)) > MAX_OFF_AXIS_DEG:
            return False
        east, north = offset_nm(self.lat, self.lon, lat, lon)
        self.nm, self.direction, self.ended_at = hypot(east, north), direction_deg(east, north), at
        self.end = (lat, lon)
        return True

    @property
    def middle(self) -> Point:
        """Half way between its ends."""
        begin = (self.lat, self.lon)
        return destination(begin, bearing_deg(begin, self.end), self.nm / 2)

    def is_followed_by(self, leg: Leg) -> bool:
        """Whether the other leg begins beside the line of this one, soon after its end."""
        east, north = offset_nm(self.lat, self.lon, leg.lat, leg.lon)
        ahead = radians(self.direction)
        is_beside = abs(east * cos(ahead) - north * sin(ahead)) <= MAX_ASIDE_NM
        return is_beside and leg.began_at - self.ended_at <= MAX_TURN_S


class Legs:
    """The legs of one aircraft. `reversals`: how often it reversed on one line, so far; `axis`: the direction of the first leg of
    these; `longest_nm`: the longest leg between two reversals."""

    __slots__ = ("_before", "_present", "_taken_at", "axis", "longest_nm", "reversals")

    def __init__(self) -> None:
        self._present: Leg | None = None
        self._before: Leg | None = None
        """The last leg that was long enough."""
        self._taken_at = 0.0
        self.axis = self.longest_nm = 0.0
        self.reversals = 0

    @property
    def is_back_and_forth(self) -> bool:
        """Whether it has reversed often enough."""
        return self.reversals >= MIN_REVERSALS

    @property
    def middle(self) -> Point | None:
        """The middle of the last leg that was flown from one reversal to the next; None where there is none."""
        return None if self._before is None else self._before.middle

    def note(self, step: Step, lat: float, lon: float, at: float) -> None:
        """Take a step that ends at this place at `at`."""
        leg, began_at, self._taken_at = self._present, self._taken_at, at
        was_long = leg is not None and leg.nm >= MIN_LEG_NM
        if leg is None or not leg.extend(lat, lon, step.direction, at):
            if leg is not None and was_long:
                self._before = leg
                self.longest_nm = max(self.longest_nm, leg.nm) if self.reversals else 0.0
            leg, was_long = Leg(step, (lat, lon), began_at, at), False
            self._present = leg
        if leg.nm >= MIN_LEG_NM and not was_long:
            self._count(leg)
        elif self.longest_nm and leg.nm > self.longest_nm * LONGER + LONGER_NM:
            self._start(leg)

    def _count(self, leg: Leg) -> None:
        """Take a leg that has become long enough."""
        before, off = self._before, abs(signed_turn(self.axis, leg.direction))
        if before is None or min(off, 180.0 - off) > MAX_OFF_AXIS_DEG or not before.is_followed_by(leg):
            self._start(leg)
            return
        turned = abs(signed_turn(before.direction, leg.direction))
        if turned >= MIN_REVERSAL_DEG:
            self.reversals += 1
        elif turned > 2 * MAX_OFF_AXIS_DEG:
            self._start(leg)

    def _start(self, leg: Leg) -> None:
        """The leg is the first of a line."""
        self.axis, self.reversals, self.longest_nm = leg.direction, 0, 0.0
