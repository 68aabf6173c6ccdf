"""Application: the types of `request` that are answered from the history.

No stream answers them: they read what was seen, not what is sent. app.py gives these rows to each Sky.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from skyspy.aircraft import clean_hex
from skyspy.clock import iso, wall_of
from skyspy.presence.sessions import Session
from skyspy.server import Server
from skyspy.services import history, statistics
from skyspy.services.caller import Caller, Refused
from skyspy.services.sighting_filters import SightingRequest
from skyspy.services.statistics_query import StatsHistoryQuery
from skyspy.sky.audience import Payload
from skyspy.sky.listing import BYTES_PER_COST
from skyspy.sky.streams import Costly, Request, RequestError
from skyspy.sky.streams.base import Params

SIGHTING_BYTES = 700
"""The size of one sighting as JSON."""
STEP_BYTES = 60
"""The size of one step of statistics as JSON."""
_CODES = {"invalid": "bad_payload"}
"""What a refusal is called on a socket, where it is not the same."""


def rows(server: Server) -> tuple[Request, ...]:
    """The rows for this server's skies. Each reads a database, so that it yields: `large`."""
    answers: dict[str, Callable[[Server, Caller, Params], object]] = {
        "sightings": _sightings,
        "aircraft-info": _info,
        "aircraft-info-bulk": _infos,
    }
    numbers: dict[str, Callable[[Server, Caller, Params], object]] = {"stats-history": _numbers, "stats-records": _records}
    return (
        *(Request(name, history.PERMISSION, answering(server, made), large=True) for name, made in answers.items()),
        *(Request(name, statistics.PERMISSION, answering(server, made), large=True) for name, made in numbers.items()),
    )


def answering(server: Server, made: Callable[[Server, Caller, Params], object]) -> Callable[[Session, Params], object]:
    """The `answer` of a Request that calls services for the session's caller: their refusals are its errors."""

    def answer(session: Session, params: Params) -> object:
        try:
            return made(server, Caller(session.principal, session.address), params)
        except Refused as refused:
            raise RequestError(_CODES.get(refused.code, refused.code), _with_fields(refused)) from None

    return answer


def _sightings(server: Server, caller: Caller, params: Params) -> object:
    try:
        query = msgspec.convert(params, SightingRequest)
    except msgspec.ValidationError as error:
        raise RequestError("bad_payload", str(error)) from None
    found = history.search_sightings(server, caller, query)
    return Costly(sightings_page(server, found, found.next_cursor), cost_of(len(found.sightings), found.steps))


def _info(server: Server, caller: Caller, params: Params) -> object:
    hex_ = clean_hex(params.get("hex", params.get("icao")))
    if hex_ is None:
        raise RequestError("bad_payload", "hex is a text such as 4B1800")
    return history.aircraft_info(server, caller, hex_)


def _infos(server: Server, caller: Caller, params: Params) -> object:
    given = params.get("hexes")
    if not isinstance(given, list) or len(given) > history.MAX_HEXES:
        raise RequestError("bad_payload", f"hexes is a list of at most {history.MAX_HEXES} texts such as 4B1800")
    hexes = [clean_hex(hex_) for hex_ in given]
    if None in hexes:
        raise RequestError("bad_payload", f"hexes: item {hexes.index(None)} is not a text such as 4B1800")
    known = history.aircraft_details(server, caller, [hex_ for hex_ in hexes if hex_ is not None])
    return {"aircraft": known, "count": len(known), "timestamp": iso(server.clock.wall())}


def _numbers(server: Server, caller: Caller, params: Params) -> object:
    try:
        query = msgspec.convert(params, StatsHistoryQuery)
    except msgspec.ValidationError as error:
        raise RequestError("bad_payload", str(error)) from None
    since, until = wall_of(query.since), wall_of(query.until)
    found = statistics.history(server, caller, query.period, since, until, query.receiver, query.limit)
    return Costly(found, found["count"] * STEP_BYTES / BYTES_PER_COST)


def _records(server: Server, caller: Caller, _params: Params) -> object:
    rows = statistics.record_list(server, caller)
    return {"records": rows, "count": len(rows), "timestamp": iso(server.clock.wall())}


def sightings_page(server: Server, found: history.Found, next_cursor: str | None) -> Payload:
    """A page of sightings as it is sent, with the cursor of its interface."""
    listed = found.sightings
    answer = {"sightings": listed, "count": len(listed), "next_cursor": next_cursor, "timestamp": iso(server.clock.wall())}
    return answer | {"demo": True} if any("demo" in one for one in listed) else answer


def cost_of(sightings: int, steps: int) -> float:
    """What a page costs beside the event or request that asked for it, in those."""
    return sightings * SIGHTING_BYTES / BYTES_PER_COST + steps - 1


def _with_fields(refused: Refused) -> str:
    return "; ".join([refused.message, *(f"{name} {why}" for name, why in refused.fields.items() if why not in refused.message)])
