"""Claims about the loop that deletes old history: when it runs, and where the machine's clock seems to be ahead."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.store import StoreError
from skyspy.store.errors import StoreBusy
from skyspy.store.history.kinds import DAY_S
from skyspy.store.history.pruner import WAIT_S, Pruner
from skyspy.store.history.retention import Deletion
from skyspy.store.history.sizes import record_size, recorded_sizes
from tests.support.history import Stores
from tests.support.history_rows import add_hours, add_minutes, kind, limits, times
from tests.support.running_clock import RunningClock


def rolled_up(stores: Stores, days: int = 0) -> None:
    """Let all minutes up to these days ahead be in the statistics by hour."""
    stores.history.commit_now(add_hours, [int(stores.clock.wall() // 3600) + 24 * days])


class Counting:
    """A database that counts and can be out of order."""

    def __init__(self, stores: Stores) -> None:
        self.read = stores.history.read
        self._maintain = stores.history.maintain
        self.calls = 0
        self.error: StoreError | None = None

    def maintain(self, fn: Any, /, *args: Any) -> Any:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return self._maintain(fn, *args)


def test_only_the_holder_deletes_and_it_stops_when_it_loses_the_lease(sqlite_stores: Stores) -> None:
    clock, held = RunningClock(), [False]
    old = int(clock.wall() // 60) - 60 * 1440
    rolled_up(sqlite_stores)
    sqlite_stores.history.commit_now(add_minutes, range(old, old + 1200))
    database = Counting(sqlite_stores)

    def holds() -> bool:
        return held[0] and len(times(sqlite_stores.history, "minutes")) > 700

    pruner = Pruner(database, limits, clock, holds)
    pruner.round()
    assert (database.calls, len(times(sqlite_stores.history, "minutes"))) == (0, 1200)
    held[0] = True
    pruner.round()
    assert (len(times(sqlite_stores.history, "minutes")), pruner.deleted["minutes"]) == (700, 500)
    successor = Pruner(database, limits, clock)
    successor.round()
    assert (len(times(sqlite_stores.history, "minutes")), successor.deleted["minutes"]) == (0, 700)


def test_it_runs_at_the_start_each_hour_and_when_a_limit_changes(sqlite_stores: Stores) -> None:
    clock, days = RunningClock(), [30]
    pruner = Pruner(sqlite_stores.history, lambda: limits(MINUTE_RETENTION_DAYS=days[0]), clock)
    pruner.follow()
    rolled_up(sqlite_stores)
    minute = int(clock.wall() // 60)
    sqlite_stores.history.commit_now(add_minutes, [minute - 31 * 1440])
    pruner.round()
    assert times(sqlite_stores.history, "minutes") == []
    sqlite_stores.history.commit_now(add_minutes, [minute - 31 * 1440, minute - 3 * 1440])
    clock.pass_by(3000)
    pruner.round()
    assert len(times(sqlite_stores.history, "minutes")) == 2
    clock.pass_by(601)
    pruner.round()
    assert times(sqlite_stores.history, "minutes") == [minute - 3 * 1440]
    days[0] = 2
    pruner.follow()
    pruner.round()
    assert times(sqlite_stores.history, "minutes") == []


def test_a_database_that_fails_is_tried_again_and_said_once(sqlite_stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    clock, database = RunningClock(), Counting(sqlite_stores)
    database.error = StoreError("the disk is broken")
    pruner = Pruner(database, limits, clock)
    for _ in range(2):
        pruner.round()
        clock.pass_by(301)
    assert pruner.last_error == "the disk is broken"
    assert len([record for record in caplog.records if "old history" in record.getMessage()]) == 1
    database.error = None
    pruner.round()
    assert pruner.last_error is None


def test_a_busy_database_is_waited_for(sqlite_stores: Stores) -> None:
    clock, database = RunningClock(), Counting(sqlite_stores)
    database.error = StoreBusy("a backup runs")
    with pytest.raises(StoreBusy):
        Deletion(database, clock, lambda: True).older(kind("minutes"), clock.wall())
    assert (database.calls, clock.waits) == (60, [1.0] * 59)


# Sizes


# -- a clock that is ahead -------------------------------------------------------------------------


def kept(stores: Stores) -> int:
    return len(times(stores.history, "minutes"))


def prepared(stores: Stores, clock: RunningClock) -> Pruner:
    """A pruner, and a minute of yesterday, which is younger than every limit."""
    minute = int(clock.wall() // 60) - 1440
    rolled_up(stores, 400)
    stores.history.commit_now(add_minutes, [minute])
    return Pruner(stores.history, limits, clock)


def hours(pruner: Pruner, clock: RunningClock, count: int) -> None:
    for _ in range(count):
        clock.pass_by(3601)
        pruner.round()


def test_a_clock_that_jumps_ahead_deletes_nothing_until_it_is_set_right(
    sqlite_stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    clock = RunningClock()
    pruner = prepared(sqlite_stores, clock)
    pruner.round()
    clock.wall_now += 400 * DAY_S
    hours(pruner, clock, 2)
    assert kept(sqlite_stores) == 1
    assert sum("the clock (" in record.getMessage() for record in caplog.records) == 1
    clock.wall_now -= 400 * DAY_S
    hours(pruner, clock, 8)
    assert kept(sqlite_stores) == 1


def test_a_clock_that_stays_ahead_is_believed_after_a_while(sqlite_stores: Stores) -> None:
    clock = RunningClock()
    pruner = prepared(sqlite_stores, clock)
    pruner.round()
    clock.wall_now += 400 * DAY_S
    hours(pruner, clock, int(WAIT_S / 3600) + 2)
    assert kept(sqlite_stores) == 0


def test_a_history_that_was_last_measured_long_ago_waits_at_the_start_over_restarts(sqlite_stores: Stores) -> None:
    clock = RunningClock()
    prepared(sqlite_stores, clock).round()
    clock.wall_now += 400 * DAY_S
    for _ in range(2):
        Pruner(sqlite_stores.history, limits, clock).round()
        assert kept(sqlite_stores) == 1, "a restart does not make the clock right"
    assert len(sqlite_stores.history.read(recorded_sizes, 0)) == 1


def test_a_server_that_was_off_for_a_day_deletes_at_once(sqlite_stores: Stores) -> None:
    clock = RunningClock()
    today = int(clock.wall() // DAY_S)
    sqlite_stores.history.commit_now(record_size, today - 2, 1)
    prepared(sqlite_stores, clock)
    sqlite_stores.history.commit_now(add_minutes, [int(clock.wall() // 60) - 31 * 1440])
    Pruner(sqlite_stores.history, limits, clock).round()
    assert kept(sqlite_stores) == 1
