"""Claims about datalink messages over HTTP and Socket.IO: access, privacy, pages, filters, files, numbers."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import pytest

from skyspy.api.acars_models import AcarsStations, AcarsStatistics, DatalinkMessage, MessagePage
from skyspy.auth.principal import Principal
from skyspy.datalink.message import Station
from skyspy.services import acars
from skyspy.services.acars_filters import MessageRequest
from skyspy.services.caller import Caller, Refused
from skyspy.store import StoreError
from tests.support.acars import AT, a_message, keep
from tests.support.api_client import error_of
from tests.support.peers import ask
from tests.support.world import World

LIST, STATS, STATIONS = "/api/acars/messages/", "/api/acars/stats/", "/api/acars/stations/"
ONE, CSV = f"{LIST}message-0000/", f"{LIST}export.csv"
DAYS = "?from=2024-10-04T00:00:00Z&to=2024-10-05T12:00:00Z"
REQUESTS: dict[str, dict[str, Any]] = {
    "acars-snapshot": {},
    "acars-messages": {},
    "acars-message-detail": {"id": "message-0000"},
    "acars-stats": {},
    "acars-stations": {},
}


def listed(world: World, query: str = "", token: str | None = None) -> list[int]:
    answer = world.get(LIST + query, token)
    assert answer.status_code == 200, answer.text
    return [int(message["id"].rpartition("-")[2]) for message in answer.json["messages"]]


def test_a_message_is_the_same_over_http_and_on_a_socket(world: World) -> None:
    keep(world, a_message())
    page = world.get(LIST).json
    one = page["messages"][0]
    assert (one["id"], one["timestamp"], one["hex"]) == ("message-0000", "2024-10-04T01:00:00.000Z", "4B1805")
    assert {name: page[name] for name in ("count", "next_cursor")} == {"count": 1, "next_cursor": None}
    assert world.get(ONE).json == one
    peer = world.peer().join()
    assert ask(peer, "acars-messages") == page
    assert ask(peer, "acars-message-detail", id="message-0000") == one
    snapshot = ask(peer, "acars-snapshot")
    assert (snapshot["messages"], snapshot["count"]) == ([one], 1)
    msgspec.convert(page, MessagePage)
    msgspec.convert(one, DatalinkMessage)


def test_who_may_not_know_where_the_receiver_stands_reads_and_searches_no_station(world: World) -> None:
    keep(world, a_message())
    key = world.key()
    # (the socket's session is anonymous too)
    for one in (world.get(ONE).json, ask(world.peer().join(), "acars-snapshot")["messages"][0]):
        assert "stations" not in one
        assert (one["station_count"], one["freq"]) == (1, 131.725)
    assert world.get(ONE, key).json["stations"][0]["station"] == "ROOF-1"
    assert error_of(world.get(f"{LIST}?station=ROOF-1")) == (403, "permission_denied")
    assert error_of(world.get(f"{CSV}?station=ROOF-1")) == (403, "permission_denied")
    assert listed(world, "?station=roof-1", key) == [0]
    heard = world.get(STATIONS + DAYS).json["stations"]
    assert [(one["messages"], "station" in one, "receiver" in one) for one in heard] == [(1, False, False)]
    assert "ROOF" not in world.get(CSV).text


def test_names_with_host_and_port_are_for_those_who_manage_receivers(world: World) -> None:
    keep(world, a_message())
    viewer, admin = world.key("vera", "viewer"), world.key()
    assert [world.get(ONE, token).json["stations"][0]["receiver"] for token in (viewer, admin)] == ["acars", "acars-udp-5550"]
    heard = [world.get(STATIONS + DAYS, token).json["stations"][0] for token in (viewer, admin)]
    assert [(one["station"], one["receiver"]) for one in heard] == [("ROOF-1", "acars"), ("ROOF-1", "acars-udp-5550")]


@pytest.mark.parametrize("path", [LIST, ONE, CSV, STATS, STATIONS])
def test_messages_need_their_permission(world: World, path: str) -> None:
    keep(world, a_message())
    assert world.get(path).status_code == 200
    world.choose(FEATURE_ACCESS={"acars": "permission"})
    assert error_of(world.get(path)) == (403, "permission_denied")
    assert world.get(path, world.key("vera", "viewer")).status_code == 200
    assert error_of(world.get(path, world.key("kim", "viewer", scopes=["aircraft.view"]))) == (403, "permission_denied")


def test_a_request_needs_the_permission_too_and_so_does_the_service(world: World) -> None:
    world.choose(FEATURE_ACCESS={"acars": "permission"})
    peer = world.peer().join()
    for kind, params in REQUESTS.items():
        peer.forget()
        peer.tell("request", {"type": kind, "request_id": "1", "params": params})
        assert peer.got("error")[0]["code"] == "permission_denied", kind
    with pytest.raises(Refused):
        acars.page(world.skyspy, Caller(Principal(kind="anonymous", name="", sky="live"), "192.0.2.1"), MessageRequest())


def test_a_test_key_reads_the_messages_of_the_sandbox_only(world: World) -> None:
    keep(world, a_message(1), sky="live")
    keep(world, a_message(2, demo=True), sky="sandbox")
    key = world.key(kind="test")
    assert (listed(world), listed(world, token=key)) == ([1], [2])
    assert world.get(f"{LIST}message-0001/", key).status_code == 404
    assert world.get(STATS + DAYS, key).json["messages"] == 1
    assert world.get(LIST, key).json["demo"] is True


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", [3, 2, 1]),
        ("?q=clearance", [2]),
        ("?q=CLEAR%20kjfk", [2]),
        ("?q=%22hb-jca%22", [3, 1]),
        ("?hex=abcdef", [2]),
        ("?tail=g-abcd", [2]),
        ("?flight=lx0123", [3, 2, 1]),
        ("?callsign=swr", [3, 2, 1]),
        ("?label=SQ", [3]),
        ("?link=hfdl", [3]),
        ("?downlink=false", [2]),
        ("?has_position=true", []),
        ("?complete=false", [3]),
        ("?demo=true", []),
        ("?from=2024-10-04T01:00:02Z&to=2024-10-04T01:00:03Z", [2]),
        ("?q=report&link=hfdl&complete=false", [3]),
    ],
)
def test_messages_are_listed_by_filters_the_newest_first(world: World, query: str, wanted: list[int]) -> None:
    keep(
        world,
        a_message(1),
        a_message(2, hex="ABCDEF", matched="ABCDEF", tail="G-ABCD", downlink=False, text="CLEARANCE TO KJFK"),
        a_message(3, label="SQ", link="hfdl", complete=False),
    )
    assert listed(world, query) == wanted


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("hex=XYZ", "hex"),
        ("link=morse", "link"),
        ("q=---", "q"),
        ("q=a+b+c+d+e+f+g+h+i+j+k", "q"),
        (f"q={'x' * 201}", "q"),
        ("tail=A%00", "tail"),
        ("label=123456789", "label"),
        ("downlink=perhaps", "downlink"),
        ("from=2025-11-27T00:00:00Z&to=2025-11-26T00:00:00Z", "to"),
        ("limit=501", "limit"),
        ("cursor=nonsense", "cursor"),
    ],
)
def test_a_filter_that_cannot_be_used_is_named(world: World, query: str, field: str) -> None:
    answer = world.get(f"{LIST}?{query}")
    assert answer.status_code == 400
    assert list(answer.json["error"]["fields"]) == [field]


def test_pages_follow_each_other_without_gap_and_without_repetition(world: World) -> None:
    keep(world, *(a_message(number) for number in range(7)))
    pages, cursor = [], ""
    while cursor is not None:
        page = world.get(f"{LIST}?limit=3{cursor and f'&cursor={cursor}'}").json
        pages.append([int(message["id"][-1]) for message in page["messages"]])
        cursor = page["next_cursor"]
        keep(world, a_message(100 + len(pages)))
    assert pages == [[6, 5, 4], [3, 2, 1], [0]]


def test_a_page_of_large_messages_ends_early_and_the_next_one_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acars, "MAX_PAGE_BYTES", 100_000)
    keep(world, *(a_message(number, text="X" * 60_000) for number in range(3)))
    first = world.get(LIST).json
    assert first["count"] == 2
    assert listed(world, f"?cursor={first['next_cursor']}") == [0]


def test_a_message_that_is_not_there_is_not_found(world: World) -> None:
    for name in ("no-such", "x" * 65, "%00"):
        assert world.get(f"{LIST}{name}/").status_code == 404, name


def test_the_file_has_all_messages_that_match(world: World) -> None:
    keep(world, *(a_message(number) for number in range(205)), a_message(999, text="@SUM(A1)\n=2", label="SQ"))
    answer = world.get(CSV, world.key())
    odd, *rows = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert odd["text"] == "'@SUM(A1)\n'=2"
    assert [row["id"] for row in rows] == [f"message-{number:04}" for number in range(204, -1, -1)]
    assert rows[0]["stations"] == "ROOF-1"
    assert "skyspy-datalink-" in answer.headers["Content-Disposition"]


def test_the_file_has_as_many_rows_as_asked_for_and_those_that_match(world: World) -> None:
    keep(world, *(a_message(number, label="SA" if number % 2 else "H1") for number in range(300)))
    rows = list(csv.DictReader(io.StringIO(world.get(f"{CSV}?label=SA&limit=120").text)))
    assert [row["id"] for row in rows] == [f"message-{number:04}" for number in range(299, 60, -2)]


def test_the_numbers_name_every_day_and_the_stations(world: World) -> None:
    hill = Station("HILL", None, 131.55, -3.0, AT + 90_000)
    keep(world, a_message(1), a_message(2, label=None, complete=False), a_message(90_000, link="vdl2", stations=(hill,)))
    numbers = world.get(STATS + DAYS).json
    msgspec.convert(numbers, AcarsStatistics)
    assert {name: numbers[name] for name in ("from", "to", "messages", "incomplete", "matched", "downlinks")} == {
        "from": "2024-10-04T00:00:00.000Z",
        "to": "2024-10-06T00:00:00.000Z",
        "messages": 3,
        "incomplete": 1,
        "matched": 3,
        "downlinks": 3,
    }
    assert numbers["by_day"] == [{"day": "2024-10-04", "messages": 2}, {"day": "2024-10-05", "messages": 1}]
    assert numbers["by_link"][1] == {"link": "vdl2", "link_name": "VDL Mode 2", "messages": 1}
    stations = world.get(STATIONS + DAYS, world.key()).json
    msgspec.convert(stations, AcarsStations)
    assert [(one.get("station"), one["messages"], one["level"]) for one in stations["stations"]] == [
        ("ROOF-1", 2, -12.5),
        ("HILL", 1, -3.0),
    ]
    assert error_of(world.get(f"{STATS}?from=2020-01-01T00:00:00Z&to=2024-01-01T00:00:00Z")) == (400, "invalid")


def test_without_the_history_the_answer_says_so(world: World) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise StoreError("gone")

    world.skyspy.histories["live"].read = broken  # type: ignore[method-assign]
    assert error_of(world.get(LIST)) == (503, "overloaded")
