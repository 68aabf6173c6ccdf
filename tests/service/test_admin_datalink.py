"""The panel's pages of datalink messages over HTTP: lists, filters, one message, the board, stations, who may see them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from skyspy.datalink.message import DatalinkPosition, Station
from skyspy.store import StoreError, roles
from skyspy.store.history.acars import Key, Step
from tests.support.acars import keep
from tests.support.browser_client import Browser
from tests.support.databases import change
from tests.support.panel_datalink import AT, HOSTILE, a_report
from tests.support.world import OPERATOR, Panel
from tests.unit.test_datalink_board import HONG_KONG, LONDON

PAGE = "/admin/datalink/"
PART, SEARCH, BOARD, STATIONS = f"{PAGE}part/", f"{PAGE}search/", f"{PAGE}board/", f"{PAGE}stations/"
OTHER = {"hex": "3C4DD2", "tail": "D-AIMA", "flight": "LH0400"}


@pytest.fixture
def ann(panel: Panel) -> Iterator[Browser]:
    """An administrator's browser."""
    panel.account("ann")
    yield panel.browser("ann")


def ids(text: str) -> list[str]:
    return re.findall(r'data-key="([^"]+)"', text)


class Elements(HTMLParser):
    """The elements of a page as (name, attributes)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_latest_messages_are_listed_the_newest_first(panel: Panel, ann: Browser) -> None:
    keep(panel, a_report(0), a_report(1, label="H1", label_name=None, text="HELLO", downlink=False, complete=False))
    assert ids(ann.get(PART).text) == ["message-1", "message-0"]
    page = ann.get(PAGE).text
    for text in ("Position report", "Label H1", "HELLO", "to aircraft", "incomplete", "LX0123", "HB-JCA · 4B1805", "ROOF-1"):
        assert text in page, text
    assert "131.725 MHz · -12.3 dB" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=hello", ["message-1"]),
        ("?q=D-AIMA", ["message-2"]),
        ("?label=H1", ["message-1"]),
        ("?link=hfdl", ["message-2"]),
        ("?hex=3c4dd2", ["message-2"]),
        ("?tail=HB-JCA", ["message-1", "message-0"]),
        ("?flight=LX0123", ["message-1", "message-0"]),
        ("?link=nonsense&hex=nonsense", ["message-2", "message-1", "message-0"]),
        ("?q=%22OR%20%2A", []),
    ],
)
def test_both_lists_are_filtered_alike(panel: Panel, ann: Browser, query: str, found: list[str]) -> None:
    keep(panel, a_report(0), a_report(1, label="H1", text="HELLO WORLD"), a_report(2, link="hfdl", **OTHER))
    for address in (PART, PAGE, SEARCH):
        assert ids(ann.get(address + query).text) == found, address


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?station=garden", ["message-1"]),
        ("?direction=up", ["message-1"]),
        ("?direction=down", ["message-2", "message-0"]),
        ("?position=yes", ["message-2"]),
        ("?position=no", ["message-1", "message-0"]),
        ("?since=2025-11-28", ["message-2"]),
        ("?until=2025-11-27", ["message-1", "message-0"]),
        ("?since=2025-11-28&until=2025-11-27", ["message-2", "message-1", "message-0"]),
        ("?direction=nonsense&position=nonsense", ["message-2", "message-1", "message-0"]),
    ],
)
def test_the_search_has_more_filters(panel: Panel, ann: Browser, query: str, found: list[str]) -> None:
    garden = (Station("garden", None, None, None, AT),)
    later = a_report(2, time=AT + 86_400, position=DatalinkPosition(47.5, 8.5))
    keep(panel, a_report(0), a_report(1, stations=garden, downlink=False), later)
    assert ids(ann.get(SEARCH + query).text) == found


def test_a_day_that_is_none_is_named_and_left_out(panel: Panel, ann: Browser) -> None:
    keep(panel, a_report(0))
    page = ann.get(f"{SEARCH}?since=soon").text
    assert "“soon” is no day" in page and ids(page) == ["message-0"]


def test_the_search_is_paged_with_its_filters(panel: Panel, ann: Browser) -> None:
    keep(panel, *(a_report(number) for number in range(60)), a_report(60, label="H1"))
    page = ann.get(f"{SEARCH}?label=44").text
    assert len(ids(page)) == 50
    older = re.search(r'href="([^"]+)"[^>]*rel="next"', page)
    assert older is not None and "label=44" in older[1]
    page = ann.get(older[1].replace("&amp;", "&")).text
    assert ids(page) == [f"message-{number}" for number in range(9, -1, -1)]
    assert 'rel="next"' not in page and 'rel="prev"' in page
    live = ann.get(f"{PAGE}?label=44").text
    assert len(ids(live)) == 50 and f'href="{SEARCH}?label=44"' in live


def test_an_aircraft_that_is_picked_is_named_and_stays_picked(panel: Panel, ann: Browser) -> None:
    keep(panel, a_report(0), a_report(1, **OTHER))
    page = ann.get(PAGE).text
    assert f'href="{PAGE}?hex=3C4DD2"' in page
    page = ann.get(f"{PAGE}?hex=3C4DD2").text
    assert "Only messages of the aircraft <strong>3C4DD2</strong>" in page
    assert '<input type="hidden" name="hex" value="3C4DD2">' in page


def test_s18_text_from_the_air_is_no_markup_and_reaches_the_decoder_as_it_was(panel: Panel, ann: Browser) -> None:
    text = f"{HOSTILE}\r\n\t& '}}"
    evil = a_report(0, text=text, tail=HOSTILE[:16], flight="<b>", label="<i", sublabel="<u", ground=HOSTILE, app=HOSTILE)
    keep(panel, evil, a_report(1, **{"text": "ok", **OTHER}))
    kept = ann.get(f"{PAGE}message/message-0/").text
    for page in (ann.get(PAGE).text, ann.get(PART).text, ann.get(SEARCH).text, kept):
        elements = Elements(page).found
        assert not [name for name, _ in elements if name in ("img", "b", "i", "u")]
        assert not [attributes for name, attributes in elements if name == "script" and "src" not in attributes]
        given = [json.loads(attributes["data-decode"] or "") for _, attributes in elements if "data-decode" in attributes]
        assert text in [one["text"] for one in given]


def test_a_message_has_a_page_of_all_that_is_known(panel: Panel, ann: Browser) -> None:
    stations = (
        Station("ROOF-1", "acars+udp-0.0.0.0:5550", 131.725, -12.3, AT),
        Station(None, None, None, None, AT + 1),
    )
    known = {
        "origin": "KJFK",
        "destination": "KUZA",
        "out": "0703",
        "eta": "0953",
        "msgno": "M55A",
        "blocks": ("M", "N"),
        "errors": 3,
    }
    adsc = {"adsc": {"err": False}}
    place = DatalinkPosition(35.294609, -106.710548, 35992, "adsc")
    keep(
        panel,
        a_report(
            0, matched="4B1805", callsign="SWR123", stations=stations, position=place, libacars=adsc, complete=False, **known
        ),
        a_report(1, label="H1", label_name=None),
        a_report(2, **OTHER),
    )
    page = ann.get(f"{PAGE}message/message-0/").text
    shown = (
        "SWR123 · LX0123 · HB-JCA · 4B1805",
        "KJFK to KUZA",
        "07:03 UTC",
        "09:53 UTC",
        "M55A",
        "<code>N</code>",
        "35,992 ft (ADS-C report)",
    )
    for text in (
        *shown,
        "Heard by 2 stations",
        "without a name",
        "131.725 MHz",
        "&#34;adsc&#34;",
        "Parts of this message were not received",
    ):
        assert text in page, text
    assert ids(page) == ["message-1"]
    assert ann.get(f"{PAGE}message/message-9/").status_code == 404


def test_the_board_has_the_latest_atis_of_each_airport_and_the_clearances(panel: Panel, ann: Browser) -> None:
    now = panel.clock.wall()
    up = {"downlink": False, "text": HONG_KONG, "label": "A9"}
    keep(
        panel,
        a_report(0, **up | {"time": now - 90_000, "text": HONG_KONG.replace("ATIS G", "ATIS E").replace("VHHH", "ZSPD")}),
        a_report(1, **up | {"time": now - 3600, "text": HONG_KONG.replace("ATIS G", "ATIS F")}),
        a_report(2, **up | {"time": now - 60}),
        a_report(3, **up | {"time": now - 50, "text": HONG_KONG.replace("ARR", "DEP")}),
        a_report(4, time=now - 40, downlink=False, text=LONDON, label="A3"),
        a_report(5, time=now - 30, downlink=True, text=LONDON, label="A3"),
        a_report(6, time=now - 20, downlink=False, text=LONDON.replace("QTR58U", "QTR59U"), label="C1"),
    )
    page = ann.get(f"{BOARD}part/").text
    assert ids(page) == ["message-2", "message-3", "message-6", "message-4"]
    for text in ("VHHH arrival", "VHHH departure", "Hong Kong", "QTR58U", "QTR59U", "to OTHH, runway 09R, via DET1J", "3403"):
        assert text in page, text
    assert ids(ann.get(BOARD).text) == ids(page)


def test_stations_are_listed_with_what_they_heard(panel: Panel, ann: Browser) -> None:
    now = panel.clock.wall()
    garden = Station("garden", None, 136.975, -31.0, now - 60)
    keep(panel, a_report(0, time=now - 90), a_report(1, time=now - 61, stations=(*a_report(1, time=now - 61).stations, garden)))
    for address in (STATIONS, f"{STATIONS}part/"):
        page = re.sub(r"\s+", " ", ann.get(address).text)
        assert f'href="{SEARCH}?station=ROOF-1"' in page and "-12.3 dB" in page and "-31.0 dB" in page
        assert re.findall(r'data-label="Messages"[^>]*>([^<]*)<', page) == ["2", "1"]
        assert page.count("1 min ago") == 2


def test_without_messages_each_page_says_what_is_awaited(ann: Browser) -> None:
    assert "No message yet" in ann.get(PAGE).text and "Nothing matches" in ann.get(f"{PAGE}?label=H1").text
    assert "No message is kept yet" in ann.get(SEARCH).text and "Nothing matches" in ann.get(f"{SEARCH}?q=x").text
    assert "Nothing on the board" in ann.get(BOARD).text and "No station yet" in ann.get(STATIONS).text


def test_what_matches_is_downloaded_as_csv(panel: Panel, ann: Browser) -> None:
    keep(panel, a_report(0), a_report(1, label="H1", text="=1+1"))
    answer = ann.get(f"{SEARCH}messages.csv?label=H1")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = answer.text.splitlines()
    assert len(lines) == 2 and "message-1" in lines[1] and ",=1+1" not in lines[1]


def test_who_may_not_see_messages_is_shown_none_and_no_entry_in_the_menu(panel: Panel, ann: Browser) -> None:
    keep(panel, a_report(0))
    panel.choose(FEATURE_ACCESS={"acars": "permission"})
    change(panel.skyspy, roles.create, "counter", frozenset({"stats.view"}), "", OPERATOR)
    panel.user("kim", "counter")
    kim, anonymous = panel.browser("kim"), panel.browser()
    assert f'href="{PAGE}"' in ann.get("/admin/statistics/").text
    assert f'href="{PAGE}"' not in kim.get("/admin/statistics/").text
    every = (
        PAGE,
        PART,
        SEARCH,
        f"{SEARCH}messages.csv",
        f"{PAGE}message/message-0/",
        BOARD,
        f"{BOARD}part/",
        STATIONS,
        f"{STATIONS}part/",
    )
    for address in every:
        assert kim.get(address).status_code == 403
        assert anonymous.get(address).status_code in (302, 303, 401)


def test_while_the_history_cannot_be_read_each_page_says_so(panel: Panel, ann: Browser) -> None:
    history = panel.skyspy.histories["live"]
    panel.skyspy.histories["live"] = Unreadable(history)  # type: ignore[assignment]
    for address in (PAGE, SEARCH, BOARD, STATIONS):
        page = ann.get(address)
        assert page.status_code == 200 and "The history cannot be read now" in page.text, address
    panel.skyspy.histories["live"] = history


def test_where_a_search_takes_long_a_page_without_a_match_is_not_the_last_one(panel: Panel, ann: Browser) -> None:
    history = panel.skyspy.histories["live"]
    panel.skyspy.histories["live"] = Slow(history, panel)  # type: ignore[assignment]
    live, page = ann.get(f"{PAGE}?link=hfdl").text, ann.get(f"{SEARCH}?link=hfdl").text
    assert "Nothing matches lately" in live and f'href="{SEARCH}?link=hfdl"' in live
    assert "The next page goes on" in page and 'rel="next"' in page and "link=hfdl" in page
    panel.skyspy.histories["live"] = history


class Slow:
    """A history that finds nothing in a step, which takes longer than a page may."""

    def __init__(self, history: object, panel: Panel) -> None:
        self._history, self._panel = history, panel

    def read(self, *_args: Any, **_kwargs: Any) -> object:
        self._panel.clock.pass_by(10)
        return Step([], Key(AT, "message-0"))

    def __getattr__(self, name: str) -> object:
        return getattr(self._history, name)


class Unreadable:
    """A history that cannot be read."""

    def __init__(self, history: object) -> None:
        self._history = history

    def read(self, *_args: Any, **_kwargs: Any) -> object:
        raise StoreError("the disk is gone")

    def __getattr__(self, name: str) -> object:
        return getattr(self._history, name)
