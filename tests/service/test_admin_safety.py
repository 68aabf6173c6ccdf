"""The panel's page of safety events over HTTP: what is listed, filters, acknowledging, thresholds, who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from skyspy.admin.safety_texts import SEVERITIES, TYPES, figure_of, title_of
from skyspy.safety import rules
from skyspy.safety.events import SafetyEvent
from skyspy.sky.thresholds import SETTING_NAMES
from skyspy.store import StoreError, roles
from skyspy.store.registry import ROWS
from tests.support.browser_client import Browser
from tests.support.databases import change
from tests.support.safety_events import an_event, keep, kept
from tests.support.world import OPERATOR, Panel

PAGE = "/admin/safety/"
OPEN, PAST = f"{PAGE}part/open/", f"{PAGE}part/past/"
NOTE = f"{PAGE}event/event-0/acknowledge/"


@pytest.fixture
def ann(panel: Panel) -> Iterator[Browser]:
    """An administrator's browser."""
    panel.account("ann")
    yield panel.browser("ann")


def ids(text: str) -> list[str]:
    return re.findall(r'data-key="([^"]+)"', text)


def ended(number: int, **more: Any) -> SafetyEvent:
    """An event that ended after a minute."""
    return an_event(number, **{"resolved": an_event(number).started + 60} | more)


def test_the_page_lists_what_goes_on_the_worst_first_and_what_ended_the_newest_first(panel: Panel, ann: Browser) -> None:
    keep(panel, an_event(0), an_event(1, severity="critical"), an_event(2, severity="info"), ended(3), ended(4))
    assert ids(ann.get(OPEN).text) == ["event-1", "event-0", "event-2"]
    assert ids(ann.get(PAST).text) == ["event-4", "event-3"]
    page = ann.get(PAGE).text
    assert ids(page) == ["event-1", "event-0", "event-2", "event-4", "event-3"]
    assert "SWR12 and EZY7 are 0.31 nm and 200 ft apart" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?type=tcas_ra", ["event-2"]),
        ("?severity=critical", ["event-1"]),
        ("?aircraft=3c4dd2", ["event-2"]),
        ("?aircraft=ezy", ["event-1", "event-0"]),
        ("?acknowledged=yes", ["event-0"]),
        ("?acknowledged=no", ["event-2", "event-1"]),
        ("?since=2025-11-28", ["event-2"]),
        ("?until=2025-11-27", ["event-1", "event-0"]),
        ("?since=2025-11-28&until=2025-11-27", ["event-2", "event-1", "event-0"]),
        ("?type=nonsense&severity=nonsense&acknowledged=nonsense", ["event-2", "event-1", "event-0"]),
    ],
)
def test_past_events_are_filtered(panel: Panel, ann: Browser, query: str, found: list[str]) -> None:
    other = {"hex": "3C4DD2", "hex_2": None, "callsign": None, "callsign_2": None, "event_type": "tcas_ra"}
    keep(panel, ended(0), ended(1, severity="critical"), ended(2, started=an_event().started + 86_400, **other))
    ann.post(NOTE)
    assert ids(ann.get(PAST + query).text) == found


def test_a_day_that_is_none_is_named_and_left_out(panel: Panel, ann: Browser) -> None:
    keep(panel, ended(0))
    page = ann.get(f"{PAGE}?since=soon").text
    assert "“soon” is no day" in page and ids(page) == ["event-0"]


def test_past_events_are_paged_with_their_filters(panel: Panel, ann: Browser) -> None:
    keep(panel, *(ended(number) for number in range(35)))
    page = ann.get(f"{PAGE}?severity=warning").text
    assert len(ids(page)) == 25
    older = re.search(r'href="([^"]+)"[^>]*rel="next"', page)
    assert older is not None and "severity=warning" in older[1]
    page = ann.get(older[1].replace("&amp;", "&").partition("#")[0]).text
    assert ids(page) == [f"event-{number}" for number in range(9, -1, -1)]
    assert 'rel="next"' not in page and 'rel="prev"' in page


def test_without_events_the_page_says_what_is_awaited(ann: Browser) -> None:
    page = ann.get(PAGE).text
    assert "Nothing goes on now" in page and "No event has ended yet" in page
    assert "Nothing matches" in ann.get(f"{PAGE}?severity=critical").text


