"""The statistics of a sky over time: counted beside the tick, kept over restarts and takeovers, and not stretched by ghosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from skyspy.aircraft import Observation
from skyspy.geo import Point, destination
from skyspy.rollups.picture import ALL, unpack
from skyspy.sky.minutes import MIN_WALL
from skyspy.sky.statistics import StatisticsRecorder
from skyspy.store import StoreError
from skyspy.store.history import HistoryStore, periods, ranges, records
from skyspy.store.history.periods import DAY, HOUR, MINUTE, Unit
from tests.support.clock import StillClock
from tests.support.world import World

HERE = (47.46, 8.55)
BEAST = "beast-127.0.0.1-1"
START = 1_800_000_000.0
"""An hour begins."""


class FakeLease:
    """A lease that a test gives and takes away."""

    def __init__(self) -> None:
        self.held = True
        self._gained: list[Callable[[int], object]] = []

    def on_gained(self, name: str, run: Callable[[int], object]) -> None:
        self._gained.append(run)

    def take(self) -> None:
        self.held = True
        for run in self._gained:
            run(1)


class Leased:
    """A history of which a test says whether this process writes it, and whether it can be used."""

    def __init__(self, history: HistoryStore) -> None:
        self._history, self.lease = history, FakeLease()
        self.broken = False

    def enqueue(self, write: Any, row: object, size: int = 256) -> None:
        if self.lease.held:
            self._history.enqueue(write, row, size)

    def read(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        if self.broken:
            raise StoreError("the disk is gone")
        return self._history.read(fn, *args, **kwargs)

    def commit_now(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        assert self.lease.held
        return self._history.commit_now(fn, *args, **kwargs)


class Process:
    """One process that counts the live sky, whose one receiver hears what a test says."""

    def __init__(self, folder: Path, clock: StillClock, feeds: str = "beast://127.0.0.1:1") -> None:
        self.world = World(folder, clock=clock, SKYSPY_FEEDS=feeds)
        self.clock = clock
        self.sky = self.world.skyspy.skies["live"]
        self.view = self.sky.view
        self.history = self.world.skyspy.history
        self.leased = Leased(self.history)
        self.recorder = StatisticsRecorder(self.view, self.leased)
        self.sky.receivers._sink = self.sky.ingest
        self.told = 0

    def seconds(self, count: int, bearing: float | None = 92.5, nm: float = 100.0, hex_: str = "4B1805", **fields: Any) -> None:
        """Let so many seconds pass, in each of which an aircraft is heard that flies outward at 450 kt; None: none is heard."""
        for _ in range(count):
            self.clock.pass_by(1.0)
            if bearing is not None:
                self.hear(destination(HERE, bearing, nm + self.told / 8.0), hex_, **fields)
                self.told += 1
            self.sky.tick()
            self.recorder.run()
            if self.clock.steady() % 5.0 < 1.0:
                self.history.flush()
        self.history.flush()

    def hear(self, where: Point, hex_: str = "4B1805", receiver: int = 0, **fields: Any) -> None:
        """Let a receiver hear a position."""
        told = {"lat": where[0], "lon": where[1], "alt_baro": 35_000, "gs": 450.0, "track": 92.5, "rssi": -20.0, **fields}
        receivers = self.sky.receivers
        receivers.receiver(receivers.names()[receiver]).deliver([Observation(hex_, self.clock.steady(), "adsb_icao", told)])

    def column(self, unit: Unit, name: str, receiver: str | None = BEAST) -> list[Any]:
        found = self.history.read(periods.steps, unit, "live", 0, 10**9, 1000, receiver)
        return [row[found.names.index(name)] for row in found.values]

    def outline(self, receiver: str = BEAST) -> list[float | None]:
        """The stored outline of the present hour; empty where none is stored."""
        hour = int(self.clock.wall() // 3600)
        rows = self.history.read(ranges.hours, "live", hour, hour + 1, receiver)
        return unpack(rows[0].data).distances(ALL) if rows else []

    def positions(self) -> list[int]:
        """The positions of each stored hour."""
        return [row.positions for row in self.history.read(ranges.hours, "live", 0, 10**9)]

    def records(self) -> dict[str, float]:
        return {kind: record.value for kind, record in self.history.read(records.stored, "live").items()}

    def close(self) -> None:
        self.world.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts processes on one database and one clock."""
    clock = StillClock(wall=START + 0.5)
    made: list[Process] = []

    def one(feeds: str = "beast://127.0.0.1:1") -> Process:
        made.append(Process(tmp_path, clock, feeds))
        return made[-1]

    yield one
    for process in made:
        process.close()


