"""Claims about sightings and what is known of an aircraft, over HTTP and Socket.IO: access, privacy, pages, filters, answers."""

from __future__ import annotations

import csv
import io
import re
from contextlib import closing
from itertools import takewhile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from skyspy.api.history_models import AircraftInfo, Sighting, SightingPage
from skyspy.auth.principal import Principal
from skyspy.clock import iso
from skyspy.permissions import BUILTIN_ROLES
from skyspy.services import Caller, Refused, history
from skyspy.services.csv_cells import escape_formula
from skyspy.services.sighting_filters import SightingRequest
from skyspy.store import StoreError
from skyspy.store.history import visit_queries
from skyspy.store.history.visit_queries import step
from tests.support.api_client import error_of
from tests.support.peers import Peer, ask
from tests.support.visits import AT, a_visit, write_visits
from tests.support.world import World

ROUTES = ("/api/sightings/", "/api/sightings/4B1805-1764203575/", "/api/aircraft/4B1805/info/")
REQUESTS: dict[str, dict[str, Any]] = {
    "sightings": {},
    "aircraft-info": {"hex": "4B1805"},
    "aircraft-info-bulk": {"hexes": ["4B1805"]},
}
FROM_RECEIVER = ("receivers", "closest_nm", "closest_at", "farthest_nm", "farthest_at")
WHOLE = {
    "id": "4B1805-1764203575",
    "hex": "4B1805",
    "first": "2025-11-27T00:32:55.250Z",
    "last": "2025-11-27T00:42:55.250Z",
    "duration_s": 600.0,
    "ended": True,
    "flight": "SWR12",
    "callsigns": ["SWR12"],
    "squawks": ["1000"],
    "receivers": ["roof"],
    "sources": ["adsb"],
    "r": "HB-IJU",
    "t": "A320",
    "ownOp": "Swiss International",
    "country": "Switzerland",
    "category": "A3",
    "military": False,
    "on_ground": False,
    "messages": 900,
    "positions": 300,
    "closest_nm": 4.12,
    "closest_at": "2025-11-27T00:37:55.250Z",
    "farthest_nm": 120.5,
    "farthest_at": "2025-11-27T00:32:55.250Z",
    "alt_min": 3000,
    "alt_max": 36000,
    "gs_max": 451.5,
    "first_position": {"lat": 47.5, "lon": 8.25},
    "last_position": {"lat": 48.5, "lon": 9.25},
    "first_ever": True,
}


def write(world: World, *rows: dict[str, Any]) -> None:
    world.skyspy.history.commit_now(write_visits, *rows)


def joined(world: World, **more: Any) -> Peer:
    return world.peer().join("/", {"token": world.key(role="viewer", **more)})


def test_a_sighting_is_shown_with_all_that_is_known_of_it(world: World) -> None:
    write(world, a_visit())
    key = world.key(role="viewer")
    page = world.get("/api/sightings/", key).json
    assert page == {"sightings": [WHOLE], "count": 1, "next_cursor": None, "timestamp": page["timestamp"]}
    assert world.get("/api/sightings/4b1805-1764203575/", key).json == {**WHOLE, "track": []}
    assert ask(joined(world), "sightings") == page
    msgspec.convert(page, SightingPage)
    msgspec.convert(WHOLE, Sighting)


def test_what_is_not_known_of_a_sighting_is_absent(world: World) -> None:
    names = (
        "flight",
        "r",
        "t",
        "own_op",
        "country",
        "category",
        "closest_nm",
        "closest_at",
        "farthest_nm",
        "farthest_at",
        "alt_min",
    )
    places = ("first_lat", "first_lon", "last_lat", "last_lon", "alt_max", "gs_max")
    write(world, a_visit(**dict.fromkeys((*names, *places)), callsigns=[], ended=False))
    shown = world.get("/api/sightings/", world.key()).json["sightings"][0]
    assert set(WHOLE) - set(shown) == (
        set(names) - {"own_op"} | {"ownOp", "alt_max", "gs_max", "first_position", "last_position"}
    )
    assert (shown["ended"], shown["callsigns"]) == (False, [])
    msgspec.convert(shown, Sighting)


