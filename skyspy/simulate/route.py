"""The movement of one flight: a chain of legs on a flat map.

Speed and altitude change linearly in time along a leg, and heading linearly with distance. So the pose is a closed formula
of the time, without integration or drift, and speed, track and climb rate match the movement.

The map is flat: x east and y north in nautical miles from the simulation's centre, headings in degrees from its north.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import cos, radians, sin, tan
from typing import NamedTuple

GROUND = frozenset({"stand", "taxi", "roll"})
"""Phases on the ground."""

BANK_DEG = 24.0
"""Bank angle of all turns in the air."""


class Pose(NamedTuple):
    """Position and movement at one moment. `turn_rate`: degrees per second, right positive; `climb`: ft/min; `aim_ft` and
    `aim_heading`: values selected by the crew."""

    x: float
    y: float
    heading: float
    gs: float
    alt_ft: float
    climb: float
    turn_rate: float
    phase: str
    aim_ft: float
    aim_heading: float


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a route. `length` in nm, `turn` in degrees over the whole leg, `gs0`, `gs1` in knots and `alt0`, `alt1` in
    feet at its two ends. `x`, `y`, `heading` and `begins` (seconds) are its start; RouteBuilder.build sets them."""

    phase: str
    seconds: float
    length: float
    turn: float
    gs0: float
    gs1: float
    alt0: float
    alt1: float
    x: float = 0.0
    y: float = 0.0
    heading: float = 0.0
    begins: float = 0.0
    aim_ft: float = 0.0

    def at(self, elapsed: float) -> Pose:
        """The pose `elapsed` seconds after the start of the leg."""
        share = elapsed / self.seconds
        gs = self.gs0 + (self.gs1 - self.gs0) * share
        gone = (self.gs0 + gs) / 2 * elapsed / 3600
        turned = self.turn * gone / self.length if self.length else 0.0
        x, y = _along(self.x, self.y, self.heading, gone, turned)
        return Pose(
            x,
            y,
            (self.heading + turned) % 360.0,
            gs,
            self.alt0 + (self.alt1 - self.alt0) * share,
            (self.alt1 - self.alt0) / self.seconds * 60,
            self.turn / self.length * gs / 3600 if self.length else 0.0,
            self.phase,
            self.aim_ft,
            (self.heading + self.turn) % 360.0,
        )


def _along(x: float, y: float, heading: float, gone: float, turned: float) -> tuple[float, float]:
    """The end of an arc (or of a straight line, if `turned` is 0) that starts at x, y."""
    chord = gone
    if turned:
        half = radians(turned) / 2
        chord = gone * sin(half) / half
    course = radians(heading + turned / 2)
    return x + chord * sin(course), y + chord * cos(course)


class RouteBuilder:
    """Builds a chain of legs; each starts with the speed and altitude of the end of the one before."""

    def __init__(self, gs: float, alt_ft: float) -> None:
        self.gs, self.alt_ft = gs, alt_ft
        self.legs: list[Leg] = []

    def _add(self, phase: str, seconds: float, length: float, turn: float, gs: float, alt_ft: float) -> None:
        self.legs.append(Leg(phase, seconds, length, turn, self.gs, gs, self.alt_ft, alt_ft))
        self.gs, self.alt_ft = gs, alt_ft

    def go(self, phase: str, nm: float, gs: float | None = None, alt_ft: float | None = None) -> RouteBuilder:
        """Add a straight leg of `nm`, with this speed and altitude at its end."""
        gs = self.gs if gs is None else gs
        self._add(phase, nm * 7200 / (self.gs + gs), nm, 0.0, gs, self.alt_ft if alt_ft is None else alt_ft)
        return self

    def change(self, phase: str, alt_ft: float, rate: float, gs: float | None = None, turn: float = 0.0) -> RouteBuilder:
        """Add a climb or descent at `rate` ft/min to `alt_ft`, with speed `gs` at its end and a turn of `turn` degrees."""
        gs = self.gs if gs is None else gs
        seconds = abs(alt_ft - self.alt_ft) * 60 / rate
        self._add(phase, seconds, (self.gs + gs) / 2 * seconds / 3600, turn, gs, alt_ft)
        return self

    def turn(self, phase: str, degrees: float, alt_ft: float | None = None) -> RouteBuilder:
        """Add a turn at the current speed, right positive; on the ground with the radius of a taxiway's curve."""
        radius = 0.03 if phase in GROUND else turn_radius_nm(self.gs)
        length = radius * radians(abs(degrees))
        self._add(phase, length * 3600 / self.gs, length, degrees, self.gs, self.alt_ft if alt_ft is None else alt_ft)
        return self

    def wait(self, phase: str, seconds: float) -> RouteBuilder:
        """Add a stop of `seconds`."""
        self._add(phase, seconds, 0.0, 0.0, 0.0, self.alt_ft)
        return self

    def build(self, anchor: int, x: float, y: float, heading: float) -> Route:
        """The route placed on the map so that leg number `anchor` begins at x, y with this heading."""
        there = _positioned(self.legs, 0.0, 0.0, 0.0)[anchor]
        first = heading - there.heading
        angle = radians(first)
        back_x = there.x * cos(angle) + there.y * sin(angle)
        back_y = there.y * cos(angle) - there.x * sin(angle)
        return Route(_with_selected_altitudes(_positioned(self.legs, x - back_x, y - back_y, first)), anchor)


def turn_radius_nm(gs: float) -> float:
    """Radius in nm of a turn at ground speed `gs` (kt) and BANK_DEG."""
    return gs * gs / (68625 * tan(radians(BANK_DEG)))


def _positioned(legs: list[Leg], x: float, y: float, heading: float) -> list[Leg]:
    """The legs with their start positions, headings and times; the first starts at x, y with this heading."""
    result, begins = [], 0.0
    for leg in legs:
        result.append(replace(leg, x=x, y=y, heading=heading, begins=begins))
        x, y = _along(x, y, heading, leg.length, leg.turn)
        heading += leg.turn
        begins += leg.seconds
    return result


def _with_selected_altitudes(legs: list[Leg]) -> list[Leg]:
    """The legs with `aim_ft` set: in a series of climbs (or descents), the altitude at the end of the last one."""
    result: list[Leg] = []
    aim, way = 0.0, 0.0
    for leg in reversed(legs):
        this = leg.alt1 - leg.alt0
        if not this * way > 0:
            aim = leg.alt1
        way = this
        result.append(replace(leg, aim_ft=aim))
    return result[::-1]


class Route:
    """A chain of legs placed on the map. `seconds` is its duration, `anchor_at` the start of its anchor leg."""

    __slots__ = ("_begins", "_legs", "anchor_at", "seconds")

    def __init__(self, legs: list[Leg], anchor: int) -> None:
        self._legs = legs
        self._begins = [leg.begins for leg in legs]
        self.seconds = legs[-1].begins + legs[-1].seconds
        self.anchor_at = legs[anchor].begins

    def at(self, elapsed: float) -> Pose | None:
        """The pose `elapsed` seconds after the start; None before the start and after the end."""
        if not 0.0 <= elapsed < self.seconds:
            return None
        leg = self._legs[bisect_right(self._begins, elapsed) - 1]
        return leg.at(elapsed - leg.begins)
