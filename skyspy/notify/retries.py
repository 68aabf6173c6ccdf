"""When a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from skyspy.notify.destination import Outcome
from skyspy.outbound.answers import MAX_RETRY_AFTER_S

WAITS_S = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""After each failed try the next one is so many seconds later; after the last of them there is none. Three days in all."""
JITTER = 0.2
"""Each wait is longer by up to this share, so that what failed together is not tried again together."""
FEW_TRIES: Mapping[int, int] = {400: 3, 413: 1, 422: 3}
"""With these answers of HTTP the message itself is refused: the same bytes are tried so often in all, and what waits behind them is not held
up for days."""


class Plan(NamedTuple):
    """What follows from a try that failed. `next_try` is a wall time, None: given up. `is_exhausted`: given up because every try failed."""

    next_try: float | None
    is_exhausted: bool = False


def plan(outcome: Outcome, tries: int, now: float, jitter: Callable[[], float]) -> Plan:
    """What to do after `tries` tries, the failed one included. `now` is in wall seconds; `jitter` gives a number from 0 to 1."""
    if outcome.is_gone or outcome.is_final or tries >= FEW_TRIES.get(outcome.status or 0, tries + 1):
        return Plan(None)
    if tries > len(WAITS_S):
        return Plan(None, is_exhausted=True)
    wait = WAITS_S[tries - 1] * (1.0 + JITTER * jitter())
    asked = min(outcome.retry_after_s or 0.0, MAX_RETRY_AFTER_S)
    return Plan(now + max(wait, asked))
