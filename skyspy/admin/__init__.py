"""Interfaces: the operators' panel at /admin/: one file and one template per page, one row per route, one gate before all of them.

Invariants: a page's file renders and calls services/, which checks and decides; the gate checks access by the
page's row. To add a page: its file with a `page`, its template, and its name in _MODULES.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFError

from skyspy.admin import (
    alert_counts,
    alerts,
    audit,
    connections,
    dashboard,
    datalink,
    feeds,
    formatting,
    gate,
    health,
    invitations,
    keys,
    profile,
    redirect,
    roles,
    safety,
    session,
    settings,
    statistics,
    users,
)
from skyspy.admin.routes import Page, RequestContext
from skyspy.server import Server, server_of
from skyspy.services import Refused
from skyspy.store import StoreError

_MODULES = (
    session,
    dashboard,
    safety,
    datalink,
    alerts,
    alert_counts,
    statistics,
    connections,
    audit,
    users,
    roles,
    keys,
    settings,
    feeds,
    health,
    profile,
    invitations,
    redirect,
)
PAGES: tuple[Page, ...] = tuple(module.page for module in _MODULES)
"""Every page, in the order of the navigation; pages without a group are not in it."""

redirect.install(PAGES)

__all__ = ["PAGES", "bind_server", "register"]


def register(app: Flask) -> None:
    """Serve every page of the panel on this application."""
    gate.install(app)
    panel = Blueprint("admin", __name__, url_prefix="/admin")
    for page in PAGES:
        for route in page.routes:
            panel.add_url_rule(
                route.path, route.endpoint, gate.view_function(route), methods=[route.method], strict_slashes=False
            )
    panel.register_error_handler(CSRFError, gate.csrf_refused)
    panel.after_request(_forbid_caching)
    panel.context_processor(_shell)
    for name, shown in formatting.FILTERS.items():
        panel.add_app_template_filter(shown, name)
    app.register_blueprint(panel)


def bind_server(app: Flask, server: Server) -> None:
    """Serve the panel of this server."""
    gate.bind_server(app, server)


def _forbid_caching(response: Response) -> Response:
    # Pages show permissions and some show a secret, so no cache may store them.
    response.headers["Cache-Control"] = "no-store"
    return response


def _shell() -> dict[str, Any]:
    """What the layout needs on every page: the user, the navigation, and the numbers in the top bar."""
    server = server_of(current_app)
    anonymous = RequestContext(server, gate.panel_sessions(), gate.browser(), server.settings.current)
    try:
        context = replace(anonymous, user=gate.signed_in())
        counts = session.live_counts(context) if context.user is not None and not g.get("panel_quiet") else {}
    except (StoreError, Refused):
        # This may be the page about exactly this error, so the layout must render without a user.
        context, counts = anonymous, {}
    listed = [page for page in PAGES if page.group and context.may(*page.permissions)]
    groups = [(name, [page for page in listed if page.group == name]) for name in dict.fromkeys(page.group for page in listed)]
    here = (request.endpoint or "").rpartition(".")[2].partition("_")[0]
    return {
        # One name, so that a page's own variables cannot shadow these.
        "shell": {"groups": groups, "here": here, "counts": counts, "closed": server.settings.closed},
        "user": context.user,
        "may": context.may,
        "settings": server.settings.current,
        "now": server.clock.wall(),
    }
