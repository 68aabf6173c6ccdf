"""Which aircraft one receiver heard in the last minute: of the capture's clock, where it plays a recording.

Invariant: memory is bounded. Time is an argument, in steady seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skyspy.aircraft import Observation, Record
from skyspy.timeline import Timeline, time_on

MAX_COUNTED_AIRCRAFT = 20_000
"""Different addresses that a receiver is remembered for: beyond it new ones are not counted, so that invented ones cost nothing."""
AIRCRAFT_SECONDS = 60.0
"""An aircraft counts as received by this receiver for this long after its last message."""
PRUNE_SECONDS = 10.0
COUNT_SECONDS = 1.0
"""By how much a count may be late: it is asked for by every client that subscribes, and looking at ten thousand takes 3 ms."""


class Heard:
    """The addresses that were heard, and when."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}
        self._timeline: Timeline | None = None
        """The clock of `_at`; None: the steady clock."""
        self._pruned = self._pruned_local = 0.0
        """When those heard long ago were last forgotten: in steady seconds, and on the clock of `_at`."""

    def note(self, records: Sequence[Record], now: float) -> None:
        """Note the aircraft of these records."""
        heard = self._at
        for record in records:
            if isinstance(record, Observation) and (record.hex in heard or len(heard) < MAX_COUNTED_AIRCRAFT):
                self._timeline = record.timeline
                heard[record.hex] = time_on(record.timeline, now)
        if now - self._pruned > PRUNE_SECONDS:
            self._prune(now)

    def lately(self, now: float) -> Mapping[str, float]:
        """The addresses heard in the last minute, or up to PRUNE_SECONDS before it; not a copy."""
        if now - self._pruned > PRUNE_SECONDS:
            self._prune(now)
        return self._at

    def hexes(self, now: float) -> set[str]:
        """The addresses heard in the last minute."""
        self._prune(now)
        return set(self._at)

    def count(self, now: float) -> int:
        """How many were heard in the last minute, or up to COUNT_SECONDS before it, of the capture's clock; MAX_COUNTED_AIRCRAFT at most."""
        if not 0 <= time_on(self._timeline, now) - self._pruned_local < COUNT_SECONDS:
            self._prune(now)
        return len(self._at)

    def _prune(self, now: float) -> None:
        self._pruned, self._pruned_local = now, time_on(self._timeline, now)
        self._at = {hex_: at for hex_, at in self._at.items() if self._pruned_local - at <= AIRCRAFT_SECONDS}
