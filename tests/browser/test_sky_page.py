"""The live table in a real browser: updates, sorting, filters, hidden columns, and escaping of text."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from skyspy.store import users
from tests.browser.conftest import HOSTILE, Complaints
from tests.conftest import ROOT, missing
from tests.support.databases import change
from tests.wire.serving import OPERATOR, PASSWORD, Operator, Server, eventually

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Page, expect = playwright.Page, playwright.expect

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (1280, 390)
THEMES = ("light", "dark")


@pytest.fixture
def sky(page: Page) -> Page:
    """The sky page with its forty aircraft."""
    page.goto("/")
    expect(page.locator("tbody tr")).to_have_count(40)
    return page


def column(page: Page, key: str) -> list[str]:
    texts: list[str] = page.locator(f"tbody .c-{key}").all_inner_texts()
    return texts


def test_the_table_fills_and_moves_without_a_complaint(sky: Page) -> None:
    expect(sky.locator(".state")).to_have_text("Connected")
    expect(sky.locator('[data-count="aircraft"]')).to_have_text("40")
    expect(sky.locator('[data-count="positions"]')).to_have_text("40")
    expect(sky.locator('[data-count="messages"]')).not_to_have_text("–")
    altitude = sky.locator('tr[data-hex="4B0001"] .c-alt')
    before = altitude.inner_text()
    expect(altitude).not_to_have_text(before)


def test_a_demo_label_stands_only_over_simulated_traffic(sky: Page) -> None:
    expect(sky.locator('[data-count="messages"]')).not_to_have_text("–")
    expect(sky.locator("[data-demo]")).to_be_hidden()


def test_s18_what_a_radio_says_is_shown_and_not_run(sky: Page) -> None:
    sky.locator('tr[data-hex="4B0006"] button').click()
    expect(sky.locator("#detail")).to_contain_text(HOSTILE)
    expect(sky.locator('tr[data-hex="4B0006"] .c-r')).to_have_text("<b>x</b>")
    assert sky.evaluate("window.pwned") is None
    assert sky.locator("#detail img, #detail script, tbody b").count() == 0


def test_military_and_emergency_are_told_in_words(sky: Page) -> None:
    expect(sky.locator('tr[data-hex="4B0003"] th')).to_contain_text("MIL")
    # A squawk counts after it was received twice.
    expect(sky.locator('tr[data-hex="4B0004"] th')).to_contain_text("emergency")
    expect(sky.locator("[data-alarm]")).to_contain_text("TST4 squawks 7700")


def test_an_aircraft_without_a_callsign_goes_by_its_address(sky: Page) -> None:
    expect(sky.locator('tr[data-hex="4B0005"] th')).to_have_text("4B0005")


def test_the_headings_sort_by_keyboard_and_say_so(sky: Page) -> None:
    assert sky.locator("th[aria-sort]").get_attribute("data-key") == "distance"
    head = sky.locator('th[data-key="alt"]')
    head.locator("button").focus()
    sky.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert eventually(lambda: column(sky, "hex")[:3] == ["4B0001", "4B0002", "4B0003"])
    sky.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert eventually(lambda: column(sky, "hex")[0] == "4B0028")
    expect(sky.locator("th[aria-sort]")).to_have_count(1)


def test_rows_are_walked_and_opened_by_keyboard(sky: Page) -> None:
    sky.locator("tbody tr button").first.focus()
    first = sky.evaluate("document.activeElement.closest('tr').dataset.hex")
    sky.keyboard.press("ArrowDown")
    second = sky.evaluate("document.activeElement.closest('tr').dataset.hex")
    assert first != second
    sky.keyboard.press("Enter")
    expect(sky.locator("#detail")).to_be_visible()
    expect(sky.locator("#detail")).to_contain_text(second)
    expect(sky.locator(f'tr[data-hex="{second}"] button')).to_have_attribute("aria-expanded", "true")
    sky.keyboard.press("Escape")
    expect(sky.locator("#detail")).to_be_hidden()
    assert sky.evaluate("document.activeElement.closest('tr').dataset.hex") == second


def test_the_keyboard_stays_on_its_row_while_the_sky_moves(sky: Page) -> None:
    sky.locator('tr[data-hex="4B0010"] button').focus()
    sky.keyboard.press("Shift+Tab")
    sky.keyboard.press("Tab")
    sky.wait_for_timeout(2500)
    assert sky.evaluate("document.activeElement.closest('tr').dataset.hex") == "4B0010"


def test_the_filter_narrows_and_an_empty_table_says_what_to_do(sky: Page) -> None:
    sky.keyboard.press("/")
    sky.keyboard.type("tst1")
    expect(sky.locator("tbody tr")).to_have_count(11)
    expect(sky.locator("[data-shown]")).to_have_text("11 of 40 aircraft")
    sky.locator('[data-only="military"]').click()
    expect(sky.locator("tbody tr")).to_have_count(0)
    expect(sky.locator("[data-empty]")).to_contain_text("Nothing matches the filter")
    sky.get_by_role("button", name="Clear the filter").click()
    expect(sky.locator("tbody tr")).to_have_count(40)


@pytest.mark.parametrize("path", ["/", "/api/docs/", "/nothing-here"])
def test_no_page_scrolls_sideways_on_a_phone(page: Page, complaints: Complaints, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(path)
    if path == "/":
        expect(page.locator("tbody tr")).to_have_count(40)
        page.locator("tbody tr button").first.click()
    for details in page.locator("details").all():
        details.evaluate("one => { one.open = true; }")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    # The browser itself reports the 404 that was asked for.
    complaints[:] = [said for said in complaints if "404" not in said]


def test_columns_give_way_on_a_phone_and_the_details_have_them_all(sky: Page) -> None:
    sky.set_viewport_size({"width": 390, "height": 800})
    expect(sky.locator("thead th:visible")).to_have_text(["Callsign", "Type", "Altft", "Speedkt", "Distnm"])
    sky.locator('tr[data-hex="4B0001"] button').click()
    for text in ("4B0001", "HB-001", "Bearing", "Source"):
        expect(sky.locator("#detail")).to_contain_text(text)


def test_the_page_says_who_an_aircraft_is_where_the_receiver_does_not(sky: Page) -> None:
    sky.set_viewport_size({"width": 1600, "height": 800})
    expect(sky.locator('tr[data-hex="4B0001"] .c-country')).to_have_text("Switzerland")
    expect(sky.locator('tr[data-hex="4B0001"] .c-operator')).to_have_text("–")
    sky.locator('tr[data-hex="4B0001"] button').click()
    for text in ("Switzerland", "L2J", "medium", "Airbus A320"):
        expect(sky.locator("#detail")).to_contain_text(text)
    sky.keyboard.press("Escape")
    sky.keyboard.press("/")
    sky.keyboard.type("switz tst1")
    expect(sky.locator("tbody tr")).to_have_count(11)


def test_the_theme_follows_the_system_until_one_is_chosen(sky: Page) -> None:
    sky.emulate_media(color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = sky.evaluate(paper)
    switch = sky.locator("[data-theme-switch]")
    switch.click()
    assert sky.evaluate(paper) != dark
    sky.reload()
    assert sky.evaluate(paper) != dark
    switch.click()
    assert sky.evaluate(paper) == dark


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/", "/api/docs/"])
def test_axe_finds_nothing_serious(page: Page, path: str, width: int, theme: str) -> None:
    if not AXE.exists():
        missing("node_modules/axe-core is not there: `npm ci` fetches it")
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)
    page.goto(path)
    if path == "/":
        expect(page.locator("tbody tr")).to_have_count(40)
        page.locator('tr[data-hex="4B0004"] button').click()
    for details in page.locator("details").all()[:6]:
        details.evaluate("one => { one.open = true; }")
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html, v.nodes[0].failureSummary]))"
    )
    assert [row for row in found if row[0] in ("serious", "critical")] == []


def test_a_page_lives_through_the_servers_death_and_return(sky: Page, server: Server, complaints: Complaints) -> None:
    os.kill(server.worker, signal.SIGKILL)
    expect(sky.locator(".state")).to_have_text("Reconnecting")
    expect(sky.locator("tbody tr")).to_have_count(40)
    expect(sky.locator("[data-trouble]")).to_contain_text("last known")
    expect(sky.locator(".state")).to_have_text("Connected", timeout=20_000)
    expect(sky.locator("[data-trouble]")).to_be_hidden()
    altitude = sky.locator('tr[data-hex="4B0001"] .c-alt')
    expect(altitude).not_to_have_text(altitude.inner_text(), timeout=20_000)
    # The browser itself reports connections that fail.
    complaints.clear()


@pytest.fixture
def private(operator: Operator) -> Iterator[Operator]:
    yield operator
    operator.choose(AUTH_MODE="hybrid", FEATURE_ACCESS="aircraft=public")


def test_a_page_that_may_no_longer_see_aircraft_shows_none_and_says_so(sky: Page, private: Operator) -> None:
    private.choose(FEATURE_ACCESS="aircraft=permission")
    expect(sky.locator("tbody tr")).to_have_count(0)
    expect(sky.locator("[data-empty]")).to_contain_text("You may not see aircraft here")
    expect(sky.locator(".state")).to_have_text("Connected")


def test_a_live_page_is_told_when_the_sky_becomes_private_and_signs_in(
    sky: Page, private: Operator, complaints: Complaints
) -> None:
    private.user("watcher", "viewer")
    private.choose(AUTH_MODE="private")
    dialog = sky.locator("dialog[open]")
    expect(dialog).to_contain_text("This sky is private.")
    expect(sky.locator("tbody tr")).to_have_count(0)
    expect(sky.locator(".state")).to_have_text("Not connected")
    dialog.get_by_label("User name").fill("watcher")
    dialog.get_by_label("Password").fill("wrong")
    sky.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Wrong username or password")
    dialog.get_by_label("Password").fill(PASSWORD)
    sky.keyboard.press("Enter")
    expect(sky.locator("tbody tr")).to_have_count(40)
    expect(sky.locator("[data-who]")).to_have_text("watcher")
    sky.reload()
    expect(sky.locator("tbody tr")).to_have_count(40)
    sky.get_by_role("button", name="Sign out").click()
    expect(sky.locator("dialog[open]")).to_be_visible()
    expect(sky.locator("tbody tr")).to_have_count(0)
    assert sky.evaluate("sessionStorage.length") == 0
    # The browser itself reports the 401 of the wrong password.
    complaints[:] = [said for said in complaints if "401" not in said]


def test_a_page_whose_sign_in_was_revoked_says_so_and_asks_anew(page: Page, private: Operator) -> None:
    private.user("leaver", "viewer")
    private.choose(AUTH_MODE="private")
    page.goto("/")
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("User name").fill("leaver")
    dialog.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(40)
    change(private, users.sign_out_everywhere, private.user("leaver"), OPERATOR)
    expect(dialog).to_contain_text("Your sign-in was ended.")
    expect(page.locator("tbody tr")).to_have_count(0)


def test_screenshots_can_be_taken_of_every_width_and_theme(sky: Page, tmp_path: Path) -> None:
    for width in WIDTHS:
        for theme in THEMES:
            sky.set_viewport_size({"width": width, "height": 800})
            sky.emulate_media(color_scheme=theme)
            assert len(sky.screenshot(path=tmp_path / f"{width}-{theme}.png")) > 10_000


def test_without_javascript_the_page_says_where_the_data_is(chromium: playwright.Browser, server: Server) -> None:
    context = chromium.new_context(java_script_enabled=False, base_url=server.url)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("heading", name="This table needs JavaScript")).to_be_visible()
    expect(page.get_by_role("link", name="aircraft.json")).to_be_visible()
    context.close()
