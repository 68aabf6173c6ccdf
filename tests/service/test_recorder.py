"""The recorder: visits and tracks of a sky in a real SQLite history, on a clock that the tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from skyspy.aircraft import Observation
from skyspy.clock import iso
from skyspy.sky import recorder as module
from skyspy.sky.minutes import MIN_WALL
from skyspy.sky.recorded import WRITE_S
from skyspy.sky.recorder import Recorder
from skyspy.store import StoreError
from skyspy.store.history import HistoryStore, visits
from skyspy.store.history.schema import VISIT
from skyspy.store.history.segments import of_visit
from skyspy.timeline import Timeline
from skyspy.tracks.segment import unpack
from skyspy.visits import VISIT_GAP_S, VisitState
from tests.support.clock import StillClock
from tests.support.world import World

HEX = "4B1805"
FLYING: dict[str, Any] = {"flight": "SWR1", "alt_baro": 12_000, "gs": 360.0, "track": 0.0}
STANDING: dict[str, Any] = {"flight": "SWR1", "alt_baro": "ground", "gs": 0.0}


class FakeLease:
    """A lease that a test gives and takes away."""

    def __init__(self) -> None:
        self.held, self.other_writes = True, False
        self.fence = 1
        self._gained: list[Callable[[int], object]] = []

    def on_gained(self, name: str, run: Callable[[int], object]) -> None:
        self._gained.append(run)

    def leave(self) -> None:
        """Another process has it."""
        self.held, self.other_writes = False, True

    def take(self) -> None:
        self.held, self.other_writes = True, False
        for run in self._gained:
            run(1)


class Leased:
    """A history of which a test says whether this process writes it, and whether it can be read. `rows` counts those handed over."""

    def __init__(self, history: HistoryStore) -> None:
        self._history, self.lease = history, FakeLease()
        self.rows = 0
        self.broken = False

    def enqueue(self, write: Any, row: object, size: int = 256) -> None:
        self.rows += write is visits.write_recorded
        self._history.enqueue(write, row, size)

    def read(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        if self.broken:
            raise StoreError("the disk is gone")
        return self._history.read(fn, *args, **kwargs)


class Process:
    """One process that records the live sky, whose receivers hear what a test says."""

    def __init__(self, folder: Path, clock: StillClock) -> None:
        self.world = World(folder, clock=clock, SKYSPY_FEEDS="beast://127.0.0.1:1")
        self.clock = clock
        self.sky = self.world.skyspy.skies["live"]
        self.history = self.world.skyspy.history
        self.leased = Leased(self.history)
        self.recorder = Recorder(self.sky.view, self.leased)
        self.timeline: Timeline | None = None

    def hear(self, hex_: str = HEX, **fields: Any) -> None:
        """Hear an aircraft where it is by now: it flies north at its speed."""
        at = self.clock.steady()
        lat = 47.0 + (at - 1000.0) * fields.get("gs", 0.0) / 3600.0 / 60.0
        self.sky.ingest(Observation(hex_, at, "adsb_icao", {"lat": round(lat, 6), "lon": 8.0, **fields}, timeline=self.timeline))

    def seconds(self, count: int, *hexes: str, **fields: Any) -> None:
        """Let so many seconds pass, each with a message of these aircraft (HEX), or none where no field is given."""
        for _ in range(count):
            self.clock.pass_by(1.0)
            for hex_ in (hexes or (HEX,)) if fields else ():
                self.hear(hex_, **fields)
            self.sky.tick()
            self.recorder.run()
        self.history.flush()

    def visits(self) -> list[VisitState]:
        """The stored visits of the last minutes, in the order in which they began."""
        return sorted(self.history.read(visits.recent, self.clock.wall()), key=lambda state: state.start)

    def points(self, state: VisitState) -> list[float]:
        """The times of the stored track of a visit."""
        stored = self.history.read(of_visit, visits.key_of(state))
        return [point.at for segment in stored for point in unpack(segment.data)]

    def close(self) -> None:
        self.world.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Starts processes on one database and one clock."""
    clock = StillClock(wall=1_800_000_000.5)
    made: list[Process] = []

    def one() -> Process:
        made.append(Process(tmp_path, clock))
        return made[-1]

    yield one
    for process in made:
        process.close()


@pytest.fixture
def process(start: Callable[[], Process]) -> Process:
    return start()


def test_a_new_visit_is_stored_as_soon_as_its_aircraft_is_listed(process: Process) -> None:
    process.seconds(2, **FLYING)
    (state,) = process.visits()
    assert (state.hex, state.start, state.flight, state.ended) == (HEX, 1_800_000_002, "SWR1", False)
    assert process.points(state) == [pytest.approx(process.clock.wall(), abs=0.01)]


