"""A sky's tick runs at its rate and after crashes, and its heartbeats carry the stream's position."""

from __future__ import annotations

from functools import partial
from typing import Any

from skyspy.aircraft import Observation
from skyspy.clock import Moment
from skyspy.sky.streams.aircraft import HEARTBEAT_SECONDS
from skyspy.sky.streams.base import Event
from skyspy.tracker import Delta
from tests.support.running_clock import RunningClock, turns_until
from tests.unit.test_sky import DELTA, WHOLE, Scene


class RunningScene(Scene):
    """A sky whose tick runs, on a clock that moves by waiting."""

    clock_type = RunningClock

    def __init__(self, *rooms: str, **settings: Any) -> None:
        super().__init__(*rooms, history=self, **settings)
        self.ticks: list[float] = []
        self.fault: Exception | None = None

    def on_tick(self, delta: Delta | None, now: Moment) -> None:
        """As the sky's history it is told of each tick."""
        self.ticks.append(now.steady)
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault

    def on_event(self, topic: str, event: Event, now: Moment) -> None:
        """Nothing is kept."""

    def _ticked(self, count: int) -> bool:
        return len(self.ticks) > count

    def run(self, ticks: int, busy: bool = True) -> list[float]:
        """The seconds between so many ticks, while records arrive all the time."""
        self.sky.loop.start()
        while len(self.ticks) < ticks:
            count = len(self.ticks)
            if busy:
                self.hear("4B1613", gs=200.0 + count)
            turns_until(partial(self._ticked, count))
        self.sky.loop.stop()
        return [round(later - earlier, 3) for earlier, later in zip(self.ticks, self.ticks[1:], strict=False)]


def test_a_busy_sky_tells_its_listeners_as_often_as_broadcast_hz_says() -> None:
    assert set(RunningScene(WHOLE, BROADCAST_HZ=4.0).run(6)) == {0.25}
    assert set(RunningScene(WHOLE, BROADCAST_HZ=1.0).run(4)) == {1.0}


def test_a_quiet_sky_ticks_once_a_second_so_that_aircraft_expire() -> None:
    scene = RunningScene(WHOLE, BROADCAST_HZ=4.0, AIRCRAFT_TIMEOUT_SECONDS=30.0)
    scene.hear("4B1613", gs=200.0)
    scene.run(40, busy=False)
    assert (WHOLE, "aircraft:remove") in [(room, event) for room, event, _ in scene.broadcast.sent]


def test_a_tick_that_crashes_is_followed_by_the_next_one() -> None:
    scene = RunningScene(WHOLE)
    scene.fault = RuntimeError("a bug")
    scene.run(3)
    assert (len(scene.ticks), scene.sky.loop.crashes) == (3, 1)
    assert "aircraft:update" in scene.broadcast.events(WHOLE)


def test_a_heartbeat_carries_the_seq_of_the_stream() -> None:
    scene = Scene(WHOLE, DELTA)
    for step in range(3):
        scene.hear("4B1613", gs=200.0 + step)
        scene.tick()
    assert scene.sky.tracker.seq == 3
    beats = [payload for _, event, payload in scene.tick(HEARTBEAT_SECONDS) if event == "aircraft:heartbeat"]
    assert beats
    assert {beat["seq"] for beat in beats} == {scene.sky.tracker.seq}
    assert scene.sky.tracker.seq > 0


def test_what_is_heard_wakes_the_tick() -> None:
    scene = RunningScene(WHOLE)
    scene.sky.loop.start()
    before = scene.clock.steady()
    scene.sky.ingest(Observation("4B1613", before, "adsb_icao", {"gs": 200.0}, messages=2))
    turns_until(lambda: scene.ticks)
    scene.sky.loop.stop()
    assert scene.ticks[0] == before
