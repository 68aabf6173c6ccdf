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
from skyspy.sky.streams import RequestError
from skyspy.store.settings import Settings

Payload = dict[str, Any]
MAX_ID = 128


def answer(sky: Sky, session: Session, settings: Settings, payload: Payload) -> Payload:
    """The `response` to one request; raises Refused."""
    request_id = payload.get("request_id")
    if not (
        request_id is None or isinstance(request_id, int | float) or (isinstance(request_id, str) and len(request_id) <= MAX_ID)
    ):
        raise Refused("bad_payload", f"request_id is a number or a text of at most {MAX_ID} characters")
    kind, params = payload.get("type"), payload.get("params")
    row = sky.requests.get(kind) if isinstance(kind, str) else None
    if row is None:
        raise Refused("unknown_request", f"type is one of {', '.join(sky.requests)}")
    if params is not None and not isinstance(params, dict):
        raise Refused("bad_payload", "params is an object")
    if not policy.may(session.principal, row.permission, settings):
        raise Refused("permission_denied")
    try:
        data = row.answer(session, params or {})
    except RequestError as error:
        raise Refused(error.code, error.message) from None
    return {"type": "response", "request_id": request_id, "request_type": row.name, "data": data}