def test_a_visit_under_way_is_stored_each_minute_with_its_track(process: Process) -> None:
    process.seconds(3 * 60, **FLYING)
    (state,) = process.visits()
    assert state.last > process.clock.wall() - WRITE_S - 1
    assert state.positions > 120
    assert 4 <= process.leased.rows <= 7


def test_visits_that_began_together_are_not_written_together(process: Process) -> None:
    fleet = [f"4B18{number:02X}" for number in range(50)]
    process.seconds(3, *fleet, **FLYING)
    written = []
    for _ in range(120):
        before = process.leased.rows
        process.seconds(1, *fleet, **FLYING)
        written.append(process.leased.rows - before)
    assert max(written) <= 5


def test_a_visit_of_which_nothing_changes_is_not_written_again(process: Process) -> None:
    process.seconds(3, **FLYING)
    process.seconds(120)
    rows = process.leased.rows
    process.seconds(400)
    assert process.leased.rows == rows


def test_a_visit_ends_ten_minutes_after_its_last_message_though_the_aircraft_left_long_ago(process: Process) -> None:
    process.seconds(3, **FLYING)
    last = process.clock.wall()
    process.seconds(int(VISIT_GAP_S) - 1)
    assert [state.ended for state in process.visits()] == [False]
    process.seconds(2)
    rows = process.history.read(lambda c: c.execute(select(VISIT.c.ended, VISIT.c.last)).all())
    assert [tuple(row) for row in rows] == [(True, pytest.approx(last))]
    assert len(process.recorder) == 0
    assert process.recorder.budget.points == 0


def test_an_aircraft_that_returns_in_time_goes_on_with_its_visit(process: Process) -> None:
    process.seconds(3, **FLYING)
    process.seconds(300)
    process.seconds(60, **FLYING)
    assert len(process.visits()) == 1


def test_a_turnaround_makes_two_visits(process: Process) -> None:
    process.seconds(20, **FLYING)
    process.seconds(60, **STANDING)
    process.seconds(5, **{**STANDING, "flight": "SWR2"})
    first, second = process.visits()
    assert (first.callsigns, first.ended, second.callsigns, second.ended) == (("SWR1",), True, ("SWR2",), False)
    assert max(process.points(first)) <= min(process.points(second))


