"""The rate limit of requests per address.

Invariants: one number is kept per address, the moment up to which its allowance is spent. An address with its whole
allowance is removed when room is needed, so the memory is bounded. Counted per process. Time is an argument.
"""

from __future__ import annotations

WINDOW = 60.0
MAX_ADDRESSES = 20_000


class Meter:
    """Lets each key make `per_minute` requests in a burst, refilled evenly over a minute."""

    def __init__(self, most: int = MAX_ADDRESSES) -> None:
        self._spent_until: dict[str, float] = {}
        self._most = most

    def take(self, key: str, per_minute: int, now: float) -> float:
        """Count one request. 0.0: go ahead; otherwise the seconds until the next one is taken."""
        spent = max(self._spent_until.get(key, now), now)
        over = spent + WINDOW / per_minute - now - WINDOW
        # A request that just fits leaves a rounding error behind, not a debt.
        if over > 1e-6:
            return over
        if key not in self._spent_until and len(self._spent_until) >= self._most:
            self._forget(now)
        self._spent_until[key] = spent + WINDOW / per_minute
        return 0.0

    def _forget(self, now: float) -> None:
        self._spent_until = {key: until for key, until in self._spent_until.items() if until > now}
        if len(self._spent_until) >= self._most:
            # More busy addresses than we remember: those that used least lose least by being forgotten.
            kept = sorted(self._spent_until.items(), key=lambda pair: -pair[1])[: self._most // 2]
            self._spent_until = dict(kept)
