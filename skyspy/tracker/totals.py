"""Pure floor: the sums over a sky that its statistics are made of.

Law: one walk over the aircraft, no copies; who asks twice between two deltas gets the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from skyspy.geo import Point, distance_nm
from skyspy.safety.emergency import NO_EMERGENCY


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the listed aircraft. `avg_altitude` in feet over those that fly and tell their height;
    `max_distance_nm` from the point that was asked for; None where there is nothing to say."""

    total: int
    with_position: int
    military: int
    emergency: int
    by_source: dict[str, int]
    avg_altitude: int | None
    max_distance_nm: float | None


def count(listed: Iterable[Mapping[str, Any]], observer: Point | None) -> Totals:
    """Sum up aircraft objects."""
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
