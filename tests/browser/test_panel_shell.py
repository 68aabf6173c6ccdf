"""The panel's layout in a real browser: the live bar, the sign-in, the keyboard, and the scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from skyspy.store import roles
from tests.browser.conftest import HOSTILE, Complaints
from tests.browser.receiver import Receiver
from tests.support.databases import change, create_key
from tests.wire.serving import OPERATOR, PASSWORD, Operator, Server

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Browser, Page, expect = playwright.Browser, playwright.Page, playwright.expect


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    """A server for this file, with a few users and hostile names."""
    made = Server(tmp_path_factory.mktemp("shell"), SKYSPY_FEEDS=f"{receiver.url}#interval=0.5")
    operator = Operator(made.folder)
    operator.choose(LOGIN_ATTEMPTS_PER_ADDRESS=500)
    ann = operator.user("ann")
    operator.user("bert", "operator")
    change(operator, roles.create, "listener", frozenset({"audio.view"}), HOSTILE, OPERATOR)
    create_key(operator, ann, "live", HOSTILE, OPERATOR, {"aircraft.view"})
    operator.close()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, panel: Server) -> Any:
    """The cookie of a browser in which ann is signed in."""
    context = chromium.new_context(base_url=panel.url)
    page = context.new_page()
    sign_in(page)
    state = context.storage_state()
    context.close()
    return state


def sign_in(page: Page, path: str = "/admin/sign-in/", password: str = PASSWORD) -> None:
    page.goto(path)
    page.get_by_label("User name").fill("ann")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/dashboard/")


@pytest.fixture
def desk(chromium: Browser, panel: Server, signed_in: Any, complaints: Complaints) -> Iterator[Page]:
    """A page of ann's, which must end without errors; the Content-Security-Policy is in force."""
    context = chromium.new_context(base_url=panel.url, storage_state=signed_in, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def test_the_bar_counts_and_lives(desk: Page) -> None:
    desk.goto("/admin/users/")
    expect(desk.locator("[data-live]")).to_have_text("Connected")
    expect(desk.locator('[data-count="aircraft"]')).to_have_text("40", timeout=20_000)
    expect(desk.locator('[data-count="clients"]')).to_have_text("0", timeout=20_000)


def test_s15_the_live_connection_is_somebody_by_a_token_and_not_by_the_cookie(desk: Page) -> None:
    frames: list[str] = []
    desk.on("websocket", lambda socket: socket.on("framesent", lambda payload: frames.append(str(payload))))
    with desk.expect_request("**/admin/token/") as asked:
        desk.goto("/admin/profile/")
    assert asked.value.method == "POST"
    expect(desk.locator("[data-live]")).to_have_text("Connected")
    assert any('"token"' in frame for frame in frames)
    cookie = next(one for one in desk.context.cookies() if one["name"] == "skyspy_panel")
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/admin")
    assert desk.evaluate("document.cookie") == ""


def test_s13_signing_out_in_one_tab_ends_the_live_connection_of_the_other(chromium: Browser, panel: Server) -> None:
    context = chromium.new_context(base_url=panel.url)
    first, second = context.new_page(), context.new_page()
    sign_in(first)
    second.goto("/admin/users/")
    expect(second.locator("[data-live]")).to_have_text("Connected")
    first.get_by_role("button", name="Sign out", exact=True).click()
    expect(first.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(second.locator("[data-live]")).not_to_have_text("Connected", timeout=3000)
    second.reload()
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
    # What the back button shows is asked for again, not kept.
    first.go_back()
    expect(first.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()


def test_s18_hostile_names_are_shown_and_not_run(desk: Page) -> None:
    for path in ("/admin/keys/", "/admin/keys/1/", "/admin/keys/1/revoke/", "/admin/roles/", "/admin/audit/"):
        desk.goto(path)
        expect(desk.get_by_role("main")).to_contain_text(HOSTILE[:20])
        assert desk.locator("main script, main img").count() == 0
        assert desk.evaluate("window.pwned") is None


def test_the_keyboard_alone_reaches_the_page_and_its_first_act(desk: Page) -> None:
    desk.goto("/admin/users/")
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("link", name="Skip to the content")).to_be_focused()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("link", name="Add a user")).to_be_focused()
    assert desk.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_menu_of_a_small_screen_opens_and_closes_by_keyboard(desk: Page) -> None:
    desk.set_viewport_size({"width": 390, "height": 800})
    desk.goto("/admin/users/")
    expect(desk.get_by_role("link", name="Audit log")).to_have_count(0)
    menu = desk.locator(".rail-menu summary")
    menu.focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("link", name="Audit log")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("link", name="Audit log")).to_have_count(0)
    expect(menu).to_be_focused()


def test_a_key_is_copied_by_its_button(desk: Page) -> None:
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.goto("/admin/keys/new/")
    desk.get_by_label("Name").fill("to be copied")
    desk.get_by_label("See aircraft").check()
    desk.get_by_role("button", name="Make the key").click()
    key = desk.locator("#key").inner_text()
    desk.get_by_role("button", name="Copy the key").click()
    expect(desk.get_by_role("button", name="Copied")).to_be_visible()
    assert desk.evaluate("navigator.clipboard.readText()") == key


def test_a_dangerous_act_asks_for_the_password_and_loses_nothing_that_was_typed(
    desk: Page, panel: Server, complaints: Complaints
) -> None:
    desk.goto("/admin/roles/new/")
    desk.get_by_label("Name").fill("spotter")
    desk.get_by_label("See aircraft").check()
    operator = Operator(panel.folder)
    operator.store.write(lambda connection: connection.exec_driver_sql("UPDATE panel_sessions SET proved_at = 0"))
    operator.close()
    desk.get_by_role("button", name="Make the role").click()
    expect(desk.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    desk.get_by_label("Password").fill("a wrong one")
    desk.get_by_role("button", name="Go on").click()
    expect(desk.get_by_role("alert")).to_have_text("That is not your password.")
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Go on").click()
    expect(desk.get_by_role("status").filter(has_text="The role spotter is made")).to_be_visible()
    # The browser itself reports the answers with 401.
    complaints.clear()


def test_s10_a_wait_counts_down_on_the_page(chromium: Browser, panel: Server) -> None:
    operator = Operator(panel.folder)
    operator.choose(LOGIN_ATTEMPTS_PER_ACCOUNT=1)
    context = chromium.new_context(base_url=panel.url)
    page = context.new_page()
    send = page.get_by_role("main").locator('button[type="submit"]')
    try:
        for _ in range(2):
            page.goto("/admin/sign-in/")
            page.get_by_label("User name").fill("nobody-at-all")
            page.get_by_label("Password", exact=True).fill("wrong")
            send.click()
        expect(page.get_by_role("alert")).to_have_text(re.compile(r"Too many tries\. Try again in \d+ (s|min)\."))
        expect(send).to_be_disabled()
        expect(send).to_have_text(re.compile(r"Sign in \(\d+ s\)"))
    finally:
        context.close()
        operator.settings.change({"LOGIN_ATTEMPTS_PER_ACCOUNT": None}, OPERATOR)
        operator.close()
