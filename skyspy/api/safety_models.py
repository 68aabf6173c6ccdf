"""Interfaces: the bodies of requests and answers about safety events.

Invariants: the fields of an event are those that sky/shown_events.py makes; what is not known is null.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from skyspy.api.models import Cursor, Demo, NextCursor, Timestamp
from skyspy.services.safety_filters import EventRequest, EventType, Severity, StatisticsRequest

Figure = int | float | str | bool | None
Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]


class EventQuery(EventRequest, frozen=True, kw_only=True):
    """Which events to list. Here the cursor is opaque, as in every list over HTTP."""

    cursor: Annotated[Cursor | None, Meta(description="`next_cursor` of the page before")] = None


class StatisticsQuery(StatisticsRequest, frozen=True, kw_only=True):
    """Of which time to count events."""


class SafetyEvent(Struct, forbid_unknown_fields=True, kw_only=True):
    """One situation that a safety rule found, from its beginning to its end."""

    id: str
    event_type: EventType
    severity: Annotated[Severity, Meta(description="The worst one so far")]
    hex: Annotated[str | None, Meta(description="ICAO address of the aircraft in upper case; null for an area")]
    hex_2: Annotated[str | None, Meta(description="The other aircraft, where there are two")]
    callsign: str | None
    callsign_2: str | None
    lat: Annotated[Latitude | None, Meta(description="Where it is: latitude, deg")]
    lon: Annotated[Longitude | None, Meta(description="Longitude, deg")]
    message: Annotated[str, Meta(description="A sentence for people")]
    details: Annotated[dict[str, Figure], Meta(description="Figures of this type of event, with their units in the names")]
    acknowledged_by: Annotated[
        str | None, Meta(description="Who has acknowledged it; for anonymous callers the word operator; null: nobody yet")
    ]
    started: Annotated[str, Meta(description="When it was found first, ISO 8601 UTC")]
    updated: Annotated[str, Meta(description="When it was last changed, ISO 8601 UTC")]
    resolved: Annotated[str | None, Meta(description="When it ended, ISO 8601 UTC; null: it goes on")]
    demo: Annotated[bool | UnsetType, Meta(description="true for simulated traffic; absent otherwise")] = UNSET


class SafetyEventPage(Struct, forbid_unknown_fields=True):
    """A page of safety events by their beginning, the newest first."""

    events: list[SafetyEvent]
    count: Annotated[int, Meta(description="How many are on this page", ge=0)]
    next_cursor: NextCursor
    timestamp: Timestamp
    demo: Annotated[bool | UnsetType, Meta(description="true where simulated traffic is listed; absent otherwise")] = UNSET


class TypeCount(Struct, forbid_unknown_fields=True):
    """How many events there were of one type and severity."""

    event_type: EventType
    severity: Severity
    events: Count
    acknowledged: Count


class DayCount(Struct, forbid_unknown_fields=True):
    """How many events began on one day."""

    day: Annotated[str, Meta(description="A day of UTC, such as 2026-11-26")]
    events: Count


class SafetyStatistics(Struct, forbid_unknown_fields=True, kw_only=True):
    """The events that began in some time, in numbers."""

    since: Annotated[Timestamp, Meta(description="The beginning of that time")] = field(name="from")
    until: Annotated[Timestamp, Meta(description="Its end")] = field(name="to")
    events: Count
    open: Annotated[int, Meta(description="How many of them go on", ge=0)]
    acknowledged: Count
    aircraft: Annotated[int, Meta(description="How many different aircraft", ge=0)]
    mean_duration_s: Annotated[Seconds | None, Meta(description="Of those that ended, s; null: none did")]
    longest_duration_s: Annotated[Seconds | None, Meta(description="Of those that ended, s; null: none did")]
    open_now: Annotated[int, Meta(description="How many events go on now, whenever they began", ge=0)]
    by_type: list[TypeCount]
    by_day: Annotated[list[DayCount], Meta(description="Every day of the time, also those without an event")]
    timestamp: Timestamp
    demo: Demo = UNSET
