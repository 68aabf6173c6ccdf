"""The aircraft over HTTP: the API's resources, readsb's files, ADS-B Exchange's routes."""

from __future__ import annotations

import gzip
from typing import Any

import msgspec
import pytest

from skyspy.api.models import (
    Aircraft,
    AircraftPage,
    ExchangeList,
    Liveness,
    Readiness,
    ReadsbList,
    ReadsbReceiver,
    Receivers,
    Trail,
)
from skyspy.api.statistics_models import StatsNow
from skyspy.decode import FORMATS, Context
from skyspy.geo import distance_nm, rounded
from tests.support.world import World


@pytest.fixture
def sky(world: World) -> World:
    """Four aircraft: an airliner, a military one, one on the ground, one with few known fields."""
    world.hear("4B1805")
    world.hear("3F4A01", flight="GAF12", dbFlags=1, alt_baro=5000, category="A5", lat=48.6, squawk="7700", r="54+01", t="A400")
    world.hear("4B1807", flight="HBABC", alt_baro="ground", category="A1", lat=47.46, lon=8.56, gs=5.0)
    world.hear("~4B1808", flight=None, alt_baro=None, category=None, lat=None, lon=None, source="tisb_other", r=None, t=None)
    return world


def listed(world: World, query: str = "", token: str | None = None) -> list[str]:
    page = msgspec.json.decode(world.get(f"/api/aircraft/{query}", token).data, type=AircraftPage)
    assert page.count == len(page.aircraft)
    return [one.hex for one in page.aircraft]  # type: ignore[attr-defined]


ALL = ["3F4A01", "4B1805", "4B1807", "~4B1808"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL),
        ("?military=true", ["3F4A01"]),
        ("?military=false", ["4B1805", "4B1807", "~4B1808"]),
        ("?category=A5", ["3F4A01"]),
        ("?category=a", ["3F4A01", "4B1805", "4B1807"]),
        ("?min_altitude=6000", ["4B1805"]),
        ("?max_altitude=6000", ["3F4A01", "4B1807"]),
        ("?max_distance_nm=20", ["4B1805", "4B1807"]),
        ("?callsign=gaf", ["3F4A01"]),
        ("?callsign=gaf&military=false", []),
        ("?limit=2", ["3F4A01", "4B1805"]),
        ("?_=1700000000&military=", ALL),
    ],
)
def test_the_list_is_filtered(sky: World, query: str, expected: list[str]) -> None:
    assert listed(sky, query) == expected


def test_pages_show_everyone_once_though_the_sky_moves(sky: World) -> None:
    first = sky.get("/api/aircraft/?limit=2").json
    assert (first["count"], first["total"]) == (2, 4)
    sky.hear("000001")
    second = sky.get(f"/api/aircraft/?limit=2&cursor={first['next_cursor']}").json
    assert [one["hex"] for one in second["aircraft"]] == ["4B1807", "~4B1808"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=5001", "limit"), ("limit=x", "limit"), ("military=maybe", "military"),
     ("max_distance_nm=-1", "max_distance_nm"), ("cursor=nonsense", "cursor"), ("cursor=%00", "cursor")],
)  # fmt: skip
def test_a_filter_that_cannot_be_used_is_named(sky: World, query: str, field: str) -> None:
    answer = sky.get(f"/api/aircraft/?{query}")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request")
    assert list(answer.json["error"]["fields"]) == [field]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_that_is_none_filters_nothing_and_breaks_nothing(sky: World, value: str) -> None:
    assert sky.get(f"/api/aircraft/?min_altitude={value}").status_code in (200, 400)


@pytest.mark.parametrize("path", ["/api/aircraft/4B1805/", "/api/aircraft/4b1805", "/api/aircraft/4b1805/"])
def test_an_aircraft_is_found_in_any_case_and_without_the_last_slash(sky: World, path: str) -> None:
    answer = sky.get(path)
    one: Any = msgspec.json.decode(answer.data, type=Aircraft)
    assert (one.hex, one.flight, one.source) == ("4B1805", "SWR123", "adsb")


def test_an_aircraft_that_is_not_there_is_404_and_a_wrong_address_400(sky: World) -> None:
    assert sky.get("/api/aircraft/ABCDEF/").json["error"]["code"] == "not_found"
    assert sky.get("/api/aircraft/ABCDEF/trail/").status_code == 404
    for wrong in ("xyz", "4B18051", "4B18%00", "%2e%2e", "🛩"):
        answer = sky.get(f"/api/aircraft/{wrong}/")
        assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, ["hex"]), wrong


