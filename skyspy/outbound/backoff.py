"""How long to wait before something that failed is tried again."""

from __future__ import annotations

import secrets
from collections.abc import Callable

random_share: Callable[[], float] = secrets.SystemRandom().random
"""A random number from 0 to 1."""


class Backoff:
    """How long to wait before the next attempt: doubling, capped, with jitter, so that those which lost the same host do not
    return at the same moment. `jitter` returns a number from 0 to 1."""

    def __init__(self, first: float, longest: float, jitter: Callable[[], float] = random_share) -> None:
        self._first, self._longest, self._jitter = first, longest, jitter
        self._next = first

    def next(self) -> float:
        """Seconds to wait now; the next wait is twice as long, at most `longest`."""
        wait = self._next
        self._next = min(self._longest, wait * 2)
        return wait * (0.5 + self._jitter() / 2)

    def reset(self) -> None:
        """Make the next wait the first one again."""
        self._next = self._first
