"""Doors: how often something may happen.

Law: a bucket holds at most `burst` tokens and gains `rate` a second; what finds it empty is over
the limit. Rates are given at every call, so a changed setting is in force at the next one. The
time is the machine's steady clock: limits are about this machine's work, not about the sky's time.
"""

from __future__ import annotations

import logging
from time import monotonic


class TokenBucket:
    """A token bucket; starts full."""

    __slots__ = ("_at", "_tokens")

    def __init__(self, burst: float) -> None:
        self._tokens = float(burst)
        self._at = monotonic()

    def take(self, rate: float, burst: float) -> bool:
        """Take one token; False when there is none."""
        now = monotonic()
        self._tokens = min(float(burst), self._tokens + (now - self._at) * rate)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class RateLimitedLogger:
    """A logger for what strangers can cause: each kind of line is written at most `burst` times at
    once and then once every ten seconds, with the number of those that were swallowed."""

    def __init__(self, log: logging.Logger, burst: int = 5) -> None:
        self._log = log
        self._burst = burst
        self._kinds: dict[str, tuple[TokenBucket, list[int]]] = {}

    def write(self, level: int, text: str, *args: object, exc_info: bool = False) -> None:
        """Write `text % args`, unless this `text` was written too often lately. `text` is a constant of ours."""
        bucket, swallowed = self._kinds.setdefault(text, (TokenBucket(self._burst), [0]))
        if not bucket.take(0.1, self._burst):
            swallowed[0] += 1
            return
        more = f" ({swallowed[0]} more like this since)" if swallowed[0] else ""
        swallowed[0] = 0
        self._log.log(level, text + more, *args, exc_info=exc_info)

    def warning(self, text: str, *args: object) -> None:
        self.write(logging.WARNING, text, *args)

    def exception(self, text: str, *args: object) -> None:
        """An error with its traceback; call it from an except block."""
        self.write(logging.ERROR, text, *args, exc_info=True)


class FloodCounter:
    """The pace of one client's events, and how often it broke it.

    `count` rises with every event over the pace and falls with every one within it."""

    __slots__ = ("bucket", "count")

    def __init__(self, burst: float) -> None:
        self.bucket = TokenBucket(burst)
        self.count = 0

    def take(self, rate: float, burst: float) -> bool:
        """Whether one more event is within the pace."""
        kept = self.bucket.take(rate, burst)
        self.count = max(0, self.count - 1) if kept else self.count + 1
        return kept
