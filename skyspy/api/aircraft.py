"""Interfaces: REST: the aircraft in the sky."""

from __future__ import annotations

from skyspy.aircraft import clean_hex
from skyspy.api.answers import TaggedAnswer
from skyspy.api.errors import bad_fields, not_found
from skyspy.api.models import Aircraft, AircraftPage, AircraftQuery, Trail
from skyspy.api.paging import decode_cursor, truncate
from skyspy.api.routes import RequestContext, Resource
from skyspy.filters import is_empty, matches
from skyspy.services import trails

resource = Resource("Aircraft", "What is in the sky now.")


@resource.get("/api/aircraft/", permission="aircraft.view", query=AircraftQuery, answer=AircraftPage, revalidate=True)
def aircraft_list(context: RequestContext) -> object:
    """List the aircraft in the sky.

    Ordered by hex. Distances and bearings are counted from the receiver, or from a rounded position where
    the caller may not know the exact one. What is not known of an aircraft never matches a filter on it.
    `timestamp` is the moment to which `seen` and `seen_pos` count.
    """
    query: AircraftQuery = context.query
    after = decode_cursor(query.cursor)
    listing = context.sky.listings.recent(context.audience)

    def make() -> object:
        found = range(len(listing)) if is_empty(query) else listing.where(lambda aircraft: matches(aircraft, query))
        first = 0 if after is None else listing.place_after(after)
        shown, following = truncate(
            [place for place in found if place >= first], lambda place: listing.rows[place].hex, query.limit
        )
        return listing.labelled(
            {
                "aircraft": listing.pick(shown),
                "count": len(shown),
                "total": len(found),
                "next_cursor": following,
                "timestamp": listing.moment.timestamp,
            }
        )

    return TaggedAnswer(listing.tag, make, 0 if is_empty(query) else len(listing))


@resource.get("/api/aircraft/<hex>/", permission="aircraft.view", answer=Aircraft, errors=(400, 404), revalidate=True)
def aircraft_one(context: RequestContext) -> object:
    """Show one aircraft.

    The hex may be written in any case.
    """
    hex_ = hex_in_path(context)
    found = context.sky.one(hex_, context.audience)
    if found is None:
        raise not_in_sky(hex_)
    return context.sky.labelled(found)


@resource.get("/api/aircraft/<hex>/trail/", permission="aircraft.view", answer=Trail, errors=(400, 404), revalidate=True)
def aircraft_trail(context: RequestContext) -> object:
    """Show where one aircraft has been.

    In its present visit, oldest point first: at most 600 points of what was stored before the server began to hear it, of the
    last 24 hours, then up to 600 points since.
    """
    hex_ = hex_in_path(context)
    if context.sky.one(hex_, context.audience) is None:
        raise not_in_sky(hex_)
    trail = trails.shown(trails.trail(context.server, context.sky.name, hex_))
    return context.sky.labelled({"hex": hex_, "trail": trail, "count": len(trail)})


def hex_in_path(context: RequestContext) -> str:
    """The address in the path, normalized; raises ApiError 400."""
    hex_ = clean_hex(context.path["hex"])
    if hex_ is None:
        raise bad_fields(
            {"hex": "must be six hexadecimal digits, such as 4B1805 (with ~ before it for an address that is not ICAO's)"}
        )
    return hex_


def not_in_sky(hex_: str) -> Exception:
    """The 404 for an aircraft that is not in the sky."""
    return not_found(f"{hex_} is not in the sky now; /api/aircraft/ lists those that are")
