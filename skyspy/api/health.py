"""Interfaces: liveness and readiness, for supervisors and load balancers.

Invariants: open to anyone in every auth mode, so the answers hold no names and no addresses. Liveness checks nothing;
readiness checks the database and the receivers.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from skyspy import wirejson
from skyspy.api.models import Liveness, Readiness
from skyspy.api.routes import PROBE, RequestContext, Resource
from skyspy.receivers.manager import counted
from skyspy.server import Server
from skyspy.store.errors import StoreError

log = logging.getLogger(__name__)

resource = Resource("Health", "For supervisors and load balancers; open in every auth mode, not counted by the rate limit.")

WORKING = ("up", "demo", "standby")


@resource.get("/healthz", access=PROBE, answer=Liveness)
def alive(_: RequestContext) -> object:
    """Say that the process answers.

    Looks at nothing else, the database least of all.
    """
    return {"status": "ok"}


@resource.get("/readyz", access=PROBE, answer=Readiness, errors=(503,))
def ready(context: RequestContext) -> object:
    """Say whether the server can do its work now.

    Ready when the database answers and at least one receiver of the live sky is up. Otherwise 503 with the same body.
    """
    checks = [_store(context.server), _feeds(context.server.skies["live"].receivers.status())]
    good = all(check["ready"] for check in checks)
    body = wirejson.dump_bytes({"ready": good, "checks": checks})
    return Response(body, 200 if good else 503, content_type="application/json")


def _store(server: Server) -> dict[str, Any]:
    try:
        server.settings.fresh(max_age=0)
    except StoreError as error:
        log.warning("not ready: %s", error)
        return {"name": "store", "ready": False, "says": "the database does not answer; the server's log says why"}
    return {"name": "store", "ready": True, "says": "the database answers"}


def _feeds(status: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    status = counted(status)
    working = sum(feed["state"] in WORKING for feed in status)
    states = ", ".join(sorted(feed["state"] for feed in status if feed["state"] not in WORKING))
    text = f"{working} of {len(status)} receivers up" + (f" (others: {states})" if states else "")
    return {"name": "feeds", "ready": working > 0, "says": text}
