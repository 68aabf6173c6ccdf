"""A loop goes on whatever a round does, keeps its pace, and begins at once when it is woken."""

from __future__ import annotations

import logging

import gevent

from skyspy.clock import Clock
from skyspy.loop import LOG_AGAIN_S, MIN_PAUSE_S, Loop
from tests.support.running_clock import RunningClock, turns_until


def test_a_round_comes_every_so_often() -> None:
    clock, times = RunningClock(), []
    loop = Loop("test", lambda: times.append(clock.steady()), clock, 30.0)
    began = clock.steady()
    loop.start()
    turns_until(lambda: len(times) == 3)
    loop.stop()
    assert [round(at - began - MIN_PAUSE_S * n) for n, at in enumerate(times)] == [30, 60, 90]


def test_woken_it_runs_at_once_but_never_faster_than_its_period() -> None:
    clock, times = RunningClock(), []
    loop = Loop("test", lambda: (times.append(clock.steady()), loop.wake()), clock, 30.0, lambda: 0.25)
    began = clock.steady()
    loop.start()
    loop.wake()
    turns_until(lambda: len(times) == 5)
    loop.stop()
    assert [round(at - began, 6) for at in times] == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_a_changed_period_counts_from_the_next_round_on() -> None:
    clock, times, period = RunningClock(), [], [0.5]
    loop = Loop("test", lambda: (times.append(clock.steady()), loop.wake()), clock, 30.0, lambda: period[0])
    loop.start()
    loop.wake()
    turns_until(lambda: len(times) == 2)
    period[0] = 0.1
    turns_until(lambda: len(times) == 4)
    loop.stop()
    assert round(times[1] - times[0], 6) == 0.5
    assert round(times[3] - times[2], 6) == 0.1


def test_a_round_that_crashes_is_counted_and_the_next_one_follows() -> None:
    clock, seen = RunningClock(), []

    def run() -> None:
        seen.append(len(seen))
        if len(seen) % 2:
            raise RuntimeError("a bug")

    loop = Loop("test", run, clock, 1.0)
    loop.start()
    turns_until(lambda: len(seen) == 6)
    loop.stop()
    assert (loop.rounds, loop.crashes) == (6, 3)


def test_a_loop_that_keeps_failing_writes_one_traceback_a_minute(logged: list[logging.LogRecord]) -> None:
    clock, seen = RunningClock(), []

    def run() -> None:
        seen.append(1)
        raise RuntimeError("a bug")

    loop = Loop("the test's work", run, clock, 1.0)
    loop.start()
    turns_until(lambda: len(seen) == int(LOG_AGAIN_S) + 5)
    loop.stop()
    assert [record.getMessage()[:22] for record in logged] == ["the test's work failed"] * 2
    assert logged[0].exc_info is not None


def test_stopped_it_runs_no_more_and_can_begin_again() -> None:
    clock, seen = RunningClock(), []
    loop = Loop("test", lambda: seen.append(1), clock, 1.0)
    loop.start()
    loop.start()
    turns_until(lambda: seen)
    loop.stop()
    assert not loop.running
    count = len(seen)
    for _ in range(50):
        gevent.sleep(0)
    assert len(seen) == count
    loop.start()
    turns_until(lambda: len(seen) > count)
    loop.stop()


def test_on_the_machines_own_clock_a_wake_ends_the_wait() -> None:
    seen = []
    loop = Loop("test", lambda: seen.append(1), Clock(), 3600.0)
    loop.start()
    gevent.sleep(0)
    loop.wake()
    with gevent.Timeout(10):
        while not seen:
            gevent.sleep(0.001)
    loop.stop()
