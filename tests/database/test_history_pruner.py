"""Claims about deleting by age where the machine's clock seems to be ahead."""

from __future__ import annotations

import pytest

from skyspy.store.history.kinds import DAY_S
from skyspy.store.history.pruner import WAIT_S, Pruner
from skyspy.store.history.sizes import record_size, recorded_sizes
from tests.support.history import Stores
from tests.support.history_rows import add_hours, add_minutes, limits, times
from tests.support.running_clock import RunningClock


def kept(stores: Stores) -> int:
    return len(times(stores.history, "minutes"))


def prepared(stores: Stores, clock: RunningClock) -> Pruner:
    """A pruner, and a minute of yesterday, which is younger than every limit."""
    minute = int(clock.wall() // 60) - 1440
    stores.history.commit_now(add_hours, [int(clock.wall() // 3600) + 24 * 400])
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
