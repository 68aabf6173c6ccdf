"""Local time in the zones of the IANA database, both ways. The table is that of the machine, or else of the package `tzdata`.

Days are counted as `date.toordinal()` does, minutes from midnight by the local clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

MAX_NAME = 64
MAX_ZONES = 64
"""Zones that are kept, of those asked for lately."""
MIN_WALL, MAX_WALL = -2_000_000_000.0, 32_000_000_000.0
"""From 1906 to 2984: where local times can be computed on every machine."""


class LocalTime(NamedTuple):
    """What a clock on the wall shows. `day`: its ordinal; `weekday`: 0 is Monday; `minute`: of the day, with the seconds as a fraction."""

    day: int
    weekday: int
    minute: float


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Every zone's name, in order. The first call reads some hundred files."""
    return tuple(sorted(available_timezones()))


@lru_cache(maxsize=MAX_ZONES)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def is_zone(name: str) -> bool:
    """Whether the database has this zone. A folder of it, or another file beside it, is none."""
    if not 0 < len(name) <= MAX_NAME or not name.isascii():
        return False
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def local_time(wall: float, zone: str) -> LocalTime:
    """What clocks in the zone show at `wall` (seconds since 1970)."""
    at = datetime.fromtimestamp(min(max(wall, MIN_WALL), MAX_WALL), _zone(zone))
    return LocalTime(at.toordinal(), at.weekday(), at.hour * 60 + at.minute + (at.second + at.microsecond / 1e6) / 60)


def wall_times(day: int, minute: int, zone: str) -> tuple[float, ...]:
    """When clocks in the zone show this minute (0 to 1440) of a day, in wall seconds: twice where the clock is set back over it, not at
    all where it is set forward over it."""
    shown = datetime.combine(date.fromordinal(day), time()) + timedelta(minutes=minute)
    both = (shown.replace(tzinfo=_zone(zone), fold=fold) for fold in (0, 1))
    found = {at.timestamp() for at in both if at.astimezone(UTC).astimezone(_zone(zone)).replace(tzinfo=None) == shown}
    return tuple(sorted(found))


def clock_changes(first: int, last: int, zone: str) -> tuple[float, ...]:
    """When the clock of the zone is set to another offset, from the beginning of one day to that of another (ordinals), in wall seconds."""
    found = []
    for day in range(first, last):
        begins, ends = (datetime.combine(date.fromordinal(one), time(), _zone(zone)).timestamp() for one in (day, day + 1))
        low, high = int(begins), int(ends)
        if _offset(low, zone) == _offset(high, zone):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(middle, zone) == _offset(low, zone) else (low, middle)
        found.append(float(high))
    return tuple(found)


def _offset(wall: float, zone: str) -> timedelta | None:
    return datetime.fromtimestamp(wall, _zone(zone)).utcoffset()


def wall_of(text: str) -> float | None:
    """A time in ISO 8601 as wall seconds: with its offset or `Z`, or else in UTC; None where it is none, or far off."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    wall = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()
    return wall if MIN_WALL <= wall <= MAX_WALL else None


def day_number(year: int, month: int, day: int) -> int | None:
    """The ordinal of a date; None where there is no such date."""
    try:
        return date(year, month, day).toordinal()
    except ValueError:
        return None


def date_of(day: int) -> tuple[int, int, int]:
    """Year, month and day of an ordinal. Raises ValueError where that is outside the years 1 to 9999."""
    found = date.fromordinal(day)
    return found.year, found.month, found.day