def test_demo_traffic_is_marked(world: World) -> None:
    write(world, a_visit(demo=True))
    page = world.get("/api/sightings/", world.key()).json
    assert (page["demo"], page["sightings"][0]["demo"], page["sightings"][0]["first_ever"]) == (True, True, False)
    assert world.get("/api/sightings/?demo=false", world.key()).json["sightings"] == []


@pytest.mark.parametrize("route", ROUTES)
def test_anonymous_requests_need_an_identity_except_in_public_mode(world: World, route: str) -> None:
    write(world, a_visit())
    for mode, status in (("hybrid", 403), ("private", 401), ("public", 200)):
        world.choose(AUTH_MODE=mode)
        assert world.get(route).status_code == status, mode
        assert world.get(route, world.key(role="viewer")).status_code == 200, mode
    assert error_of(world.get(route, world.key(scopes=["aircraft.view"]))) == (403, "permission_denied")


@pytest.mark.parametrize("kind", REQUESTS)
def test_requests_need_the_permission_as_routes_do(world: World, kind: str) -> None:
    write(world, a_visit())
    assert ask(world.peer().join(), kind, **REQUESTS[kind])["code"] == "permission_denied"
    assert ask(joined(world, scopes=["aircraft.view"]), kind, **REQUESTS[kind])["code"] == "permission_denied"
    assert "code" not in ask(joined(world), kind, **REQUESTS[kind])
    world.choose(AUTH_MODE="public")
    assert "code" not in ask(world.peer().join(), kind, **REQUESTS[kind])


def test_who_may_not_know_where_the_receiver_stands_gets_no_distance_and_no_receiver(world: World) -> None:
    write(world, a_visit())
    world.choose(AUTH_MODE="public")
    peer = world.peer().join()
    public = {name: value for name, value in WHOLE.items() if name not in FROM_RECEIVER}
    assert world.get("/api/sightings/").json["sightings"] == ask(peer, "sightings")["sightings"] == [public]
    assert world.get(ROUTES[1]).json == {**public, "track": []}
    assert world.get(ROUTES[2]).json["sightings"] == ask(peer, "aircraft-info", hex="4B1805")["sightings"] == [public]
    for name, value in (("max_closest_nm", 5), ("receiver", "roof")):
        assert error_of(world.get(f"/api/sightings/?{name}={value}")) == (403, "permission_denied")
        assert ask(peer, "sightings", **{name: value})["code"] == "permission_denied"
        assert world.get(f"/api/sightings/?{name}={value}", world.key()).json["count"] == 1
    world.choose(RECEIVER_LOCATION_PUBLIC="exact")
    assert world.get("/api/sightings/?receiver=roof").json["sightings"] == [WHOLE]


def test_no_host_and_no_port_of_a_receiver_is_shown_to_or_found_by_those_who_may_not_change_settings(world: World) -> None:
    listed, removed = world.skyspy.skies["live"].view.receivers.status()[0], "beast-192.0.2.7-30005"
    write(world, a_visit(receivers=[listed["name"], removed]))
    world.choose(RECEIVER_LOCATION_PUBLIC="exact", AUTH_MODE="public")
    viewer, operator = world.key("eve", role="viewer"), world.key("root", role="admin")
    for token, names in (
        (None, [listed["public_name"], "beast"]),
        (viewer, [listed["public_name"], "beast"]),
        (operator, [listed["name"], removed]),
    ):
        assert world.get("/api/sightings/", token).json["sightings"][0]["receivers"] == names
        assert world.get("/api/aircraft/4B1805/info/", token).json["sightings"][0]["receivers"] == names
        assert world.get(f"/api/sightings/?receiver={names[0]}", token).json["count"] == 1
        assert world.get(f"/api/sightings/?receiver={removed}", token).json["count"] == (1 if token == operator else 0)
        for part in ("export.csv", "export.geojson", "export.kml", "4B1805-1764203575/"):
            assert ("192.0.2.7" in world.get(f"/api/sightings/{part}", token).text) == (token == operator), part