@pytest.fixture
def process(start: Callable[..., Process]) -> Process:
    return start()


def test_a_receiver_has_its_numbers_by_minute_and_the_hour_is_made_from_them(process: Process) -> None:
    process.seconds(200)
    assert process.column(MINUTE, "samples") == [59, 60, 60]
    assert process.column(MINUTE, "messages") == [59, 60, 60]
    assert process.column(MINUTE, "aircraft_max") == [1, 1, 1]
    assert process.column(MINUTE, "positions") == pytest.approx([29, 30, 30], abs=1)
    assert process.column(MINUTE, "rssi_mean") == [-20.0] * 3
    assert process.column(HOUR, "messages") == process.column(DAY, "messages") == [179]


def test_the_farthest_position_is_in_the_outline_and_in_the_records(process: Process) -> None:
    process.seconds(130)
    far = max(nm for nm in process.outline() if nm is not None)
    assert far == pytest.approx(100.0 + 120 / 8.0, abs=1.0)
    assert [sector for sector, nm in enumerate(process.outline()) if nm is not None] == [18]
    found = process.records()
    assert found["farthest"] == pytest.approx(far, abs=1.0)
    assert (found["highest"], found["fastest"]) == (35_000, 450.0)


def test_a_ghost_stretches_no_outline_and_sets_no_record(process: Process) -> None:
    """Its position is believed by the tracker, as the first one of an aircraft is, and repeated."""
    process.seconds(100)
    for number in range(5):
        process.hear(destination(HERE, 270.0 + number, 290.0), f"4B19{number:02d}", alt_baro=60_000)
        process.seconds(1, None)
        process.hear(destination(HERE, 270.0 + number, 290.0), f"4B19{number:02d}", alt_baro=60_000)
        process.seconds(3)
    assert len(process.view.tracker) == 6
    process.seconds(60)
    assert [sector for sector, nm in enumerate(process.outline()) if nm is not None] == [18]
    assert process.records()["farthest"] < 130.0
    assert process.records()["highest"] == 35_000


def test_what_was_sent_over_a_data_link_stretches_no_outline_and_sets_no_record(process: Process) -> None:
    for second in range(70):
        where = destination(HERE, 270.0, 300.0 + second / 8.0)
        told = {"lat": where[0], "lon": where[1], "alt_baro": 35_000, "gs": 450.0, "track": 270.0}
        receiver = process.sky.receivers.receiver(BEAST)
        receiver.deliver([Observation("4CA87C", process.clock.steady(), "adsc", told, None, 2)])
        process.seconds(1)
    assert len(process.view.tracker) == 2
    assert [sector for sector, nm in enumerate(process.outline()) if nm is not None] == [18]
    assert process.records()["farthest"] < 130.0


def test_a_restart_goes_on_with_the_hour_that_is_under_way(start: Callable[..., Process]) -> None:
    first = start()
    first.seconds(600)
    first.recorder.stop()
    first.history.flush()
    (before,) = first.positions()
    far = max(first.outline(), key=lambda nm: nm or 0.0)
    first.history.close()
    again = start()
    again.seconds(130, bearing=200.0, nm=20.0)
    (after,) = again.positions()
    assert after == pytest.approx(before + 60, abs=5)
    assert max(again.outline(), key=lambda nm: nm or 0.0) == far
    assert again.outline()[40] is not None