def test_a_trail_is_what_was_flown(sky: World) -> None:
    for step in range(5):
        sky.clock.pass_by(30)
        sky.hear("4B1805", lat=round(47.6 + step * 0.03, 6))
    trail = msgspec.json.decode(sky.get("/api/aircraft/4b1805/trail/").data, type=Trail)
    assert (trail.hex, trail.count) == ("4B1805", len(trail.trail))
    assert trail.count >= 5
    assert [point.timestamp for point in trail.trail] == sorted(point.timestamp for point in trail.trail)


def test_where_the_receiver_stands_is_told_as_exactly_as_the_setting_says(sky: World) -> None:
    key = sky.key(role="viewer", name="vera")
    exact = distance_nm((47.46, 8.55), (47.6, 8.5))
    about = rounded((47.46, 8.55))
    from_about = distance_nm(about, (47.6, 8.5))

    def seen(token: str | None) -> tuple[float | None, dict[str, Any], float | None]:
        one = sky.get("/api/aircraft/4B1805/", token).json.get("distance_nm")
        receiver = sky.get("/data/receiver.json", token).json
        plane = next(a for a in sky.get("/data/aircraft.json", token).json["aircraft"] if a["hex"] == "4b1805")
        return one, {name: receiver[name] for name in ("lat", "lon") if name in receiver}, plane.get("r_dst")

    here = {"lat": 47.46, "lon": 8.55}
    for setting, anonymous in (("rounded", from_about), ("exact", exact), ("hidden", None)):
        sky.choose(RECEIVER_LOCATION_PUBLIC=setting)
        one, receiver, tool = seen(None)
        assert one == tool == (None if anonymous is None else pytest.approx(anonymous, abs=0.01)), setting
        assert receiver == ({"lat": about[0], "lon": about[1]} if setting == "rounded" else here if setting == "exact" else {}), (
            setting
        )
        one, receiver, tool = seen(key)
        assert one == tool == pytest.approx(exact, abs=0.01)
        assert receiver == here


def test_the_numbers_are_those_of_the_sky(sky: World) -> None:
    stats = msgspec.json.decode(sky.get("/api/stats/").data, type=StatsNow)
    assert (stats.total_aircraft, stats.with_position, stats.military_count) == (4, 3, 1)


def test_only_an_operator_sees_where_a_feed_comes_from(world: World) -> None:
    for token in (None, world.jwt("vera", "viewer"), world.key(scopes=["stats.view"])):
        feeds = msgspec.json.decode(world.get("/api/feeds/", token).data, type=Receivers)
        assert feeds.feeds[0].url is msgspec.UNSET
        assert feeds.feeds[0].error is msgspec.UNSET
    feeds = msgspec.json.decode(world.get("/api/feeds/", world.jwt()).data, type=Receivers)
    assert feeds.feeds[0].url == "demo://"


# -- readsb's format


def test_aircraft_json_is_readsbs_to_the_letter(sky: World) -> None:
    answer = sky.get("/data/aircraft.json")
    document = msgspec.json.decode(answer.data, type=ReadsbList)
    assert document.now == pytest.approx(sky.clock.wall())
    by_hex = {one["hex"]: one for one in answer.json["aircraft"]}
    assert set(by_hex) == {"4b1805", "3f4a01", "4b1807", "~4b1808"}
    one = by_hex["4b1805"]
    assert one["flight"] == "SWR123  "
    assert (one["mlat"], one["tisb"], one["type"]) == ([], [], "adsb_icao")
    assert {"r_dst", "r_dir", "seen", "seen_pos", "rssi", "messages"} <= set(one)
    assert not {"distance_nm", "bearing", "military", "source"} & set(one)
    assert by_hex["3f4a01"]["dbFlags"] & 1
    assert by_hex["4b1807"]["alt_baro"] == "ground"
    assert "flight" not in by_hex["~4b1808"]


def test_our_own_decoder_reads_what_we_write(sky: World) -> None:
    decoder = FORMATS["aircraft.json"].make(Context(None, 0.0))
    observations = decoder.feed(sky.get("/data/aircraft.json").data, sky.clock.steady())
    assert {one.hex for one in observations} == set(ALL)
    assert decoder.counters.bad == 0


def test_positions_by_multilateration_are_marked_as_such(sky: World) -> None:
    sky.hear("4B1810", source="mlat")
    one = next(a for a in sky.get("/data/aircraft.json").json["aircraft"] if a["hex"] == "4b1810")
    assert one["type"] == "mlat"
    assert {"lat", "lon"} <= set(one["mlat"])


def test_receiver_json_has_what_a_map_reads_first(world: World) -> None:
    receiver = msgspec.json.decode(world.get("/data/receiver.json").data, type=ReadsbReceiver)
    assert (receiver.refresh, receiver.history) == (1000, 0)
    assert receiver.version.startswith("SkySpy ")


