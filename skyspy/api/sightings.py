"""Interfaces: REST: sightings, and what is known of an aircraft."""

from __future__ import annotations

from msgspec import structs

from skyspy.api.aircraft import hex_in_path
from skyspy.api.answers import Charged
from skyspy.api.history_models import AircraftInfo, Sighting, SightingPage, SightingQuery
from skyspy.api.paging import decode_cursor, encode_cursor
from skyspy.api.routes import RequestContext, Resource
from skyspy.services import history, history_requests

resource = Resource("Sightings", "What was seen: visits of aircraft, the newest first.")


@resource.get(
    "/api/sightings/", permission=history.PERMISSION, query=SightingQuery, answer=SightingPage, errors=(403,), is_search=True
)
def sightings_list(context: RequestContext) -> object:
    """List sightings.

    By their beginning, the newest first. What is not known of a sighting never matches a filter on it. A search among very many
    sightings may end a page early: go on while there is a `next_cursor`.
    """
    query: SightingQuery = structs.replace(context.query, cursor=decode_cursor(context.query.cursor))
    found = context.call(history.page, query)
    following = None if found.next_cursor is None else encode_cursor(found.next_cursor)
    page = history_requests.sightings_page(context.server, found, following)
    return Charged(page, history_requests.cost_of(0, found.steps))


@resource.get("/api/sightings/<sighting_id>/", permission=history.PERMISSION, answer=Sighting, errors=(404,))
def sightings_one(context: RequestContext) -> object:
    """Show one sighting."""
    return context.call(history.one, context.path["sighting_id"])


@resource.get("/api/aircraft/<hex>/info/", permission=history.PERMISSION, answer=AircraftInfo, errors=(400,))
def aircraft_info(context: RequestContext) -> object:
    """Show what is known of one aircraft.

    Who it is, when it was first and last seen, how often, and its latest sightings. Of an aircraft that was never seen too.
    """
    return context.sky.labelled(context.call(history.aircraft_info, hex_in_path(context)))
