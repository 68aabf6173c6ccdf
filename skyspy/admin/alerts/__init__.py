"""Interfaces: the pages of alerts: a user's rules, watchlists, destinations, alerts and deliveries."""

from __future__ import annotations

from skyspy.admin.alerts import deliveries, destinations, log, rule_pages, rules, watchlists
from skyspy.admin.alerts.page import page

__all__ = ["deliveries", "destinations", "log", "page", "rule_pages", "rules", "watchlists"]
