"""Receivers on loopback that say a line when a test says so, on a clock of the test, and the tracker that hears them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gevent import socket
from gevent.queue import Queue

from skyspy.aircraft import Observation, Record
from skyspy.tracker import Limits, Tracker
from tests.support.clock import StillClock
from tests.support.hub import HastyClock
from tests.support.sources import PATIENT, Ear, FakeReceiver, running, wait_for


class TrackedEar(Ear):
    """A sink that hands everything to a tracker and notes where each aircraft is shown then."""

    def __init__(self, clock: StillClock | None = None, limits: Limits | None = None) -> None:
        super().__init__()
        self.clock = clock or HastyClock()
        self.tracker = Tracker(limits or Limits(max_range_nm=0), None, "test")
        self.path: list[tuple[float, float | None, float | None]] = []
        """After each record: the time, and the latitude and longitude shown."""

    def __call__(self, record: Record) -> None:
        super().__call__(record)
        assert isinstance(record, Observation)
        now = self.clock.steady()
        self.tracker.apply(record, now)
        aircraft = self.shown(record.hex)
        self.path.append((now, aircraft.get("lat"), aircraft.get("lon")))

    def shown(self, hex_: str) -> dict[str, Any]:
        """The aircraft as it is shown now; empty if it is not."""
        now = self.clock.steady()
        self.tracker.take_delta(now)
        return self.tracker.aircraft(hex_, now) or {}


class Teller:
    """A TCP receiver that sends what `say` is given, and waits until the sink has heard it."""

    def __init__(self, scheme: str, ear: Ear) -> None:
        self._ear = ear
        self._queue: Queue[bytes] = Queue()
        self._receiver = FakeReceiver(self._answer)
        self.url = f"{scheme}://127.0.0.1:{self._receiver.port}"

    def _answer(self, sock: socket.socket) -> None:
        while True:
            sock.sendall(self._queue.get())

    def say(self, data: bytes, records: int = 1) -> None:
        """Send the bytes and wait for so many more records."""
        wanted = len(self._ear.heard) + records
        self._queue.put(data)
        wait_for(lambda: len(self._ear.heard) >= wanted)

    def close(self) -> None:
        self._receiver.close()


@contextmanager
def telling(ear: TrackedEar, *schemes: str) -> Iterator[list[Teller]]:
    """One receiver per scheme, connected to the ear."""
    tellers = [Teller(scheme, ear) for scheme in schemes]
    try:
        with running(*(teller.url for teller in tellers), sink=ear, clock=ear.clock, timing=PATIENT):
            yield tellers
    finally:
        for teller in tellers:
            teller.close()
