"""The panel's own address: whoever opens it lands on the first page he may see.

Law: shows nothing itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect
from flask.typing import ResponseReturnValue

from skyspy.admin.routes import Asked, Page

page = Page("landing", "/", "Panel")

OTHERWISE = "/admin/profile/"


def fit(pages: Sequence[Page]) -> None:
    """Serve the panel's own address, given every page in the order of the navigation."""

    @page.get()
    def show(asked: Asked) -> ResponseReturnValue:
        first = next((other for other in pages if other.group and asked.may(*other.needs)), None)
        return redirect(OTHERWISE if first is None else f"/admin{first.path}", 303)
