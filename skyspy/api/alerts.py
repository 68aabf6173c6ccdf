"""Interfaces: REST: alerts of the caller's rules, what became of their deliveries, and how many others have."""

from __future__ import annotations

import re
from typing import Any

from flask import Response
from msgspec import structs

from skyspy.api.alert_models import (
    Alert,
    AlertPage,
    AlertQuery,
    AllCounts,
    Delivery,
    DeliveryPage,
    DeliveryQuery,
    ExportQuery,
)
from skyspy.api.answers import Charged
from skyspy.api.paging import decode_cursor, encode_cursor
from skyspy.api.routes import IDENTIFIED, RequestContext, Resource
from skyspy.clock import iso
from skyspy.services import alert_log, alert_payloads
from skyspy.services.alert_owner import EDIT, VIEW

CSV = "text/csv; charset=utf-8"
EXPORT_COST = 20.0
"""What a file costs beside its request, in requests."""
_READ: dict[str, Any] = {"access": IDENTIFIED, "permission": VIEW}
_WRITE: dict[str, Any] = {"access": IDENTIFIED, "permission": EDIT}

resource = Resource("Alerts", "What the caller's own alert rules triggered, and where it was sent.")


@resource.get("/api/alerts/", query=AlertQuery, answer=AlertPage, is_search=True, **_READ)
def alerts_list(context: RequestContext) -> object:
    """List own alerts.

    The newest first. Nobody reads those of another user.
    """
    query: AlertQuery = structs.replace(context.query, cursor=decode_cursor(context.query.cursor))
    found = context.call(alert_log.page, query)
    following = None if found.next_cursor is None else encode_cursor(found.next_cursor)
    return alert_log.page_payload(context.server, found, following)


@resource.get("/api/alerts/export.csv", query=ExportQuery, answer=str, media=CSV, is_search=True, **_READ)
def alerts_csv(context: RequestContext) -> object:
    """Export own alerts as CSV.

    The newest ones that match, at most 50,000.
    """
    name = f"skyspy-alerts-{re.sub('[-:]|[.].*', '', iso(context.server.clock.wall()))}Z.csv"
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Charged(Response(context.call(alert_log.export, context.query), content_type=CSV, headers=headers), EXPORT_COST)


@resource.get("/api/alerts/deliveries/", query=DeliveryQuery, answer=DeliveryPage, is_search=True, **_READ)
def deliveries_list(context: RequestContext) -> object:
    """List what is sent of own alerts, or was.

    The newest first, with the reason where a try failed.
    """
    query: DeliveryQuery = structs.replace(context.query, cursor=decode_cursor(context.query.cursor))
    found = context.call(alert_log.deliveries, query)
    listed = [alert_payloads.delivery(one) for one in found.deliveries]
    following = None if found.next_cursor is None else encode_cursor(found.next_cursor)
    return {"deliveries": listed, "count": len(listed), "next_cursor": following}


@resource.post("/api/alerts/deliveries/<delivery_id>/resend/", answer=Delivery, errors=(404, 409), **_WRITE)
def deliveries_resend(context: RequestContext) -> object:
    """Send a delivery again that was given up.

    With the same id, behind what waits for its destination.
    """
    return alert_payloads.delivery(context.call(alert_log.resend, context.path["delivery_id"]))


@resource.get("/api/alerts/counts/", access=IDENTIFIED, permission=alert_log.MANAGE_USERS, answer=AllCounts)
def alerts_counts(context: RequestContext) -> object:
    """Count what users have of alerts.

    Numbers only: what is in rules and alerts is for their owner alone.
    """
    return {"users": [alert_payloads.user_counts(one) for one in context.call(alert_log.counts)]}


@resource.get("/api/alerts/<alert_id>/", answer=Alert, errors=(404,), **_READ)
def alerts_one(context: RequestContext) -> object:
    """Show one own alert."""
    return alert_log.payload(context.call(alert_log.one, context.path["alert_id"]))
