"""Processes that share a history, each with a clock of its own, which moves when the test lets that process run."""

from __future__ import annotations

from skyspy.config import history_url_of
from skyspy.store.history import HistoryStore
from tests.support.clock import StillClock
from tests.support.history import TOY, Stores


class Process:
    """One process: `run(seconds)` is so much of its life, with a look at the lease each second. `heard` is what its subscribers
    were called with: the fence that was gained, or "lost"."""

    def __init__(self, stores: Stores) -> None:
        self.clock = StillClock()
        self.history = HistoryStore(history_url_of(stores.url), stores.main, self.clock, TOY)
        self.lease = self.history.lease
        self.heard: list[object] = []
        self.lease.on_gained("a test", self.heard.append)
        self.lease.on_lost("a test", lambda: self.heard.append("lost"))
        self.history.open()

    def start(self) -> Process:
        self.history.start()
        # The test makes the rounds.
        self.history.loop.stop()
        self.lease.loop.stop()
        return self

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.pass_by(1.0)
            self.lease.loop.round()
        assert self.lease.loop.crashes == 0

    def end(self) -> None:
        """A clean stop."""
        self.history.stop()

    def kill(self) -> None:
        """Nothing more is done in its name."""
        self.history.close()