def test_a_track_is_stored_in_slots_and_the_last_points_of_a_slot_are_in_it(process: Process) -> None:
    process.seconds(1260, **{**FLYING, "track": 90.0})
    (state,) = process.visits()
    points = process.points(state)
    assert len({int(at // 600) for at in points}) == 3
    gaps = [after - before for before, after in pairwise(points)]
    assert max(gaps) <= 2, "each second is a surprise where the reported track is wrong"


def test_a_position_has_the_time_of_its_measurement(process: Process) -> None:
    for _ in range(2):
        process.clock.pass_by(1.0)
        at = process.clock.steady()
        fields = {"lat": 47.0, "lon": 8.0, **FLYING}
        process.sky.ingest(Observation(HEX, at, "adsb_icao", fields, pos_at=at - 4.0))
    process.sky.tick()
    process.recorder.run()
    process.history.flush()
    (state,) = process.visits()
    assert process.points(state) == [pytest.approx(process.clock.wall() - 4.0, abs=1.01)]


def test_a_recording_that_is_played_is_recorded_at_the_time_at_which_it_is_shown(process: Process) -> None:
    process.timeline = Timeline()
    process.timeline.run(process.clock.steady(), 10.0)
    began = process.clock.wall()
    process.seconds(30, **FLYING)
    process.recorder.stop()
    process.history.flush()
    (state,) = process.visits()
    points = process.points(state)
    assert began <= min(points) <= max(points) <= process.clock.wall()
    assert points == sorted(points)


def test_receivers_that_hear_an_aircraft_are_noted(process: Process) -> None:
    receivers = process.sky.receivers
    receiver = receivers.receiver(receivers.names()[0])
    for _ in range(2):
        process.clock.pass_by(1.0)
        receiver.deliver([Observation(HEX, process.clock.steady(), "adsb_icao", {"flight": "SWR1"})])
    receivers.start(process.sky.ingest)
    for _ in range(2):
        receiver.deliver([Observation(HEX, process.clock.steady(), "adsb_icao", {"flight": "SWR1"})])
    process.seconds(1)
    receivers.stop()
    (state,) = process.visits()
    assert (state.receivers, state.demo) == ((receivers.names()[0],), False)


def test_simulated_traffic_is_recorded_as_such(tmp_path: Path) -> None:
    world = World(tmp_path)
    recorder = world.skyspy.recorders["sandbox"]
    world.hear(HEX, "sandbox")
    recorder.run()
    sandbox = world.skyspy.histories["sandbox"]
    sandbox.flush()
    (state,) = sandbox.read(visits.recent, world.clock.wall())
    assert state.demo
    assert world.skyspy.history.read(visits.recent, world.clock.wall()) == []
    world.close()


def test_nothing_is_recorded_before_the_wall_clock_is_set(process: Process) -> None:
    process.clock.wall_now = 5000.0
    process.seconds(3, **FLYING)
    assert len(process.recorder) == 0
    process.clock.wall_now = MIN_WALL
    process.seconds(1, **FLYING)
    assert len(process.visits()) == 1


def test_visits_that_cannot_be_written_are_bounded(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENDED", 3)
    process.leased.lease.held = False
    fleet = [f"4B18{number:02X}" for number in range(5)]
    process.seconds(2, *fleet, **FLYING)
    process.seconds(602)
    assert (process.recorder.dropped, process.recorder.budget.points) == (2, 3)
    process.leased.lease.take()
    process.seconds(1)
    assert process.recorder.budget.points == 0


# -- restart and takeover ---------------------------------------------------------------------------


def killed(process: Process) -> None:
    """The process is gone with what it had in memory."""
    process.history.flush()


def test_after_a_kill_the_visit_goes_on_as_the_same_one_with_its_track(start: Callable[[], Process]) -> None:
    before = start()
    before.seconds(200, **FLYING)
    killed(before)
    (old,) = before.visits()
    after = start()
    after.seconds(100, **FLYING)
    (new,) = after.visits()
    assert (new.start, new.first) == (old.start, old.first)
    assert new.last > old.last
    assert new.positions > old.positions
    points = after.points(new)
    gaps = [later - earlier for earlier, later in pairwise(points)]
    assert max(gaps) < 60
    assert points[0] < old.first + 2


def test_a_visit_whose_aircraft_does_not_return_after_a_restart_ends(start: Callable[[], Process]) -> None:
    before = start()
    before.seconds(60, **FLYING)
    after = start()
    after.seconds(602)
    rows = after.history.read(lambda c: c.execute(select(VISIT.c.ended)).scalars().all())
    assert rows == [True]


def test_a_visit_that_was_under_way_long_ago_is_ended_at_the_start(start: Callable[[], Process]) -> None:
    before = start()
    before.seconds(3, **FLYING)
    before.clock.pass_by(3600)
    after = start()
    after.seconds(1)
    assert after.history.read(lambda c: c.execute(select(VISIT.c.ended)).scalars().all()) == [True]
    after.seconds(2, **FLYING)
    assert len(after.recorder) == 1


def test_until_the_stored_visits_were_read_nothing_is_written(start: Callable[[], Process]) -> None:
    start().seconds(60, **FLYING)
    after = start()
    after.leased.broken = True
    after.seconds(100, **FLYING)
    assert after.leased.rows == 0
    after.leased.broken = False
    after.seconds(2, **FLYING)
    assert after.leased.rows == 1
    assert len(after.visits()) == 1


def both(processes: tuple[Process, Process], seconds: int, **fields: Any) -> None:
    """Both processes hear the same aircraft, the second one half a second later."""
    first, second = processes
    for _ in range(seconds):
        first.clock.pass_by(0.5)
        for process in processes:
            process.hear(**fields)
        first.sky.tick()
        first.recorder.run()
        first.clock.pass_by(0.5)
        second.sky.tick()
        second.recorder.run()
    for process in processes:
        process.history.flush()


def test_a_process_that_takes_over_makes_no_second_visit_and_leaves_no_gap(start: Callable[[], Process]) -> None:
    holder, other = start(), start()
    other.leased.lease.leave()
    both((holder, other), 700, **FLYING)
    assert other.leased.rows == 0
    for _ in range(8):
        other.seconds(1, **FLYING)
    other.leased.lease.take()
    other.seconds(100, **FLYING)
    (state,) = other.visits()
    points = other.points(state)
    gaps = [later - earlier for earlier, later in pairwise(points)]
    assert min(gaps) > 0
    assert max(gaps) <= 31
    assert state.positions > 700


def test_a_process_that_has_just_taken_over_stores_within_seconds(start: Callable[[], Process]) -> None:
    holder, other = start(), start()
    other.leased.lease.leave()
    both((holder, other), 20, **FLYING)
    other.leased.lease.take()
    for _ in range(5):
        other.seconds(10, **FLYING)
        (state,) = other.visits()
        assert other.clock.wall() - state.last <= 5
    other.seconds(100, **FLYING)
    rows = other.leased.rows
    other.seconds(100, **FLYING)
    assert other.leased.rows <= rows + 2, "and later each minute again"


def test_where_more_is_due_than_is_written_a_new_visit_is_stored_at_once_and_each_other_one_in_turn(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MIN_WRITES", 4)
    fleet = [f"4B18{number:02X}" for number in range(30)]
    process.seconds(10, *fleet, **FLYING)
    process.leased.lease.take()
    process.seconds(12, *fleet, **FLYING)
    for number in range(3):
        fleet.append(f"4B19{number:02X}")
        process.seconds(2, *fleet, **FLYING)
        stored = process.visits()
        assert [state.hex for state in stored if state.hex >= "4B1900"] == fleet[30:]
        assert min(state.last for state in stored) >= process.clock.wall() - 12


def test_what_ended_while_another_process_wrote_is_left_to_that_one(start: Callable[[], Process]) -> None:
    holder, other = start(), start()
    other.leased.lease.leave()
    both((holder, other), 20, **FLYING)
    both((holder, other), 60, **STANDING)
    both((holder, other), 40, **{**STANDING, "flight": "SWR2"})
    other.leased.lease.take()
    other.seconds(60, **{**STANDING, "flight": "SWR2"})
    assert [state.callsigns for state in other.visits()] == [("SWR1",), ("SWR2",)]


def test_a_turnaround_in_the_moment_of_the_takeover_makes_two_visits(start: Callable[[], Process]) -> None:
    holder, other = start(), start()
    other.leased.lease.leave()
    both((holder, other), 80, **STANDING)
    other.seconds(5, **{**STANDING, "flight": "SWR2"})
    other.leased.lease.take()
    other.seconds(60, **{**STANDING, "flight": "SWR2"})
    first, second = other.visits()
    assert (first.callsigns, first.ended) == (("SWR1",), True)
    assert (second.callsigns, second.ended) == (("SWR2",), False)


def test_a_clean_stop_stores_what_is_there(process: Process) -> None:
    process.seconds(30, **FLYING)
    process.recorder.stop()
    process.history.flush()
    (state,) = process.visits()
    assert state.last == pytest.approx(process.clock.wall())
    assert not state.ended


# -- trails ---------------------------------------------------------------------------------------


def trail(process: Process) -> list[dict[str, Any]]:
    process.world.skyspy.recorders["live"] = process.recorder
    answer = process.world.get(f"/api/aircraft/{HEX}/trail/").get_json()
    assert answer["count"] == len(answer["trail"])
    found: list[dict[str, Any]] = answer["trail"]
    return found


def test_a_trail_reaches_back_over_a_restart(start: Callable[[], Process]) -> None:
    before = start()
    before.seconds(200, **FLYING)
    whole = trail(before)
    after = start()
    after.seconds(30, **FLYING)
    found = trail(after)
    assert abs(found[0]["lat"] - whole[0]["lat"]) < 0.001
    assert [point["timestamp"] for point in found] == sorted({point["timestamp"] for point in found})
    gaps = [later["lat"] - earlier["lat"] for earlier, later in pairwise(found)]
    assert max(gaps) * 60 < 6, "less than a minute is missing"
    assert {frozenset(point) for point in found} == {frozenset(whole[0])}


def test_a_trail_begins_with_the_visit_and_not_with_the_one_before(start: Callable[[], Process]) -> None:
    before = start()
    before.seconds(60, **STANDING)
    after = start()
    after.seconds(60, **{**STANDING, "flight": "SWR2"})
    began = after.visits()[-1].first
    assert all(point["timestamp"] >= iso(began) for point in trail(after))


def test_after_a_turnaround_a_trail_begins_with_the_new_visit(process: Process) -> None:
    process.seconds(60, **STANDING)
    process.seconds(60, **{**STANDING, "flight": "SWR2"})
    began = process.visits()[-1].first
    found = trail(process)
    assert found
    assert all(point["timestamp"] >= iso(began - 1) for point in found)


def test_a_very_long_trail_is_thinned_and_the_history_may_be_away(start: Callable[[], Process]) -> None:
    before = start()
    before.seconds(1500, **{**FLYING, "track": 90.0})
    after = start()
    after.seconds(30, **FLYING)
    assert 300 < len(trail(after)) <= 640
    after.history.close()
    after.history.read = after.leased.read  # type: ignore[method-assign]
    after.leased.broken = True
    assert len(trail(after)) < 10
