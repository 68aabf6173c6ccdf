"""The lowest and the highest of a series of values, of which a single wrong one counts as neither.

A value counts when it agrees with the one heard before or after it: when the quantity can have changed by the difference in the
time between them. Until two values agree, the extremes are those of the latest value alone.
"""

from __future__ import annotations


class Extremes:
    """The extremes of one quantity, which changes by `rate` per second at most; `slack` is a difference that is always possible.

    `low` and `high` are None before the first value; `low_at` and `high_at` are the wall times at which they were reached.
    """

    __slots__ = ("_at", "_counts", "_heard", "_is_sure", "_rate", "_slack", "_value", "high", "high_at", "low", "low_at")

    def __init__(self, rate: float, slack: float) -> None:
        self._rate, self._slack = rate, slack
        self._value: float | None = None
        self._heard = self._at = 0.0
        self._is_sure = self._counts = False
        """Whether any value counts, and whether the last one does."""
        self.low: float | None = None
        self.high: float | None = None
        self.low_at: float | None = None
        self.high_at: float | None = None

    def restore(self, low: float | None, high: float | None, low_at: float | None = None, high_at: float | None = None) -> None:
        """Go on from these extremes, as far as they exceed the present ones."""
        if low is None and high is None:
            return
        if not self._is_sure:
            self._is_sure = True
            self.low = self.high = None
        for value, at in ((low, low_at), (high, high_at)):
            if value is not None:
                self._count(value, at)

    def offer(self, value: float, heard: float, at: float) -> None:
        """Take a value. `heard` is its time in seconds on the clock of its source, `at` the wall time; a value with the `heard` of
        the last one is the last one again."""
        before, before_heard, before_at = self._value, self._heard, self._at
        if before is not None and heard == before_heard:
            return
        self._value, self._heard, self._at = value, heard, at
        if self._counts and self.low <= value <= self.high:  # type: ignore[operator]
            return
        if before is not None and abs(value - before) <= self._slack + self._rate * abs(heard - before_heard):
            if not self._is_sure:
                self._is_sure = True
                self.low = self.high = None
            if not self._counts:
                self._count(before, before_at)
            self._count(value, at)
            self._counts = True
            return
        self._counts = False
        if not self._is_sure:
            self.low = self.high = value
            self.low_at = self.high_at = at

    def _count(self, value: float, at: float | None) -> None:
        if self.low is None or value < self.low:
            self.low, self.low_at = value, at
        if self.high is None or value > self.high:
            self.high, self.high_at = value, at
