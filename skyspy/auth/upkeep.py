"""What has to be done now and then: writing last uses down, forgetting what age made useless.

Law: nothing here is urgent. A round that fails is logged and made up for by the next; every process of an
installation may do it.
"""

from __future__ import annotations

import logging

import gevent

from skyspy.auth.tokens import Tokens
from skyspy.store import StoreError

log = logging.getLogger(__name__)

FLUSH_SECONDS = 30.0
ROUNDS_PER_TIDYING = 120
"""Tidying comes with the first round and then once an hour."""


class Upkeep:
    """Keeps the accounts of one process tidy. `start` makes a greenlet of it; `stop` writes what is left."""

    def __init__(self, tokens: Tokens, every_s: float = FLUSH_SECONDS) -> None:
        self._tokens = tokens
        self._every_s = every_s
        self._rounds = 0
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def start(self) -> None:
        """Do a round every `every_s` seconds from now on."""
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """End, writing down what was gathered since the last round."""
        if self._greenlet is not None:
            self._greenlet.kill()
            self._greenlet = None
        self._try(tidying=False)

    def round(self) -> None:
        """One round."""
        self._try(tidying=self._rounds % ROUNDS_PER_TIDYING == 0)
        self._rounds += 1

    def _run(self) -> None:
        while True:
            gevent.sleep(self._every_s)
            self.round()

    def _try(self, *, tidying: bool) -> None:
        try:
            self._tokens.flush_uses()
            if tidying:
                self._tokens.tidy()
        except StoreError as error:
            log.warning("last uses are written down later: %s", error)
        except Exception:
            log.exception("upkeep of the accounts failed; the next round follows")