def test_a_test_key_reads_the_history_of_the_sandbox_and_nothing_of_the_live_one(world: World) -> None:
    write(world, a_visit())
    world.skyspy.histories["sandbox"].commit_now(write_visits, a_visit(hex="ABCDEF", demo=True))
    key = world.key(kind="test")
    assert [one["hex"] for one in world.get("/api/sightings/", key).json["sightings"]] == ["ABCDEF"]
    assert world.get(ROUTES[1], key).status_code == 404
    assert (world.get(ROUTES[2], key).json["visits"], world.get(ROUTES[2], key).json["sightings"]) == (0, [])
    simulated = world.get("/api/aircraft/ABCDEF/info/", key).json
    assert (simulated["visits"], simulated["first_seen"]) == (1, WHOLE["first"])
    assert [one["hex"] for one in world.get("/api/sightings/", world.key()).json["sightings"]] == ["4B1805"]


def test_pages_follow_each_other_over_http_and_on_a_socket(world: World) -> None:
    write(world, *(a_visit(hex=f"4B000{n}", first=AT + n // 2) for n in range(7)))
    key, peer = world.key(), joined(world)
    expected = [f"4B000{n}" for n in reversed(range(7))]
    for get in (
        lambda c: world.get(f"/api/sightings/?limit=3&cursor={c or ''}", key).json,
        lambda c: ask(peer, "sightings", limit=3, cursor=c),
    ):
        listed, cursor, pages = [], None, 0
        while pages == 0 or cursor is not None:
            page = get(cursor)
            listed += [one["hex"] for one in page["sightings"]]
            cursor, pages = page["next_cursor"], pages + 1
        assert (listed, pages) == (expected, 3)


@pytest.mark.parametrize(
    ("query", "hexes"),
    [
        ("from=2025-11-27T00:42:55Z", ["4B1805"]),
        ("from=2025-11-27T00:43:00Z", []),
        ("to=2025-11-27T00:32:55Z", ["AE1234"]),
        ("hex=ae1234", ["AE1234"]),
        ("flight=rch*", ["AE1234"]),
        ("flight=rch", []),
        ("ownOp=SWISS", ["4B1805"]),
        ("squawk=1000&military=true", ["AE1234"]),
        ("min_altitude=30000&max_altitude=40000&t=a320&r=hb-iju&country=switzerland&source=adsb", ["4B1805", "AE1234"]),
        ("first_ever=true&not_seen_for_days=1", []),
    ],
)
def test_filters_are_read_from_the_address(world: World, query: str, hexes: list[str]) -> None:
    write(world, a_visit(), a_visit(hex="AE1234", first=AT - 3600, flight="RCH1", own_op=None, military=True))
    assert [one["hex"] for one in world.get(f"/api/sightings/?{query}", world.key()).json["sightings"]] == hexes


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("from", "yesterday"),
        ("from", "2025-11-27T00:00:00"),
        ("hex", "xyz"),
        ("flight", "A" * 10),
        ("squawk", "9999"),
        ("ownOp", "x" * 65),
        ("min_altitude", "nan"),
        ("max_closest_nm", "-1"),
        ("not_seen_for_days", "0"),
        ("limit", "501"),
        ("limit", "0"),
        ("cursor", "x"),
        ("cursor", "azoxLTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ"),
        ("cursor", "azpuYW4tMQ"),
    ],
)
def test_a_bad_filter_is_named(world: World, field: str, value: str) -> None:
    answer = world.get(f"/api/sightings/?{field}={value}", world.key())
    assert error_of(answer) == (400, "bad_request") or answer.json["error"]["code"] == "invalid"
    assert answer.status_code == 400
    assert list(answer.json["error"]["fields"]) == [field]


def test_a_range_that_ends_before_it_begins_is_named(world: World) -> None:
    answer = world.get("/api/sightings/?from=2025-11-27T00:00:00Z&to=2025-11-26T00:00:00Z", world.key())
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, ["to"])


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "many"},
        {"limit": 501},
        {"nonsense": 1},
        {"hex": "xyz"},
        {"hex": 5},
        {"r": "a\0b"},
        {"cursor": "x"},
        {"from": 5},
    ],
)
def test_a_request_with_bad_filters_is_refused_and_the_socket_goes_on(world: World, params: dict[str, Any]) -> None:
    peer = joined(world)
    assert ask(peer, "sightings", **params)["code"] == "bad_payload"
    assert ask(peer, "sightings")["count"] == 0


