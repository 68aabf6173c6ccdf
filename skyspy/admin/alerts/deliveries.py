"""Interfaces: the log of what was sent to a user's destinations, with reasons, and sending again.

Invariants: services/alert_log.py decides. The page's script refreshes the list by requesting the same part of the same template.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from skyspy.admin.alerts.page import page
from skyspy.admin.alerts.texts import DELIVERY_STATES
from skyspy.admin.forms import clean_parameter, local_path
from skyspy.admin.routes import RequestContext
from skyspy.server import rooted
from skyspy.services import alert_destinations, alert_log
from skyspy.services.alert_destinations import DestinationView
from skyspy.services.alert_filters import DeliveryRequest
from skyspy.services.alert_rules import EDIT

PATH = "/alerts/deliveries/"
ROWS = 50
WORDS = ("state", "destination")
MAX_CURSOR = 128


@page.get(PATH)
def deliveries(context: RequestContext) -> ResponseReturnValue:
    """The deliveries that match the filters, the newest first."""
    views = context.call(alert_destinations.page).destinations
    return render_template(
        "admin/alerts/deliveries.html", part=_listed(context, views), chosen=_chosen(), states=DELIVERY_STATES, destinations=views
    )


@page.get(f"{PATH}part/", quiet=True)
def deliveries_part(context: RequestContext) -> ResponseReturnValue:
    """The list alone, for the page's script."""
    views = context.call(alert_destinations.page).destinations
    return render_template("admin/alerts/_deliveries.html", part=_listed(context, views), chosen=_chosen())


@page.post(f"{PATH}<delivery_id>/resend/")
def resend(context: RequestContext, delivery_id: str) -> ResponseReturnValue:
    """Send again what was given up, and go back to where the button was."""
    context.call(alert_log.resend, delivery_id)
    flash("It is sent again within seconds.", "ok")
    return redirect(rooted(local_path(request.form.get("back"), f"/admin{PATH}")), 303)


def _listed(context: RequestContext, views: list[DestinationView]) -> dict[str, Any]:
    chosen = _chosen()
    cursor = clean_parameter(request.args, "after", MAX_CURSOR) or None
    query = DeliveryRequest(
        state=chosen.get("state") if chosen.get("state") in DELIVERY_STATES else None,
        destination_id=chosen.get("destination") if chosen.get("destination") in {view.id for view in views} else None,
        limit=ROWS,
        cursor=cursor,
    )
    found = context.call(alert_log.deliveries, query)
    words = chosen | ({} if cursor is None else {"after": cursor})
    return {
        "deliveries": found.deliveries,
        "names": {view.id: view.name for view in views},
        "states": DELIVERY_STATES,
        "may_edit": context.may(EDIT),
        "back": url_for("admin.alerts_deliveries", **words).removeprefix(request.script_root),
        "older": None if found.next_cursor is None else url_for("admin.alerts_deliveries", after=found.next_cursor, **chosen),
        "newest": url_for("admin.alerts_deliveries", **chosen) if cursor else None,
    }


def _chosen() -> dict[str, Any]:
    """The filters, as typed."""
    return {name: word for name in WORDS if (word := clean_parameter(request.args, name, 32))}
