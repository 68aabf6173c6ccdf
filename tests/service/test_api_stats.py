"""Statistics over HTTP: their form, who may read them, and that none tells an anonymous client where the receiver stands."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from skyspy.api.statistics_models import (
    Coverage,
    Outline,
    SignalByDistance,
    StatsHistory,
    StatsNow,
    StatsReceivers,
    StatsRecords,
    Top,
)
from skyspy.geo import distance_nm
from skyspy.rollups.picture import Picture
from skyspy.rollups.records import Record
from skyspy.sky.view import DayTotals
from skyspy.store.history import periods, ranges, records
from skyspy.store.history.ranges import RangeRow
from skyspy.store.history.records import RecordRow
from skyspy.store.history.statistics import ReceiverMinute, write_minutes, write_receiver_minutes
from tests.support.flights import HERE, outbound
from tests.support.history import a_minute
from tests.support.peers import ask
from tests.support.world import World

HOUR = 500_000
"""The hour that begins with the clock of the tests."""
RANGES = ("outline", "coverage", "rssi")
MODELS = {
    "history": StatsHistory,
    "receivers": StatsReceivers,
    "records": StatsRecords,
    "top": Top,
    "outline": Outline,
    "coverage": Coverage,
    "rssi": SignalByDistance,
}


def receiver_minute(minute: int, name: str) -> ReceiverMinute:
    return ReceiverMinute(minute, "live", name, 60, 500, 9, 8.0, 70, 180.0, 5, -20.0, demo=name == "demo")


def a_range(hour: int, name: str, nm: float, unit: str = "hour", upto: int | None = None) -> RangeRow:
    picture = Picture()
    for one in outbound(92.5, nm, 20, altitude=35_000):
        picture.add(one, -20.0)
    return RangeRow(unit, hour, "live", name, HERE, picture.positions, name == "demo", picture.pack(), upto)


@pytest.fixture
def kept(world: World) -> World:
    """A server with two hours of statistics, ranges and records."""
    history = world.skyspy.history
    minutes = [minute for minute in range((HOUR - 2) * 60, HOUR * 60) if minute % 60 != 30]
    history.commit_anywhere(write_minutes, [a_minute(minute) for minute in minutes])
    history.commit_anywhere(write_receiver_minutes, [receiver_minute(minute, "demo") for minute in minutes])
    history.commit_anywhere(periods.roll_up, "live", HOUR - 2, HOUR)
    history.commit_anywhere(ranges.write_ranges, [a_range(HOUR - 2, "demo", 90.0), a_range(HOUR - 1, "demo", 120.0)])
    history.commit_anywhere(ranges.write_ranges, [a_range(0, "demo", 200.0, "all", HOUR - 1)])
    found = [Record("farthest", 230.4, HOUR * 3600.0, "4B1805", "SWR1"), Record("busiest_minute", 9000, HOUR * 3600.0)]
    history.commit_anywhere(records.write_records, [RecordRow("live", record) for record in found])
    world.skyspy.skies["live"].view.day = DayTotals((HOUR // 24) * 86_400.0, 77, 123_456, 12, 230.4)
    return world


def read(world: World, what: str, query: str = "", token: str | None = None, sky: bool = True) -> Any:
    answer = world.get(f"/api/stats/{what}/{query}", world.jwt() if token is None and sky else token)
    assert answer.status_code == 200, answer.text
    msgspec.json.decode(answer.data, type=MODELS[what])
    return answer.json


def test_columns_are_as_long_as_the_time_and_a_gap_is_one_point_of_nulls(kept: World) -> None:
    page = read(kept, "history", "?period=minute")
    assert page["step_s"] == 60
    assert page["time"] == list(range((HOUR - 2) * 3600, HOUR * 3600, 60))
    assert {len(column) for column in page["values"].values()} == {page["count"]} == {120}
    gap = page["time"].index((HOUR - 1) * 3600 + 1800)
    assert {column[gap] for column in page["values"].values()} == {None}
    assert "aircraft" not in page["values"]
    assert page["values"]["max_distance_nm"][0] == 120.5


def test_the_same_numbers_are_read_over_a_socket(kept: World) -> None:
    peer = kept.peer().join("/", {"token": kept.jwt()})
    by_minute = ask(peer, "stats-history", period="minute", limit=50)
    expected = read(kept, "history", "?period=minute&limit=50")
    assert by_minute == expected
    assert ask(peer, "stats-records")["records"] == read(kept, "records")["records"]
    for bad in ({"period": "week"}, {"limit": 0}, {"from": "yesterday"}, {"receiver": 5}):
        assert ask(peer, "stats-history", **bad)["code"] == "bad_payload"
    assert ask(peer, "stats-history", receiver="nobody")["code"] == "not_found"


def test_over_a_socket_an_anonymous_client_reads_no_distance_and_no_receiver(kept: World) -> None:
    peer = kept.peer().join("/")
    assert set(ask(peer, "stats-history")["values"]["max_distance_nm"]) == {None}
    assert "farthest" not in {row["kind"] for row in ask(peer, "stats-records")["records"]}
    assert ask(peer, "stats-history", receiver="demo-1")["code"] == "permission_denied"


def test_hours_and_days_are_listed_with_their_sums(kept: World) -> None:
    assert read(kept, "history")["values"]["messages"] == [59 * 4000] * 2
    assert read(kept, "history", "?period=day")["values"]["messages"] == [118 * 4000]


def test_a_long_range_comes_in_parts_that_join(kept: World) -> None:
    whole, parts, query = read(kept, "history", "?period=minute"), [], f"&from={read(kept, 'history', '?period=minute')['from']}"
    while query:
        part = read(kept, "history", f"?period=minute&limit=50{query}")
        parts += [at for at, samples in zip(part["time"], part["values"]["samples"], strict=True) if samples]
        query = f"&from={part['next']}" if part["next"] else ""
    assert parts == [at for at, samples in zip(whole["time"], whole["values"]["samples"], strict=True) if samples]


def test_one_receiver_is_asked_for_by_the_name_that_the_caller_reads(kept: World) -> None:
    for role, name in (("admin", "demo"), ("viewer", "demo-1")):
        token = kept.jwt(f"a-{role}", role)
        (row,) = read(kept, "receivers", token=token)["receivers"]
        assert row["name"] == name
        page = read(kept, "history", f"?receiver={name}", token)
        assert page["values"]["messages"] == [59 * 500] * 2
        assert page["demo"] is True
        assert "rssi_count" not in page["values"]
    answer = kept.get("/api/stats/history/?receiver=demo", kept.jwt("a-viewer", "viewer"))
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_the_outline_of_a_day_and_of_all_time(kept: World) -> None:
    day, total = read(kept, "outline"), read(kept, "outline", "?period=all")
    far = [max(nm for nm in page["bands"][0]["distances_nm"] if nm) for page in (day, total)]
    assert far == pytest.approx([124.7, 204.7], abs=0.2)
    ring = day["bands"][0]["polygon"]
    assert ring[0] == ring[-1]
    assert max(distance_nm(HERE, (lat, lon)) for lon, lat in ring) == pytest.approx(far[0], abs=0.1)
    assert [band["polygon"] for band in day["bands"][1:4]] == [[], [], []]
    assert day["place"] == {"lat": HERE[0], "lon": HERE[1]}
    assert day["demo"] is True
    assert read(kept, "coverage")["positions"] == 40
    assert sum(read(kept, "rssi")["values"]["count"]) == 40
    assert read(kept, "coverage", "?period=all")["positions"] == 40


def test_a_real_receiver_hides_what_the_demo_heard(kept: World) -> None:
    kept.skyspy.history.commit_anywhere(ranges.write_ranges, [a_range(HOUR - 1, "beast-far-30005", 50.0)])
    page = read(kept, "outline")
    assert max(nm for nm in page["bands"][0]["distances_nm"] if nm) < 60
    assert "demo" not in page


@pytest.mark.parametrize("public", ["rounded", "hidden"])
def test_no_answer_tells_an_anonymous_client_where_the_receiver_stands(kept: World, public: str) -> None:
    kept.choose(RECEIVER_LOCATION_PUBLIC=public)
    for what in (*RANGES, "receivers", "history/?receiver=demo"):
        answer = kept.get(f"/api/stats/{what}{'' if '?' in what else '/'}")
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "permission_denied"), what
    page = read(kept, "history", "?period=minute", sky=False)
    assert set(page["values"]["max_distance_nm"]) == {None}
    assert [record["kind"] for record in read(kept, "records", sky=False)["records"]] == ["busiest_minute"]
    now = kept.get("/api/stats/").json
    assert now["today"]["max_distance_nm"] is None
    assert [record["kind"] for record in now["records"]] == ["busiest_minute"]
    told = json.dumps([page, now, read(kept, "top", sky=False)])
    assert "120.5" not in told
    assert "230.4" not in told


def test_where_the_place_is_public_anyone_reads_distances(kept: World) -> None:
    kept.choose(RECEIVER_LOCATION_PUBLIC="exact")
    assert read(kept, "outline", sky=False)["place"]["lat"] == HERE[0]
    assert read(kept, "records", sky=False)["records"][0]["value"] == 230.4


@pytest.mark.parametrize("what", sorted(MODELS))
def test_statistics_need_their_permission(kept: World, what: str) -> None:
    kept.choose(AUTH_MODE="hybrid", FEATURE_ACCESS={"stats": "permission"})
    assert kept.get(f"/api/stats/{what}/").status_code == 403
    assert kept.get(f"/api/stats/{what}/", kept.key(scopes=["aircraft.view"])).status_code == 403
    assert kept.get(f"/api/stats/{what}/", kept.key(scopes=["stats.view"])).status_code == 200


@pytest.mark.parametrize("what", sorted(MODELS))
def test_a_test_key_reads_the_sandbox(kept: World, what: str) -> None:
    page = json.dumps(read(kept, what, token=kept.key(kind="test")))
    assert "4000" not in page
    assert "230.4" not in page


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("history/?from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z", "to"),
        ("history/?from=yesterday", "from"),
        ("history/?from=2027-01-02T00:00:00", "from"),
        ("history/?period=week", "period"),
        ("history/?limit=3001", "limit"),
        ("history/?from=9999-12-31T00:00:00Z", "from"),
        ("top/?kind=pilots", "kind"),
        ("top/?from=2020-01-01T00:00:00Z", "from"),
        ("outline/?period=1h", "period"),
    ],
)
def test_a_query_that_cannot_be_used_is_named(kept: World, query: str, field: str) -> None:
    answer = kept.get(f"/api/stats/{query}", kept.jwt())
    assert answer.status_code == 400
    assert field in answer.json["error"]["fields"]


def test_the_present_day_and_the_records_are_beside_the_numbers_of_now(kept: World) -> None:
    now = kept.get("/api/stats/", kept.jwt())
    page = msgspec.json.decode(now.data, type=StatsNow)
    assert page.today is not None
    assert (page.today.aircraft, page.aircraft_today, page.today.max_distance_nm) == (77, 77, 230.4)
    assert (page.records[0].kind, page.records[0].hex) == ("farthest", "4B1805")
    kept.clock.pass_by(86_400.0)
    assert kept.get("/api/stats/", kept.jwt()).json["today"] is None


def test_live_numbers_go_on_while_the_history_cannot_be_read(kept: World) -> None:
    kept.skyspy.history.commit_anywhere(lambda c: c.exec_driver_sql("DROP TABLE statistics_record"))
    kept.skyspy.history.commit_anywhere(lambda c: c.exec_driver_sql("DROP TABLE receiver_range"))
    assert kept.get("/api/stats/", kept.jwt()).json["records"] == []
    for what in ("records", "outline"):
        answer = kept.get(f"/api/stats/{what}/", kept.jwt())
        assert (answer.status_code, answer.json["error"]["code"]) == (503, "overloaded")
