"""Application: whether an aircraft was seen before its present visit, for alert rules that ask.

Invariants: an aircraft is looked up once while it is listed, in batches, and away from the tick; what cannot be read is looked up again after
RETRY_S.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from skyspy.alerts.rounds import SeenBefore
from skyspy.clock import Clock, Moment
from skyspy.sky.event_log import RETRY_S, History
from skyspy.store.errors import StoreError
from skyspy.store.history import visits

BATCH = 400
DAY_S = 86_400.0


class SeenAircraft:
    """What the history says of the aircraft of one sky. `known`: by hex, as far as looked up."""

    def __init__(self, history: History, clock: Clock) -> None:
        self.known: dict[str, SeenBefore] = {}
        self._history = history
        self._clock = clock
        self._retry_at = float("-inf")

    def look_up(self, hexes: Iterable[str], now: Moment) -> list[str]:
        """Look up those of these aircraft that are not known, and forget the others; returns the hexes of those that became known."""
        listed = hexes if isinstance(hexes, Mapping) else set(hexes)
        for gone in [hex_ for hex_ in self.known if hex_ not in listed]:
            del self.known[gone]
        if now.steady < self._retry_at:
            return []
        unknown = iter([hex_ for hex_ in listed if hex_ not in self.known])
        found: list[str] = []
        while some := list(islice(unknown, BATCH)):
            try:
                seen = self._history.read(visits.seen_before, some, now.wall)
            except StoreError:
                self._retry_at = self._clock.steady() + RETRY_S
                break
            self.known |= {hex_: _fact(one, now.wall) for hex_, one in seen.items()}
            found += some
        return found


def _fact(seen: visits.Seen, now: float) -> SeenBefore:
    return SeenBefore(not seen.before, None if seen.last is None else max(0.0, (now - seen.last) / DAY_S))