@pytest.mark.parametrize(
    "name", ["1764203575", "4B1805", "4B1805-", "4B1805-x", "4B1805-1", "-5", "4B1805-99999999999999999999", "%00-5"]
)
def test_a_sighting_that_is_not_kept_is_not_found(world: World, name: str) -> None:
    write(world, a_visit())
    assert error_of(world.get(f"/api/sightings/{name}/", world.key())) == (404, "not_found")


def test_what_is_known_of_an_aircraft_in_the_sky_and_of_one_that_left(world: World) -> None:
    write(
        world,
        a_visit(),
        a_visit(first=AT + 9000),
        a_visit(hex="AE1234", r="08-8193", t="C17", own_op="US Air Force", category="A5"),
    )
    world.hear("4B1805", r="HB-NEW", t="A320")
    key, peer = world.key(), joined(world)
    present = world.get("/api/aircraft/4b1805/info/", key).json
    assert present | {"sightings": 0} == {
        "hex": "4B1805", "r": "HB-NEW", "t": "A320", "desc": "Airbus A320", "ownOp": "Swiss International", "category": "A3",
        "country": "Switzerland", "country_code": "CH", "type_class": "L2J", "wtc": "M", "military": False, "in_sky": True,
        "first_seen": "2025-11-27T00:32:55.250Z", "last_seen": "2025-11-27T03:12:55.250Z", "visits": 2, "sightings": 0,
    }  # fmt: skip
    assert [one["id"] for one in present["sightings"]] == ["4B1805-1764212575", "4B1805-1764203575"]
    assert ask(peer, "aircraft-info", hex="4b1805") == present
    gone = ask(peer, "aircraft-info", hex="AE1234")
    assert {"r": "08-8193", "ownOp": "US Air Force", "military": True, "in_sky": False, "visits": 1}.items() <= gone.items()
    for known in (present, gone):
        msgspec.convert(known, AircraftInfo)


def test_of_an_aircraft_that_was_never_seen_its_address_still_says_something(world: World) -> None:
    known = world.get("/api/aircraft/A00001/info/", world.key()).json
    assert known == {
        "hex": "A00001", "r": "N1", "country": "United States", "country_code": "US", "military": False, "in_sky": False,
        "visits": 0, "sightings": [],
    }  # fmt: skip


def test_many_aircraft_are_described_at_once_each_once_in_their_order(world: World) -> None:
    write(world, a_visit(), a_visit(hex="AE1234"))
    peer = joined(world)
    many = ask(peer, "aircraft-info-bulk", hexes=["AE1234", "4b1805", "AE1234", "~2B0001"])
    assert [(one["hex"], one["visits"]) for one in many["aircraft"]] == [("AE1234", 1), ("4B1805", 1), ("~2B0001", 0)]
    assert many["count"] == 3
    for bad in (None, "4B1805", ["x"], [5], ["4B1805"] * 101):
        assert ask(peer, "aircraft-info-bulk", hexes=bad)["code"] == "bad_payload"
    assert ask(peer, "aircraft-info", hex="x")["code"] == "bad_payload"


def test_ten_sightings_at_most_describe_an_aircraft(world: World) -> None:
    write(world, *(a_visit(first=AT + 900 * n) for n in range(12)))
    known = world.get("/api/aircraft/4B1805/info/", world.key()).json
    assert (known["visits"], len(known["sightings"])) == (12, 10)


