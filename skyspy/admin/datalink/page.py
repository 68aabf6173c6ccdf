"""Interfaces: the page of datalink messages, whose parts are the other files of this package, and what these share.

Invariants: text from the air goes into a page as text only; Jinja escapes it, and scripts put it into text nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyspy.admin.routes import Page, RequestContext
from skyspy.services import Refused, acars

page = Page("datalink", "/datalink/", "Datalink", (acars.PERMISSION,), "Overview")


def tried(context: RequestContext, load: Callable[[RequestContext], dict[str, Any]]) -> dict[str, Any]:
    """What `load` gives, or why it cannot: the rest of the page is shown all the same."""
    try:
        return load(context)
    except Refused as refused:
        return {"failed": refused.message}