# -- ADS-B Exchange v2


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v2/all", ["3f4a01", "4b1805", "4b1807", "~4b1808"]),
        ("/v2/hex/4B1805", ["4b1805"]),
        ("/v2/icao/4b1805,3F4A01,ffffff", ["3f4a01", "4b1805"]),
        ("/v2/hex/4b1805/", ["4b1805"]),
        ("/v2/callsign/swr123", ["4b1805"]),
        ("/v2/reg/hb-iju", ["4b1805", "4b1807"]),
        ("/v2/registration/54+01", ["3f4a01"]),
        ("/v2/type/a400", ["3f4a01"]),
        ("/v2/sqk/7700", ["3f4a01"]),
        ("/v2/squawk/7700", ["3f4a01"]),
        ("/v2/mil", ["3f4a01"]),
        ("/v2/pia", []),
        ("/v2/ladd", []),
        ("/v2/hex/,", []),
        ("/v2/point/47.46/8.55/20", ["4b1807", "4b1805"]),
        ("/v2/lat/47.46/lon/8.55/dist/20", ["4b1807", "4b1805"]),
        ("/v2/point/-47/8/250", []),
        ("/v2/closest/47.46/8.55/250", ["4b1807"]),
        ("/v2/closest/47.46/8.55/0", []),
    ],
)
def test_v2_finds(sky: World, path: str, expected: list[str]) -> None:
    answer = sky.get(path)
    found = msgspec.json.decode(answer.data, type=ExchangeList)
    hexes = [one["hex"] for one in answer.json["ac"]]
    assert (hexes if "point" in path or "lat" in path else sorted(hexes)) == expected
    assert (found.msg, found.total) == ("No error", len(expected))
    assert found.now == found.ctime == round(sky.clock.wall() * 1000)


def test_v2_says_how_far_and_which_way_from_the_point(sky: World) -> None:
    one = next(a for a in sky.get("/v2/point/47.5/8.5/50").json["ac"] if a["hex"] == "4b1805")
    assert one["dst"] == pytest.approx(6.0, abs=0.05)
    assert one["dir"] == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize(
    ("path", "field"),
    [("91/8/10", "lat"), ("47/181/10", "lon"), ("47/8/251", "nm"), ("47/8/-1", "nm"), ("nan/8/10", "lat"), ("47/inf/10", "lon"), ("47/8/x", "nm")],
)  # fmt: skip
def test_v2_refuses_a_circle_that_is_none(world: World, path: str, field: str) -> None:
    for kind in ("point", "closest"):
        answer = world.get(f"/v2/{kind}/{path}")
        assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, [field])


# -- HTTP


def test_a_large_answer_is_compressed_for_clients_that_accept_gzip(world: World) -> None:
    for number in range(300):
        world.hear(f"4B{number:04X}", ownOp=f"Operator number {number}")
    for path in ("/data/aircraft.json", "/api/aircraft/", "/v2/all"):
        plain = world.get(path)
        assert "Content-Encoding" not in plain.headers
        packed = world.get(path, **{"Accept-Encoding": "gzip, deflate"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert len(packed.data) < len(plain.data) / 5
        assert len(gzip.decompress(packed.data)) == pytest.approx(len(plain.data), abs=64)
        assert "Content-Encoding" not in world.get(path, **{"Accept-Encoding": "gzip;q=0"}).headers


def test_answers_with_secrets_are_never_compressed(world: World) -> None:
    token = world.jwt()
    for _ in range(20):
        world.made_key()
    answer = world.get("/api/auth/keys/", token, **{"Accept-Encoding": "gzip"})
    assert len(answer.data) > 4000
    assert "Content-Encoding" not in answer.headers


def test_the_probes_answer_in_their_shape(world: World) -> None:
    assert msgspec.json.decode(world.get("/healthz").data, type=Liveness).status == "ok"
    ready = world.get("/readyz")
    shape = msgspec.json.decode(ready.data, type=Readiness)
    assert (ready.status_code, shape.ready) == (503, False)
    assert {check.name: check.ready for check in shape.checks} == {"store": True, "feeds": False}


def test_a_test_key_never_learns_where_the_receiver_stands(world: World) -> None:
    key = world.key(kind="test")
    for mode in ("exact", "rounded", "hidden"):
        world.choose(RECEIVER_LOCATION_PUBLIC=mode)
        told = world.get("/data/receiver.json", key).json
        assert (told.get("lat"), told.get("lon")) != (47.46, 8.55)
        assert (told.get("lat"), told.get("lon")) in ((47.5, 8.6), (None, None))