def test_a_history_that_cannot_be_read_is_said_and_stops_nothing_else(world: World, tmp_path: Path) -> None:
    world.skyspy.history.close()
    (tmp_path / "instance" / "history.sqlite3").write_bytes(b"no database" * 1000)
    key, peer = world.key(), joined(world)
    for route in ROUTES:
        answer = world.get(route, key)
        assert error_of(answer) == (503, "overloaded")
        assert "history" in answer.json["error"]["message"]
    for kind, params in REQUESTS.items():
        assert ask(peer, kind, **params)["code"] == "overloaded"
    assert world.get("/api/aircraft/", key).status_code == 200
    assert "aircraft" in ask(peer, "status")


def test_a_search_that_takes_long_ends_its_page_early_and_goes_on_with_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(world, *(a_visit(hex=f"4B{n:04}", first=AT + n, t="C172" if n == 0 else "A320") for n in range(20)))
    monkeypatch.setattr(visit_queries, "EXAMINED", 6)
    # The clock passes by with each step.
    monkeypatch.setattr(visit_queries, "step", lambda *given: (world.clock.pass_by(history.MAX_SEARCH_S + 1), step(*given))[1])
    peer, cursor, pages = joined(world), None, []
    while not pages or cursor is not None:
        page = ask(peer, "sightings", t="C172", cursor=cursor)
        cursor = page["next_cursor"]
        pages.append([one["hex"] for one in page["sightings"]])
    assert pages == [[], [], ["4B0000"]]


def test_a_search_for_what_was_in_the_sky_lately_does_not_look_at_the_rest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    now = world.clock.wall()
    old = [a_visit(hex=f"4B{n:04}", first=now - 90_000 - n) for n in range(30)]
    write(world, *old, a_visit(hex="4C0001", first=now - 80_000, last=now - 60), a_visit(hex="4C0002", first=now - 100))
    monkeypatch.setattr(visit_queries, "EXAMINED", 5)
    caller = Caller(Principal("user", 1, "ann", "viewer", BUILTIN_ROLES["viewer"]))

    def looked(**filters: Any) -> tuple[list[str], int]:
        found = history.search_sightings(world.skyspy, caller, msgspec.convert(filters, SightingRequest))
        return [one["hex"] for one in found.sightings], found.steps

    assert looked(**{"from": iso(now - 3600), "t": "A320"}) == (["4C0002", "4C0001"], 1)
    assert looked(**{"from": iso(now - 3600), "t": "C172"}) == ([], 1)
    assert looked(**{"from": iso(now - 30)}) == (["4C0002"], 1)
    assert looked(**{"from": iso(now + 7000)}) == ([], 1)
    assert looked(t="C172") == ([], 6)


def test_a_large_search_costs_more_requests(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    write(world, *(a_visit(hex=f"4B{n:04}", first=AT + n) for n in range(5)))
    monkeypatch.setattr(visit_queries, "EXAMINED", 1)
    world.choose(REQUESTS_PER_MINUTE=60)
    key, elsewhere = world.key(), {"REMOTE_ADDR": "203.0.113.9"}

    def answered(query: str) -> int:
        world.clock.pass_by(120)
        path, headers = f"/api/sightings/?{query}", {"X-API-Key": key}
        tries = (world.client.get(path, headers=headers, environ_base=elsewhere).status_code for _ in range(200))
        return sum(1 for _ in takewhile(lambda status: status == 200, tries))

    assert (answered("limit=1"), answered("t=ZZZZ")) == (59, 40)


def csv_of(world: World, query: str = "", key: str | None = None) -> list[dict[str, str]]:
    answer = world.get(f"/api/sightings/export.csv?{query}", key)
    with closing(answer):
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_a_csv_file_holds_what_the_list_holds(world: World) -> None:
    write(
        world,
        a_visit(),
        a_visit(hex="4B0002", first=AT - 50, callsigns=["A", "B"], alt_min=-25, last_lon=-0.5, r=None, demo=True),
    )
    key = world.key(role="viewer")
    answer = world.get("/api/sightings/export.csv?limit=1", key)
    assert answer.text.count("\r\n") == 2
    answer.close()
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r"attachment; filename=skyspy-sightings-\d{8}T\d{6}Z\.csv", answer.headers["Content-Disposition"])
    assert answer.headers["Cache-Control"] == "no-store"
    first, second = csv_of(world, key=key)
    plain = {name: value for name, value in WHOLE.items() if isinstance(value, str | float) and not isinstance(value, bool)}
    assert {name: str(value) for name, value in plain.items()}.items() <= first.items()
    assert (first["ended"], first["first_lat"], first["demo"]) == ("true", "47.5", "")
    assert {name: second[name] for name in ("callsigns", "alt_min", "last_lon", "r", "demo")} == {
        "callsigns": "A, B",
        "alt_min": "-25",
        "last_lon": "-0.5",
        "r": "",
        "demo": "true",
    }


