"""One story in a real browser: from the demo over a dead receiver to a real one, and the place from unknown to set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.receiver import Receiver, aircraft
from tests.browser.test_panel_story import opened, sign_in
from tests.conftest import ROOT, missing
from tests.wire.serving import Operator, Server

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Browser, expect = playwright.Browser, playwright.expect


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Server]:
    """A server of which nobody said what it listens to or where it stands."""
    if not (ROOT / "static" / "vendor" / "socket.io.esm.min.js").exists():
        missing("static/vendor is empty: `make browser` (needs npm) fills it")
    made = Server(tmp_path, SKYSPY_FEEDS="", SKYSPY_LAT="", SKYSPY_LON="")
    yield made
    made.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver([aircraft(number) for number in range(7)])
    yield made
    made.stop()


def test_the_sky_says_what_is_simulated_which_receiver_is_silent_and_why_distances_are_missing(
    chromium: Browser, demo: Server, receiver: Receiver
) -> None:
    operator = Operator(demo.folder)
    operator.user("anna", "admin")
    operator.close()
    panel, sky = opened(chromium, demo), opened(chromium, demo)
    sign_in(panel, "anna")
    sky.goto("/")
    expect(sky.locator("[data-demo]")).to_be_visible()
    expect(sky.locator(".state")).to_have_text("Connected")
    expect(sky.locator("[data-silent]")).to_be_hidden()
    expect(sky.locator('th[aria-sort="ascending"]')).to_have_text(re.compile("Dist"))

    # A receiver that cannot be reached: the demo goes on, and the page names it.
    panel.goto("/admin/feeds/")
    panel.get_by_label("Address").fill("sbs://127.0.0.1:1")
    panel.locator("#add").get_by_label("Name").fill("Roof")
    panel.get_by_role("button", name="Add it").click()
    expect(panel.get_by_text("is added.")).to_be_visible()
    expect(sky.locator("[data-silent-says]")).to_have_text(
        re.compile(r"sbs-1 has sent nothing since \d\d:\d\d:\d\d\."), timeout=20_000
    )
    expect(sky.locator("[data-demo]")).to_be_visible()
    expect(sky.locator("tbody tr").first).to_be_visible()

    # Its address was mistyped: with the right one the demo's aircraft are gone.
    panel.get_by_role("link", name="Edit Roof").click()
    panel.get_by_label("Address").fill(receiver.url)
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_text("Roof is changed.")).to_be_visible()
    expect(sky.locator("tbody tr")).to_have_count(7, timeout=20_000)
    expect(sky.locator("[data-demo]")).to_be_hidden(timeout=20_000)
    expect(sky.locator("[data-silent]")).to_be_hidden()
    expect(sky.locator("[data-place-says]")).to_have_text("Distances are missing: nobody has said where the receiver stands.")
    expect(sky.locator('th[aria-sort="ascending"]')).to_have_text(re.compile("Callsign"))

    # The place is set: distances are there, and the nearest is the first again.
    panel.get_by_label("Latitude").fill("47.5")
    panel.get_by_label("Longitude").fill("8.5")
    panel.get_by_role("button", name="Set the place").click()
    expect(panel.get_by_text("The place is set, and in force now.")).to_be_visible()
    expect(sky.locator("[data-place]")).to_be_hidden(timeout=20_000)
    expect(sky.locator('th[aria-sort="ascending"]')).to_have_text(re.compile("Dist"))
    expect(sky.locator("tbody .c-distance").first).to_have_text(re.compile(r"\d+\.\d"), timeout=20_000)
