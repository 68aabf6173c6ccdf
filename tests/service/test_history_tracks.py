"""Claims about /api/history/tracks/: what is closed may be kept for ever, what is not may not; each sky has its own."""

from __future__ import annotations

import gzip

import pytest

from skyspy.store.history.statistics import write_minutes
from tests.support.chunks import read_chunk
from tests.support.history import a_minute
from tests.support.tracks import AT, SLOT, flight, keep
from tests.support.world import World

START = "/api/history/tracks/20270115T0800Z/"
GZIP = {"Accept-Encoding": "gzip"}
FOR_EVER = "private, max-age=31536000, immutable"


@pytest.fixture
def ann(world: World) -> str:
    """The token of a user who may see the history; it is 08:12 of the slot's day."""
    world.clock.wall_now = AT + 720
    return world.jwt()


def close_slots(world: World, sky: str = "live") -> None:
    world.skyspy.chunk_makers[sky].run()


def test_a_closed_chunk_may_be_kept_for_ever(world: World, ann: str) -> None:
    keep(world.skyspy.history, "4B1805", flight())
    close_slots(world)
    answer = world.get(START, ann, **GZIP)
    assert (answer.status_code, answer.content_type) == (200, "application/octet-stream")
    assert answer.headers["Cache-Control"] == FOR_EVER
    assert answer.headers["Content-Encoding"] == "gzip"
    assert {"Accept-Encoding", "Authorization", "X-API-Key"} <= set(answer.headers["Vary"].split(", "))
    assert read_chunk(gzip.decompress(answer.data))["tracks"][0]["hex"] == "4B1805"
    again = world.get(START, ann, **GZIP, If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == FOR_EVER


def test_a_client_without_gzip_gets_the_same_chunk_as_it_is(world: World, ann: str) -> None:
    keep(world.skyspy.history, "4B1805", flight())
    close_slots(world)
    plain, packed = world.get(START, ann), world.get(START, ann, **GZIP)
    assert "Content-Encoding" not in plain.headers
    assert plain.data == gzip.decompress(packed.data)
    assert plain.headers["ETag"] == packed.headers["ETag"]
    assert plain.headers["Cache-Control"] == FOR_EVER


def test_what_is_not_closed_and_what_is_in_a_box_may_not_be_kept(world: World, ann: str) -> None:
    keep(world.skyspy.history, "4B1805", flight())
    for path in (START, f"{START}?bbox=46,7,48,9"):
        answer = world.get(path, ann)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers
        assert read_chunk(answer.data)["points"] == 10
    close_slots(world)
    answer = world.get(f"{START}?bbox=46,7,48,9", ann)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "start", ["20270115T0805Z", "20270115T0800", "20270115T080000Z", "2027-01-15T08:00Z", "20271315T0800Z", "x", "٢٠٢٧٠١١٥T0800Z"]
)
def test_another_form_of_start_is_refused_with_the_right_form(world: World, ann: str, start: str) -> None:
    answer = world.get(f"/api/history/tracks/{start}/", ann)
    assert answer.status_code == 400
    assert "20261126T1710Z" in answer.json["error"]["fields"]["start"]


@pytest.mark.parametrize("bbox", ["1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,1,2,3", "48,7,46,9", "46,7,48,200", "46,-181,48,9"])
def test_another_form_of_box_is_refused(world: World, ann: str, bbox: str) -> None:
    answer = world.get(f"{START}?bbox={bbox}", ann)
    assert answer.status_code == 400
    assert "south,west,north,east" in answer.json["error"]["fields"]["bbox"]


@pytest.mark.parametrize("path", [START, "/api/history/tracks/20300101T0000Z/", f"{START}?bbox=-10,170,10,-170"])
def test_a_slot_without_tracks_is_not_found_and_says_where_to_look(world: World, ann: str, path: str) -> None:
    if "bbox" in path:
        keep(world.skyspy.history, "4B1805", flight())
    answer = world.get(path, ann)
    assert answer.status_code == 404
    assert "/api/history/tracks/ lists" in answer.json["error"]["message"]


