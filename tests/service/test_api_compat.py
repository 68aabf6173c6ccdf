"""The routes for existing tools, with many aircraft and just after the start."""

from __future__ import annotations

import gzip

import msgspec
from flask.testing import FlaskClient

from skyspy.aircraft import Observation
from skyspy.server import Server
from tests.support.api_client import SELF, bearer, fill, make_user, signed_in


def test_aircraft_json_has_readsbs_shape_and_lower_case(client: FlaskClient, sky: None) -> None:
    body = client.get("/data/aircraft.json").get_json()
    assert set(body) == {"now", "messages", "aircraft"}
    assert {a["hex"] for a in body["aircraft"]} == {"4b1613", "ae1234", "3c6444"}
    one = next(a for a in body["aircraft"] if a["hex"] == "4b1613")
    assert one["flight"] == "SWR12A  "
    assert "distance_nm" not in one


def test_the_receivers_location_is_rounded_for_anonymous_clients(client: FlaskClient, server: Server) -> None:
    make_user(server)
    stranger = client.get("/data/receiver.json").get_json()
    assert (stranger["lat"], stranger["lon"]) == (47.5, 8.5)
    server.settings.change({"RECEIVER_LOCATION_PUBLIC": "hidden"}, SELF)
    assert "lat" not in client.get("/data/receiver.json").get_json()
    assert "lat" in client.get("/data/receiver.json", headers=bearer(signed_in(client)["access"])).get_json()


def test_v2_answers_in_its_envelope(client: FlaskClient, sky: None) -> None:
    body = client.get("/v2/point/47.5/8.5/100").get_json()
    assert {"ac", "msg", "now", "total", "ctime", "ptime"} <= set(body)
    assert [a["hex"] for a in body["ac"]] == ["4b1613", "3c6444"]
    assert body["ac"][0]["dst"] < body["ac"][1]["dst"]
    assert [a["hex"] for a in client.get("/v2/mil").get_json()["ac"]] == ["ae1234"]


def test_a_large_answer_is_compressed_for_who_accepts_it(client: FlaskClient, server: Server) -> None:
    fill(server, "live", {f"4B{n:04X}": {"gs": 100.0, "squawk": "1000"} for n in range(300)})
    plain = client.get("/data/aircraft.json")
    packed = client.get("/data/aircraft.json", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 3
    assert len(msgspec.json.decode(gzip.decompress(packed.data))["aircraft"]) == 300


def test_readiness_names_what_is_not_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503  # nothing is started in this test: no feed is up
    checks = {check["name"]: check["ready"] for check in answer.get_json()["checks"]}
    assert checks == {"store": True, "feeds": False}


def test_the_lists_of_relayed_fields_are_those_of_each_field(client: FlaskClient, server: Server) -> None:
    sky = server.skies["live"]
    for _ in range(2):
        now = server.clock.steady()
        sky.ingest(Observation("4B1613", now, "mode_s", {"alt_baro": 30000}))
        sky.ingest(Observation("4B1613", now, "mlat", {"lat": 47.5, "lon": 8.5, "gs": 300.0}))
        sky.ingest(Observation("3C6444", now, "tisb_icao", {"lat": 47.5, "lon": 8.5}))
        sky.ingest(Observation("3C6444", now, "adsb_icao", {"gs": 200.0}))
        sky.ingest(Observation("4CA87C", now, "adsb_icao", {"lat": 47.5, "lon": 8.6}))
    sky.tick()
    for path, key in (("/data/aircraft.json", "aircraft"), ("/v2/all", "ac")):
        lists = {one["hex"]: (one["mlat"], one["tisb"]) for one in client.get(path).get_json()[key]}
        assert lists == {"4b1613": (["lat", "lon", "gs"], []), "3c6444": ([], ["lat", "lon"]), "4ca87c": ([], [])}
