"""Who is connected to this process, and seeing somebody out.

Law: thin over operate/live; every act says first what it ends.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from skyspy.admin.forms import one_line
from skyspy.admin.table import Asked, Page
from skyspy.operate import live
from skyspy.operate.users import MANAGE
from skyspy.topics import NAMESPACES

page = Page("live", "/live/", "Live connections", (MANAGE,), "Overview")
SHOWN = 200


@page.get()
def show(asked: Asked) -> ResponseReturnValue:
    """Everybody, the newest first, or those who match."""
    search, namespace = one_line(request.args, "search", 64), one_line(request.args, "namespace", 32)
    found = live.listing(asked.house, asked.who, search, namespace)
    return render_template(
        "admin/live.html",
        sessions=found[:SHOWN],
        total=len(found),
        search=search,
        namespace=namespace,
        namespaces=sorted(NAMESPACES),
    )


@page.get("/live/anonymous/")
def anonymous(asked: Asked) -> ResponseReturnValue:
    """What sending all anonymous clients away would do."""
    count = sum(row.kind == "anonymous" for row in live.listing(asked.house, asked.who))
    return render_template("admin/live_anonymous.html", count=count)


@page.post("/live/disconnect/")
def disconnect(asked: Asked) -> ResponseReturnValue:
    """Send away one connection, or all of a key, a user, or the anonymous."""
    what, number = request.form.get("what", ""), one_line(request.form, "id", 64)
    if what == "anonymous":
        gone = live.disconnect_anonymous(asked.house, asked.who)
    elif what in ("key", "user") and number.isdecimal():
        act = live.disconnect_key if what == "key" else live.disconnect_user
        gone = act(asked.house, asked.who, int(number))
    else:
        gone = live.disconnect(asked.house, asked.who, number)
    flash(f"{gone} {'connection was' if gone == 1 else 'connections were'} told to go.", "ok")
    return redirect(url_for("admin.live_show"), 303)
