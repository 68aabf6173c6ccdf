"""What has to be done now and then: writing last uses down, forgetting what age made useless.

Law: nothing here is urgent. A round that fails is logged and made up for by the next; every process of an
installation may do it.
"""

from __future__ import annotations

import logging

from skyspy.auth.tokens import Tokens
from skyspy.clock import Clock
from skyspy.loop import Loop
from skyspy.store import StoreError

log = logging.getLogger(__name__)

FLUSH_SECONDS = 30.0
ROUNDS_PER_TIDYING = 120
"""Tidying comes with the first round and then once an hour."""


class Upkeep:
    """Keeps the accounts of one process tidy; `loop` does a round every FLUSH_SECONDS."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens = tokens
        self._rounds = 0
        self._tidies = True
        self.loop = Loop("upkeep of the accounts", self.round, clock, FLUSH_SECONDS)

    def start(self) -> None:
        """Begin the rounds."""
        self.loop.start()

    def stop(self) -> None:
        """End the rounds, and write what was gathered since the last one."""
        self.loop.stop()
        self._tidies = False
        self.loop.round()

    def round(self) -> None:
        """One round."""
        tidying = self._tidies and self._rounds % ROUNDS_PER_TIDYING == 0
        self._rounds += 1
        self._flush(tidying=tidying)

    def _flush(self, *, tidying: bool) -> None:
        try:
            self._tokens.flush_uses()
            if tidying:
                self._tokens.tidy()
        except StoreError as error:
            log.warning("last uses are written later: %s", error)
