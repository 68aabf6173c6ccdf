"""Doors: questions asked over `/` and answered once.

Law: a request type is a row of REQUESTS: the permission it needs and the function that answers it. An
answer echoes the client's `request_id`; what cannot be answered is refused with a code, never with silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from skyspy.auth import policy
from skyspy.filters import AircraftFilter, select
from skyspy.presence.sessions import Session
from skyspy.sky import Sky
from skyspy.sockets.admission import Refused
from skyspy.store.settings import Settings

Payload = dict[str, Any]
MAX_ID = 128


@dataclass(frozen=True, slots=True)
class Request:
    """One request type. `answer(sky, audience, params)` gives the data or raises Refused."""

    name: str
    permission: str
    answer: Callable[[Sky, str, Payload], object]


def _one(sky: Sky, audience: str, params: Payload) -> object:
    hex_ = params.get("hex", params.get("icao"))
    if not isinstance(hex_, str) or not 0 < len(hex_) <= 7:
        raise Refused("bad_payload", "hex is a text such as 4B1800")
    found = sky.one(hex_, audience)
    if found is None:
        raise Refused("not_found", "No such aircraft in this sky now")
    return found


def _list(sky: Sky, audience: str, params: Payload) -> object:
    try:
        query = msgspec.convert(params, AircraftFilter)
    except msgspec.ValidationError as error:
        raise Refused("bad_payload", str(error)) from None
    after = (query.cursor or "").upper()
    found = sorted(select(sky.aircraft(audience), query), key=lambda aircraft: aircraft["hex"])
    rest = [aircraft for aircraft in found if aircraft["hex"] > after]
    page = rest[: query.limit]
    next_cursor = page[-1]["hex"] if len(rest) > query.limit else None
    return {"aircraft": page, "count": len(page), "total": len(found), "next_cursor": next_cursor}


def _snapshot(sky: Sky, audience: str, _params: Payload) -> object:
    shown = sky.snapshot("aircraft", audience)
    return None if shown is None else shown[1]


def _stats(sky: Sky, audience: str, _params: Payload) -> object:
    return sky.stats(audience)


def _status(sky: Sky, _audience: str, _params: Payload) -> object:
    return sky.status()


REQUESTS: dict[str, Request] = {
    row.name: row
    for row in (
        Request("aircraft", "aircraft.view", _one),
        Request("aircraft-list", "aircraft.view", _list),
        Request("aircraft-snapshot", "aircraft.view", _snapshot),
        Request("aircraft-stats", "stats.view", _stats),
        Request("status", "stats.view", _status),
    )
}


def answer(sky: Sky, session: Session, settings: Settings, payload: Payload) -> Payload:
    """The `response` to one request; raises Refused."""
    request_id = payload.get("request_id")
    if not (
        request_id is None or isinstance(request_id, int | float) or (isinstance(request_id, str) and len(request_id) <= MAX_ID)
    ):
        raise Refused("bad_payload", f"request_id is a number or a text of at most {MAX_ID} characters")
    kind, params = payload.get("type"), payload.get("params")
    row = REQUESTS.get(kind) if isinstance(kind, str) else None
    if row is None:
        raise Refused("unknown_request", f"type is one of {', '.join(REQUESTS)}")
    if params is not None and not isinstance(params, dict):
        raise Refused("bad_payload", "params is an object")
    if not policy.may(session.principal, row.permission, settings):
        raise Refused("permission_denied")
    data = row.answer(sky, session.audience, params or {})
    return {"type": "response", "request_id": request_id, "request_type": row.name, "data": data}
