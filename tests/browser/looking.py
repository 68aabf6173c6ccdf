"""Checks of a panel page in a real browser: signed in, at both widths, in both themes, by axe."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ROOT, missing
from tests.wire.serving import PASSWORD, Server

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Browser, Page = playwright.Browser, playwright.Page

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = [(width, theme) for width in (1280, 390) for theme in ("light", "dark")]


def opened(chromium: Browser, server: Server, **more: Any) -> Page:
    """A page in a new browser context; its policy permits the script of axe."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=server.url, bypass_csp=True, **more)
    context.set_default_timeout(10_000)
    return context.new_page()


def sign_in(chromium: Browser, server: Server, name: str = "ann", **more: Any) -> Page:
    """The same, with a user signed in."""
    page = opened(chromium, server, **more)
    page.goto("/admin/sign-in/")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page


def check(page: Page) -> None:
    """Assert, at both widths and in both themes, that axe finds nothing serious and nothing is too wide."""
    if not AXE.exists():
        missing("node_modules/axe-core is not there: `npm ci` fetches it")
    page.evaluate(AXE.read_text())
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{page.url} is {over} px too wide at {width} px"
        found = page.evaluate(
            "axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html, v.nodes[0].failureSummary]))"
        )
        assert [one for one in found if one[0] in ("serious", "critical")] == [], (page.url, width, theme)
