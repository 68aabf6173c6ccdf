"""Interfaces: the rate limit of requests per address.

Invariants: one number is stored per address: the time until which its allowance is spent. Addresses with a full
allowance are removed when the table is full, so memory is bounded. Counted per process. Time is an argument.
"""

from __future__ import annotations

WINDOW = 60.0
MAX_ADDRESSES = 20_000


class RequestMeter:
    """Permits each key `per_minute` requests in a burst, refilled evenly over a minute."""

    def __init__(self, max_keys: int = MAX_ADDRESSES) -> None:
        self._spent_until: dict[str, float] = {}
        self._max_keys = max_keys

    def take(self, key: str, per_minute: int, now: float) -> float:
        """Count one request at `now` (steady seconds). Returns 0.0 if it is permitted, else the seconds to wait."""
        spent = max(self._spent_until.get(key, now), now)
        excess = spent + WINDOW / per_minute - now - WINDOW
        # The tolerance is for rounding: a request at exactly the limit is permitted.
        if excess > 1e-6:
            return excess
        if key not in self._spent_until and len(self._spent_until) >= self._max_keys:
            self._forget(now)
        self._spent_until[key] = spent + WINDOW / per_minute
        return 0.0

    def charge(self, key: str, per_minute: int, requests: float) -> None:
        """Count a request that was permitted as so many more; the next one waits where that exceeds the limit."""
        if key in self._spent_until:
            self._spent_until[key] += requests * WINDOW / per_minute

    def _forget(self, now: float) -> None:
        self._spent_until = {key: until for key, until in self._spent_until.items() if until > now}
        if len(self._spent_until) >= self._max_keys:
            # Still full: evict the half that has spent the least.
            kept = sorted(self._spent_until.items(), key=lambda pair: -pair[1])[: self._max_keys // 2]
            self._spent_until = dict(kept)
