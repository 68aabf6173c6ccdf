"""When each aircraft is next checked for what has expired: one heap per timeline, because times are those of a timeline.

An aircraft is on the timeline of the receiver that heard it last: a recording that is played, or the steady clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import count

from skyspy.timeline import Timeline, time_on
from skyspy.tracker.tracked_aircraft import TrackedAircraft

_SLACK_ENTRIES = 1000
_GOLDEN = 0.618034

_Heap = list[tuple[float, int, TrackedAircraft]]


class Schedule:
    """The next check of every aircraft. An entry that was replaced, or whose aircraft is gone or on another timeline, is skipped."""

    def __init__(self) -> None:
        self._heaps: dict[Timeline | None, _Heap] = {}
        self._sequence = count()

    def clear(self) -> None:
        """Remove all checks."""
        self._heaps.clear()

    def add(self, aircraft: TrackedAircraft, due: float, held: int) -> None:
        """Check the aircraft at `due`, on its timeline, instead of at an earlier set time; `held`: how many aircraft there are."""
        aircraft.due = due
        timeline = aircraft.timeline
        heap = self._heaps.setdefault(timeline, [])
        heappush(heap, (due, next(self._sequence), aircraft))
        if len(heap) > 2 * held + _SLACK_ENTRIES:
            heap[:] = [entry for entry in heap if self._is_valid(entry, timeline)]
            heapify(heap)

    def share(self, timeline: Timeline | None) -> float:
        """A number from 0.5 to 1, different each time: aircraft that appear together are then not checked together."""
        return 0.5 + 0.5 * (len(self._heaps.get(timeline, ())) * _GOLDEN % 1.0)

    def due(self, now: float) -> Iterator[tuple[TrackedAircraft, float]]:
        """The aircraft to check at `now` (steady seconds), each with the time on its timeline."""
        for timeline, heap in list(self._heaps.items()):
            local = time_on(timeline, now)
            while heap and heap[0][0] <= local:
                entry = heappop(heap)
                if self._is_valid(entry, timeline):
                    yield entry[2], local
            if not heap:
                del self._heaps[timeline]

    @staticmethod
    def _is_valid(entry: tuple[float, int, TrackedAircraft], timeline: Timeline | None) -> bool:
        due, _, aircraft = entry
        return due == aircraft.due and not aircraft.gone and aircraft.timeline is timeline


def move(aircraft: TrackedAircraft, timeline: Timeline | None, now: float) -> None:
    """Count the aircraft's times on another timeline, from `now` (steady seconds) on; every age stays."""
    seconds = time_on(timeline, now) - time_on(aircraft.timeline, now)
    aircraft.timeline = timeline
    for stamp in {*aircraft.stamps.values(), aircraft.last_stamp} - {aircraft.position}:
        stamp.at += seconds
    aircraft.position.shift(seconds)
    aircraft.newest_at += seconds
    aircraft.seen_at += seconds
    aircraft.type_at += seconds
    if aircraft.trail is not None:
        aircraft.trail.shift(seconds)
    if aircraft.alarm is not None:
        aircraft.alarm.shift(seconds)
