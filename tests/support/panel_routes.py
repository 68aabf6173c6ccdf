"""The panel's routes with every choice in their paths written out."""

from __future__ import annotations

import re
from dataclasses import replace

from skyspy.admin import PAGES

_CHOICE = re.compile(r"<any\(([^)]*)\):\w+>")


def spelled(path: str) -> list[str]:
    """The paths that `<any(a, b):name>` in a path stands for."""
    match = _CHOICE.search(path)
    if match is None:
        return [path]
    words = (word.strip() for word in match[1].split(","))
    return [other for word in words for other in spelled(path[: match.start()] + word + path[match.end() :])]


ROUTES = [replace(route, path=path) for page in PAGES for route in page.routes for path in spelled(route.path)]
"""Every route of the panel, once for each of its paths."""
