"""Application: the types of `request` about datalink messages, beside those that flow through the stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from skyspy import wirejson
from skyspy.server import Server
from skyspy.services import acars
from skyspy.services.acars_filters import DaysRequest, MessageRequest
from skyspy.services.caller import Caller
from skyspy.services.history_requests import answering
from skyspy.sky.audience import Payload
from skyspy.sky.listing import BYTES_PER_COST
from skyspy.sky.streams import Costly, Request, RequestError
from skyspy.sky.streams.base import Params

Query = TypeVar("Query", bound=msgspec.Struct)


def rows(server: Server) -> tuple[Request, ...]:
    """The rows for this server's skies. Each reads a database, so that it yields: `large`."""
    answers: dict[str, Callable[[Server, Caller, Params], object]] = {
        "acars-snapshot": _snapshot,
        "acars-messages": _messages,
        "acars-message-detail": _one,
        "acars-stats": _statistics,
        "acars-stations": _stations,
    }
    return tuple(Request(name, acars.PERMISSION, answering(server, made), large=True) for name, made in answers.items())


def _snapshot(server: Server, caller: Caller, _params: Params) -> object:
    return _charged(acars.snapshot(server, caller))


def _messages(server: Server, caller: Caller, params: Params) -> object:
    found = acars.page(server, caller, _query(params, MessageRequest))
    return _charged(acars.page_payload(server, caller, found, found.next_cursor), found.steps)


def _one(server: Server, caller: Caller, params: Params) -> object:
    message_id = params.get("id")
    if not isinstance(message_id, str):
        raise RequestError("bad_payload", "id is the id of a message, as acars-messages lists it")
    return acars.payloads(server, caller, [acars.one(server, caller, message_id)])[0]


def _statistics(server: Server, caller: Caller, params: Params) -> object:
    return acars.statistics(server, caller, _query(params, DaysRequest))


def _stations(server: Server, caller: Caller, params: Params) -> object:
    return _charged(acars.station_list(server, caller, _query(params, DaysRequest)))


def _charged(answer: Payload, steps: int = 1) -> Costly:
    """The answer at the price of its size: texts differ by a factor of a thousand."""
    return Costly(answer, len(wirejson.dump_bytes(answer)) / BYTES_PER_COST + steps - 1)


def _query(params: Params, model: type[Query]) -> Query:
    try:
        return msgspec.convert(params, model)
    except msgspec.ValidationError as error:
        raise RequestError("bad_payload", str(error)) from None
