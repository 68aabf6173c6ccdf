"""The receivers: how each is doing, and listening to another one before it is written into the environment.

Law: reaching out to an address is the right of whoever holds settings.manage, and stands in the log.
"""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from skyspy import feedurl
from skyspy.admin.forms import one_line
from skyspy.admin.table import Asked, Page
from skyspy.feed import manager
from skyspy.feedurl import SCHEMES, FeedUrlError
from skyspy.store.audit import AuditLog

page = Page("feeds", "/feeds/", "Receivers", ("settings.manage",), "Server")
LISTEN_SECONDS = 3.0


@page.get()
def show(asked: Asked) -> ResponseReturnValue:
    """Every receiver of the live sky."""
    return _page(asked)


@page.post("/feeds/check/")
def check(asked: Asked) -> ResponseReturnValue:
    """Listen to a receiver for three seconds and say what was heard."""
    text = one_line(request.form, "url", 500)
    try:
        url = feedurl.parse(text)
    except FeedUrlError as error:
        return _page(asked, text, error=str(error))
    AuditLog(asked.house.store, asked.house.clock).record(asked.who.actor, "feed.check", url.shown)
    heard = manager.check(url, LISTEN_SECONDS)
    if heard.error:
        return _page(asked, text, error=heard.error)
    return _page(asked, text, heard=f"Received {heard.aircraft} aircraft in {LISTEN_SECONDS:g} s.")


def _page(asked: Asked, url: str = "", heard: str = "", error: str = "") -> str:
    feeds = asked.house.skies["live"].feeds.status()
    return render_template("admin/feeds.html", feeds=feeds, url=url, heard=heard, error=error, schemes=SCHEMES.values())
