"""Interfaces: the page that says how much alerting users do: numbers only.

Invariants: services/alert_log.py decides. Nothing of a rule, a list, a destination or an alert of another user is shown to anybody.
"""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from skyspy.admin.routes import Page, RequestContext
from skyspy.services import alert_log

page = Page("alertcounts", "/alerts/users/", "Alerts by user", (alert_log.MANAGE_USERS,))


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """The numbers of each user who has any."""
    return render_template("admin/alerts/counts.html", users=context.call(alert_log.counts))
