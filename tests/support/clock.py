"""Clocks that move only when a test moves them."""

from __future__ import annotations

from gevent.event import Event

from skyspy.clock import Clock


class StillClock(Clock):
    """A clock that moves only when a test moves it."""

    def __init__(self, wall: float = 1_800_000_000.0, steady: float = 1000.0) -> None:
        self.wall_now, self.steady_now = wall, steady

    def wall(self) -> float:
        return self.wall_now

    def steady(self) -> float:
        return self.steady_now

    def pass_by(self, seconds: float) -> None:
        self.wall_now += seconds
        self.steady_now += seconds


class EventClock(StillClock):
    """A clock on which a wait ends by its event alone, never by time."""

    def wait(self, event: Event, seconds: float) -> bool:
        return event.wait()
