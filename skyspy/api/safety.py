"""Interfaces: REST: safety events: list, one, acknowledge, statistics."""

from __future__ import annotations

from msgspec import structs

from skyspy.api.paging import decode_cursor, encode_cursor
from skyspy.api.routes import IDENTIFIED, RequestContext, Resource
from skyspy.api.safety_models import EventQuery, SafetyEvent, SafetyEventPage, SafetyStatistics, StatisticsQuery
from skyspy.services import safety

resource = Resource("Safety", "Dangerous situations of aircraft, now and past.")


@resource.get("/api/safety/events/", permission=safety.PERMISSION, query=EventQuery, answer=SafetyEventPage, is_search=True)
def safety_events(context: RequestContext) -> object:
    """List safety events.

    By their beginning, the newest first, those that go on and those that ended.
    """
    query: EventQuery = structs.replace(context.query, cursor=decode_cursor(context.query.cursor))
    found = context.call(safety.page, query)
    following = None if found.next_cursor is None else encode_cursor(found.next_cursor)
    return safety.page_payload(context.server, context.caller, found, following)


@resource.get("/api/safety/events/<event_id>/", permission=safety.PERMISSION, answer=SafetyEvent, errors=(404,))
def safety_event(context: RequestContext) -> object:
    """Show one safety event."""
    return safety.payload(context.caller, context.call(safety.one, context.path["event_id"]))


@resource.post(
    "/api/safety/events/<event_id>/acknowledge/",
    access=IDENTIFIED,
    permission=safety.ACKNOWLEDGE,
    answer=SafetyEvent,
    errors=(404,),
)
def safety_acknowledge(context: RequestContext) -> object:
    """Acknowledge a safety event.

    The first acknowledgement stays: for an event that was acknowledged before, nothing changes, and the answer is as it was.
    """
    return safety.payload(context.caller, context.call(safety.acknowledge, context.path["event_id"]))


@resource.get("/api/safety/stats/", permission=safety.PERMISSION, query=StatisticsQuery, answer=SafetyStatistics, is_search=True)
def safety_statistics(context: RequestContext) -> object:
    """Count safety events.

    Those that began in a time of at most 366 days, by type, severity and day.
    """
    return context.call(safety.statistics, context.query)
