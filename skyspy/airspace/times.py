"""Times as NOTAMs and weather reports write them, in wall seconds UTC, and calendar days.

Days are counted as `date.toordinal()` does. Nothing here depends on the clock or the zone of this machine.
"""

from __future__ import annotations

import re

from skyspy.zones import MAX_WALL, MIN_WALL, date_of, day_number, wall_of

DAY_S = 86_400
EPOCH_DAY = 719_163
"""The number of 1970-01-01."""
_PACKED = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})\Z")
_DAY_TIME = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})Z?\Z")
MILLISECONDS_FROM = 1e11
"""A number from here on counts milliseconds: as seconds it would be a year after 5000."""


def day_of(wall: float) -> int:
    """The number of the day (UTC) on which a wall time is."""
    return int(wall // DAY_S) + EPOCH_DAY


def start_of(day: int) -> float:
    """When a day begins, in wall seconds."""
    return float((day - EPOCH_DAY) * DAY_S)


def wall_at(year: int, month: int, day: int, hour: int, minute: int) -> float | None:
    """A moment in wall seconds; None where there is none such. 24:00 is the end of the day."""
    number = day_number(year, month, day)
    if number is None or not (0 <= hour < 24 or (hour == 24 and minute == 0)) or not 0 <= minute < 60:
        return None
    return start_of(number) + hour * 3600 + minute * 60


def packed(text: str) -> float | None:
    """`YYMMDDhhmm`, as fields B and C of NOTAMs, in wall seconds; years are from 2000. None where it is no time."""
    found = _PACKED.match(text)
    if found is None:
        return None
    year, month, day, hour, minute = (int(part) for part in found.groups())
    return wall_at(2000 + year, month, day, hour, minute)


def day_time_near(text: str, near: float) -> float | None:
    """`DDhhmm`, as in SIGMETs, in wall seconds: in the month in which that is nearest to `near` (wall seconds). None where it is no time."""
    found = _DAY_TIME.match(text)
    if found is None:
        return None
    day, hour, minute = (int(part) for part in found.groups())
    year, month, _ = date_of(day_of(near))
    months = (divmod(year * 12 + month - 1 + step, 12) for step in (-1, 0, 1))
    times = [at for y, m in months if (at := wall_at(y, m + 1, day, hour, minute)) is not None]
    return min(times, key=lambda at: abs(at - near), default=None)


def moment(value: object) -> float | None:
    """A time of a JSON document in wall seconds: seconds or milliseconds since 1970 as a number or text, or ISO 8601 (UTC where it names no
    zone). None for anything else."""
    if isinstance(value, str):
        text = value.strip()
        if not text.replace(".", "", 1).isdigit() or not text.isascii():
            return wall_of(text) if 8 <= len(text) <= 40 else None
        value = float(text[:20])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    wall = value / 1000 if value >= MILLISECONDS_FROM else float(value)
    return wall if MIN_WALL <= wall <= MAX_WALL else None
