"""Interfaces: `request {type}` over `/`, answered once.

The types and the permission each needs are rows beside the streams that answer them; here they are looked up. An answer echoes the
client's `request_id`; a request that cannot be answered is refused with a code.
"""

from __future__ import annotations

from typing import Any

from skyspy.auth import policy
from skyspy.auth.principal import Refused
from skyspy.presence.sessions import Session
from skyspy.sky import Sky
from skyspy.sky.streams import Costly, Request, RequestError
from skyspy.store.settings import Settings

Payload = dict[str, Any]
MAX_ID = 128


def row_of(sky: Sky, payload: Payload) -> Request:
    """The row of the type that a request names; raises Refused."""
    request_id = payload.get("request_id")
    if not (
        request_id is None or isinstance(request_id, int | float) or (isinstance(request_id, str) and len(request_id) <= MAX_ID)
    ):
        raise Refused("bad_payload", f"request_id is a number or a text of at most {MAX_ID} characters")
    kind = payload.get("type")
    row = sky.requests.get(kind) if isinstance(kind, str) else None
    if row is None:
        raise Refused("unknown_request", f"type is one of {', '.join(sky.requests)}")
    return row


def build_response(row: Request, session: Session, settings: Settings, payload: Payload) -> tuple[Payload, float]:
    """The `response` to one request, and what it cost beside the event, in events; raises Refused. Yields where the row is large."""
    request_id = payload.get("request_id")
    params = payload.get("params")
    if params is not None and not isinstance(params, dict):
        raise Refused("bad_payload", "params is an object")
    if not policy.may(session.principal, row.permission, settings):
        raise Refused("permission_denied")
    try:
        made = row.answer(session, params or {})
    except RequestError as error:
        raise Refused(error.code, error.message) from None
    data, cost = (made.data, made.cost) if isinstance(made, Costly) else (made, 0.0)
    return {"type": "response", "request_id": request_id, "request_type": row.name, "data": data}, cost
