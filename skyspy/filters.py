"""Pure floor: which aircraft somebody asked for.

Law: one row per filter, the same at every door. What is not known of an aircraft never matches a
filter on it: without an altitude it is neither low nor high. Values in, values out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Protocol

from msgspec import Meta, Struct

Listed = Mapping[str, Any]
Short = Annotated[str, Meta(max_length=16)]


class Query(Protocol):
    """What `select` reads of a query."""

    @property
    def military(self) -> bool | None: ...
    @property
    def category(self) -> str | None: ...
    @property
    def min_altitude(self) -> float | None: ...
    @property
    def max_altitude(self) -> float | None: ...
    @property
    def max_distance_nm(self) -> float | None: ...
    @property
    def callsign(self) -> str | None: ...


class AircraftFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which aircraft to list: altitudes in feet, distance in nm from the receiver; `cursor` is the hex
    after which the page begins."""

    military: bool | None = None
    category: Short | None = None
    min_altitude: float | None = None
    max_altitude: float | None = None
    max_distance_nm: Annotated[float, Meta(ge=0)] | None = None
    callsign: Short | None = None
    limit: Annotated[int, Meta(ge=1, le=5000)] = 500
    cursor: Short | None = None


def select(listed: Iterable[Listed], query: Query) -> list[Listed]:
    """The aircraft that pass every filter that is set."""
    return [aircraft for aircraft in listed if wanted(aircraft, query)]


def wanted(aircraft: Listed, query: Query) -> bool:
    """Whether one aircraft passes."""
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
