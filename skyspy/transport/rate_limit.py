"""Infrastructure: rate limits in memory.

Invariants: a bucket holds at most `burst` tokens and gains `rate` a second; an empty bucket means over the limit.
Rates are arguments of every call, so a changed setting applies at the next one. The time is the machine's steady
clock, not the injected one: limits are about this machine's work.
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
        if self._refilled(rate, burst) < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def is_full(self, rate: float, burst: float) -> bool:
        """Whether nothing was taken lately."""
        return self._refilled(rate, burst) >= burst

    def seconds_owed(self, rate: float, burst: float) -> float:
        """How long it takes until all that was charged is paid; 0.0 where more was there."""
        return max(0.0, -self._refilled(rate, burst) / rate)

    def _refilled(self, rate: float, burst: float) -> float:
        now = monotonic()
        self._tokens = min(float(burst), self._tokens + (now - self._at) * rate)
        self._at = now
        return self._tokens

    def charge(self, tokens: float) -> None:
        """Take tokens for what was done already; where there are not so many, the next `take` waits for the rest."""
        self._tokens -= tokens


class RateLimitedLogger:
    """A logger for messages that clients can cause: each kind is written at most `burst` times in
    a row and then once every ten seconds, with the number of those left out."""

    def __init__(self, log: logging.Logger, burst: int = 5) -> None:
        self._log = log
        self._burst = burst
        self._kinds: dict[str, tuple[TokenBucket, list[int]]] = {}

    def write(self, level: int, text: str, *args: object, exc_info: bool = False) -> None:
        """Write `text % args`, unless this `text` was written too often lately. `text` is a constant, never from a client."""
        bucket, skipped = self._kinds.setdefault(text, (TokenBucket(self._burst), [0]))
        if not bucket.take(0.1, self._burst):
            skipped[0] += 1
            return
        more = f" ({skipped[0]} more like this since)" if skipped[0] else ""
        skipped[0] = 0
        self._log.log(level, text + more, *args, exc_info=exc_info)

    def warning(self, text: str, *args: object) -> None:
        self.write(logging.WARNING, text, *args)

    def exception(self, text: str, *args: object) -> None:
        """An error with its traceback; call it from an except block."""
        self.write(logging.ERROR, text, *args, exc_info=True)


class FloodCounter:
    """The event rate of one client: `count` rises with every event over the rate and falls with every one within it."""

    __slots__ = ("bucket", "count")

    def __init__(self, burst: float) -> None:
        self.bucket = TokenBucket(burst)
        self.count = 0

    def take(self, rate: float, burst: float) -> bool:
        """Count one more event; False when it is over the rate."""
        kept = self.bucket.take(rate, burst)
        self.count = max(0, self.count - 1) if kept else self.count + 1
        return kept

    def charge(self, events: float) -> None:
        """Count an event that was taken as so many more."""
        self.bucket.charge(events)
