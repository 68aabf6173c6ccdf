"""Messages per second of a receiver: the current rate, and its history in fixed steps.

Invariants: memory is bounded. Time is an argument, in seconds of the steady clock. A step without messages has the rate 0,
whether the receiver was silent, disconnected or paused.
"""

from __future__ import annotations

from collections import deque

STEP_S = 10.0
STEPS = 60
"""How many complete steps are kept: ten minutes."""
RATE_SECONDS = 10.0


class Rate:
    """A counter's rise per second over the last RATE_SECONDS."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def mark(self, now: float, total: int) -> None:
        """Record the counter's value; calls within half a second of the last recorded one are ignored."""
        if not self._marks or now - self._marks[-1][0] >= 0.5:
            self._marks.append((now, total))
            while len(self._marks) > 1 and now - self._marks[1][0] >= RATE_SECONDS:
                self._marks.popleft()

    def per_second(self, now: float, total: int) -> float:
        """The rate at `now`."""
        while len(self._marks) > 1 and now - self._marks[1][0] >= RATE_SECONDS:
            self._marks.popleft()
        if not self._marks:
            return 0.0
        since, total_then = self._marks[0]
        # At least one second, so that the first burst of a receiver is not shown as a high rate.
        return (total - total_then) / max(1.0, now - since)


class RateHistory:
    """A counter's rise per second in steps of STEP_S; `started_at` is when it began to count."""

    def __init__(self, started_at: float) -> None:
        self._started_at = started_at
        self._step = int(started_at // STEP_S)
        self._total = 0
        self._rise = 0
        self._steps: deque[float] = deque(maxlen=STEPS)

    def mark(self, now: float, total: int) -> None:
        """Record the counter's value right after it rose: the rise since the last call counts in the step of `now`."""
        self._close_until(int(now // STEP_S))
        self._rise += total - self._total
        self._total = total

    def rates(self, now: float) -> list[float]:
        """Messages per second in each complete step, oldest first; fewer than STEPS values in the first ten minutes."""
        self._close_until(int(now // STEP_S))
        return list(self._steps)

    def _close_until(self, step: int) -> None:
        if step <= self._step:
            return
        # The first step may be shorter than STEP_S.
        length = min(STEP_S, (self._step + 1) * STEP_S - self._started_at)
        self._steps.append(round(self._rise / max(1.0, length), 1))
        self._steps.extend([0.0] * min(STEPS, step - self._step - 1))
        self._step, self._rise = step, 0
