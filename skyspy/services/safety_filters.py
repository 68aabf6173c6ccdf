"""Application: the filters of the list of safety events, the same over HTTP and Socket.IO and in the panel.

Invariants: each filter is bounded in length or range. An event without a value never matches a filter on it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from skyspy.clock import wall_of
from skyspy.services.filter_checks import check_period, checked_hex, refuse
from skyspy.services.sighting_filters import MAX_PAGE, Callsign, Hex, Moment, check_text
from skyspy.store.history.safety_events import EventSearch

EventType = Literal[
    "squawk_emergency",
    "emergency",
    "tcas_ra",
    "extreme_vertical_rate",
    "proximity",
    "low_altitude",
    "gps_interference",
    "airspace_incursion",
]
Severity = Literal["info", "warning", "critical"]
State = Literal["open", "resolved"]


class EventFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events: all that match every filter that is set."""

    since: Annotated[Moment | None, Meta(description="Began at this moment or later, such as 2026-11-26T14:00:00Z")] = field(
        name="from", default=None
    )
    until: Annotated[Moment | None, Meta(description="Began before this moment")] = field(name="to", default=None)
    event_type: Annotated[EventType | None, Meta(description="What it is")] = None
    severity: Annotated[Severity | None, Meta(description="How bad it was at worst")] = None
    hex: Annotated[Hex | None, Meta(description="ICAO address of one of its aircraft, six hexadecimal digits in any case")] = None
    callsign: Annotated[Callsign | None, Meta(description="How a callsign of its aircraft begins, in any case")] = None
    state: Annotated[State | None, Meta(description="Only those that go on, or only those that ended")] = None
    acknowledged: Annotated[bool | None, Meta(description="Only acknowledged ones (true) or only those that are not (false)")] = (
        None
    )
    demo: Annotated[bool | None, Meta(description="Only simulated traffic (true) or only real traffic (false)")] = None


class EventRequest(EventFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events to list, and which page of them; `cursor` is the `next_cursor` of the page before."""

    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Meta(max_length=128)] | None = None


class StatisticsRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which time to count events."""

    since: Annotated[
        Moment | None, Meta(description="Began at this moment or later; where it is not given, 30 days before the end")
    ] = field(name="from", default=None)
    until: Annotated[Moment | None, Meta(description="Began before this moment; where it is not given, now")] = field(
        name="to", default=None
    )


def search_of(query: EventFilter) -> EventSearch:
    """The search of these filters. Raises Refused."""
    wrong: dict[str, str] = {}
    check_text("callsign", query.callsign, wrong)
    hex_ = checked_hex(query.hex, wrong)
    check_period(query.since, query.until, wrong)
    refuse(wrong)
    return EventSearch(
        since=wall_of(query.since),
        until=wall_of(query.until),
        event_types=None if query.event_type is None else (query.event_type,),
        severities=None if query.severity is None else (query.severity,),
        hex=hex_,
        callsign=query.callsign,
        is_open=None if query.state is None else query.state == "open",
        acknowledged=query.acknowledged,
        demo=query.demo,
    )