def test_the_button_acknowledges_and_leads_back_to_the_same_list(panel: Panel, ann: Browser) -> None:
    keep(panel, ended(0))
    page = ann.get(f"{PAGE}?severity=warning").text
    assert 'name="back" value="/admin/safety/?severity=warning"' in page
    answer = ann.post(NOTE, {"back": "/admin/safety/?severity=warning"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/safety/?severity=warning")
    assert kept(panel, "event-0").acknowledged_by == "ann"
    page = ann.get(PAGE).text
    assert "acknowledged by you" in page and '<button type="submit" aria-label="Acknowledge' not in page


def test_no_acknowledgement_leads_to_another_site(panel: Panel, ann: Browser) -> None:
    keep(panel, an_event())
    for back in ("https://elsewhere.example/", "//elsewhere.example/", "/admin/\\elsewhere", ""):
        assert ann.post(NOTE, {"back": back}).headers["Location"] == PAGE


def test_who_came_second_reads_who_was_first(panel: Panel, ann: Browser) -> None:
    keep(panel, an_event())
    panel.user("bert", "operator")
    ann.post(NOTE)
    bert = panel.browser("bert")
    bert.post(NOTE)
    assert "acknowledged by ann" in bert.get(PAGE).text


def test_viewers_read_and_do_not_acknowledge(panel: Panel, ann: Browser) -> None:
    keep(panel, an_event())
    panel.user("vera", "viewer")
    vera = panel.browser("vera")
    page = vera.get(PAGE).text
    assert ids(page) == ["event-0"] and "Acknowledge</button>" not in page and "not yet" in page
    assert vera.post(NOTE).status_code == 403
    assert kept(panel, "event-0").acknowledged_by is None
    assert "#s-SAFETY_" not in page and "#s-SAFETY_" in ann.get(PAGE).text


def test_who_may_not_see_events_is_shown_none_and_no_entry_in_the_menu(panel: Panel, ann: Browser) -> None:
    keep(panel, an_event())
    panel.choose(FEATURE_ACCESS={"safety": "permission"})
    change(panel.skyspy, roles.create, "counter", frozenset({"stats.view"}), "", OPERATOR)
    panel.user("kim", "counter")
    kim, anonymous = panel.browser("kim"), panel.browser()
    assert f'href="{PAGE}"' in ann.get("/admin/statistics/").text
    assert f'href="{PAGE}"' not in kim.get("/admin/statistics/").text
    for address in (PAGE, OPEN, PAST, f"{PAGE}event/event-0/"):
        assert kim.get(address).status_code == 403
        assert anonymous.get(address).status_code in (302, 303, 401)
    assert kim.post(NOTE).status_code == 403


def test_a_post_without_the_token_of_its_form_changes_nothing(panel: Panel, ann: Browser) -> None:
    keep(panel, an_event())
    ann.post(NOTE, token="forged")
    assert kept(panel, "event-0").acknowledged_by is None
    ann.post(NOTE)
    assert kept(panel, "event-0").acknowledged_by == "ann"


def test_one_event_has_a_page_with_its_figures(panel: Panel, ann: Browser) -> None:
    keep(panel, an_event(details={"distance_nm": 0.31, "altitude_2_ft": 12000, "sense": None, "confirmed": True}))
    page = ann.get(f"{PAGE}event/event-0/").text
    for text in ("0.31 nm", "12,000 ft", "Altitude, second aircraft", "47.5000°", "4B1806", "What it means"):
        assert text in page, text
    assert ann.get(f"{PAGE}event/event-9/").status_code == 404


def test_texts_of_an_event_are_no_markup(panel: Panel, ann: Browser) -> None:
    evil = "<script>alert(1)</script>"
    keep(panel, an_event(message=evil, callsign="<b>X</b>", details={evil: evil}))
    for address in (PAGE, OPEN, f"{PAGE}event/event-0/"):
        page = ann.get(address).text
        assert evil not in page and "<b>X</b>" not in page and "&lt;b&gt;X" in page


def test_thresholds_are_shown_with_the_values_in_force(panel: Panel, ann: Browser) -> None:
    panel.choose(SAFETY_PROXIMITY_NM=0.75)
    page = ann.get(PAGE).text
    for name in (*SETTING_NAMES.values(), "SAFETY_RETENTION_DAYS"):
        assert f"#s-{name}" in page and ROWS[name].title in page
    assert "<strong>0.75 nm</strong>" in page and "<strong>6,000 ft/min</strong>" in page


def test_while_the_history_cannot_be_read_the_page_says_so(panel: Panel, ann: Browser) -> None:
    history = panel.skyspy.histories["live"]
    panel.skyspy.histories["live"] = Unreadable(history)  # type: ignore[assignment]
    page = ann.get(PAGE)
    assert page.status_code == 200 and page.text.count("The history cannot be read now") == 2
    assert "What is looked for" in page.text
    panel.skyspy.histories["live"] = history


class Unreadable:
    """A history that cannot be read."""

    def __init__(self, history: object) -> None:
        self._history = history

    def read(self, *_args: object, **_kwargs: object) -> object:
        raise StoreError("the disk is gone")

    def __getattr__(self, name: str) -> object:
        return getattr(self._history, name)


# -- texts ----------------------------------------------------------------------------------------


def test_every_type_and_severity_has_a_text_and_every_threshold_its_place() -> None:
    assert set(TYPES) == set(rules.EVENT_TYPES)
    assert set(SEVERITIES) == set(rules.SEVERITIES)
    placed = [name for text in TYPES.values() for name in text.settings]
    assert sorted([*placed, "SAFETY_COOLDOWN_S"]) == sorted(SETTING_NAMES.values())
    assert title_of("new_kind_of_event") == "New kind of event"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("distance_nm", 0.31, ("Distance", "0.31 nm")),
        ("vertical_rate_ft_min", -7000, ("Vertical rate", "-7,000 ft/min")),
        ("affected_percent", 25, ("Affected", "25%")),
        ("cpa_nm", 0.2, ("Distance then", "0.2 nm")),
        ("percent", 42, ("Share without GPS", "42%")),
        ("qnh_hpa", 1013.2, ("QNH", "1013.2 hPa")),
        ("profile_2", "military_light", ("Class, second aircraft", "military light")),
        ("height_error_ft", 200, ("Height may be wrong by", "200 ft")),
        ("squawk", "7700", ("Squawk", "7700")),
        ("confirmed", False, ("Confirmed", "no")),
        ("altitude_ft", None, ("Altitude", "–")),
        ("aircraft", 4, ("Aircraft", "4")),
    ],
)
def test_a_figure_is_shown_with_its_unit(name: str, value: int | float | str | None, shown: tuple[str, str]) -> None:
    assert figure_of(name, value) == shown
