"""The panel's page of statistics over HTTP: records, lists and size on the page, and the values that its script draws."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.browser_client import Browser
from tests.support.planted_history import plant
from tests.support.world import Panel

DATA = "/admin/statistics/data"


@pytest.fixture
def ann(panel: Panel) -> Iterator[Browser]:
    """An administrator's browser."""
    panel.account("ann")
    yield panel.browser("ann")


@pytest.fixture
def filled(panel: Panel, ann: Browser) -> Browser:
    """The same; half a day is stored."""
    panel.skyspy.history.upgrade()
    panel.skyspy.history.commit_now(plant, panel.clock.wall(), 0.25)
    return ann


def test_the_script_draws_the_numbers_of_the_api(panel: Panel, filled: Browser) -> None:
    drawn = filled.get(f"{DATA}/history/?range=hour").json
    begin = drawn["from"]
    read = panel.get(f"/api/stats/history/?period=minute&from={begin}&to={drawn['to']}", panel.jwt("ann")).json
    assert drawn["count"] > 30 and drawn["time"] == read["time"] and drawn["values"] == read["values"]


@pytest.mark.parametrize(
    ("word", "period"),
    [("hour", "minute"), ("day", "minute"), ("week", "hour"), ("month", "hour"), ("year", "day"), ("x", "minute")],
)
def test_each_range_has_its_steps(filled: Browser, word: str, period: str) -> None:
    assert filled.get(f"{DATA}/history/?range={word}").json["period"] == period


def test_the_values_are_of_the_receiver_that_is_named(filled: Browser) -> None:
    names = {one["name"] for one in filled.get(f"{DATA}/receivers/").json["receivers"]}
    assert {"roof", "garden"} <= names
    roof, every = (filled.get(f"{DATA}/history/?range=hour{more}").json for more in ("&receiver=roof", ""))
    assert roof["receiver"] == "roof" and 0 < sum(roof["values"]["messages"]) < sum(every["values"]["messages"])
    assert filled.get(f"{DATA}/outline/?receiver=nobody").status_code == 404


@pytest.mark.parametrize("what", ["outline", "coverage", "rssi"])
def test_the_plots_of_reception_draw_what_the_api_shows(panel: Panel, filled: Browser, what: str) -> None:
    drawn = filled.get(f"{DATA}/{what}/?range=hour").json
    assert drawn == panel.get(f"/api/stats/{what}/", panel.jwt("ann")).json


def test_records_lists_and_the_size_are_on_the_page(filled: Browser) -> None:
    page = filled.get("/admin/statistics/").text
    for text in ("243.7 nm", "SWR12", "Aircraft types", "A320", "Size of the history", "In use"):
        assert text in page


def test_only_who_manages_settings_sees_the_size_of_the_history(panel: Panel, ann: Browser) -> None:
    panel.user("bert", "viewer")
    assert "Size of the history" not in panel.browser("bert").get("/admin/statistics/").text


def test_without_data_the_page_says_what_is_awaited(ann: Browser) -> None:
    page = ann.get("/admin/statistics/").text
    assert "No records yet" in page and "No visits in this time" in page
    assert ann.get(f"{DATA}/history/?range=hour").json["time"] == []
