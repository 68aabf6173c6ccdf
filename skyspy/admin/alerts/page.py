"""Interfaces: the page of alerts, whose parts are the other files of this package.

Invariants: everything here is the signed-in user's own; the services are given no other user's id.
"""

from __future__ import annotations

from skyspy.admin.routes import Page
from skyspy.services import alert_rules

page = Page("alerts", "/alerts/", "Alerts", (alert_rules.VIEW,), "Overview")
