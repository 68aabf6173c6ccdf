"""Interfaces: the page of one alert rule: making it, changing it, and what it would match.

Invariants: services/alert_rules.py decides. Every button of the form works without scripts, by sending the form; the page's script sends the
same form to the routes that answer with the part alone.
"""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from skyspy import topics, zones
from skyspy.admin.alerts import rule_times, rule_tree, vocabulary
from skyspy.admin.alerts.page import page
from skyspy.admin.alerts.rule_form import Center, RuleForm, do, form_of, new_form, read_form
from skyspy.admin.alerts.rules import ONE
from skyspy.admin.alerts.texts import tests_summary
from skyspy.admin.forms import Choice
from skyspy.admin.page_helpers import redirect_with
from skyspy.admin.routes import RequestContext
from skyspy.alerts.rule import MAX_CONDITIONS
from skyspy.alerts.schedule import MAX_WINDOWS
from skyspy.services import Refused, alert_destinations, alert_preview, alert_rules, watchlists
from skyspy.services.alert_rules import EDIT
from skyspy.services.place import place_in_force

PREVIEW, SAVE, SAVE_AND_TEST = "preview", "save", "test"
SHOWN_HEXES = 12
"""Aircraft that a preview names."""


@page.get("/alerts/rules/new/")
def new_rule(context: RequestContext) -> ResponseReturnValue:
    """The form for a new rule."""
    context.caller.require(context.server, EDIT)
    return _page(context, new_form(_destinations(context), _usual_zone(context)))


@page.post("/alerts/rules/new/")
def make_rule(context: RequestContext) -> ResponseReturnValue:
    """Make a rule, or do what another button of the form does."""
    return _answer(context, None)


@page.get(f"{ONE}edit/")
def edit_rule(context: RequestContext, rule_id: int) -> ResponseReturnValue:
    """The form for a rule of the user."""
    view = context.call(alert_rules.one, str(rule_id))
    return _page(context, form_of(view.document, view.expires_at, _destinations(context), view.version), view.id)


@page.post(f"{ONE}edit/")
def keep_rule(context: RequestContext, rule_id: int) -> ResponseReturnValue:
    """Change a rule, or do what another button of the form does."""
    return _answer(context, context.call(alert_rules.one, str(rule_id)).id)


@page.post("/alerts/rules/form/", quiet=True)
def rule_part(context: RequestContext) -> ResponseReturnValue:
    """The form after one of its buttons, alone, for the page's script."""
    context.caller.require(context.server, EDIT)
    form = _sent(context)
    do(form, request.form.get("do", ""), _center(context))
    return render_template("admin/alerts/_rule_form.html", **_shown(context, form))


@page.post("/alerts/rules/preview/", quiet=True)
def rule_preview(context: RequestContext) -> ResponseReturnValue:
    """What the rule that is typed would match, alone, for the page's script."""
    return render_template("admin/alerts/_preview.html", preview=_preview(context, _sent(context)))


def _answer(context: RequestContext, rule_id: str | None) -> ResponseReturnValue:
    """What a button of the form leads to."""
    deed = request.form.get("do", SAVE)
    form = _sent(context)
    if deed == PREVIEW:
        return _page(context, form, rule_id, preview=_preview(context, form))
    if deed not in (SAVE, SAVE_AND_TEST):
        do(form, deed, _center(context))
        return _page(context, form, rule_id)
    document, places = form.document()
    try:
        if rule_id is None:
            view = context.call(alert_rules.create, document)
        else:
            view = context.call(alert_rules.update, rule_id, document, form.version)
    except Refused as refused:
        form.add_refusal(refused, places)
        return _page(context, form, rule_id, status=refused.status)
    if deed == SAVE_AND_TEST:
        kind, message = tests_summary(context.call(alert_rules.test_now, view.id))
        return redirect_with(f"“{view.name}” is saved. {message}", "alerts_rules", kind=kind)
    said = (
        "is saved, and makes no alerts while it is paused" if view.paused else "is saved, and checks every aircraft from now on"
    )
    return redirect_with(f"“{view.name}” {said}.", "alerts_rules")


def _sent(context: RequestContext) -> RuleForm:
    return read_form(request.form, _destinations(context))


def _preview(context: RequestContext, form: RuleForm) -> dict[str, Any]:
    """What the rule would match now and would have matched, or why that is not known."""
    document, _ = form.document()
    # A preview is about the conditions: a rule without a name has one, too.
    document |= {"name": document["name"] or "preview", "destinations": []}
    try:
        found = context.call(alert_preview.preview, document)
    except Refused as refused:
        if refused.code == "permission_denied":
            raise
        wrong = [path for path in refused.fields if path.startswith("match")]
        said = next(iter(refused.fields.values()), refused.message) if len(refused.fields) == 1 or wrong else refused.message
        return {"failed": said, "is_open": bool(wrong)}
    return {
        "found": found,
        "hexes": found.hexes[:SHOWN_HEXES],
        "more": max(0, found.aircraft - SHOWN_HEXES),
        "not_judged": [vocabulary.spoken(name) for name in found.not_judged],
    }


def _page(
    context: RequestContext, form: RuleForm, rule_id: str | None = None, status: int = 200, preview: dict[str, Any] | None = None
) -> ResponseReturnValue:
    text = render_template("admin/alerts/rule.html", rule_id=rule_id, preview=preview, **_shown(context, form))
    return make_response(text, status)


def _shown(context: RequestContext, form: RuleForm) -> dict[str, Any]:
    """What the form is drawn with."""
    return {
        "form": form,
        "f": form.fields,
        "words": vocabulary,
        "joins": rule_tree.JOINS,
        "max_depth": rule_tree.MAX_DEPTH,
        "count": len(rule_tree.conditions_of(form.tree)),
        "most": MAX_CONDITIONS,
        "max_windows": MAX_WINDOWS,
        "days": rule_times.DAY_NAMES,
        "watchlists": [(view.id, view.name) for view in context.call(watchlists.page).watchlists],
        "zones": zones.zone_names(),
        "template_fields": vocabulary.INSERTED,
    }


def _destinations(context: RequestContext) -> list[Choice]:
    views = context.call(alert_destinations.page).destinations
    return [Choice(view.id, view.name, "" if view.works else f"gets nothing now: {view.disabled_reason}") for view in views]


def _usual_zone(context: RequestContext) -> str:
    """The zone of the user's latest rule with times; UTC where there is none."""
    for view in reversed(context.call(alert_rules.page).rules):
        schedule = view.document.get("during") or view.document.get("quiet")
        if schedule:
            return str(schedule["zone"])
    return "UTC"


def _center(context: RequestContext) -> Center:
    """Where the receiver stands, for those who may know it exactly."""
    is_exact = context.server.skies[context.principal.sky].view.audience(context.principal) == topics.EXACT
    return place_in_force(context.server, context.settings) if is_exact else None
