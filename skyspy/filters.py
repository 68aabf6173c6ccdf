"""Domain (pure): filters on the list of aircraft.

Invariants: one field per filter, the same over HTTP and Socket.IO. An unknown value never matches a filter on it: an
aircraft without an altitude is neither low nor high.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

Listed = Mapping[str, Any]
Short = Annotated[str, Meta(max_length=16)]
NotNegative = Annotated[float, Meta(ge=0)]


class AircraftFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which aircraft to list, and which page of them; `cursor` is the last hex of the previous page."""

    military: Annotated[bool | None, Meta(description="Only military ones (true) or only others (false)")] = None
    category: Annotated[Short | None, Meta(description="Emitter category, such as A3, or its first letter")] = None
    min_altitude: Annotated[float | None, Meta(description="Not lower than this, ft; on the ground counts as 0")] = None
    max_altitude: Annotated[float | None, Meta(description="Not higher than this, ft; on the ground counts as 0")] = None
    max_distance_nm: Annotated[NotNegative | None, Meta(description="Not farther from the receiver than this, nm")] = None
    callsign: Annotated[Short | None, Meta(description="The beginning of its callsign, in any case")] = None
    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=5000)] = 500
    cursor: Short | None = None


_PAGING = ("limit", "cursor")


def is_empty(query: AircraftFilter) -> bool:
    """Whether no filter is set: every aircraft matches."""
    return all(getattr(query, name) is None for name in query.__struct_fields__ if name not in _PAGING)


def matches(aircraft: Listed, query: AircraftFilter) -> bool:
    """Whether one aircraft matches every filter that is set."""
    if query.military is not None and bool(aircraft.get("military")) != query.military:
        return False
    if query.category is not None and not aircraft.get("category", "").startswith(query.category.strip().upper()):
        return False
    if query.callsign is not None and not aircraft.get("flight", "").upper().startswith(query.callsign.strip().upper()):
        return False
    if not _within(_height(aircraft), query.min_altitude, query.max_altitude):
        return False
    return _within(aircraft.get("distance_nm"), None, query.max_distance_nm)


def _height(aircraft: Listed) -> float | None:
    altitude = aircraft.get("alt_baro")
    return 0.0 if altitude == "ground" else altitude


def _within(value: float | None, low: float | None, high: float | None) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)
