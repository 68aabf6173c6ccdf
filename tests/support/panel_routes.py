"""The panel's routes with every choice in their paths written out."""

from __future__ import annotations

from dataclasses import replace

from skyspy.admin import PAGES
from tests.golden.make import spelled

ROUTES = [replace(route, path=path) for page in PAGES for route in page.routes for path in spelled(route.path)]
"""Every route of the panel, once for each of its paths."""
