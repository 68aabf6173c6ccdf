"""How many alerts an owner may have in a minute; those beyond are counted, and summed up when the minute is over."""

from __future__ import annotations

from collections import Counter

MAX_ALERTS, MINUTE_S = 60, 60.0


class Flood:
    """The alerts of one owner."""

    __slots__ = ("_begun", "_count", "_left_out")

    def __init__(self) -> None:
        self._begun: float | None = None
        self._count = 0
        self._left_out: Counter[str] = Counter()

    @property
    def is_full(self) -> bool:
        """Whether there may be no other alert in this minute."""
        return self._count >= MAX_ALERTS

    def take(self, now: float) -> None:
        """There is an alert at `now` (steady seconds)."""
        self._begun = now if self._begun is None else self._begun
        self._count += 1

    def leave_out(self, rule_id: str, count: int) -> None:
        """So many alerts of a rule are left out."""
        if count:
            self._left_out[rule_id] += count

    def summed_up(self, now: float) -> list[tuple[str, int]]:
        """When the minute is over: how many alerts of which rules were left out in it, the most first; a new minute begins with the next
        alert."""
        if self._begun is None or now - self._begun < MINUTE_S:
            return []
        found = self._left_out.most_common()
        self._begun, self._count, self._left_out = None, 0, Counter()
        return found
