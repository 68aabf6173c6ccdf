"""Application: the outbox as the deliverer uses it: what is due, once quiet hours that ended are summed up, and what became of it.

Where nothing waits the store is asked every LOOK_S, for what another process has sent again; what was added here is due at once.

Invariants: only the process that writes the history gets or notes anything. `due` never raises StoreError: what cannot be read is asked for
again after RETRY_S.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from skyspy.clock import Clock
from skyspy.sky.event_log import RETRY_S, History
from skyspy.sky.shown_alerts import summary_of
from skyspy.store.errors import StoreError
from skyspy.store.history import outbox
from skyspy.store.history.lease import Fenced
from skyspy.store.history.outbox import Delivery
from skyspy.transport.rate_limit import RateLimitedLogger

log = RateLimitedLogger(logging.getLogger(__name__))

LOOK_S = 5.0


class AlertOutbox:
    """What is to be sent of the alerts of one sky. `released` counts deliveries that were held in quiet hours."""

    def __init__(self, history: History, clock: Clock) -> None:
        self.released = 0
        self._history = history
        self._clock = clock
        self._asks_at = float("-inf")
        """Before this (steady seconds) nothing is due."""

    def look(self) -> None:
        """Ask the store at the next call of `due`: something was added."""
        self._asks_at = float("-inf")

    def due(self, now: float, limit: int) -> Sequence[Delivery]:
        """Of each destination its oldest pending delivery, if it is due at `now` (wall seconds)."""
        steady = self._clock.steady()
        if steady < self._asks_at or not self._history.lease.held:
            return ()
        # What is added from here on is asked for again.
        self._asks_at = steady + LOOK_S
        try:
            if self._history.read(outbox.held_due, now):
                self.released += self._history.commit_now(outbox.release_held, now, summary_of)
            found = self._history.read(outbox.due, now, limit)
            following = now if found else self._history.read(outbox.next_due)
        except Fenced:
            return ()
        except StoreError as error:
            log.warning("what is to be sent of alerts cannot be read, it is tried again: %s", error)
            self._asks_at = steady + RETRY_S
            return ()
        if following is not None:
            self._asks_at = min(self._asks_at, steady + max(0.0, following - now))
        return found

    def sent(self, delivery_id: str, at: float) -> None:
        """Note that it was sent at `at` (wall seconds). Raises Fenced, StoreError; so do the others."""
        self._history.commit_now(outbox.sent, delivery_id, at)
        self.look()

    def retry(self, delivery_id: str, next_try: float, error: str, status: int | None) -> None:
        """Note that a try failed, and when the next one is."""
        self._history.commit_now(outbox.retry, delivery_id, next_try, error, status)
        self.look()

    def dead(self, delivery_id: str, at: float, error: str, status: int | None) -> None:
        """Note that it is given up."""
        self._history.commit_now(outbox.dead, delivery_id, at, error, status)
        self.look()
