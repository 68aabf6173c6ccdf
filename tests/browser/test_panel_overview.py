"""The dashboard and the receivers in a real browser: adding, pausing and removing a receiver shows on an open page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import Complaints
from tests.browser.receiver import Receiver
from tests.wire.serving import PASSWORD, Operator, Server

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Browser, BrowserContext, Page, expect = (
    playwright.Browser,
    playwright.BrowserContext,
    playwright.Page,
    playwright.expect,
)

PARTS = "**/admin/dashboard/parts/"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a receiver: only the demo runs."""
    made = Server(tmp_path_factory.mktemp("overview"), SKYSPY_FEEDS="demo://?aircraft=5")
    operator = Operator(made.folder)
    operator.user("ann")
    operator.close()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, plain: Server) -> Any:
    """The cookie of a browser in which ann is signed in."""
    context = chromium.new_context(base_url=plain.url)
    page = context.new_page()
    page.goto("/admin/sign-in/")
    page.fill("[name=name]", "ann")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/dashboard/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def window(chromium: Browser, plain: Server, signed_in: Any, complaints: Complaints) -> Iterator[BrowserContext]:
    """A browser of ann's, whose pages must end without errors."""
    context = chromium.new_context(base_url=plain.url, storage_state=signed_in, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)

    def listen(page: Page) -> None:
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))

    context.on("page", listen)
    yield context
    context.close()
    assert complaints == []


def row(page: Page, text: str) -> Any:
    return page.locator("tbody tr").filter(has_text=text)


def test_a_receiver_is_tried_added_seen_paused_and_removed_and_the_open_dashboard_follows(
    window: BrowserContext, receiver: Receiver
) -> None:
    board, desk = window.new_page(), window.new_page()
    board.goto("/admin/dashboard/")
    board.evaluate("window.stayed = true")
    expect(board.get_by_text("Only the demo runs")).to_be_visible()
    port = receiver.url.split(":")[2].split("/")[0]

    # What was typed stays while it is tried.
    desk.goto("/admin/feeds/")
    desk.get_by_label("Address").fill(receiver.url)
    desk.get_by_role("button", name="Try it first").click()
    expect(desk.get_by_text("Received 40 aircraft in 3 s. Add it to keep it.")).to_be_visible()
    expect(desk.get_by_label("Address")).to_have_value(receiver.url)
    desk.get_by_role("button", name="Add it").click()
    expect(desk.get_by_role("status").filter(has_text="is added")).to_be_visible()
    expect(row(desk, port)).to_contain_text("added by ann just now")
    expect(row(desk, port)).to_contain_text("Up", timeout=20_000)

    # The other page has its aircraft, its emergency and its audit row, and the demo is paused.
    board.bring_to_front()
    expect(row(board, port)).to_contain_text("Up", timeout=20_000)
    expect(row(board, port).locator("[data-label=Aircraft]")).to_have_text("40", timeout=20_000)
    expect(row(board, "TST4")).to_contain_text("Emergency", timeout=20_000)
    expect(row(board, "demo")).to_contain_text("Paused")
    expect(board.get_by_text("Only the demo runs")).to_have_count(0)
    expect(board.locator(".lines li").filter(has_text="feed.add")).to_contain_text(f"feed {receiver.url}")

    desk.bring_to_front()
    row(desk, port).get_by_role("button", name="Test").click()
    expect(desk.get_by_role("status").filter(has_text="Received 40 aircraft in 3 s.")).to_be_visible()
    row(desk, port).get_by_role("button", name="Pause").click()
    expect(row(desk, port)).to_contain_text("Paused")
    board.bring_to_front()
    expect(row(board, port)).to_contain_text("Paused", timeout=20_000)

    desk.bring_to_front()
    row(desk, port).get_by_role("link", name="Remove").click()
    expect(desk.get_by_role("listitem").filter(has_text="40 aircraft that only it hears leave the sky")).to_be_visible()
    desk.get_by_role("button", name="Remove the receiver").click()
    expect(desk.get_by_role("status").filter(has_text="is removed")).to_be_visible()
    board.bring_to_front()
    expect(board.get_by_text("Only the demo runs")).to_be_visible(timeout=20_000)
    expect(row(board, port)).to_have_count(0)
    assert board.evaluate("window.stayed"), "it was never loaded anew"


def test_the_bar_and_the_dashboard_say_the_same_number_of_clients(window: BrowserContext) -> None:
    page = window.new_page()
    page.goto("/admin/dashboard/")
    tile = page.locator('main [data-count="clients"]')
    expect(tile).to_have_text(re.compile("[0-9]"), timeout=20_000)
    with page.expect_response(PARTS):
        pass
    script = "['.counts', 'main'].map((place) => document.querySelector(`${place} [data-count=clients]`).textContent)"
    bar, board = page.evaluate(script)
    assert bar == board


def test_a_page_that_nobody_looks_at_asks_for_nothing(window: BrowserContext) -> None:
    page = window.new_page()
    page.clock.install()
    page.goto("/admin/dashboard/")
    expect(page.locator("[data-live]")).to_have_text("Connected")
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true }); window.away = true")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "parts" in request.url else None)
    page.clock.run_for(20_000)
    assert asked == []
    with page.expect_response(PARTS):
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")


def test_what_is_focused_stays_focused_while_the_list_renews_itself(window: BrowserContext) -> None:
    page = window.new_page()
    page.goto("/admin/feeds/")
    button = row(page, "demo").get_by_role("button", name="Test")
    button.focus()
    with page.expect_response("**/admin/feeds/list/"):
        pass
    expect(button).to_be_focused()
    before = row(page, "demo").locator("small").filter(has_text="in all").inner_text()
    expect(row(page, "demo").locator("small").filter(has_text="in all")).not_to_have_text(before)
    expect(button).to_be_focused()


def test_on_a_phone_what_was_done_lately_takes_two_lines_an_entry(window: BrowserContext) -> None:
    page = window.new_page()
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/admin/dashboard/")
    expect(page.locator("[data-live]")).to_have_text("Connected")
    tall = page.evaluate("[...document.querySelectorAll('.lines li')].map((one) => one.getBoundingClientRect().height)")
    line = page.evaluate("parseFloat(getComputedStyle(document.body).lineHeight)")
    assert tall and sorted(tall)[len(tall) // 2] < 3 * line
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_without_javascript_both_pages_can_be_read_and_a_receiver_is_added(
    chromium: Browser, plain: Server, signed_in: Any
) -> None:
    context = chromium.new_context(base_url=plain.url, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    page.goto("/admin/dashboard/")
    expect(row(page, "demo")).to_contain_text("Demo")
    page.goto("/admin/feeds/")
    page.get_by_label("Address").fill("sbs://127.0.0.1:1")
    page.get_by_role("button", name="Try it first").click()
    expect(page.get_by_text("Connection refused. It can be added all the same")).to_be_visible()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("status").filter(has_text="is added")).to_be_visible()
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove the receiver").click()
    expect(page.get_by_role("status").filter(has_text="is removed")).to_be_visible()
    context.close()
