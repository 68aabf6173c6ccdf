"""Interfaces: /admin/ redirects to the first page that the user may see."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect
from flask.typing import ResponseReturnValue

from skyspy.admin.routes import Page, RequestContext
from skyspy.server import rooted

page = Page("landing", "/", "Panel")

DEFAULT = "/admin/profile/"


def install(pages: Sequence[Page]) -> None:
    """Add the route of /admin/; `pages` are all pages in the order of the navigation."""

    @page.get()
    def show(context: RequestContext) -> ResponseReturnValue:
        first = next((other for other in pages if other.group and context.may(*other.permissions)), None)
        return redirect(rooted(DEFAULT if first is None else f"/admin{first.path}"), 303)