def test_the_list_says_what_is_closed_what_is_not_and_what_is_empty(world: World, ann: str) -> None:
    keep(world.skyspy.history, "4B1805", flight(AT - 600), SLOT - 1, demo=True)
    close_slots(world)
    keep(world.skyspy.history, "4B1805", flight(), demo=True)
    world.skyspy.history.commit_now(write_minutes, [a_minute(int(AT // 60) + 3, aircraft_max=17)])
    found = world.get("/api/history/tracks/?from=2027-01-15T07:40:00Z", ann).json
    empty, closed, unmade, present = found["chunks"]
    size = closed.pop("bytes")
    assert closed == {
        "start": "2027-01-15T07:50:00.000Z",
        "tracks": 1,
        "points": 10,
        "closed": True,
        "demo": True,
        "href": "/api/history/tracks/20270115T0750Z/",
    }
    assert len(world.get(closed["href"], ann, **GZIP).data) == size
    nothing = {"tracks": 0, "points": 0, "bytes": 0, "closed": True, "href": None}
    assert empty == {"start": "2027-01-15T07:40:00.000Z", **nothing}
    assert (unmade["closed"], unmade["points"], unmade["bytes"], unmade["href"]) == (False, 10, None, START)
    assert unmade["demo"] is True
    assert "demo" not in present
    assert (present["closed"], present["points"]) == (False, 0)
    assert found["demo"] is True
    assert found["count"] == 4
    assert found["aircraft"] == [None] * 23 + [17] + [None] * 16


def test_without_a_time_the_list_is_of_the_last_day(world: World, ann: str) -> None:
    found = world.get("/api/history/tracks/", ann).json
    assert (found["chunks"][0]["start"], found["count"]) == ("2027-01-14T08:10:00.000Z", 145)
    assert "demo" not in found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2027-01-01T00:00:00Z&to=2027-01-15T00:00:00Z", "from"),
        ("to=2027-01-01T00:00:00Z&from=2027-01-02T00:00:00Z", "to"),
        ("from=yesterday", "from"),
        ("from=2027-01-01T00:00:00", "from"),
    ],
)
def test_times_that_cannot_be_listed_are_refused_by_name(world: World, ann: str, query: str, field: str) -> None:
    answer = world.get(f"/api/history/tracks/?{query}", ann)
    assert answer.status_code == 400
    assert field in answer.json["error"]["fields"]


def test_the_future_is_not_listed(world: World, ann: str) -> None:
    found = world.get("/api/history/tracks/?from=2028-01-01T00:00:00Z&to=2028-01-02T00:00:00Z", ann).json
    assert (found["chunks"], found["aircraft"]) == ([], [])
    found = world.get("/api/history/tracks/?from=2027-01-15T08:10:00Z&to=2027-01-16T00:00:00Z", ann).json
    assert found["count"] == 1


def test_a_test_key_reads_the_sandbox_alone(world: World, ann: str) -> None:
    keep(world.skyspy.history, "4B1805", flight())
    keep(world.skyspy.histories["sandbox"], "ABCDEF", flight(), demo=True)
    close_slots(world, "sandbox")
    key = world.key(kind="test")
    found = read_chunk(world.get(START, key).data)
    assert [track["hex"] for track in found["tracks"]] == ["ABCDEF"]
    assert found["demo"] is True
    assert [track["hex"] for track in read_chunk(world.get(START, ann).data)["tracks"]] == ["4B1805"]


def test_tracks_need_history_view(world: World, ann: str) -> None:
    keep(world.skyspy.history, "4B1805", flight())
    world.choose(AUTH_MODE="private")
    for path in (START, "/api/history/tracks/"):
        assert world.get(path).status_code == 401
        assert world.get(path, world.key("bob", scopes=frozenset({"aircraft.view"}))).status_code == 403


def test_a_history_that_cannot_be_read_is_an_error_that_passes(world: World, ann: str) -> None:
    world.skyspy.history._opened = False
    for path in (START, f"{START}?bbox=46,7,48,9", "/api/history/tracks/"):
        answer = world.get(path, ann)
        assert (answer.status_code, answer.json["error"]["code"]) == (503, "overloaded")


def test_links_are_below_the_path_prefix(world: World, ann: str) -> None:
    keep(world.skyspy.history, "4B1805", flight())
    answer = world.client.get(
        "/api/history/tracks/?from=2027-01-15T08:00:00Z",
        headers={"Authorization": f"Bearer {ann}"},
        environ_overrides={"SCRIPT_NAME": "/sky"},
    )
    assert answer.json["chunks"][0]["href"] == "/sky" + START
