"""Interfaces: shared parts of pages: redirects with a message, and paging.

Invariants: nothing here is about one page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from skyspy.admin.routes import RequestContext
from skyspy.server import rooted, server_of
from skyspy.store.audit import printable
from skyspy.store.presence import SessionRow
from skyspy.store.schema import MAX_ID

ROWS = 50
"""Rows on one page of a list."""

ID = f"int(max={MAX_ID})"
"""The URL converter of an id."""


@dataclass(frozen=True, slots=True)
class Pager:
    """The position of a page in its list: `shown` in words, and the addresses of the pages before and after, or None."""

    shown: str
    previous: str | None
    following: str | None


def others(context: RequestContext) -> list[SessionRow]:
    """The sessions of all processes but those of the user in this browser: one's own page is no client."""
    me, here = context.principal.user_id, context.browser
    return [
        row
        for row in context.server.presence.all_sessions()
        if row.kind != "user" or (row.user_id, row.address, row.agent) != (me, here.address, printable(here.agent, 200))
    ]


def offset() -> int:
    """The number of rows to skip, from the query string; 0 if it is invalid."""
    text = request.args.get("from", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


def pager(start: int, count: int, total: int, noun: str, rows: int = ROWS, path: str = "") -> Pager:
    """The pager of a list of which `count` rows from `start` on are shown, `rows` a page; `path` is the list's address
    where that is not this request's."""
    shown = f"{start + 1} to {start + count} of {total:,} {noun}" if count < total and count else f"{total:,} {noun}"
    before = _with_offset(max(0, start - rows), path) if start > 0 else None
    after = _with_offset(start + rows, path) if start + count < total else None
    return Pager(shown, before, after)


def redirect_with(message: str, endpoint: str, *, kind: str = "ok", **values: Any) -> ResponseReturnValue:
    """Redirect to a page of the panel, which shows the message above; `kind`: ok, warn or danger."""
    flash(message, kind)
    return redirect(url_for(f"admin.{endpoint}", **values), 303)


def socketio_path() -> str:
    """The path of Socket.IO as clients write it."""
    return rooted(server_of(current_app).config.socketio_path)


def _with_offset(start: int, path: str) -> str:
    words = [(name, value) for name, value in request.args.items(multi=True) if name != "from"]
    if start:
        words.append(("from", str(start)))
    return (path or rooted(request.path)) + (f"?{urlencode(words)}" if words else "")
