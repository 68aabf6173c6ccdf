"""Sums over all listed aircraft, in one pass and without copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol

from skyspy.geo import Point, distance_nm
from skyspy.safety.emergency import NO_EMERGENCY

MAX_OBSERVERS = 4
"""Points for which sums are kept: the exact place, the rounded one, none."""


class Listed(Protocol):
    """What is read of an aircraft."""

    @property
    def public(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the listed aircraft. `avg_altitude`: feet, over airborne aircraft with a known altitude; `max_distance_nm`:
    from the observer. None if there is no such aircraft or no observer."""

    total: int
    with_position: int
    military: int
    emergency: int
    by_source: dict[str, int]
    avg_altitude: int | None
    max_distance_nm: float | None


class Count:
    """The sums over the aircraft objects that were added; distances are from each of `observers`."""

    def __init__(self, observers: Iterable[Point | None]) -> None:
        self._total = self._military = self._emergency = self._positioned = self._flying = 0
        self._height = 0.0
        self._farthest: dict[Point | None, float | None] = dict.fromkeys(observers)
        self._places = [observer for observer in self._farthest if observer is not None]
        self._by_source: dict[str, int] = {}

    def add(self, aircraft: Mapping[str, Any]) -> None:
        """Count one more."""
        get = aircraft.get
        self._total += 1
        source = aircraft["source"]
        self._by_source[source] = self._by_source.get(source, 0) + 1
        self._military += bool(get("military"))
        self._emergency += get("emergency") not in NO_EMERGENCY
        altitude = get("alt_baro")
        if altitude is not None and altitude != "ground":
            self._flying += 1
            self._height += altitude
        lat = get("lat")
        if lat is not None:
            self._positioned += 1
            where = (lat, aircraft["lon"])
            # A position that was sent over a data link says nothing of how far the receivers hear.
            for place in self._places if source != "adsc" else ():
                far, farthest = distance_nm(place, where), self._farthest[place]
                if farthest is None or far > farthest:
                    self._farthest[place] = far

    def totals(self, observer: Point | None) -> Totals:
        """The sums, with distances from one of the observers."""
        farthest = self._farthest[observer]
        return Totals(
            total=self._total,
            with_position=self._positioned,
            military=self._military,
            emergency=self._emergency,
            by_source=dict(self._by_source),
            avg_altitude=round(self._height / self._flying) if self._flying else None,
            max_distance_nm=None if farthest is None else round(farthest, 1),
        )


def count(listed: Iterable[Mapping[str, Any]], observer: Point | None) -> Totals:
    """The totals of these aircraft objects; distances are from `observer`."""
    counted = Count((observer,))
    for aircraft in listed:
        counted.add(aircraft)
    return counted.totals(observer)


LARGE, HOLD_SECONDS = 600, 1.0
"""Above so many aircraft, sums are counted anew after so long: counting 10,000 takes 20 ms, and each delta would need it."""
PATIENCE_SECONDS = 3.0
"""For so long they are given, where they were not counted anew in pieces meanwhile."""
ASKED_SECONDS = 5.0
"""For so long after it was asked for, a point is counted for."""
PIECE = 64
"""Aircraft that are counted at once."""


class Cache:
    """The sums that were counted last, by the point that distances are from."""

    def __init__(self) -> None:
        self._kept: dict[Point | None, tuple[int, float | None, Totals]] = {}
        self._asked: dict[Point | None, float] = {}
        """The points that were asked for, and when they last were."""
        self._counted_at = -inf

    def get(self, seq: int, observer: Point | None, now: float | None, listed: Mapping[str, Listed]) -> Totals:
        """The sums of the aircraft `listed` as of the delta `seq`; at `now` perhaps those of some earlier deltas."""
        if now is not None:
            self._asked[observer] = now
        kept = self._kept.get(observer)
        if kept is not None:
            counted_seq, at, sums = kept
            most = PATIENCE_SECONDS if len(listed) > LARGE else 0.0
            if counted_seq == seq or (now is not None and at is not None and 0 <= now - at < most):
                return sums
        return self._keep(seq, now, observer, count((aircraft.public for aircraft in listed.values()), observer))

    def recount(self, seq: int, now: float, listed: Mapping[str, Listed]) -> Iterator[None]:
        """Count the aircraft of a large sky anew where it is time to, for the points that were asked for; a piece at each step. Others may
        run, and change aircraft, between the steps."""
        if len(listed) <= LARGE or 0 <= now - self._counted_at < HOLD_SECONDS:
            return
        self._counted_at = now
        self._asked = {observer: at for observer, at in self._asked.items() if now - at < ASKED_SECONDS}
        asked = list(self._asked)
        counted = Count(asked)
        for place, aircraft in enumerate(list(listed.values()) if asked else ()):
            counted.add(aircraft.public)
            if not place % PIECE:
                yield
        for observer in asked:
            self._keep(seq, now, observer, counted.totals(observer))

    def _keep(self, seq: int, now: float | None, observer: Point | None, sums: Totals) -> Totals:
        if len(self._kept) >= MAX_OBSERVERS and observer not in self._kept:
            self._kept.clear()
        self._kept[observer] = (seq, now, sums)
        return sums
