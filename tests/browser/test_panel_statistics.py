"""The panel's page of statistics in a real browser: plots are drawn under the page's own policy, without an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from skyspy.config import HISTORY_FILE
from tests.browser.conftest import Complaints
from tests.browser.looking import check, sign_in
from tests.support.planted_history import plant_file
from tests.support.sites import provide_database
from tests.wire.serving import PASSWORD, Operator, Server

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Browser, Page, expect = playwright.Browser, playwright.Page, playwright.expect

TIME_PLOTS = ("aircraft", "messages", "range", "messages-by", "aircraft-by")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a day of history."""
    folder = tmp_path_factory.mktemp("statistics")
    provide_database(folder / "instance")
    plant_file(folder / "instance" / HISTORY_FILE, 1)
    made = Server(folder, SKYSPY_FEEDS="demo://?aircraft=5")
    operator = Operator(folder)
    operator.user("ann")
    operator.close()
    yield made
    made.stop()


@pytest.fixture
def desk(chromium: Browser, planted: Server, complaints: Complaints) -> Iterator[Page]:
    """The page as ann sees it; violations of the policy are errors of the console."""
    context = chromium.new_context(base_url=planted.url, viewport={"width": 1280, "height": 900}, timezone_id="Asia/Kolkata")
    context.set_default_timeout(10_000)
    page: Any = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/admin/sign-in/?next=/admin/statistics/")
    page.fill("[name=name]", "ann")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/statistics/")
    yield page
    context.close()
    assert complaints == []


def test_every_plot_is_drawn_and_follows_theme_and_width(desk: Page) -> None:
    for name in TIME_PLOTS:
        expect(desk.locator(f"#p-{name} canvas")).to_be_visible()
        expect(desk.locator(f"#p-{name} .legend b").first).to_have_text(re.compile("[0-9]"))
    expect(desk.locator("#p-outline path.outline")).to_have_count(5)
    expect(desk.locator("[data-zone]")).to_contain_text("GMT+5:30")
    pixels = "document.querySelector('#p-aircraft canvas').toDataURL()"
    light = desk.evaluate(pixels)
    desk.emulate_media(color_scheme="dark")
    desk.wait_for_function(f"before => {pixels} !== before", arg=light)
    desk.set_viewport_size({"width": 390, "height": 800})
    desk.wait_for_function("document.querySelector('#p-aircraft .uplot').offsetWidth < 390")
    assert desk.evaluate("document.documentElement.scrollWidth") == 390


def test_values_are_read_by_keyboard_and_as_a_table(desk: Page) -> None:
    plot = desk.locator("#p-aircraft [data-canvas]")
    plot.focus()
    before = plot.get_attribute("aria-valuetext")
    desk.keyboard.press("ArrowLeft")
    expect(plot).not_to_have_attribute("aria-valuetext", before)
    expect(plot).to_have_attribute("aria-valuetext", re.compile("Most [0-9]+, Average [0-9.]+"))
    desk.locator("#p-aircraft summary").click()
    rows = desk.locator("#p-aircraft tbody tr")
    expect(rows.first).to_be_visible()
    # The four hours that are not stored are one row without values.
    expect(rows.filter(has_text="no data")).to_have_count(1)


def test_coverage_is_drawn_by_bearing_and_distance_and_read_by_keyboard(desk: Page) -> None:
    cells = desk.locator("#p-coverage path.cells")
    expect(cells).to_have_count(5)
    assert all("A" in path for path in cells.evaluate_all("all => [all[0], all.at(-1)].map(one => one.getAttribute('d'))"))
    counts = desk.evaluate("fetch('/admin/statistics/data/coverage/?range=day').then(r => r.json()).then(r => r.counts)")
    plot = desk.locator("#p-coverage [data-canvas]")
    plot.focus()
    desk.keyboard.press("Home")
    expect(plot).to_have_attribute("aria-valuetext", f"Bearing 0° to 5°: Positions {sum(counts[0]):,}")
    desk.locator("#p-coverage summary").click()
    expect(desk.locator("#p-coverage tbody tr")).to_have_count(72)


def test_axe_finds_nothing_serious_with_plots_drawn(chromium: Browser, planted: Server) -> None:
    page = sign_in(chromium, planted)
    page.goto("/admin/statistics/")
    expect(page.locator("#p-outline path.outline").first).to_be_visible()
    # All tables of plots are made by one function: the shortest stands for them, axe looks at every cell.
    for summary in ("#p-rssi summary", ".tables summary"):
        page.click(summary)
    check(page)
    page.context.close()
