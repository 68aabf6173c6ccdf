"""Application: statistics of one sky over time: receivers by minute, ranges by hour, records, and the roll-up to hours and days.

Once a second the receivers are sampled, every second time the aircraft with a new position are noted, in slices between which others
run. When a minute ends its rows are handed to the history, with the hour under way as it is now. Hours, days and the range of all time
are made from stored rows a little later.

Several processes count the same sky, of which one writes (HistoryStore.lease). At the start, and each time this process begins to
write, it goes on with the stored hour. Everything handed over is a whole state, and each step of the roll-up may be repeated: a
process that is killed loses a minute at most, and what it did not roll up is rolled up later.

Invariants: until the wall clock is set (MIN_WALL) nothing is counted. Simulated traffic counts in rows that say so, and in no record;
`counts_demo`: in records too, for a sky that has no other.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Protocol

from sqlalchemy import Connection

from skyspy.clock import Moment
from skyspy.loop import Loop
from skyspy.rollups.records import FARTHEST, Record, may_beat, of_aircraft
from skyspy.sky.minutes import MIN_WALL
from skyspy.sky.range_pictures import History, RangePictures
from skyspy.sky.readings import Counted, Readings
from skyspy.sky.receiver_minutes import ReceiverMinutes
from skyspy.sky.view import DayTotals, SkyView
from skyspy.store.errors import StoreError
from skyspy.store.history import periods, records
from skyspy.store.history.records import RecordRow
from skyspy.store.history.statistics import write_receiver_minutes

SAMPLE_S = 1.0
WALK_EVERY = 2
"""Samples between two walks over the aircraft."""
ROLL_AFTER_S = 10.0
"""A minute that ended is stored by then."""
CLOSE_AFTER_S = 60.0
"""An hour that ended is stored as a whole by then."""
RETRY_S = 5.0
HOURS_AT_ONCE = 24
"""Hours that one transaction makes."""


class Lease(Protocol):
    """Which process writes (store/history/writer.py)."""

    @property
    def held(self) -> bool: ...
    def on_gained(self, name: str, run: Callable[[int], object]) -> None: ...


class LeasedHistory(History, Protocol):
    """The part of the history store that this module uses."""

    @property
    def lease(self) -> Lease: ...


class StatisticsRecorder:
    """The statistics of one sky, beside those by minute (minutes.py)."""

    def __init__(self, view: SkyView, history: LeasedHistory, *, counts_demo: bool = False) -> None:
        self._view, self._history, self._counts_demo = view, history, counts_demo
        self._clock = view.clock
        self._readings = Readings(view.tracker, view.receivers, view.clock.steady)
        self._minutes = ReceiverMinutes()
        self._ranges = RangePictures(view.name, history, view.clock.steady)
        self._best: dict[str, Record] = {}
        self._new: dict[str, Record] = {}
        self._minute = self._samples = 0
        self._unrolled: int | None = None
        """The earliest hour of which this process handed over minutes since the last roll-up."""
        self._adopt_at = view.clock.steady()
        """When reading the stored hour is tried; inf: it is done."""
        self._roll_at: float | None = view.clock.steady() + ROLL_AFTER_S
        self._closed_before = 0
        self.loop = Loop(f"statistics of the {view.name} sky", self.run, view.clock, SAMPLE_S)
        history.lease.on_gained(f"statistics of the {view.name} sky", self._gained)

    def start(self) -> None:
        """Count from now on."""
        self.loop.start()

    def stop(self) -> None:
        """Hand over the minute and the hour that are under way."""
        self.loop.stop()
        self._end_minute()

    def run(self) -> None:
        """One round."""
        now = self._clock.moment()
        if now.wall < MIN_WALL:
            return
        minute = int(now.wall // 60)
        if minute != self._minute:
            self._end_minute()
            self._begin_minute(minute, now)
        if now.steady >= self._adopt_at:
            self._adopt(now)
        receivers = self._view.receivers
        self._minutes.sample(receivers.hearings(), {name: counts.messages for name, counts in receivers.counts().items()})
        self._samples += 1
        if self._samples % WALK_EVERY == 0:
            self._walk(now)
        if self._roll_at is not None and now.steady >= self._roll_at:
            self._roll_at = None
            self._roll(now)

    # -- counting ------------------------------------------------------------------------------

    def _walk(self, now: Moment) -> None:
        place = self._view.location
        if self._ranges.follow_place(place):
            self._readings.clear()

        def take(counted: Counted) -> None:
            self._minutes.add(counted.readings, has_place=place is not None)
            self._ranges.add(counted.readings, demo=counted.demo)
            if (self._counts_demo or not counted.demo) and may_beat(counted.recent[-1], self._best):
                self._note_records(counted, now.wall, has_place=place is not None)

        self._readings.walk(place, take)

    def _note_records(self, counted: Counted, wall: float, *, has_place: bool) -> None:
        for kind, value in of_aircraft(counted.recent):
            best = self._best.get(kind)
            if (best is None or value > best.value) and value > 0 and (has_place or kind != FARTHEST):
                flight = counted.aircraft.public.get("flight")
                found = Record(kind, round(value, 1), wall, counted.aircraft.hex, flight)
                self._best[kind] = self._new[kind] = found

    # -- handing over --------------------------------------------------------------------------

    def _begin_minute(self, minute: int, now: Moment) -> None:
        self._minute = minute
        hour = minute // 60
        if hour != self._ranges.hour:
            if hour < self._ranges.hour:
                # The clock was set back: that hour may be stored.
                self._adopt_at = now.steady
            self._ranges.begin(hour)
        self._roll_at = now.steady + ROLL_AFTER_S

    def _end_minute(self) -> None:
        if self._minute * 60 < MIN_WALL:
            return
        for row in self._minutes.end(self._minute, self._view.name):
            self._history.enqueue(write_receiver_minutes, row)
        for record in self._new.values():
            self._history.enqueue(records.write_records, RecordRow(self._view.name, record))
        self._new.clear()
        hour = self._minute // 60
        self._unrolled = hour if self._unrolled is None else min(hour, self._unrolled)
        if self._history.lease.held:
            self._ranges.hand_over()
        self._readings.forget_gone()

    # -- start and takeover ----------------------------------------------------------------------

    def _gained(self, _fence: int) -> None:
        """This process writes from now on: read first what another one has written."""
        self._adopt_at = self._clock.steady()
        self.loop.wake()

    def _adopt(self, now: Moment) -> None:
        """Go on with the stored hour and the stored records; tried again where they cannot be read."""
        self._adopt_at = now.steady + RETRY_S
        self._ranges.follow_place(self._view.location)
        try:
            self._ranges.adopt()
            stored = self._history.read(records.stored, self._view.name)
        except StoreError:
            return
        for kind, record in stored.items():
            own = self._best.get(kind)
            if own is None or record.value >= own.value:
                self._best[kind] = record
                self._new.pop(kind, None)
        self._adopt_at = inf

    # -- roll-up ---------------------------------------------------------------------------------

    def _roll(self, now: Moment) -> None:
        """Make hours, days and ranges of all time from what is stored, where this process writes; then read the present day."""
        try:
            if self._history.lease.held:
                self._roll_periods(int(now.wall // 3600))
                self._roll_ranges(int((now.wall - CLOSE_AFTER_S) // 3600))
            self._view.day = self._read_day(int(now.wall // periods.DAY_S))
        except StoreError:
            # The history reports it. A later round makes what is missing.
            return

    def _roll_periods(self, present: int) -> None:
        sky = self._view.name
        first = self._history.read(periods.first_unfinished_hour, sky)
        if first is None:
            return
        if self._unrolled is not None:
            first = min(first, self._unrolled - 1)
        while (begin := self._history.read(periods.next_hour, sky, first)) is not None and begin <= present:
            first = min(begin + HOURS_AT_ONCE, present + 1)
            self._history.commit_now(_roll_hours, sky, begin, first, self._counts_demo)
        self._unrolled = None

    def _roll_ranges(self, end: int) -> None:
        if end != self._closed_before:
            self._ranges.close_hours(end)
            self._closed_before = end

    def _read_day(self, day: int) -> DayTotals | None:
        found = self._history.read(periods.steps, periods.DAY, self._view.name, day, day + 1, 1)
        if not found.at:
            return None
        values = dict(zip(found.names, found.values[0], strict=True))
        return DayTotals(
            day * float(periods.DAY_S), values["aircraft"], values["messages"], values["aircraft_max"], values["max_distance_nm"]
        )


def _roll_hours(connection: Connection, sky: str, first: int, end: int, count_demo: bool) -> None:
    """One step of the roll-up, in one transaction."""
    periods.roll_up(connection, sky, first, end, count_demo=count_demo)
    records.note_minutes(connection, sky, first, end, count_demo=count_demo)
