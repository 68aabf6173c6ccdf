"""The totals of a sky become one row per minute of the wall clock, also when that clock jumps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from skyspy.sky.minutes import MIN_WALL, MinuteStatistics
from skyspy.store.history.statistics import Minute, write_minutes
from skyspy.tracker import Totals
from tests.conftest import StillClock

START = 30_000_000
"""The minute in which the tests begin."""


@dataclass
class FakeSky:
    """A sky with given numbers, which is also its tracker and its receivers."""

    name: str = "live"
    location: tuple[float, float] | None = (47.5, 8.5)
    total: int = 10
    far: float | None = 100.0
    received: dict[str, int] = field(default_factory=lambda: {"a": 0})
    state: str = "up"

    @property
    def demo(self) -> bool:
        return self.state == "demo"

    @property
    def tracker(self) -> FakeSky:
        return self

    @property
    def receivers(self) -> FakeSky:
        return self

    def totals(self, observer: tuple[float, float] | None, now: float | None = None) -> Totals:
        assert observer == self.location
        return Totals(self.total, self.total - 1, 2, 1, {}, None, self.far)

    def status(self) -> list[dict[str, Any]]:
        return [{"name": name, "messages": count, "state": self.state} for name, count in self.received.items()]


class Sampling:
    """A collector, its sky, its clock, and the rows that it handed over."""

    def __init__(self) -> None:
        self.sky, self.rows = FakeSky(), []
        self.clock = StillClock(wall=START * 60.0)
        self.statistics = MinuteStatistics(self.sky, self)  # type: ignore[arg-type]

    def enqueue(self, write: object, row: object) -> None:
        assert write is write_minutes
        assert isinstance(row, Minute)
        self.rows.append(row)

    def seconds(self, count: int, messages: int = 0) -> None:
        for _ in range(count):
            self.sky.received["a"] += messages
            self.statistics.on_tick(None, self.clock.moment())
            self.clock.pass_by(1)


@pytest.fixture
def sampling() -> Sampling:
    return Sampling()


def test_a_minute_is_handed_over_when_the_next_one_begins(sampling: Sampling) -> None:
    sampling.seconds(30, messages=3)
    sampling.sky.total, sampling.sky.far = 20, 150.0
    sampling.seconds(30, messages=3)
    assert sampling.rows == []
    sampling.seconds(1)
    assert sampling.rows == [Minute(START, "live", 60, 20, 15.0, 19, 2, 1, 180, 150.0, False)]


def test_a_stop_hands_over_the_minute_that_has_begun_once(sampling: Sampling) -> None:
    sampling.seconds(7)
    sampling.statistics.close()
    sampling.statistics.close()
    assert [(row.minute, row.samples) for row in sampling.rows] == [(START, 7)]


def test_a_clock_that_jumps_makes_parts_of_minutes_and_loses_no_sample(sampling: Sampling) -> None:
    sampling.seconds(20)
    sampling.clock.wall_now -= 3600
    sampling.seconds(20)
    sampling.clock.wall_now += 7200
    sampling.seconds(20)
    sampling.statistics.close()
    assert [(row.minute, row.samples) for row in sampling.rows] == [(START, 20), (START - 60, 20), (START + 60, 20)]


def test_a_machine_that_does_not_know_the_date_yet_writes_nothing(sampling: Sampling) -> None:
    sampling.clock.wall_now = 5000.0
    sampling.seconds(120)
    sampling.clock.wall_now = MIN_WALL
    sampling.seconds(1)
    sampling.statistics.close()
    assert [row.minute for row in sampling.rows] == [MIN_WALL // 60]


def test_messages_are_counted_over_receivers_that_come_go_and_begin_anew(sampling: Sampling) -> None:
    sampling.seconds(1, messages=100)
    sampling.sky.received = {"a": 150, "b": 10}
    sampling.seconds(1)
    sampling.sky.received = {"b": 4}
    sampling.sky.received["a"] = 0
    sampling.seconds(1)
    sampling.statistics.close()
    assert sampling.rows[0].messages == 100 + 50 + 10 + 4


def test_a_minute_with_simulated_traffic_is_marked_and_the_next_one_is_not(sampling: Sampling) -> None:
    sampling.sky.state = "demo"
    sampling.seconds(5)
    sampling.sky.state = "up"
    sampling.seconds(55 + 60)
    sampling.statistics.close()
    assert [row.demo for row in sampling.rows] == [True, False]


def test_without_a_place_or_a_position_there_is_no_distance(sampling: Sampling) -> None:
    sampling.sky.location = sampling.sky.far = None
    sampling.seconds(1)
    sampling.statistics.close()
    assert sampling.rows[0].max_distance_nm is None


def test_ticks_closer_than_a_second_make_one_sample(sampling: Sampling) -> None:
    for _ in range(40):
        sampling.statistics.on_tick(None, sampling.clock.moment())
        sampling.clock.pass_by(0.25)
    sampling.statistics.close()
    assert [row.samples for row in sampling.rows] == [10]
