"""Application: what each receiver of a sky hears from where: the pictures of the hour under way, and all time from hours that ended.

Invariants: a picture is measured from one place; when the receiver's place changes, the picture begins anew. The hour under way is
handed over whole, so handing it over again adds nothing, and a start or a takeover goes on with the stored hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from skyspy.cooperate import Yielder
from skyspy.geo import Point, distance_nm
from skyspy.rollups.confirmed import Reading
from skyspy.rollups.picture import Picture, PictureError, unpack
from skyspy.store.history import ranges
from skyspy.store.history.ranges import ALL, HOUR, RangeRow

P = ParamSpec("P")
T = TypeVar("T")

SAME_PLACE_NM = 0.5
HOURS_AT_ONCE = 48
MAX_RECEIVERS = 200
"""Receivers whose pictures are kept in one hour."""


class History(Protocol):
    """The part of the history store that the statistics use."""

    def enqueue(self, write: Callable[[Connection, Sequence[Any]], object], row: object, size: int = ...) -> None: ...
    def read(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...
    def commit_now(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


class RangePictures:
    """The pictures of one sky. `hour` counts hours since 1970-01-01T00:00Z."""

    def __init__(self, sky: str, history: History, steady: Callable[[], float]) -> None:
        self._sky = sky
        self._history = history
        self._steady = steady
        self._place: Point | None = None
        self._pictures: dict[str, Picture] = {}
        self._demo: set[str] = set()
        self.hour = 0

    def begin(self, hour: int) -> None:
        """Begin an hour."""
        self.hour = hour
        self._pictures.clear()
        self._demo.clear()

    def follow_place(self, place: Point | None) -> bool:
        """Measure from this place from now on; returns whether it is another one, so that the pictures begin anew."""
        if place == self._place:
            return False
        self._place = place
        self._pictures.clear()
        return True

    def add(self, readings: Iterable[Reading], *, demo: bool) -> None:
        """Add positions that count. `demo`: of simulated traffic."""
        if self._place is None:
            return
        for reading in readings:
            for name in reading.heard:
                picture = self._pictures.get(name)
                if picture is None:
                    if len(self._pictures) >= MAX_RECEIVERS:
                        continue
                    picture = self._pictures[name] = Picture()
                picture.add(reading, reading.rssi if reading.rssi_by == name else None)
                if demo:
                    self._demo.add(name)

    def adopt(self) -> None:
        """Go on with the stored pictures of the hour where they count more than those of this process. Yields; raises StoreError."""
        yielder = Yielder(self._steady)
        for row in self._history.read(ranges.hours, self._sky, self.hour, self.hour + 1):
            yielder.maybe_yield()
            own = self._pictures.get(row.receiver)
            if not is_same_place(row.place, self._place) or (own is not None and own.positions >= row.positions):
                continue
            try:
                self._pictures[row.receiver] = unpack(row.data)
            except PictureError:
                continue
            if row.demo:
                self._demo.add(row.receiver)

    def hand_over(self) -> None:
        """Have the hour under way written as it is now. Yields."""
        place, yielder = self._place, Yielder(self._steady)
        if place is None:
            return
        for name, picture in list(self._pictures.items()):
            yielder.maybe_yield()
            data = picture.pack()
            row = RangeRow(HOUR, self.hour, self._sky, name, place, picture.positions, name in self._demo, data)
            self._history.enqueue(ranges.write_ranges, row, len(data) + 500)

    def close_hours(self, end: int) -> None:
        """Add the stored hours before `end` to all time. Each step is one transaction that may be repeated. Yields; raises
        StoreError."""
        known = {row.receiver: row for row in self._history.read(ranges.of_all_time, self._sky)}
        for name in self._history.read(ranges.receivers, self._sky):
            total = known.get(name)
            while rows := self._history.read(
                ranges.hours, self._sky, 0 if total is None else total.upto or 0, end, name, HOURS_AT_ONCE
            ):
                total = _added(total, rows, Yielder(self._steady))
                self._history.commit_now(ranges.write_ranges, [total])


def _added(total: RangeRow | None, rows: Sequence[RangeRow], yielder: Yielder) -> RangeRow:
    """All time with these hours, which are the next ones; it begins anew where the last one was measured from another place."""
    last = rows[-1]
    merged = merged_picture([*([] if total is None else [total]), *rows], last.place, yielder)
    upto = last.at + 1
    return RangeRow(ALL, 0, last.sky, last.receiver, last.place, merged.positions, last.demo, merged.pack(), upto)


def merged_picture(rows: Iterable[RangeRow], place: Point, yielder: Yielder) -> Picture:
    """One picture of all rows that were measured from this place. Yields."""
    merged = Picture()
    for row in rows:
        yielder.maybe_yield()
        if is_same_place(row.place, place):
            try:
                merged.merge(unpack(row.data))
            except PictureError:
                continue
    return merged


def is_same_place(a: Point | None, b: Point | None) -> bool:
    """Whether what was measured from both can be in one picture."""
    return a is not None and b is not None and distance_nm(a, b) <= SAME_PLACE_NM
