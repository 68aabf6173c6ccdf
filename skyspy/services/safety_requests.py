"""Application: the types of `request` about safety events, beside those that flow through the stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from skyspy.server import Server
from skyspy.services import safety
from skyspy.services.caller import Caller
from skyspy.services.history_requests import answering
from skyspy.services.safety_filters import EventRequest, StatisticsRequest
from skyspy.sky.listing import BYTES_PER_COST
from skyspy.sky.streams import Costly, Request, RequestError
from skyspy.sky.streams.base import Params

EVENT_BYTES = 600
"""The size of one event as JSON."""

Query = TypeVar("Query", bound=msgspec.Struct)


def rows(server: Server) -> tuple[Request, ...]:
    """The rows for this server's skies. Each reads a database, so that it yields: `large`."""
    answers: dict[str, tuple[str, Callable[[Server, Caller, Params], object]]] = {
        "safety-events": (safety.PERMISSION, _events),
        "safety-event-detail": (safety.PERMISSION, _one),
        "safety-acknowledge": (safety.ACKNOWLEDGE, _acknowledge),
        "safety-stats": (safety.PERMISSION, _statistics),
    }
    return tuple(Request(name, permission, answering(server, made), large=True) for name, (permission, made) in answers.items())


def _events(server: Server, caller: Caller, params: Params) -> object:
    found = safety.page(server, caller, _query(params, EventRequest))
    answer = safety.page_payload(server, caller, found, found.next_cursor)
    return Costly(answer, len(found.events) * EVENT_BYTES / BYTES_PER_COST)


def _one(server: Server, caller: Caller, params: Params) -> object:
    return safety.payload(caller, safety.one(server, caller, _id(params)))


def _acknowledge(server: Server, caller: Caller, params: Params) -> object:
    return safety.payload(caller, safety.acknowledge(server, caller, _id(params)))


def _statistics(server: Server, caller: Caller, params: Params) -> object:
    return safety.statistics(server, caller, _query(params, StatisticsRequest))


def _id(params: Params) -> str:
    event_id = params.get("id")
    if not isinstance(event_id, str):
        raise RequestError("bad_payload", "id is the id of an event, as safety-events lists it")
    return event_id


def _query(params: Params, model: type[Query]) -> Query:
    try:
        return msgspec.convert(params, model)
    except msgspec.ValidationError as error:
        raise RequestError("bad_payload", str(error)) from None
