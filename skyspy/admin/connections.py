"""The page of live connections, in every server process, and disconnecting them: one, a key's, a user's, or all anonymous ones.

Invariants: services/sessions.py decides. Every act is confirmed first, on a page that says what it ends and how many. The list
refreshes itself by requesting the same part of the same template; without scripts it is readable too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from skyspy.admin.confirm import ID, confirm, offset, pager, redirect_with
from skyspy.admin.formatting import counted, counted_first, listed
from skyspy.admin.forms import one_line
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
"""How many connections a page of the list has."""

KINDS = {"user": "Signed in", "key": "By API key", "anonymous": "Anonymous"}
MAX_SID = 64


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """All connections, the newest first, or those that match."""
    return render_template("admin/live.html", namespaces=sorted(NAMESPACES), kinds=KINDS, **_found(context))


@page.get("/live/list/", quiet=True)
def rows(context: RequestContext) -> ResponseReturnValue:
    """The list alone, for the page that renews itself."""
    return render_template("admin/_live.html", **_found(context))


@page.get("/live/one/<sid>/")
def one(context: RequestContext, sid: str) -> ResponseReturnValue:
    """What disconnecting one connection does."""
    meant = _meant(context, "session", sid[:MAX_SID])
    if not meant.rows:
        return _not_there("This connection is not there any more", "It was closed, or it has gone by itself.")
    row, points = meant.rows[0], _points(context, meant)
    return render_template(
        "admin/live_one.html", row=row, meant=meant, points=points, program=name_of(row.agent, ""), **_more(context, row)
    )


@page.post("/live/one/<sid>/")
def end_one(context: RequestContext, sid: str) -> ResponseReturnValue:
    """Disconnect one connection."""
    return _done(sessions.disconnect(context.server, context.caller, "session", sid[:MAX_SID]))


@page.get(f"/live/key/<{ID}:key_id>/")
def key(context: RequestContext, key_id: int) -> ResponseReturnValue:
    """What disconnecting all connections of a key does."""
    return _ask(context, "key", str(key_id), "Nothing is connected with this key")


@page.post(f"/live/key/<{ID}:key_id>/")
def end_key(context: RequestContext, key_id: int) -> ResponseReturnValue:
    """Disconnect all connections of a key."""
    return _done(sessions.disconnect(context.server, context.caller, "key", str(key_id)))


@page.get(f"/live/user/<{ID}:user_id>/")
def user(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """What disconnecting all connections of a user does."""
    return _ask(context, "user", str(user_id), "Nothing of this user is connected")


@page.post(f"/live/user/<{ID}:user_id>/")
def end_user(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """Disconnect all connections of a user, those of the user's keys too."""
    return _done(sessions.disconnect(context.server, context.caller, "user", str(user_id)))


@page.get("/live/anonymous/")
def anonymous(context: RequestContext) -> ResponseReturnValue:
    """What disconnecting all anonymous clients does."""
    return _ask(context, "anonymous", "", "Nobody is connected anonymously")


@page.post("/live/anonymous/")
def end_anonymous(context: RequestContext) -> ResponseReturnValue:
    """Disconnect all anonymous clients."""
    return _done(sessions.disconnect(context.server, context.caller, "anonymous"))


def _found(context: RequestContext) -> dict[str, Any]:
    search, namespace = one_line(request.args, "search", 64), one_line(request.args, "namespace", 32)
    kind = request.args.get("kind", "")
    everybody = sessions.listing(context.server, context.caller, search, namespace, kind if kind in KINDS else "")
    # Who was on a later page may be on an earlier one by now, as others went.
    start = min(offset(), max(0, (len(everybody) - 1) // ROWS * ROWS))
    shown = everybody[start : start + ROWS]
    noun = "connection" if len(everybody) == 1 else "connections"
    return {
        "sessions": [(row, name_of(row.agent, "")) for row in shown],
        "search": search,
        "namespace": namespace,
        "kind": kind,
        "filtered": bool(search or namespace or kind),
        "processes": len({row.process for row in everybody} | {context.server.sessions.process}),
        "pages": pager(start, len(shown), len(everybody), noun, ROWS, url_for("admin.live_show")),
        "whole": _whole(everybody) if search else {},
        "anonymous": any(row.kind == "anonymous" for row in everybody),
    }


def _whole(everybody: list[SessionRow]) -> Mapping[str, SessionRow]:
    """The one key or user that all the found connections belong to, so that they can be ended together."""
    if not everybody or any(row.kind == "anonymous" for row in everybody):
        return {}
    first = everybody[0]
    if first.key_id is not None and {row.key_id for row in everybody} == {first.key_id}:
        return {"key": first}
    return {"user": first} if {row.user_id for row in everybody} == {first.user_id} else {}


def _more(context: RequestContext, row: SessionRow) -> dict[str, int]:
    """How many connections the same key and the same user have in all."""
    everybody = context.server.presence.everybody()
    return {
        "of_key": sum(row.key_id is not None and other.key_id == row.key_id for other in everybody),
        "of_user": sum(row.user_id is not None and other.user_id == row.user_id for other in everybody),
    }


def _meant(context: RequestContext, what: str, target: str) -> DisconnectImpact:
    meant = sessions.meant(context.server, context.caller, what, target)
    above = next((owner.name for owner in meant.owners if not owner.permissions <= context.principal.permissions), "")
    if above:
        raise Refused("permission_denied", f"{above} holds more than you do: ask somebody who holds as much")
    return meant


def _ask(context: RequestContext, what: str, target: str, title: str) -> ResponseReturnValue:
    meant = _meant(context, what, target)
    if not meant.rows:
        return _not_there(title, "There is nothing to disconnect. Whoever connects shows up under live connections at once.")
    count = counted(len(meant.rows), "connection")
    return confirm(
        f"Disconnect {meant.whom}?",
        _points(context, meant),
        f"Disconnect {count}",
        url_for("admin.live_show"),
        "Live connections",
    )


def _points(context: RequestContext, meant: DisconnectImpact) -> list[str]:
    """What disconnecting them does, as sentences."""
    where = listed([f"{count} in {namespace}" for namespace, count in sorted(meant.namespaces.items())])
    only = f"The live connection of {meant.whom} in {meant.rows[0].namespace} ends."
    many = f"{counted(len(meant.rows), 'live connection')} of {meant.whom} end: {where}."
    points = [
        only if len(meant.rows) == 1 else many,
        f"{'It is' if len(meant.rows) == 1 else 'They are'} told “{MESSAGE}” and closed within 2 seconds.",
        f"Whoever it is may connect again at once. {meant.keep_out}",
    ]
    if any(row.user_id == context.principal.user_id and row.kind == "user" for row in meant.rows):
        points.append("Your own page's live connection may be among them; it comes back by itself.")
    return points


def _not_there(title: str, text: str) -> ResponseReturnValue:
    return render_template("admin/live_nobody.html", title=title, text=text)


def _done(gone: int) -> ResponseReturnValue:
    return redirect_with(f"{counted_first(gone, 'connection')} {'was' if gone == 1 else 'were'} told to go.", "live_show")
