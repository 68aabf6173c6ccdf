"""The grammar of field D of NOTAMs: days with their periods.

    0700-1700                                       each day
    MON-FRI 0600-1800, SAT 0800-1200                days of the week; MON 0600-FRI 2200: without a break
    OCT 02-05 1700-2200, 07 1500-2000, NOV 03 10    days of a month; without a month: of the month of the validity
    SR MINUS30-SS PLUS30, HJ, HN, H24               by the sun; all day
    DAILY 0700-1700 EXC SAT SUN                     days that are left out

Everything else (HOL, HX, words) cannot be read: one does not guess when an airspace is not active.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from skyspy.airspace.errors import AirspaceError
from skyspy.zones import date_of, day_number

MAX_CHARACTERS = 2000
DAY_MINUTES = 1440
MONTH_DAYS = 31
LEAP_YEAR = 2000
WEEK = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

Date = tuple[int, int]
"""Month and day of the month; month 0: any."""

_TOKEN = re.compile(
    r"(?P<sun>S[RS](?: ?(?:PLUS|MINUS|\+|-) ?[0-9]{1,2}(?![0-9]))?)(?![A-Z])"
    r"|(?P<whole>H24|HJ|HN)(?![A-Z0-9])"
    r"|(?P<daily>DAILY|DLY|EVERY DAY)(?![A-Z])"
    r"|(?P<week>MON|TUE|WED|THU|FRI|SAT|SUN)(?:S?(?:NES|RS|UR|S)?DAYS?)?(?![A-Z])"
    r"|(?P<month>JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(?![A-Z])"
    r"|(?P<time>[0-9]{2}:?[0-9]{2})Z?(?![0-9A-Z])|(?P<day>[0-9]{1,2})(?![0-9A-Z])"
    r"|(?P<to>-|TO(?![A-Z]))|(?P<except>EXC(?:EPT|L)?(?![A-Z]))|(?P<skip>[ ,;&]|AND(?![A-Z]))"
)


class Token(NamedTuple):
    """`name`: the group of the pattern. `text`: as written."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Period:
    """From one time of day to another. `begins`, `ends`: minutes of the day, or minutes after the event of the sun that is named (SR, SS).
    `days`: the end is so many days later; 0: on the same day, or on the next one where it is not after the beginning."""

    begins: int
    ends: int
    begins_event: str = ""
    ends_event: str = ""
    days: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Periods and the days on which they begin. `weekdays` (0 is Monday) and `dates`: None for each day."""

    periods: tuple[Period, ...] = ()
    weekdays: frozenset[int] | None = None
    dates: frozenset[Date] | None = None
    but_weekdays: frozenset[int] = frozenset()
    but_dates: frozenset[Date] = frozenset()

    @property
    def has_days(self) -> bool:
        """Whether it names days."""
        return self.weekdays is not None or self.dates is not None

    @property
    def longest_days(self) -> int:
        """By how many days a period may end after the day on which it begins."""
        return max((one.days for one in self.periods), default=0) + 1

    def has(self, day: int) -> bool:
        """Whether its periods begin on this day (ordinal)."""
        weekday = (day - 1) % 7
        _, month, number = date_of(day)
        on = {(month, number), (0, number)}
        if weekday in self.but_weekdays or on & self.but_dates:
            return False
        return (self.weekdays is None or weekday in self.weekdays) and (self.dates is None or bool(on & self.dates))


def read_groups(text: str, first: tuple[int, int, int], validity_days: float) -> tuple[Group, ...]:
    """The groups of a field D; none for an empty one. `first`: the date on which the validity begins. `validity_days`: how long it is; a day
    without a month is one day only where that is no more than a month. Raises AirspaceError where it cannot be read."""
    reader = _Reader(list(_tokens(text)), first[0])
    groups: list[Group] = []
    while reader.is_more:
        groups.append(reader.group())
    if len(groups) == 2 and groups[0].periods and not groups[0].has_days and not groups[1].periods:
        groups = [replace(groups[1], periods=groups[0].periods)]
    if any(not one.periods for one in groups) or (len(groups) > 1 and not all(one.has_days for one in groups)):
        raise AirspaceError("days without times, or times without days among others")
    dates = {one for group in groups for one in (group.dates or frozenset()) | group.but_dates}
    if validity_days > MONTH_DAYS and any(month == 0 for month, _ in dates):
        raise AirspaceError("days without a month in a validity of more than a month")
    return tuple(groups)


def _tokens(text: str) -> Iterator[Token]:
    if len(text) > MAX_CHARACTERS:
        raise AirspaceError(f"a schedule has more than {MAX_CHARACTERS} characters")
    words = " ".join(text.upper().replace("\N{EN DASH}", "-").replace(".", " ").split())
    at = 0
    while at < len(words):
        found = _TOKEN.match(words, at)
        if found is None or found.lastgroup is None:
            raise AirspaceError(f"the schedule {text[:40]!r} cannot be read from {words[at : at + 20]!r} on")
        if found.lastgroup != "skip":
            yield Token(found.lastgroup, found[found.lastgroup])
        at = found.end()


class _Reader:
    """Reads tokens one after the other. `year`: in which the validity begins. `_month`: the last that was named; 0: none yet."""

    def __init__(self, tokens: list[Token], year: int) -> None:
        self._tokens, self._at, self._year, self._month = tokens, 0, year, 0

    @property
    def is_more(self) -> bool:
        return self._at < len(self._tokens)

    def group(self) -> Group:
        """The next group: days, then periods, with what is left out before or behind these."""
        group = self._days()
        group = self._without(group)
        periods: list[Period] = []
        while self._next() in {"time", "sun", "whole"}:
            periods.append(self._period(group))
        group = self._without(replace(group, periods=tuple(periods)))
        if not periods and not group.has_days and self.is_more:
            raise AirspaceError(f"the schedule has {self._tokens[self._at].text!r} where a day or time is due")
        return group

    def _next(self, ahead: int = 0) -> str:
        return self._tokens[self._at + ahead].name if self._at + ahead < len(self._tokens) else ""

    def _take(self, name: str) -> str:
        if self._next() != name:
            raise AirspaceError(f"the schedule has no {name} where one is due")
        self._at += 1
        return self._tokens[self._at - 1].text

    def _days(self) -> Group:
        if self._next() == "daily":
            self._at += 1
            return Group(weekdays=frozenset(range(7)))
        weekdays: set[int] = set()
        dates: set[Date] = set()
        while (name := self._next()) in {"week", "day", "month"}:
            if name == "week":
                weekdays |= self._weekdays()
            else:
                dates |= self._dates(dates)
        if weekdays and dates:
            raise AirspaceError("days of the week and of a month together")
        return Group(weekdays=frozenset(weekdays) or None, dates=frozenset(dates) or None)

    def _without(self, group: Group) -> Group:
        if self._next() != "except":
            return group
        self._at += 1
        left_out = self._days()
        if not left_out.has_days:
            raise AirspaceError("the schedule leaves out what is no day")
        if group.periods and self._next() in {"time", "sun", "whole"}:
            raise AirspaceError("the schedule leaves out times of days")
        return replace(group, but_weekdays=left_out.weekdays or frozenset(), but_dates=left_out.dates or frozenset())

    def _weekdays(self) -> set[int]:
        first = WEEK.index(self._take("week"))
        if self._next() != "to":
            return {first}
        self._at += 1
        last = WEEK.index(self._take("week"))
        return {day % 7 for day in range(first, first + (last - first) % 7 + 1)}

    def _dates(self, before: set[Date]) -> set[Date]:
        """A day or a range of days. A month may stand before it or, as in `25 DEC`, behind."""
        if self._next() == "month" and self._next(1) != "day":
            month = MONTHS.index(self._take("month")) + 1
            loose = {one for one in before if one[0] == 0}
            if not loose:
                raise AirspaceError("a month without a day")
            before -= loose
            return {(month, day) for _, day in loose}
        first = self._date()
        if self._next() != "to":
            return {first}
        self._at += 1
        return _between(first, self._date())

    def _date(self) -> Date:
        if self._next() == "month":
            self._month = MONTHS.index(self._take("month")) + 1
        day = int(self._take("day"))
        if day_number(LEAP_YEAR, self._month or 1, day) is None:
            raise AirspaceError(f"there is no day {day} of that month")
        return self._month, day

    def _period(self, group: Group) -> Period:
        if self._next() == "whole":
            whole = self._take("whole")
            if whole == "H24":
                return Period(0, DAY_MINUTES)
            return Period(0, 0, "SR", "SS") if whole == "HJ" else Period(0, 0, "SS", "SR")
        begins, begins_event = self._time()
        self._take("to")
        days = self._days_on(group, begins) if self._next() in {"week", "day", "month"} else 0
        ends, ends_event = self._time()
        if days == 7 and ends > begins:
            days = 0
        return Period(
            begins, DAY_MINUTES if (ends, ends_event) == (DAY_MINUTES - 1, "") else ends, begins_event, ends_event, days
        )

    def _days_on(self, group: Group, begins: int) -> int:
        """How many days later the end is of a period that names the day of its end; the day of its beginning is the group's only one."""
        if self._next() == "week" and group.weekdays is not None and len(group.weekdays) == 1:
            return (WEEK.index(self._take("week")) - min(group.weekdays)) % 7 or 7
        if group.dates is None or len(group.dates) != 1:
            raise AirspaceError(f"a period from minute {begins} to another day, on more than one day")
        first = min(group.dates)
        last = self._date()
        if (first[0] == 0) != (last[0] == 0) or (first[0] == 0 and last[1] < first[1]):
            raise AirspaceError("a period to a day of another month that is not named")
        year = self._year + (last < first)
        begin, end = day_number(self._year, first[0] or 1, first[1]), day_number(year, last[0] or 1, last[1])
        if begin is None or end is None:
            raise AirspaceError("a period to a day that does not exist")
        return end - begin

    def _time(self) -> tuple[int, str]:
        """Minutes of the day, or after an event of the sun, and the event."""
        if self._next() == "sun":
            words = self._take("sun").replace("PLUS", "+").replace("MINUS", "-").replace(" ", "")
            return int(words[2:] or "0"), words[:2]
        digits = self._take("time").replace(":", "")
        hour, minute = int(digits[:2]), int(digits[2:])
        if minute > 59 or hour > 24 or (hour == 24 and minute):
            raise AirspaceError(f"{digits} is no time of day")
        return hour * 60 + minute, ""


def _between(first: Date, last: Date) -> set[Date]:
    """Each day from one date to another, over the end of the year too."""
    if first[0] == 0 or last[0] == 0:
        if first[0] != last[0]:
            raise AirspaceError("a range from a day without a month to one with a month")
        days = range(first[1], last[1] + 1) if first[1] <= last[1] else [*range(first[1], 32), *range(1, last[1] + 1)]
        return {(0, day) for day in days}
    begin = day_number(LEAP_YEAR, *first)
    end = day_number(LEAP_YEAR + (last < first), *last)
    if begin is None or end is None:
        raise AirspaceError("a range of days that do not exist")
    return {date_of(day)[1:] for day in range(begin, end + 1)}
