"""Interfaces: the list of a user's alerts, one of them, and the same as a file.

Invariants: services/alert_log.py decides. The page's script refreshes the list by requesting the same part of the same template.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from skyspy.admin.alerts.page import page
from skyspy.admin.alerts.sentences import matched_text
from skyspy.admin.alerts.texts import DELIVERY_STATES
from skyspy.admin.alerts.vocabulary import label_of, unit_of
from skyspy.admin.forms import clean_parameter
from skyspy.admin.routes import RequestContext
from skyspy.aircraft import clean_hex
from skyspy.services import alert_destinations, alert_log, alert_rules
from skyspy.services.alert_filters import AlertRequest, DeliveryRequest
from skyspy.services.alert_rules import EDIT
from skyspy.services.audit_log import day

PATH = "/alerts/log/"
ROWS = 50
WORDS = ("rule", "aircraft", "since", "until")
DAYS = ("since", "until")
MAX_CALLSIGN = 9
MAX_CURSOR = 128


@page.get(PATH)
def log(context: RequestContext) -> ResponseReturnValue:
    """The alerts that match the filters, the newest first."""
    rules = context.call(alert_rules.page).rules
    return render_template("admin/alerts/log.html", part=_listed(context), chosen=_chosen(), rules=rules)


@page.get(f"{PATH}part/", quiet=True)
def log_part(context: RequestContext) -> ResponseReturnValue:
    """The list alone, for the page's script."""
    return render_template("admin/alerts/_log.html", part=_listed(context), chosen=_chosen())


@page.get(f"{PATH}alerts.csv")
def log_file(context: RequestContext) -> ResponseReturnValue:
    """The alerts that match the filters, as CSV."""
    answer = Response(context.call(alert_log.export, _request(_chosen())), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="alerts.csv"'
    return answer


@page.get("/alerts/alert/<alert_id>/")
def alert(context: RequestContext, alert_id: str) -> ResponseReturnValue:
    """All that is known of one alert, and where it was sent."""
    found = context.call(alert_log.one, alert_id)
    sent = context.call(alert_log.deliveries, DeliveryRequest(alert_id=alert_id, limit=100)).deliveries
    names = {view.id: view.name for view in context.call(alert_destinations.page).destinations}
    return render_template(
        "admin/alerts/alert.html",
        alert=found,
        matched=[text for row in found.matched if (text := matched_text(row))],
        deliveries=sent,
        names=names,
        states=DELIVERY_STATES,
        label_of=label_of,
        unit_of=unit_of,
        may_edit=context.may(EDIT),
    )


def _listed(context: RequestContext) -> dict[str, Any]:
    chosen = _chosen()
    cursor = clean_parameter(request.args, "after", MAX_CURSOR) or None
    found = context.call(alert_log.page, _request(chosen, cursor))
    bad_day = next((name for name in DAYS if name in chosen and day(chosen[name]) is None), "")
    return {
        "alerts": found.alerts,
        "older": None if found.next_cursor is None else url_for("admin.alerts_log", after=found.next_cursor, **chosen),
        "newest": url_for("admin.alerts_log", **chosen) if cursor else None,
        "bad_day": bad_day,
    }


def _chosen() -> dict[str, Any]:
    """The filters, as typed."""
    return {name: word for name in WORDS if (word := clean_parameter(request.args, name, 32))}


def _request(chosen: dict[str, Any], cursor: str | None = None) -> AlertRequest:
    """The page of alerts with these filters; one that cannot be used is left out."""
    aircraft, rule = chosen.get("aircraft", ""), chosen.get("rule", "")
    hex_ = clean_hex(aircraft)
    since, until = (day(chosen.get(name, "")) for name in DAYS)
    if since is not None and until is not None and until < since:
        since, until = until, since
    return AlertRequest(
        since=since,
        until=None if until is None else until + timedelta(days=1),
        rule_id=rule if rule.isascii() and rule.isdecimal() else None,
        hex=hex_,
        callsign=aircraft[:MAX_CALLSIGN] if aircraft and hex_ is None else None,
        limit=ROWS,
        cursor=cursor,
    )
