"""Ground floor: giving others their turn during long work.

Law: long work in a greenlet is cut into pieces, and `Yielder.maybe_yield` is called between them. It pauses for
a real moment, however short, because `gevent.sleep(0)` is not enough: that only lets greenlets run
which are ready already, and gevent looks at timers and sockets again after fifty of those, by when
ten-millisecond pieces have held every timer up for half a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent

EVERY_SECONDS = 0.005
PAUSE_SECONDS = 0.0001
"""Shorter than the loop can wait (a millisecond when nobody else has anything to do)."""


class Yielder:
    """One greenlet's turns. Call `maybe_yield` as often as you like: it pauses when EVERY_SECONDS have gone by on `steady`."""

    __slots__ = ("_given", "_steady")

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._given = steady()

    def maybe_yield(self) -> None:
        """Let timers, sockets and other greenlets have their turn, if it is due."""
        if self._steady() - self._given >= EVERY_SECONDS:
            gevent.sleep(PAUSE_SECONDS)
            self._given = self._steady()
