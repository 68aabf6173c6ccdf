"""Infrastructure: what a polling client has not read when its session ends, kept for its next poll.

Invariants: at most MAX_FAREWELLS are kept, each for FAREWELL_SECONDS and for one poll. The time is the machine's steady clock.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

FAREWELL_SECONDS = 20.0
MAX_FAREWELLS = 1000


class Farewells:
    """Polling bodies by Engine.IO session, the oldest first."""

    def __init__(self, steady: Callable[[], float] = monotonic) -> None:
        self._steady = steady
        self._kept: dict[str, tuple[float, bytes]] = {}

    def keep(self, sid: str, body: bytes) -> None:
        """Keep a body for the session's next poll."""
        self._forget_old(MAX_FAREWELLS - 1)
        self._kept[sid] = (self._steady() + FAREWELL_SECONDS, body)

    def take(self, sid: str) -> bytes | None:
        """The body kept for this session, once; None where there is none any more."""
        self._forget_old(MAX_FAREWELLS)
        return self._kept.pop(sid, (0.0, None))[1]

    def _forget_old(self, most: int) -> None:
        now = self._steady()
        while self._kept:
            sid, (ends, _) = next(iter(self._kept.items()))
            if ends > now and len(self._kept) <= most:
                return
            del self._kept[sid]
