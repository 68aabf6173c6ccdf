"""One sky with a safety monitor that is not started: a test lets it hear and look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from skyspy.aircraft import Observation
from skyspy.airports import Airports
from skyspy.app import build_view
from skyspy.movements import Movements
from skyspy.safety.rules import Rule
from skyspy.sky import Sky
from skyspy.sky.event_log import History
from skyspy.sky.safety import SafetyMonitor
from skyspy.sky.streams.safety import SafetyStream
from skyspy.store.history.safety_events import Changes
from skyspy.store.settings import Settings
from skyspy.topics import EXACT, Room
from tests.support.clock import StillClock

ROOM = str(Room("live", "safety", audience=EXACT))


class Publisher:
    """Stores what was published to those who are identified: the only ones who listen."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    def has_listeners(self, room: str, namespace: str = "/") -> bool:
        return room == ROOM

    def publish(self, room: str, event: str, payload: Any, namespace: str = "/") -> None:
        self.sent.append((event, payload))


class EmptyHistory:
    """A history that only this process has, and that keeps nothing."""

    held, fence, error = True, 0, None

    @property
    def lease(self) -> EmptyHistory:
        return self

    def on_gained(self, name: str, run: Callable[[int], object]) -> None:
        return

    def read(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return Changes([], 0)

    def commit_now(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return None


class MonitoredSky:
    """The live sky. `sent`: the safety events that clients got, with their payloads. `settings` are exchanged by a test."""

    def __init__(
        self,
        rules: Sequence[Rule],
        history: History | None = None,
        clock: StillClock | None = None,
        movements: Movements | None = None,
        airports: Callable[[], Airports | None] = lambda: None,
    ) -> None:
        self.clock = clock or StillClock()
        self.settings = Settings()
        view = build_view("live", self.clock, lambda: self.settings, (), (47.46, 8.55))
        self.stream = SafetyStream(view)
        self.publisher = Publisher()
        self.sky = Sky(view, self.publisher, [self.stream])
        self.monitor = SafetyMonitor(self.sky, history or EmptyHistory(), airports, rules, movements)
        self.sent = self.publisher.sent

    def hear(self, hex_: str, **fields: Any) -> None:
        """One aircraft, heard twice: it is listed."""
        self.sky.ingest(Observation(hex_, self.clock.steady(), "adsb_icao", fields, self.clock.steady(), 2))

    def look(self) -> list[str]:
        """A tick and one round; the names of the events that were sent in it."""
        before = len(self.sent)
        self.sky.tick()
        self.monitor.run()
        return [name for name, _ in self.sent[before:]]
