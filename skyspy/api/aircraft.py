"""Interfaces: REST: the aircraft in the sky."""

from __future__ import annotations

from skyspy.aircraft import clean_hex
from skyspy.api.errors import bad_fields, not_found
from skyspy.api.models import Aircraft, AircraftPage, AircraftQuery, Trail
from skyspy.api.paging import page
from skyspy.api.routes import RequestContext, Resource
from skyspy.clock import iso
from skyspy.filters import select

resource = Resource("Aircraft", "What is in the sky now.")


@resource.get("/api/aircraft/", permission="aircraft.view", query=AircraftQuery, answer=AircraftPage)
def aircraft_list(context: RequestContext) -> object:
    """List the aircraft in the sky.

    Ordered by hex. Distances and bearings are counted from the receiver, or from a rounded position where
    the caller may not know the exact one. What is not known of an aircraft never matches a filter on it.
    """
    query: AircraftQuery = context.query
    matching = select(context.sky.aircraft(context.audience), query)
    shown, following = page(matching, lambda aircraft: str(aircraft["hex"]), query.limit, query.cursor)
    return context.sky.labelled(
        {
            "aircraft": shown,
            "count": len(shown),
            "total": len(matching),
            "next_cursor": following,
            "timestamp": iso(context.server.clock.wall()),
        }
    )


@resource.get("/api/aircraft/<hex>/", permission="aircraft.view", answer=Aircraft, errors=(400, 404))
def aircraft_one(context: RequestContext) -> object:
    """Show one aircraft.

    The hex may be written in any case.
    """
    hex_ = hex_in_path(context)
    found = context.sky.one(hex_, context.audience)
    if found is None:
        raise not_in_sky(hex_)
    return context.sky.labelled(found)


@resource.get("/api/aircraft/<hex>/trail/", permission="aircraft.view", answer=Trail, errors=(400, 404))
def aircraft_trail(context: RequestContext) -> object:
    """Show where one aircraft has been.

    Since it was first heard, oldest point first.
    """
    hex_ = hex_in_path(context)
    if context.sky.one(hex_, context.audience) is None:
        raise not_in_sky(hex_)
    trail = context.sky.trail(hex_)
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
