"""Periodic work on the accounts: writing rows collected in memory, removing expired rows.

Invariants: nothing here is urgent. A round that fails is logged and the next one catches up; every process of an
installation may do it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from skyspy.auth.signin import SignIn
from skyspy.clock import Clock
from skyspy.loop import Loop
from skyspy.store import Store, StoreError, audit, families, invitations
from skyspy.store.audit import DAY_S
from skyspy.store.settings import SettingsTable

log = logging.getLogger(__name__)

FLUSH_SECONDS = 30.0
ROUNDS_PER_TIDYING = 120
"""The removal of what expired runs with the first round and then once an hour."""


class Flushable(Protocol):
    """A part that collects rows in memory. `flush` writes them; raises StoreError, and keeps what was not written."""

    def flush(self) -> object: ...


def remove_expired(store: Store, settings: SettingsTable, sign_in: SignIn, clock: Clock) -> None:
    """Remove expired counters, ended sign-ins, old links and old rows of the audit log. Raises StoreError."""
    current, now = settings.current, clock.wall()
    sign_in.prune(current)
    store.write(families.prune, now)
    store.write(invitations.prune, now)
    store.write(audit.prune, now - current.AUDIT_RETENTION_DAYS * DAY_S)


class Upkeep:
    """Flushes `parts` every FLUSH_SECONDS and calls `tidy` once an hour; `stop` flushes once more."""

    def __init__(self, parts: Sequence[Flushable], tidy: Callable[[], None], clock: Clock) -> None:
        self._parts = parts
        self._tidy = tidy
        self._rounds = 0
        self._tidies = True
        self.loop = Loop("upkeep of the accounts", self.round, clock, FLUSH_SECONDS)

    def start(self) -> None:
        """Start the rounds."""
        self.loop.start()

    def stop(self) -> None:
        """Stop the rounds, and write what was collected since the last one."""
        self.loop.stop()
        self._tidies = False
        self.loop.round()

    def round(self) -> None:
        """One round: flush, and tidy when due."""
        tidying = self._tidies and self._rounds % ROUNDS_PER_TIDYING == 0
        self._rounds += 1
        try:
            for part in self._parts:
                part.flush()
            if tidying:
                self._tidy()
        except StoreError as error:
            log.warning("last uses are written later: %s", error)
