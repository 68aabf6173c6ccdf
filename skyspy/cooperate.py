"""Yielding to other greenlets during long work.

Long work in a greenlet is done in pieces, with a call of `Yielder.maybe_yield` between them. It sleeps for a short but
nonzero time, because `gevent.sleep(0)` only runs greenlets that are ready already: gevent polls timers and sockets again
after fifty of those, so that pieces of 10 ms delay every timer by half a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent

MAX_BUSY_SECONDS = 0.005
"""How long a greenlet works before it yields."""
PAUSE_SECONDS = 0.0001
"""Shorter than the event loop's resolution: the actual pause is 1 ms if no other greenlet is ready."""


class Yielder:
    """Yields on behalf of one greenlet. `maybe_yield` may be called often: it pauses once MAX_BUSY_SECONDS have passed on
    `monotonic`."""

    __slots__ = ("_monotonic", "_resumed_at")

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._resumed_at = monotonic()

    def maybe_yield(self) -> None:
        """Pause, so that timers, sockets and other greenlets run, if MAX_BUSY_SECONDS have passed since the last pause."""
        if self._monotonic() - self._resumed_at >= MAX_BUSY_SECONDS:
            gevent.sleep(PAUSE_SECONDS)
            self._resumed_at = self._monotonic()
