"""Tools: how many messages a second came from a receiver lately, step by step.

Law: bounded, and counted on the steady clock. A step in which nothing came counts as nothing, whether the receiver was
silent, away or paused. No clock here: time is an argument.
"""

from __future__ import annotations

from collections import deque

STEP_S = 10.0
STEPS = 60
"""How many whole steps are remembered: ten minutes."""
RATE_SECONDS = 10.0


class Rate:
    """A counter's rise per second over the last RATE_SECONDS."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def mark(self, now: float, total: int) -> None:
        """Note the counter; twice a second is enough."""
        if not self._marks or now - self._marks[-1][0] >= 0.5:
            self._marks.append((now, total))
            while len(self._marks) > 1 and now - self._marks[1][0] >= RATE_SECONDS:
                self._marks.popleft()

    def per_second(self, now: float, total: int) -> float:
        """The rate as of now."""
        while len(self._marks) > 1 and now - self._marks[1][0] >= RATE_SECONDS:
            self._marks.popleft()
        if not self._marks:
            return 0.0
        since, then = self._marks[0]
        # A feed that has just begun is not credited with a burst as a rate.
        return (total - then) / max(1.0, now - since)


class RateHistory:
    """A counter's rise per second in steps of STEP_S; `born` is when it began to count."""

    def __init__(self, born: float) -> None:
        self._born = born
        self._step = int(born // STEP_S)
        self._total = 0
        self._rise = 0
        self._steps: deque[float] = deque(maxlen=STEPS)

    def mark(self, now: float, total: int) -> None:
        """Note the counter, as soon as it has risen: what came since the last note counts in the step of `now`."""
        self._close_until(int(now // STEP_S))
        self._rise += total - self._total
        self._total = total

    def rates(self, now: float) -> list[float]:
        """Messages a second in each whole step, the oldest first; fewer than STEPS where it has not counted for so long."""
        self._close_until(int(now // STEP_S))
        return list(self._steps)

    def _close_until(self, step: int) -> None:
        if step <= self._step:
            return
        # The first step may have been begun in its middle.
        lasted = min(STEP_S, (self._step + 1) * STEP_S - self._born)
        self._steps.append(round(self._rise / max(1.0, lasted), 1))
        self._steps.extend([0.0] * min(STEPS, step - self._step - 1))
        self._step, self._rise = step, 0
