"""REST: the aircraft in the sky."""

from __future__ import annotations

from skyspy.aircraft import clean_hex
from skyspy.api.errors import bad_fields, not_found
from skyspy.api.models import Aircraft, AircraftPage, AircraftQuery, Trail
from skyspy.api.paging import page
from skyspy.api.routes import Asked, Resource
from skyspy.clock import iso
from skyspy.filters import select

resource = Resource("Aircraft", "What is in the sky now.")


@resource.get("/api/aircraft/", needs="aircraft.view", query=AircraftQuery, answer=AircraftPage)
def aircraft_list(asked: Asked) -> object:
    """List the aircraft in the sky.

    Ordered by hex. Distances and bearings are counted from the receiver, or from a rounded position where
    the caller may not know the exact one. What is not known of an aircraft never matches a filter on it.
    """
    query: AircraftQuery = asked.query
    matching = select(asked.sky.aircraft(asked.audience), query)
    shown, following = page(matching, lambda aircraft: str(aircraft["hex"]), query.limit, query.cursor)
    return {
        "aircraft": shown,
        "count": len(shown),
        "total": len(matching),
        "next_cursor": following,
        "timestamp": iso(asked.server.clock.wall()),
    }


@resource.get("/api/aircraft/<hex>/", needs="aircraft.view", answer=Aircraft, errors=(400, 404))
def aircraft_one(asked: Asked) -> object:
    """Show one aircraft.

    The hex may be written in any case.
    """
    hex_ = asked_hex(asked)
    found = asked.sky.one(hex_, asked.audience)
    if found is None:
        raise gone(hex_)
    return found


@resource.get("/api/aircraft/<hex>/trail/", needs="aircraft.view", answer=Trail, errors=(400, 404))
def aircraft_trail(asked: Asked) -> object:
    """Show where one aircraft has been.

    Since it was first heard, oldest point first.
    """
    hex_ = asked_hex(asked)
    if asked.sky.one(hex_, asked.audience) is None:
        raise gone(hex_)
    trail = asked.sky.trail(hex_)
    return {"hex": hex_, "trail": trail, "count": len(trail)}


def asked_hex(asked: Asked) -> str:
    """The address in the path, clean; raises ApiError 400."""
    hex_ = clean_hex(asked.path["hex"])
    if hex_ is None:
        raise bad_fields(
            {"hex": "must be six hexadecimal digits, such as 4B1805 (with ~ before it for an address that is not ICAO's)"}
        )
    return hex_


def gone(hex_: str) -> Exception:
    """The 404 for an aircraft that is not in the sky."""
    return not_found(f"{hex_} is not in the sky now; /api/aircraft/ lists those that are")
