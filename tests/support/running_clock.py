"""A clock for loops: whoever waits on it lets it run, so hours pass in an instant, and every wait is written down."""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent.event import Event

from tests.conftest import StillClock


class RunningClock(StillClock):
    """Waiting moves it. `waits` are the seconds of each wait, in order; one that an event ended at once counts as 0."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.pass_by(seconds)
        gevent.sleep(0)

    def wait(self, event: Event, seconds: float) -> bool:
        if event.is_set():
            self.waits.append(0.0)
            gevent.sleep(0)
            return True
        self.sleep(seconds)
        return event.is_set()


def turns_until(condition: Callable[[], object], turns: int = 10_000) -> None:
    """Let greenlets run until the condition holds."""
    for _ in range(turns):
        if condition():
            return
        gevent.sleep(0)
    raise AssertionError("it never came true")
