"""Interfaces: the first page of the panel: auth mode, aircraft, receivers, connections and the latest audit entries.

Invariants: everything is readable without scripts; a part that the user has no permission for is neither shown nor queried.
The page's script refreshes it by requesting the same part of the same template, which does not count as use of the session.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from skyspy.admin.feeds import demo_only
from skyspy.admin.labels import features_at
from skyspy.admin.page_helpers import others
from skyspy.admin.routes import OPERATES, Page, RequestContext
from skyspy.presence.presence import count_clients
from skyspy.safety.emergency import DESCRIPTIONS, is_emergency
from skyspy.services import audit_log, feeds, users

page = Page("dashboard", "/dashboard/", "Dashboard", OPERATES, "Overview")

ENTRIES = 8
"""Audit entries shown."""


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """The dashboard."""
    return render_template("admin/dashboard.html", **_parts(context))


@page.get("/dashboard/parts/", quiet=True)
def parts(context: RequestContext) -> ResponseReturnValue:
    """The part that changes, for the page's script."""
    return render_template("admin/_dashboard.html", **_parts(context))


def emergencies(context: RequestContext) -> list[Mapping[str, Any]]:
    """Aircraft that report or squawk an emergency, the last heard first."""
    sky = context.server.skies["live"].view
    audience = sky.audience(context.principal)
    hexes = [one["hex"] for one in sky.tracker.listed() if is_emergency(one.get("emergency"))]
    found = [one for hex_ in hexes if (one := sky.one(hex_, audience)) is not None]
    return sorted(found, key=lambda one: one["seen"])


def _parts(context: RequestContext) -> dict[str, Any]:
    """The values of the page's parts; None for a part that the user may not see."""
    sky = context.server.skies["live"].view
    settings = context.settings if context.may(feeds.MANAGE) else None
    views = context.call(feeds.listing) if context.may(feeds.MANAGE) else None
    watches = context.may(users.MANAGE)
    connected = others(context) if watches else []
    entries = context.call(audit_log.page, audit_log.Search(), ENTRIES) if context.may(audit_log.PERMISSION) else None
    return {
        "mode": None if settings is None else settings.AUTH_MODE,
        "features_at": features_at,
        "problems": () if settings is None else settings.problems,
        "stats": sky.stats(sky.audience(context.principal)) if context.may("stats.view") else None,
        "descriptions": DESCRIPTIONS,
        "emergencies": emergencies(context) if context.may("aircraft.view") else None,
        "feeds": views,
        "demo_only": views is not None and demo_only(views),
        "clients": count_clients(connected) if watches else None,
        "namespaces": sorted(Counter(row.namespace for row in connected).items()),
        "entries": entries,
        "places": context.call(audit_log.visible_subjects, entries) if entries else {},
    }
