"""Windows of time in a zone: a rule matches during them, or is quiet in them.

A window goes by what clocks show: from 22:00 to 07:00 is over midnight and belongs to the day on which it begins, so on Wednesdays it
holds until Thursday, 07:00. When the clock is set back, what it shows twice is in the window twice; when it is set forward, what it
leaves out is in none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from skyspy.alerts.errors import Problems
from skyspy.zones import clock_changes, is_zone, local_time, wall_times

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_WINDOWS = 14
DAY_MINUTES = 1440
_TIME = re.compile(r"(?:([01]?\d|2[0-3]):([0-5]\d)|24:00)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Window:
    """`days`: on which it begins, 0 is Monday. `begins`, `ends`: minutes of the day, `ends` up to 1440; one that ends no later than it
    begins goes over midnight."""

    days: frozenset[int]
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Windows in the zone of this name."""

    zone: str
    windows: tuple[Window, ...]

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "zone": self.zone,
            "windows": [
                {"days": [DAYS[day] for day in sorted(one.days)], "from": _shown(one.begins), "to": _shown(one.ends)}
                for one in self.windows
            ],
        }


def _shown(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def is_within(schedule: Schedule, wall: float) -> bool:
    """Whether a window of the schedule holds at `wall` (seconds since 1970)."""
    now = local_time(wall, schedule.zone)
    before = (now.weekday - 1) % 7
    for one in schedule.windows:
        if one.ends > one.begins:
            if now.weekday in one.days and one.begins <= now.minute < one.ends:
                return True
        elif (now.weekday in one.days and now.minute >= one.begins) or (before in one.days and now.minute < one.ends):
            return True
    return False


def next_change(schedule: Schedule, wall: float) -> float | None:
    """When `is_within` changes next after `wall`, in wall seconds; None where it does not within nine days."""
    now_within = is_within(schedule, wall)
    for at in _edges(schedule, wall):
        if is_within(schedule, at) != now_within:
            return at
    return None


def ends_at(schedule: Schedule, wall: float) -> float:
    """When the windows that hold at `wall` end, those that follow without a gap included, in wall seconds; `wall` where none holds, and
    nine days later where they do not end."""
    if not is_within(schedule, wall):
        return wall
    found = next_change(schedule, wall)
    return wall + 9 * 86_400 if found is None else found


def is_endless(schedule: Schedule) -> bool:
    """Whether the windows hold all week: each minute of each day."""
    free = [[True] * DAY_MINUTES for _ in DAYS]
    for one in schedule.windows:
        for day in one.days:
            if one.ends > one.begins:
                free[day][one.begins : one.ends] = [False] * (one.ends - one.begins)
            else:
                free[day][one.begins :] = [False] * (DAY_MINUTES - one.begins)
                free[(day + 1) % 7][: one.ends] = [False] * one.ends
    return not any(any(minutes) for minutes in free)


def _edges(schedule: Schedule, wall: float) -> Iterator[float]:
    """When the answer may change, after `wall` and within nine days, in order."""
    today = local_time(wall, schedule.zone).day
    minutes = {minute for one in schedule.windows for minute in (one.begins, one.ends)} | {0}
    for day in range(today - 1, today + 9):
        times = {at for minute in minutes for at in wall_times(day, minute, schedule.zone)}
        times |= set(clock_changes(day, day + 1, schedule.zone))
        yield from (at for at in sorted(times) if at > wall)


# -- documents -------------------------------------------------------------------------------------


def parse_schedule(document: object, path: str, problems: Problems) -> Schedule | None:
    """The schedule of a document {"zone": ..., "windows": [...]}; what is wrong is added to `problems` below `path`."""
    if not isinstance(document, Mapping):
        problems.add(
            path, 'Give a zone and windows: {"zone": "Europe/Zurich", "windows": [{"from": "22:00", "to": "07:00"}]}, or null.'
        )
        return None
    for name in document.keys() - {"zone", "windows"}:
        problems.add(f"{path}.{name}", "There is no such field; there are zone and windows.")
    zone, windows = document.get("zone"), document.get("windows")
    if not isinstance(zone, str) or not is_zone(zone):
        problems.add(f"{path}.zone", "Name a time zone of the IANA database, such as Europe/Zurich or UTC.")
    if not isinstance(windows, list) or not 0 < len(windows) <= MAX_WINDOWS:
        problems.add(f"{path}.windows", f"Give a list of 1 to {MAX_WINDOWS} windows.")
        return None
    found = [_window(one, f"{path}.windows[{place}]", problems) for place, one in enumerate(windows)]
    parsed = tuple(one for one in found if one is not None)
    return Schedule(zone, parsed) if isinstance(zone, str) and len(parsed) == len(windows) else None


def _window(document: object, path: str, problems: Problems) -> Window | None:
    if not isinstance(document, Mapping):
        problems.add(path, 'Give a window such as {"days": ["wed"], "from": "22:00", "to": "07:00"}.')
        return None
    for name in document.keys() - {"days", "from", "to"}:
        problems.add(f"{path}.{name}", "There is no such field; there are days, from and to.")
    begins, ends = (_minute(document.get(name), f"{path}.{name}", problems) for name in ("from", "to"))
    if begins == DAY_MINUTES:
        problems.add(f"{path}.from", "A window cannot begin at 24:00; write 00:00 and the next day.")
    days = document.get("days")
    if days is None:
        days = list(DAYS)
    if not isinstance(days, list) or not days or not all(isinstance(day, str) and day in DAYS for day in days):
        problems.add(f"{path}.days", f"Give a list of days out of {', '.join(DAYS)}, or leave it out for every day.")
        return None
    return None if begins is None or ends is None else Window(frozenset(DAYS.index(day) for day in days), begins, ends)


def _minute(value: object, path: str, problems: Problems) -> int | None:
    found = _TIME.match(value) if isinstance(value, str) else None
    if found is None:
        problems.add(path, "Give a time of day such as 07:00 or 22:30.")
        return None
    return DAY_MINUTES if found[1] is None else int(found[1]) * 60 + int(found[2])
