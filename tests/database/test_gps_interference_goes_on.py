"""Claims about an area of GPS interference over a restart and a takeover: one event, announced once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from skyspy.safety.gps_interference import GpsInterference
from skyspy.store.history import safety_events
from skyspy.store.history.writer import LOST_S
from tests.support.history import Stores
from tests.support.history_processes import Process
from tests.support.monitored_sky import MonitoredSky

COUNT = 8
OPENED, UPDATED, RESOLVED = "safety:event", "safety:event_updated", "safety:event_resolved"


class Watch:
    """A process with a sky that eight aircraft fly in, half a degree of latitude from the first to the last."""

    def __init__(self, stores: Stores) -> None:
        self.process = Process(stores)
        self.sky = MonitoredSky([GpsInterference()], self.process.history, self.process.clock)
        self.process.start()

    def pass_by(self, seconds: int, lost: range = range(0), heard: range = range(COUNT)) -> list[str]:
        """So many rounds in which these aircraft are heard and some of them have lost GPS; the names of the events that were sent."""
        sent = []
        for _ in range(seconds):
            self.process.run(1)
            for number in heard:
                quality = {"nic": 0, "nac_p": 0} if number in lost else {"nic": 8, "nac_p": 10}
                east = self.process.clock.steady() % 1000 * 0.0027
                place = {"lat": 47.2 + number / 14, "lon": 8.0 + east, "alt_baro": 30_000, "gs": 400.0}
                self.sky.hear(f"4CA8{number:02X}", version=2, **place, **quality)
            sent += self.sky.look()
        return sent

    @property
    def open(self) -> list[str]:
        return [event.id for event in self.sky.monitor.events.open]


@pytest.fixture
def start(stores: Stores) -> Iterator[Callable[[], Watch]]:
    """Starts processes on one history."""
    made: list[Watch] = []

    def begin() -> Watch:
        made.append(Watch(stores))
        return made[-1]

    yield begin
    for one in made:
        one.process.kill()


def rows(stores: Stores) -> int:
    return len(stores.history.read(safety_events.page, safety_events.EventSearch(), None, 100))


def test_an_area_goes_on_after_a_restart_although_its_aircraft_were_never_good_since(
    start: Callable[[], Watch], stores: Stores
) -> None:
    first = start()
    assert first.pass_by(15) == []
    assert first.pass_by(25, lost=range(5))[0] == OPENED
    [event] = first.sky.monitor.events.open
    first.process.end()
    second = start()
    second.process.clock.pass_by(40)
    sent = second.pass_by(90, lost=range(5))
    assert OPENED not in sent
    assert RESOLVED not in sent
    assert second.open == [event.id]
    [later] = second.sky.monitor.events.open
    assert later.details["aircraft_affected"] == 5, "counted again"
    assert rows(stores) == 1


def test_a_process_that_takes_over_goes_on_with_the_area_that_it_has_found_elsewhere(
    start: Callable[[], Watch], stores: Stores
) -> None:
    both = writer, other = start(), start()
    for one in both:
        one.pass_by(15)
    writer.pass_by(25, lost=range(3), heard=range(5))
    other.pass_by(25, lost=range(3, 8), heard=range(3, 8))
    [event_id] = writer.open
    assert other.open == [event_id]
    writer.process.kill()
    sent = other.pass_by(int(LOST_S) + 60, lost=range(3, 8), heard=range(3, 8))
    assert other.sky.monitor.events.makes
    assert OPENED not in sent
    assert RESOLVED not in sent
    assert other.open == [event_id]
    assert rows(stores) == 1
