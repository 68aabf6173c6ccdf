"""The one place where a process notices what other processes, and its own operators, changed in the database.

A change raises the version in its own transaction (store/state.py). The watcher reads the version every POLL_S seconds, and at once
after this process wrote something itself, and tells its subscribers: sessions to reauthorize, receivers to follow, evictions to act on.

Invariants: a subscriber that could not follow a version (it returned False, or the database failed) is told again at the next poll;
one that fails does not keep the others from being told. While the database cannot be read nothing is told, and subscribers of polls
still run, because time passes all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from skyspy.clock import Clock
from skyspy.loop import Loop
from skyspy.store import StoreError
from skyspy.store.settings import Settings, SettingsTable
from skyspy.transport.rate_limit import RateLimitedLogger

log = RateLimitedLogger(logging.getLogger(__name__))

POLL_S = 0.5
"""How long another process's change stays unnoticed at most. The contract promises two seconds to the last disconnect."""
MIN_POLL_PERIOD_S = 0.05
"""Many writes in a row make one poll, not one each."""

Follow = Callable[[Settings], bool]
"""Takes over a version; False where that has to be tried again."""


@dataclass(slots=True)
class _Subscriber:
    name: str
    follow: Follow
    version: int | None


class Watcher:
    """Polls the version and tells subscribers, in the order in which they subscribed."""

    def __init__(self, settings: SettingsTable, clock: Clock) -> None:
        self._settings = settings
        self._subscribers: list[_Subscriber] = []
        self._polls: list[tuple[str, Callable[[], object]]] = []
        self.loop = Loop("watching for changes", self.poll, clock, POLL_S, lambda: MIN_POLL_PERIOD_S)

    def on_version(self, name: str, follow: Follow, known: int | None = None) -> None:
        """Call `follow` for each new version; `known` is the one the subscriber already follows (None: none, so it is told at
        the first poll)."""
        self._subscribers.append(_Subscriber(name, follow, known))

    def on_poll(self, name: str, run: Callable[[], object]) -> None:
        """Call `run` at every poll, before the version's subscribers are told."""
        self._polls.append((name, run))

    def start(self) -> None:
        """Poll from now on."""
        self.loop.start()
        self.loop.wake()

    def stop(self) -> None:
        """Poll no more."""
        self.loop.stop()

    def wake(self) -> None:
        """Something was written by this process: poll now."""
        self.loop.wake()

    def poll(self) -> None:
        """One poll."""
        for name, run in self._polls:
            self._guarded(name, run)
        try:
            settings = self._settings.fresh(0.0)
        except StoreError as error:
            log.warning("the database cannot be read; changes are followed when it answers again: %s", error)
            return
        for subscriber in self._subscribers:
            if subscriber.version != settings.version and self._guarded(subscriber.name, partial(subscriber.follow, settings)):
                subscriber.version = settings.version

    def _guarded(self, name: str, run: Callable[[], object]) -> bool:
        """Whether it ran and did not return False."""
        try:
            return run() is not False
        except StoreError as error:
            log.warning("%s: tried again at the next poll: %s", name, error)
        except Exception:
            log.exception("%s failed; tried again at the next poll", name)
        return False
