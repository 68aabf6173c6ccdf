"""The hub's lag is measured: how late a round came, on average and at most, over the last minute."""

from __future__ import annotations

import pytest

from skyspy.loop import MIN_PAUSE_S
from skyspy.process_stats import LAG_PERIOD_S, LAG_WINDOW_S, HubLag, ProcessStats
from tests.conftest import StillClock
from tests.support.running_clock import RunningClock, turns_until


def late(clock: StillClock, lag: HubLag, seconds: float) -> None:
    """One round that comes so much too late."""
    clock.pass_by(LAG_PERIOD_S + MIN_PAUSE_S + seconds)
    lag.measure()


def test_before_anything_is_measured_the_lag_is_not_known(clock: StillClock) -> None:
    lag = HubLag(clock)
    assert (lag.average, lag.max) == (None, None)
    lag.measure()
    assert (lag.average, lag.max) == (None, None)


def test_the_lag_is_by_how_much_a_round_came_late(clock: StillClock) -> None:
    lag = HubLag(clock)
    lag.measure()
    for seconds in (0.0, 0.3, 0.0, 0.1):
        late(clock, lag, seconds)
    assert lag.max == pytest.approx(0.3)
    assert lag.average == pytest.approx(0.1)


def test_what_is_older_than_a_minute_counts_no_more(clock: StillClock) -> None:
    lag = HubLag(clock)
    lag.measure()
    late(clock, lag, 2.0)
    clock.pass_by(LAG_WINDOW_S - 1)
    assert lag.max == pytest.approx(2.0)
    clock.pass_by(2)
    assert lag.max is None


def test_a_hub_that_is_never_late_has_no_lag_for_hours_on_end() -> None:
    clock = RunningClock()
    lag = HubLag(clock)
    lag.start()
    turns_until(lambda: clock.steady() > 1000.0 + 5 * LAG_WINDOW_S)
    lag.stop()
    assert lag.max == pytest.approx(0.0, abs=1e-9)
    assert len(lag._measured) <= LAG_WINDOW_S / LAG_PERIOD_S


def test_the_time_since_the_start_grows_with_the_steady_clock(clock: StillClock) -> None:
    stats = ProcessStats(clock)
    clock.pass_by(90)
    clock.wall_now += 1e6
    assert stats.uptime == 90