def test_a_csv_file_is_made_in_slices_takes_the_same_filters_and_ends_at_its_limit(world: World) -> None:
    write(world, *(a_visit(hex=f"4B{n:04}", first=AT + n, t="C172" if n % 2 else "A320") for n in range(601)))
    key = world.key()
    assert [row["hex"] for row in csv_of(world, "t=C172", key)] == [f"4B{n:04}" for n in reversed(range(1, 601, 2))]
    assert len(csv_of(world, "", key)) == 601
    assert len(csv_of(world, "limit=450", key)) == 450
    assert error_of(world.get("/api/sightings/export.csv?limit=50001", key)) == (400, "bad_request")


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-2+3", "@SUM(A1)", "\t=1", 'x;=cmd|"/c calc"!A1'])
def test_s18_no_cell_of_a_csv_file_is_a_formula(world: World, text: str) -> None:
    write(world, a_visit(r=text, own_op=text, callsigns=[text], receivers=[text], flight=text[:8]))
    (row,) = csv_of(world, key=world.key())
    for name in ("r", "ownOp", "callsigns", "receivers", "flight"):
        assert row[name] == escape_formula(row[name].replace("'", ""))
        assert "'" in row[name]


def test_a_csv_file_says_nothing_of_the_receiver_to_who_may_not_know_it(world: World) -> None:
    write(world, a_visit())
    assert world.get("/api/sightings/export.csv").status_code == 403
    world.choose(AUTH_MODE="public")
    (row,) = csv_of(world)
    assert [row[name] for name in FROM_RECEIVER] == [""] * len(FROM_RECEIVER)
    assert error_of(world.get("/api/sightings/export.csv?receiver=roof")) == (403, "permission_denied")


def test_an_address_gets_one_file_at_a_time_and_the_next_when_it_has_read_the_first(world: World) -> None:
    write(world, a_visit())
    headers = {"X-API-Key": world.key()}
    turns = world.app.extensions["skyspy.api_gate"]._turns
    unread = world.client.get("/api/sightings/export.csv", headers=headers, buffered=False)
    assert len(turns) == 1
    assert world.client.get("/api/sightings/", headers=headers).status_code == 200, "a file that is being read stops no list"
    unread.close()
    assert turns == {}
    assert world.client.head("/api/sightings/export.csv", headers=headers).status_code == 200
    assert turns == {}


def test_a_file_that_cannot_be_begun_is_an_error_and_one_that_breaks_off_is_not_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(world, *(a_visit(hex=f"4B{n:04}", first=AT + n) for n in range(500)))
    key, calls = world.key(), []

    def breaks(*given: Any) -> Any:
        calls.append(given)
        if len(calls) > 1:
            raise StoreError("the disk is gone")
        return step(*given)

    monkeypatch.setattr(visit_queries, "step", breaks)
    with pytest.raises(Refused, match="history"):
        csv_of(world, key=key)
    assert error_of(world.get("/api/sightings/export.csv", key)) == (503, "overloaded")
