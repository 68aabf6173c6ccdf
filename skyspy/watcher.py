"""Application: notices what other processes, and this one, changed in the database.

A change raises the version in its own transaction (store/state.py). The watcher reads the version every POLL_S seconds, and at once
after a write of this process, and calls its subscribers: to reauthorize sessions, follow receivers, apply evictions.

Invariants: a subscriber that could not follow a version (it returned False, or raised) is called again at the next poll, and does
not keep the others from being called. While the database cannot be read only the subscribers of polls are called, because expiry needs
no database.
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
"""Seconds until a change by another process is noticed. Every disconnect that follows is due within two seconds."""
MIN_POLL_PERIOD_S = 0.05
"""Seconds between two polls at least: many writes in a row cause one poll."""

Follow = Callable[[Settings], bool]
"""Follows a version; returns False to be called again."""


@dataclass(slots=True)
class _Subscriber:
    name: str
    follow: Follow
    version: int | None


class Watcher:
    """Polls the version and calls subscribers in the order in which they subscribed."""

    def __init__(self, settings: SettingsTable, clock: Clock) -> None:
        self._settings = settings
        self._subscribers: list[_Subscriber] = []
        self._polls: list[tuple[str, Callable[[], object]]] = []
        self.loop = Loop("watching for changes", self.poll, clock, POLL_S, lambda: MIN_POLL_PERIOD_S)

    def on_version(self, name: str, follow: Follow, known: int | None = None) -> None:
        """Call `follow` for each new version; `known` is the one the subscriber already follows (None: none, so it is called
        at the first poll)."""
        self._subscribers.append(_Subscriber(name, follow, known))

    def on_poll(self, name: str, run: Callable[[], object]) -> None:
        """Call `run` at every poll, before the subscribers of versions."""
        self._polls.append((name, run))

    def start(self) -> None:
        """Poll from now on."""
        self.loop.start()
        self.loop.wake()

    def stop(self) -> None:
        """Stop polling."""
        self.loop.stop()

    def wake(self) -> None:
        """Poll now: this process wrote to the database."""
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
        """Call `run`, and log and count what it raises. Whether it returned, and not False."""
        try:
            return run() is not False
        except StoreError as error:
            log.warning("%s: tried again at the next poll: %s", name, error)
        except Exception:
            log.exception("%s failed; tried again at the next poll", name)
        return False
