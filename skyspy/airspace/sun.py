"""Sunrise and sunset: when the sun's upper edge is on the horizon (0.833 degrees below it with refraction), to about a minute.

Low-precision formulas of the Astronomical Almanac for the position of the sun. No hills, no height above the sea.
"""

from __future__ import annotations

from math import acos, asin, atan2, cos, degrees, radians, sin
from typing import Literal

from skyspy.airspace.times import DAY_S, start_of
from skyspy.geo import Point

Event = Literal["SR", "SS"]
HORIZON_DEG = -0.833
J2000_WALL = 946_728_000.0
"""2000-01-01 12:00 UTC."""
ROUNDS = 3
"""The sun moves while it rises: so often its position is taken again at the time found."""


def sun_event(event: Event, day: int, place: Point) -> float | None:
    """When the sun rises (SR) or sets (SS) at a place within a day in UTC, in wall seconds; None where it does not. Of two on one day, the
    first."""
    for solar_day in (day - 1, day, day + 1):
        at = _event_of(event, solar_day, place)
        if at is not None and start_of(day) <= at < start_of(day + 1):
            return at
    return None


def _event_of(event: Event, day: int, place: Point) -> float | None:
    """The event before or after the noon of the sun that is nearest to noon UTC of a day, less the longitude."""
    lat = radians(place[0])
    at = noon = start_of(day) + DAY_S / 2 - place[1] * 240
    for _ in range(ROUNDS):
        declination, equation_s = _sun(at)
        hour = (sin(radians(HORIZON_DEG)) - sin(lat) * sin(declination)) / max(cos(lat) * cos(declination), 1e-9)
        if not -1 <= hour <= 1:
            return None
        angle_s = degrees(acos(hour)) * 240
        at = noon - equation_s + (angle_s if event == "SS" else -angle_s)
    return at


def _sun(wall: float) -> tuple[float, float]:
    """The sun's declination in radians, and by how many seconds it is ahead of the mean sun."""
    days = (wall - J2000_WALL) / DAY_S
    mean = (280.460 + 0.9856474 * days) % 360
    anomaly = radians((357.528 + 0.9856003 * days) % 360)
    longitude = radians(mean + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    tilt = radians(23.439 - 0.0000004 * days)
    ascension = degrees(atan2(cos(tilt) * sin(longitude), cos(longitude)))
    return asin(sin(tilt) * sin(longitude)), ((mean - ascension + 180) % 360 - 180) * 240
