"""Interfaces: REST: the caller's own alert rules."""

from __future__ import annotations

from typing import Any

from skyspy.api.account_models import PageQuery
from skyspy.api.alert_models import Preview, Rule, RuleBody, RuleChange, RulePage, TestResults
from skyspy.api.alert_pages import page_of
from skyspy.api.answers import Charged
from skyspy.api.routes import IDENTIFIED, RequestContext, Resource
from skyspy.services import alert_payloads, alert_preview, alert_rules
from skyspy.services.alert_owner import EDIT, VIEW

_READ: dict[str, Any] = {"access": IDENTIFIED, "permission": VIEW}
_WRITE: dict[str, Any] = {"access": IDENTIFIED, "permission": EDIT}
PREVIEW_COST, TEST_COST = 10.0, 10.0
"""What a preview and a test cost beside their request, in requests."""

resource = Resource("Alert rules", "The caller's own rules. An API key acts for its user; a test key has rules of the sandbox.")


@resource.get("/api/alerts/rules/", query=PageQuery, answer=RulePage, **_READ)
def rules_list(context: RequestContext) -> object:
    """List own alert rules."""
    found, following = page_of(context, alert_rules.page)
    return alert_payloads.listed("rules", [alert_payloads.rule(view) for view in found.rules], found.total, following)


@resource.post("/api/alerts/rules/", body=RuleBody, answer=Rule, status=201, errors=(409,), **_WRITE)
def rules_create(context: RequestContext) -> object:
    """Make an alert rule.

    It runs within a second. `fields` of an error names each bad field by its path, such as match.all[1].value.
    """
    return alert_payloads.rule(context.call(alert_rules.create, context.body.document()))


@resource.post("/api/alerts/rules/preview/", body=RuleBody, answer=Preview, is_search=True, **_WRITE)
def rules_preview(context: RequestContext) -> object:
    """Say what an alert rule would match.

    Aircraft now, and visits of the last week as far as a visit tells. Nothing is stored, and nobody is alerted.
    """
    return Charged(alert_payloads.preview(context.call(alert_preview.preview, context.body.document())), PREVIEW_COST)


@resource.get("/api/alerts/rules/<rule_id>/", answer=Rule, errors=(404,), **_READ)
def rules_one(context: RequestContext) -> object:
    """Show one own alert rule."""
    return alert_payloads.rule(context.call(alert_rules.one, context.path["rule_id"]))


@resource.post("/api/alerts/rules/<rule_id>/", body=RuleChange, answer=Rule, errors=(404, 409), **_WRITE)
def rules_change(context: RequestContext) -> object:
    """Change an alert rule.

    The whole rule as it is from now on. With `version` it is refused where somebody has changed it meanwhile.
    """
    body: RuleChange = context.body
    return alert_payloads.rule(context.call(alert_rules.update, context.path["rule_id"], body.document(), body.version))


@resource.delete("/api/alerts/rules/<rule_id>/", status=204, errors=(404,), **_WRITE)
def rules_delete(context: RequestContext) -> None:
    """Delete an alert rule.

    What it triggered stays in the list of alerts.
    """
    context.call(alert_rules.delete, context.path["rule_id"])


@resource.post("/api/alerts/rules/<rule_id>/pause/", answer=Rule, errors=(404,), **_WRITE)
def rules_pause(context: RequestContext) -> object:
    """Pause an alert rule."""
    return alert_payloads.rule(context.call(alert_rules.pause, context.path["rule_id"]))


@resource.post("/api/alerts/rules/<rule_id>/resume/", answer=Rule, errors=(404,), **_WRITE)
def rules_resume(context: RequestContext) -> object:
    """Resume a paused alert rule."""
    return alert_payloads.rule(context.call(alert_rules.resume, context.path["rule_id"]))


@resource.post("/api/alerts/rules/<rule_id>/test/", answer=TestResults, errors=(404, 409), **_WRITE)
def rules_test(context: RequestContext) -> object:
    """Send a test to every destination of an alert rule."""
    results = [alert_payloads.test_result(one) for one in context.call(alert_rules.test_now, context.path["rule_id"])]
    return Charged({"results": results}, TEST_COST * len(results))
