"""Application: the points of one visit that the history has not got yet, or not finally, by slots of ten minutes.

Compact, because twenty thousand aircraft may each have some: seven numbers for each point in one array. Together the tracks hold about
MAX_POINTS; beyond that a track takes a point each MIN_SECONDS only.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from math import inf, isnan, nan

from skyspy.tracks.point import TrackPoint, slot_of
from skyspy.tracks.segment import SegmentError, unpack
from skyspy.tracks.thinning import Thinner

MAX_POINTS = 1_000_000
MIN_SECONDS = 30.0
MAX_SLOTS = 6
"""Slots of one track in memory while they cannot be written; where the points are too many, two."""

MAX_HOLE_S = 5.0
"""Two points of a track that are farther apart may have others between them that another process has stored."""

_STRIDE = 7


class Budget:
    """How many points all tracks of one recorder hold in memory, and how many were dropped because they were too many."""

    def __init__(self, most: int = MAX_POINTS) -> None:
        self.most = most
        self.points = self.dropped = 0

    @property
    def is_full(self) -> bool:
        """Whether tracks are to be thinned further."""
        return self.points >= self.most


class _Slot:
    """The points of one slot. `stored`: segments that were read from the store, and are not merged yet."""

    __slots__ = ("is_changed", "numbers", "stored")

    def __init__(self) -> None:
        self.numbers = array("d")
        self.stored: Sequence[bytes] = ()
        self.is_changed = False

    def __len__(self) -> int:
        return len(self.numbers) // _STRIDE

    def add(self, point: TrackPoint) -> None:
        altitude, speed, track = point.alt_baro, point.gs, point.track
        self.numbers.extend(
            (
                point.at,
                point.lat,
                point.lon,
                nan if altitude is None else altitude,
                point.on_ground,
                nan if speed is None else speed,
                nan if track is None else track,
            )
        )

    def points(self) -> list[TrackPoint]:
        numbers = self.numbers
        return [_point(*numbers[start : start + _STRIDE]) for start in range(0, len(numbers), _STRIDE)]


class UnsavedTrack:
    """The points of one visit's track that are in memory, thinned."""

    __slots__ = ("_budget", "_final", "_slots", "_thinner")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._final = -1
        """The last slot that left memory: a point of it comes too late."""
        self._slots: dict[int, _Slot] = {}
        self._thinner = Thinner()

    def __len__(self) -> int:
        return sum(map(len, self._slots.values()))

    @property
    def is_changed(self) -> bool:
        """Whether points were added since they were last taken."""
        return any(slot.is_changed for slot in self._slots.values())

    def offer(self, point: TrackPoint) -> bool:
        """Take a point if it is worth keeping; whether it was taken. Its slot becomes the present one."""
        kept = self._thinner.kept
        if self._budget.is_full and kept is not None and 0 <= point.at - kept.at < MIN_SECONDS:
            return False
        number = slot_of(point.at)
        if number <= self._final or not self._thinner.offer(point):
            return False
        slot = self._slots.get(number)
        if slot is None:
            slot = self._slots[number] = _Slot()
            while len(self._slots) > (2 if self._budget.is_full else MAX_SLOTS):
                self._budget.dropped += self._drop(min(self._slots))
        slot.add(point)
        slot.is_changed = True
        self._budget.points += 1
        return True

    def adopt(self, stored: Mapping[int, Sequence[bytes]]) -> None:
        """Have the stored segments of some slots (data by slot) fill the holes of this track when it is next taken."""
        for number, data in stored.items():
            slot = self._slots.setdefault(number, _Slot())
            slot.stored = data
            slot.is_changed = slot.is_changed or len(slot) > 0

    def take_changed(self, present: int) -> list[tuple[int, list[TrackPoint]]]:
        """Each slot with points that were added since the last call, and all its points. Slots before `present` are final then, and
        leave memory."""
        changed: list[tuple[int, list[TrackPoint]]] = []
        for number, slot in sorted(self._slots.items()):
            if slot.is_changed:
                slot.is_changed = False
                self._merge(slot)
                changed.append((number, slot.points()))
            if number < present:
                self._drop(number)
        return changed

    def forget_before(self, number: int) -> None:
        """Drop the slots before this one: another process stores them."""
        for old in [one for one in self._slots if one < number]:
            self._drop(old)

    def clear(self) -> None:
        """Drop everything."""
        for number in list(self._slots):
            self._drop(number)

    def _drop(self, number: int) -> int:
        self._final = max(number, self._final)
        points = len(self._slots.pop(number))
        self._budget.points -= points
        return points

    def _merge(self, slot: _Slot) -> None:
        """Put the stored points of a slot where the track has a hole: another process had them."""
        if not slot.stored:
            return
        own, slot.numbers = slot.points(), array("d")
        stored = sorted((point for data in slot.stored for point in _readable(data)), key=lambda one: one.at)
        slot.stored = ()
        last = -inf
        for point in [*own, None]:
            until = inf if point is None else point.at
            if until - last > MAX_HOLE_S:
                for other in stored:
                    if last < other.at < until:
                        slot.add(other)
            if point is not None:
                slot.add(point)
                last = point.at
        self._budget.points += len(slot) - len(own)


def _readable(data: bytes) -> list[TrackPoint]:
    """The points of a stored segment; none where it cannot be read."""
    try:
        return unpack(data)
    except SegmentError:
        return []


def _point(at: float, lat: float, lon: float, altitude: float, on_ground: float, gs: float, track: float) -> TrackPoint:
    return TrackPoint(
        at,
        lat,
        lon,
        None if isnan(altitude) else int(altitude),
        bool(on_ground),
        None if isnan(gs) else gs,
        None if isnan(track) else track,
    )
