"""The receivers: how each is doing, and listening to another one before it is written into the environment.

Law: reaching out to an address is the right of whoever holds settings.manage, and stands in the log.
"""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from skyspy.admin.forms import one_line
from skyspy.admin.table import Asked, Page
from skyspy.feedurl import SCHEMES
from skyspy.operate import Refused, feeds

page = Page("feeds", "/feeds/", "Receivers", (feeds.MANAGE,), "Server")


@page.get()
def show(asked: Asked) -> ResponseReturnValue:
    """Every receiver of the live sky."""
    return _page(asked)


@page.post("/feeds/check/")
def check(asked: Asked) -> ResponseReturnValue:
    """Listen to a receiver for three seconds and say what was heard."""
    text = one_line(request.form, "url", 500)
    try:
        heard = feeds.check(asked.house, asked.who, text)
    except Refused as refused:
        return _page(asked, text, error=refused.message)
    if heard.error:
        return _page(asked, text, error=heard.error)
    return _page(asked, text, heard=f"Received {heard.aircraft} aircraft in {feeds.CHECK_SECONDS:g} s.")


def _page(asked: Asked, url: str = "", heard: str = "", error: str = "") -> str:
    status = asked.house.skies["live"].feeds.status()
    return render_template("admin/feeds.html", feeds=status, url=url, heard=heard, error=error, schemes=SCHEMES.values())
