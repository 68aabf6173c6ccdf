"""When a NOTAM is active within its validity: field D. All times are UTC, days begin at 00:00 UTC.

A period belongs to the day on which it begins: one that ends no later than it begins goes over midnight, and 2359 is the end of the day.
What cannot be read counts as active for the whole validity, and says so (`is_readable`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.periods import Group, Period, read_groups
from skyspy.airspace.records import Notam
from skyspy.airspace.sun import sun_event
from skyspy.airspace.times import DAY_S, day_of, start_of
from skyspy.geo import Point
from skyspy.zones import date_of

LOOK_AHEAD_DAYS = (1, 8, 40, 400)
"""How far ahead the next activation is looked for, step by step."""
MAX_AHEAD_S = LOOK_AHEAD_DAYS[-1] * DAY_S


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something is active from `valid_from` to `valid_to` (wall seconds; inf: no end). `groups`: days with their periods, none: all the
    time. `is_readable`: False where the text could not be read; then it is active all the time. `place`: where the sun rises."""

    valid_from: float
    valid_to: float
    groups: tuple[Group, ...] = ()
    is_readable: bool = True
    place: Point | None = None

    def is_active(self, at: float) -> bool:
        """Whether it is active at `at` (wall seconds)."""
        return any(begins <= at < ends for begins, ends in self._intervals(at, at))

    def next_activation(self, at: float) -> float | None:
        """When it becomes active after `at` (wall seconds): now active or not. None where it does not within 400 days."""
        for days in LOOK_AHEAD_DAYS:
            begins = sorted(
                begins for begins, _ in self._intervals(max(at, self.valid_from), max(at, self.valid_from) + days * DAY_S)
            )
            found = next((one for one in begins if one > at and not self.is_active(one - 1)), None)
            if found is not None:
                return found
        return None

    def active_until(self, at: float) -> float | None:
        """When it stops being active after `at`, periods that follow without a gap included; None where it is not active at `at`, and inf
        where it has no end."""
        until = None
        while ends := [end for begins, end in self._intervals(until or at, until or at) if begins <= (until or at) < end]:
            until = max(ends)
            if until >= min(self.valid_to, at + MAX_AHEAD_S):
                break
        return until

    def _intervals(self, first: float, last: float) -> Iterator[tuple[float, float]]:
        """Begin and end of what may hold between two times (wall seconds), within the validity."""
        if last < self.valid_from or first >= self.valid_to:
            return
        if not self.groups:
            yield self.valid_from, self.valid_to
            return
        first_day, last_day = day_of(max(first, self.valid_from)), day_of(min(last, self.valid_to))
        for group in self.groups:
            for day in range(first_day - group.longest_days, last_day + 1):
                if not group.has(day):
                    continue
                for period in group.periods:
                    begins, ends = self._times(period, day)
                    if begins < self.valid_to and ends > self.valid_from:
                        yield max(begins, self.valid_from), min(ends, self.valid_to)

    def _times(self, period: Period, day: int) -> tuple[float, float]:
        begins = self._time(period.begins, period.begins_event, day)
        if period.days:
            ends = self._time(period.ends, period.ends_event, day + period.days)
        else:
            ends = self._time(period.ends, period.ends_event, day)
            if begins is not None and ends is not None and ends <= begins:
                ends = self._time(period.ends, period.ends_event, day + 1)
        if begins is None or ends is None:
            # The sun does not rise or set there on that day.
            return start_of(day), start_of(day + 1)
        return begins, ends

    def _time(self, minute: int, event: str, day: int) -> float | None:
        if not event:
            return start_of(day) + minute * 60
        found = sun_event("SR" if event == "SR" else "SS", day, self.place) if self.place is not None else None
        return None if found is None else found + minute * 60


def read_schedule(text: str, valid_from: float, valid_to: float | None, place: Point | None = None) -> Schedule:
    """The schedule of field D. `valid_from`, `valid_to`: fields B and C (wall seconds; None: no end). `place`: where the sun rises and sets,
    as field Q has it; without one, a schedule by the sun is unreadable. Raises nothing."""
    until = inf if valid_to is None else valid_to
    try:
        groups = read_groups(text, date_of(day_of(valid_from)), (until - valid_from) / DAY_S)
    except AirspaceError:
        return Schedule(valid_from, until, is_readable=False)
    by_sun = any(one.begins_event or one.ends_event for group in groups for one in group.periods)
    if by_sun and place is None:
        return Schedule(valid_from, until, is_readable=False)
    return Schedule(valid_from, until, groups, place=place)


def schedule_of(notam: Notam) -> Schedule | None:
    """When a NOTAM is active; None where it has no beginning. An estimated end does not end it."""
    if notam.valid_from is None:
        return None
    return read_schedule(notam.schedule, notam.valid_from, None if notam.estimated else notam.valid_to, notam.point)