def test_a_process_that_is_killed_loses_a_minute_at_most(start: Callable[..., Process]) -> None:
    first = start()
    first.seconds(590)
    again = start()
    again.seconds(130, bearing=None)
    assert again.positions()[0] >= (590 - 65) / 2 - 5
    assert sum(again.column(MINUTE, "messages")) >= 590 - 60


def test_a_takeover_counts_nothing_twice(start: Callable[..., Process]) -> None:
    """Both processes hear the same; the second one writes from the middle on."""
    one, other = start(), start()
    other.leased.lease.held = False
    for _ in range(8):
        one.seconds(30)
        other.told = one.told - 30
        one.clock.pass_by(-30.0)
        other.seconds(30)
    one.leased.lease.held = False
    before = one.positions()[0]
    other.leased.lease.take()
    other.seconds(130)
    assert other.positions()[0] == pytest.approx(before + 90, abs=35)


def test_a_process_that_does_not_write_hands_over_and_rolls_up_nothing(process: Process) -> None:
    process.leased.lease.held = False
    process.seconds(200)
    assert process.positions() == []
    assert process.column(HOUR, "samples") == []


def test_hours_that_ended_are_added_to_all_time_once(process: Process) -> None:
    process.seconds(300)
    process.clock.pass_by(3600.0)
    process.seconds(150)
    process.clock.pass_by(3600.0)
    process.seconds(150)
    process.recorder._closed_before = 0
    process.seconds(80)
    (total,) = process.history.read(ranges.of_all_time, "live")
    assert total.positions == sum(process.positions()[:2])
    assert total.upto == int(process.clock.wall() // 3600)


def test_at_another_place_the_picture_begins_anew(process: Process) -> None:
    process.seconds(130)
    process.sky.set_place((47.0, 8.0))
    process.seconds(130, bearing=None)
    process.seconds(130)
    (row,) = process.history.read(ranges.hours, "live", 0, 10**9)
    assert row.place == (47.0, 8.0)
    assert row.positions < 80


def test_simulated_traffic_is_marked_and_counts_in_no_record(start: Callable[..., Process]) -> None:
    process = start("demo://")
    process.seconds(200)
    assert process.column(MINUTE, "demo", "demo") == [True] * 3
    assert all(row.demo for row in process.history.read(ranges.hours, "live", 0, 10**9))
    assert not {"farthest", "highest", "fastest"} & set(process.records())


def test_of_two_receivers_each_has_what_it_heard(start: Callable[..., Process]) -> None:
    process = start("beast://127.0.0.1:1,beast://127.0.0.1:2")
    process.seconds(20)
    for second in range(130):
        process.clock.pass_by(1.0)
        process.hear(destination(HERE, 92.5, 100.0 + second / 8.0))
        process.hear(destination(HERE, 182.5, 50.0 + second / 8.0), "4B1806", receiver=1)
        process.sky.tick()
        process.recorder.run()
    process.history.flush()
    known = [{sector for sector, nm in enumerate(process.outline(f"beast-127.0.0.1-{n}")) if nm is not None} for n in (1, 2)]
    assert known == [{18}, {36}]
    assert max(process.column(MINUTE, "max_distance_nm", "beast-127.0.0.1-2")) < 70.0


def test_before_the_clock_is_set_nothing_is_counted(start: Callable[..., Process]) -> None:
    process = start()
    process.clock.wall_now = MIN_WALL - 1000.0
    process.recorder.run()
    assert process.recorder._samples == 0


def test_while_the_history_cannot_be_read_counting_goes_on(process: Process) -> None:
    process.leased.broken = True
    process.seconds(130)
    assert process.view.today() is None
    process.leased.broken = False
    process.seconds(100)
    assert sum(process.positions()) > 80
    day = process.view.today()
    assert day is None or day.messages > 0
