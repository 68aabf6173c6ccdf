"""The panel's page of safety events in a real browser: a real emergency appears by itself and is acknowledged by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.looking import check, sign_in
from tests.browser.receiver import Receiver, aircraft
from tests.wire.serving import Operator, Server

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Browser, Page, expect = playwright.Browser, playwright.Page, playwright.expect

WITHIN = 20_000
"""Milliseconds until an event has appeared: two looks of the rule, then one refresh."""


@pytest.fixture(scope="module")
def quiet() -> Iterator[Receiver]:
    """Five aircraft without an emergency."""
    made = Receiver([aircraft(number) for number in range(1, 6)])
    yield made
    made.stop()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, quiet: Receiver) -> Iterator[Server]:
    """A server with that receiver, and two people."""
    made = Server(tmp_path_factory.mktemp("safety"), SKYSPY_FEEDS=f"{quiet.url}#interval=0.5")
    operator = Operator(made.folder)
    operator.user("ann")
    operator.close()
    yield made
    made.stop()


def test_an_emergency_appears_is_acknowledged_by_keyboard_and_moves_to_the_past(
    chromium: Browser, guarded: Server, quiet: Receiver
) -> None:
    page = sign_in(chromium, guarded)
    page.goto("/admin/safety/")
    opened, past = page.locator("[data-renew*=open]"), page.locator("[data-renew*=past]")
    expect(opened).to_contain_text("Nothing goes on now")
    check(page)
    quiet.sky = [*quiet.sky[1:], aircraft(1, squawk="7700", emergency="general")]
    row = opened.locator("tbody tr")
    expect(row).to_contain_text("TST1", timeout=WITHIN)
    expect(row).to_contain_text("Critical")
    check(page)
    button = row.get_by_role("button", name="Acknowledge Emergency squawk")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]").filter(has_text="acknowledged by you")).to_be_visible()
    expect(row).to_contain_text("ann")
    row.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text("Emergency squawk")
    expect(page.locator(".facts").last).to_contain_text("7700")
    check(page)
    page.go_back()
    quiet.sky = [*quiet.sky[:-1], aircraft(1)]
    expect(past.locator("tbody tr")).to_contain_text("TST1", timeout=WITHIN)
    expect(opened).to_contain_text("Nothing goes on now")
    page.context.close()
