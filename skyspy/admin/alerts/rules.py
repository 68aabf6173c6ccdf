"""Interfaces: the list of a user's alert rules, and what its buttons do.

Invariants: services/alert_rules.py decides.
"""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from skyspy.admin.alerts.page import page
from skyspy.admin.alerts.sentences import rule_sentence
from skyspy.admin.alerts.texts import RULE_STATES, tests_summary
from skyspy.admin.page_helpers import ID, redirect_with
from skyspy.admin.routes import RequestContext
from skyspy.services import alert_destinations, alert_log, alert_rules, watchlists
from skyspy.services.alert_filters import AlertRequest
from skyspy.services.alert_rules import EDIT

ONE = f"/alerts/rules/<{ID}:rule_id>/"
LATEST = 5
"""Alerts below the rules."""


@page.get()
def rules(context: RequestContext) -> ResponseReturnValue:
    """The user's rules, each with its last alert, and the latest alerts."""
    found = context.call(alert_rules.page)
    lists = {view.id: view.name for view in context.call(watchlists.page).watchlists}
    destinations = {view.id: view.name for view in context.call(alert_destinations.page).destinations}
    return render_template(
        "admin/alerts/rules.html",
        rules=[(view, rule_sentence(view.document, lists)) for view in found.rules],
        last=context.call(alert_log.latest, [view.id for view in found.rules]),
        destinations=destinations,
        states=RULE_STATES,
        may_edit=context.may(EDIT),
        latest=context.call(alert_log.page, AlertRequest(limit=LATEST)).alerts,
    )


@page.post(f"{ONE}test/")
def test_rule(context: RequestContext, rule_id: int) -> ResponseReturnValue:
    """Send a test to every destination of the rule."""
    kind, message = tests_summary(context.call(alert_rules.test_now, str(rule_id)))
    return redirect_with(message, "alerts_rules", kind=kind)


@page.post(f"{ONE}<any(pause, resume):deed>/")
def pause_rule(context: RequestContext, rule_id: int, deed: str) -> ResponseReturnValue:
    """Pause the rule, or let it run again."""
    view = context.call(alert_rules.pause if deed == "pause" else alert_rules.resume, str(rule_id))
    said = "is paused: it makes no alerts" if deed == "pause" else "runs again"
    return redirect_with(f"“{view.name}” {said}.", "alerts_rules", _anchor=f"rule-{view.id}")


@page.get(f"{ONE}delete/")
def deleting_rule(context: RequestContext, rule_id: int) -> ResponseReturnValue:
    """The confirmation page of a deletion."""
    return render_template("admin/ask/rule_delete.html", view=context.call(alert_rules.one, str(rule_id)))


@page.post(f"{ONE}delete/")
def delete_rule(context: RequestContext, rule_id: int) -> ResponseReturnValue:
    """Delete the rule."""
    view = context.call(alert_rules.one, str(rule_id))
    context.call(alert_rules.delete, view.id)
    return redirect_with(f"“{view.name}” is deleted. What it triggered stays in the list of alerts.", "alerts_rules")
