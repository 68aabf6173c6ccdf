"""The clock of a recording while it is played. Pure: times are arguments."""

from __future__ import annotations

from math import inf


class Timeline:
    """The clock of a recording while it is played: what came from it ages by this clock.

    It goes on from where it was last set, at `rate` recorded seconds per second, up to a time at which it waits. One that was
    never set shows the steady clock. Never goes back.
    """

    __slots__ = ("_at", "_base", "_rate", "_until")

    def __init__(self) -> None:
        self._at = self._base = 0.0
        self._rate, self._until = 1.0, inf

    def at(self, now: float) -> float:
        """Its time at `now` (steady seconds)."""
        return min(self._at + (now - self._base) * self._rate, self._until)

    def run(self, now: float, rate: float, until: float = inf) -> None:
        """Go on from its time at `now`, at this rate, up to `until`."""
        self._at, self._base, self._rate = self.at(now), now, rate
        self._until = max(until, self._at)

    def reach(self, now: float, at: float) -> None:
        """Be at `at` now, if that is later than its time, and wait there."""
        self._at, self._base = max(at, self.at(now)), now
        self._until = self._at


def time_on(timeline: Timeline | None, now: float) -> float:
    """The time of a timeline at `now` (steady seconds); None: the steady clock."""
    return now if timeline is None else timeline.at(now)
