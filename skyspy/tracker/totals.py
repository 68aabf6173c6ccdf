"""Sums over all listed aircraft, in one pass and without copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


def count(listed: Iterable[Mapping[str, Any]], observer: Point | None) -> Totals:
    """The totals of these aircraft objects; distances are from `observer`."""
    total = military = emergency = positioned = flying = 0
    height = 0.0
    farthest: float | None = None
    by_source: dict[str, int] = {}
    for aircraft in listed:
        total += 1
        source = aircraft["source"]
        by_source[source] = by_source.get(source, 0) + 1
        military += bool(aircraft.get("military"))
        emergency += aircraft.get("emergency") not in NO_EMERGENCY
        altitude = aircraft.get("alt_baro")
        if altitude is not None and altitude != "ground":
            flying += 1
            height += altitude
        lat = aircraft.get("lat")
        if lat is not None:
            positioned += 1
            if observer is not None:
                far = distance_nm(observer, (lat, aircraft["lon"]))
                if farthest is None or far > farthest:
                    farthest = far
    return Totals(
        total=total,
        with_position=positioned,
        military=military,
        emergency=emergency,
        by_source=by_source,
        avg_altitude=round(height / flying) if flying else None,
        max_distance_nm=None if farthest is None else round(farthest, 1),
    )


LARGE, SECONDS_PER_AIRCRAFT = 600, 1e-4
"""Above so many aircraft, sums are given for so long as they are: counting 10,000 takes 12 ms, and each delta would need it."""


class Cache:
    """The sums that were counted last, by the point that distances are from."""

    def __init__(self) -> None:
        self._kept: dict[Point | None, tuple[int, float | None, Totals]] = {}

    def get(self, seq: int, observer: Point | None, now: float | None, listed: Mapping[str, Listed]) -> Totals:
        """The sums of the aircraft `listed` as of the delta `seq`; at `now` perhaps those of some earlier deltas."""
        kept = self._kept.get(observer)
        if kept is not None:
            counted_seq, at, sums = kept
            most = len(listed) * SECONDS_PER_AIRCRAFT if len(listed) > LARGE else 0.0
            if counted_seq == seq or (now is not None and at is not None and 0 <= now - at < most):
                return sums
        sums = count((aircraft.public for aircraft in listed.values()), observer)
        if len(self._kept) >= MAX_OBSERVERS:
            self._kept.clear()
        self._kept[observer] = (seq, now, sums)
        return sums
