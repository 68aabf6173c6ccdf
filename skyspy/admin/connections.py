"""Interfaces: the page of live connections of all processes, and disconnecting one, a key's, a user's, or all anonymous ones.

Invariants: services/sessions.py decides. Every disconnect is confirmed first, on a page that says what it ends and how many. The page's
script refreshes the list by requesting the same part of the same template; without scripts it is readable too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from skyspy.admin.formatting import capital, counted
from skyspy.admin.forms import clean_parameter
from skyspy.admin.page_helpers import ID, offset, pager, redirect_with
from skyspy.admin.routes import Page, RequestContext
from skyspy.admin.user_agents import name_of
from skyspy.presence.presence import MESSAGE
from skyspy.services import Refused, sessions
from skyspy.services.sessions import DisconnectImpact
from skyspy.services.users import MANAGE
from skyspy.store.presence import SessionRow
from skyspy.topics import NAMESPACES

page = Page("live", "/live/", "Live connections", (MANAGE,), "Overview")

ROWS = 100
"""Connections on one page of the list."""

KINDS = {"user": "Signed in", "key": "By API key", "anonymous": "Anonymous"}
NOBODY = {
    "key": "Nothing is connected with this key",
    "user": "Nothing of this user is connected",
    "anonymous": "Nobody is connected anonymously",
}
MAX_SID = 64


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """The matching connections, newest first."""
    return render_template("admin/live.html", namespaces=sorted(NAMESPACES), kinds=KINDS, **_listed(context))


@page.get("/live/list/", quiet=True)
def rows(context: RequestContext) -> ResponseReturnValue:
    """The list alone, for the page's script."""
    return render_template("admin/_live.html", **_listed(context))


@page.get("/live/one/<sid>/")
def confirm_disconnect_session(context: RequestContext, sid: str) -> ResponseReturnValue:
    """What disconnecting one connection does."""
    impact = _preview(context, "session", sid[:MAX_SID])
    if not impact.rows:
        return _not_there("This connection is not there any more", "It was closed, or it has gone by itself.")
    row = impact.rows[0]
    program, more = name_of(row.agent, ""), _more(context, row)
    return render_template("admin/live_one.html", row=row, impact=impact, told=MESSAGE, program=program, **more)


@page.post("/live/one/<sid>/")
def disconnect_session(context: RequestContext, sid: str) -> ResponseReturnValue:
    """Disconnect one connection."""
    return _disconnected(context.call(sessions.disconnect, "session", sid[:MAX_SID]))


@page.get(f"/live/<any(key, user):what>/<{ID}:target>/")
def confirm_disconnect_all_of(context: RequestContext, what: str, target: int) -> ResponseReturnValue:
    """What disconnecting all connections of a key or a user does."""
    return _confirm(context, what, str(target))


@page.post(f"/live/<any(key, user):what>/<{ID}:target>/")
def disconnect_all_of(context: RequestContext, what: str, target: int) -> ResponseReturnValue:
    """Disconnect all connections of a key, or of a user and the user's keys."""
    return _disconnected(context.call(sessions.disconnect, what, str(target)))


@page.get("/live/anonymous/")
def confirm_disconnect_anonymous(context: RequestContext) -> ResponseReturnValue:
    """What disconnecting all anonymous clients does."""
    return _confirm(context, "anonymous", "")


@page.post("/live/anonymous/")
def disconnect_anonymous(context: RequestContext) -> ResponseReturnValue:
    """Disconnect all anonymous clients."""
    return _disconnected(context.call(sessions.disconnect, "anonymous"))


def _listed(context: RequestContext) -> dict[str, Any]:
    search, namespace = clean_parameter(request.args, "search", 64), clean_parameter(request.args, "namespace", 32)
    kind = request.args.get("kind", "")
    found = context.call(sessions.listing, search, namespace, kind if kind in KINDS else "")
    # The list may have become shorter since the page was rendered.
    start = min(offset(), max(0, (len(found) - 1) // ROWS * ROWS))
    shown = found[start : start + ROWS]
    noun = "connection" if len(found) == 1 else "connections"
    return {
        "sessions": [(row, name_of(row.agent, "")) for row in shown],
        "search": search,
        "namespace": namespace,
        "kind": kind,
        "filtered": bool(search or namespace or kind),
        "processes": len({row.process for row in found} | {context.server.sessions.process}),
        "pages": pager(start, len(shown), len(found), noun, ROWS, url_for("admin.live_show")),
        "whole": _whole(found) if search else {},
        "anonymous": any(row.kind == "anonymous" for row in found),
    }


def _whole(found: list[SessionRow]) -> Mapping[str, SessionRow]:
    """The key or user that all listed connections belong to, so that they can be ended together; empty if there is none."""
    if not found or any(row.kind == "anonymous" for row in found):
        return {}
    first = found[0]
    if first.key_id is not None and {row.key_id for row in found} == {first.key_id}:
        return {"key": first}
    return {"user": first} if {row.user_id for row in found} == {first.user_id} else {}


def _more(context: RequestContext, row: SessionRow) -> dict[str, int]:
    """The number of connections of the same key and of the same user."""
    connected = context.server.presence.all_sessions()
    return {
        "of_key": sum(row.key_id is not None and other.key_id == row.key_id for other in connected),
        "of_user": sum(row.user_id is not None and other.user_id == row.user_id for other in connected),
    }


def _preview(context: RequestContext, what: str, target: str) -> DisconnectImpact:
    impact = context.call(sessions.preview_disconnect, what, target)
    above = next((owner.name for owner in impact.owners if not owner.permissions <= context.principal.permissions), "")
    if above:
        raise Refused("permission_denied", f"{above} holds more than you do: ask somebody who holds as much")
    return impact


def _confirm(context: RequestContext, what: str, target: str) -> ResponseReturnValue:
    impact = _preview(context, what, target)
    if not impact.rows:
        return _not_there(
            NOBODY[what], "There is nothing to disconnect. Whoever connects shows up under live connections at once."
        )
    return render_template("admin/ask/disconnect.html", impact=impact, told=MESSAGE)


def _not_there(title: str, text: str) -> ResponseReturnValue:
    return render_template("admin/live_nobody.html", title=title, text=text)


def _disconnected(gone: int) -> ResponseReturnValue:
    return redirect_with(f"{capital(counted(gone, 'connection'))} {'was' if gone == 1 else 'were'} told to go.", "live_show")
