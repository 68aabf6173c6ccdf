"""The HTTP API: the same door as the sockets, answers that keep to their models, errors that say what to do."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from skyspy.aircraft import Observation
from skyspy.api import RESOURCES
from skyspy.house import House, house_of
from skyspy.store.audit import Actor

SELF = Actor("cli", "test", "")
PASSWORD = "correct horse battery staple"
PLACE = {"lat": 47.6, "lon": 8.6}


@pytest.fixture
def house(app: Flask) -> House:
    return house_of(app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sky(house: House) -> Iterator[None]:
    """Three aircraft in the live sky, one in the sandbox."""
    fill(
        house,
        "live",
        {
            "4B1613": {
                "flight": "SWR12A",
                "category": "A3",
                "alt_baro": 36000,
                "gs": 450.0,
                "t": "A320",
                "squawk": "1000",
                **PLACE,
            }
        },
    )
    fill(
        house,
        "live",
        {
            "AE1234": {"flight": "RCH1", "alt_baro": "ground", "gs": 4.0},
            "3C6444": {"alt_baro": 2000, "r": "D-AIBL", "lat": 48.0, "lon": 9.0},
        },
    )
    fill(house, "sandbox", {"ABCDEF": {"flight": "TEST1", "gs": 100.0}})
    return iter(())


def fill(house: House, sky: str, heard: dict[str, dict[str, Any]]) -> None:
    chosen = house.skies[sky]
    for hex_, fields in heard.items():
        now = house.clock.steady()
        for _ in range(2):
            chosen.tracker.apply(Observation(hex_, now, "adsb_icao", fields), now)
    chosen.tracker.take_delta(house.clock.steady())


def make_user(house: House, name: str = "alice", role: str = "viewer") -> int:
    return house.accounts.create_user(name, role, house.tokens.sign_in.passwords.hash(PASSWORD, 8), SELF).id


def signed_in(client: FlaskClient, name: str = "alice") -> dict[str, Any]:
    answer = client.post("/api/auth/token/", json={"username": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def error_of(answer: TestResponse) -> tuple[int, str]:
    body = answer.get_json()["error"]
    assert body["message"]
    return answer.status_code, body["code"]


# -- every route keeps to what the document says of it --------------------------------------------


def test_every_route_without_parameters_answers_in_the_shape_of_its_model(client: FlaskClient, house: House, sky: None) -> None:
    make_user(house)
    grant = signed_in(client)
    checked = 0
    for resource in RESOURCES:
        for route in resource.routes:
            if route.method == "GET" and "<" not in route.path and route.answer is not None and "json" in route.media:
                answer = client.get(route.path, headers=bearer(grant["access"]))
                if answer.status_code == 403:
                    continue
                assert answer.status_code in (200, 503), (route.path, answer.text)
                try:
                    msgspec.convert(answer.get_json(), route.answer)
                except msgspec.ValidationError as error:
                    pytest.fail(f"{route.path}: {error}: {answer.text[:300]}")
                checked += 1
    assert checked >= 9


@pytest.mark.parametrize(
    "path",
    ["/api/aircraft/4b1613/", "/api/aircraft/4B1613", "/v2/hex/4b1613,ae1234", "/v2/icao/4B1613", "/v2/callsign/swr12a", "/v2/reg/d-aibl",
     "/v2/registration/D-AIBL", "/v2/type/a320", "/v2/sqk/1000", "/v2/squawk/1000", "/v2/point/47.5/8.5/100", "/v2/lat/47.5/lon/8.5/dist/100", "/v2/closest/47.5/8.5/100"],
)  # fmt: skip
def test_lookups_ignore_case_and_the_last_slash(client: FlaskClient, sky: None, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    body = answer.get_json()
    found = body.get("ac", [body])
    assert found
    assert {a["hex"].upper() for a in found} <= {"4B1613", "AE1234", "3C6444"}


def test_the_document_describes_every_route_that_is_served(app: Flask, client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").get_json()
    assert document["openapi"].startswith("3.")
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/api/", "/data/", "/v2/", "/healthz", "/readyz"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, methods in document["paths"].items() for method in methods if method != "parameters"}
    assert served - described == set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                assert operation["summary"], path
                assert operation["responses"], path


def test_the_documents_page_is_served_without_a_script_of_its_own(client: FlaskClient) -> None:
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert "/api/auth/token/" in page.text
    assert "<script>" not in page.text


# -- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("military=true", ["AE1234"]),
        ("min_altitude=30000", ["4B1613"]),
        ("max_altitude=3000", ["3C6444", "AE1234"]),
        ("callsign=swr", ["4B1613"]),
        ("category=A3", ["4B1613"]),
        ("max_distance_nm=15", ["4B1613"]),
        ("", ["3C6444", "4B1613", "AE1234"]),
    ],
)
def test_aircraft_are_filtered(client: FlaskClient, sky: None, query: str, found: list[str]) -> None:
    answer = client.get(f"/api/aircraft/?{query}")
    assert sorted(a["hex"] for a in answer.get_json()["aircraft"]) == found


def test_pages_follow_each_other_and_end(client: FlaskClient, sky: None) -> None:
    seen, cursor = [], ""
    for _ in range(5):
        body = client.get(f"/api/aircraft/?limit=1{cursor}").get_json()
        seen += [a["hex"] for a in body["aircraft"]]
        if body["next_cursor"] is None:
            break
        cursor = f"&cursor={body['next_cursor']}"
    assert seen == ["3C6444", "4B1613", "AE1234"]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=100000000", "cursor=%00", "min_altitude=low", "military=perhaps"])
def test_a_bad_query_says_which_field_is_wrong(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/aircraft/?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.get_json()["error"].get("fields", {})


# -- the door -------------------------------------------------------------------------------------


def test_nobody_gets_in_with_a_bad_credential_even_where_strangers_do(client: FlaskClient) -> None:
    assert client.get("/api/aircraft/").status_code == 200
    for headers in (
        bearer("nonsense"),
        bearer(""),
        {"X-API-Key": "sk_live_x"},
        {"Authorization": "Token x"},
        bearer("eyJhbGciOiJub25lIn0.e30."),
    ):
        answer = client.get("/api/aircraft/", headers=headers)
        assert error_of(answer) == (401, "token_invalid")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_url_is_not_looked_at(client: FlaskClient, house: House) -> None:
    make_user(house)
    token = signed_in(client)["access"]
    assert error_of(client.get(f"/api/auth/me/?token={token}")) == (401, "token_missing")


def test_private_mode_closes_every_door_but_health_and_sign_in(client: FlaskClient, house: House) -> None:
    make_user(house)
    house.settings.set("AUTH_MODE", "private", SELF)
    for path in (
        "/api/aircraft/",
        "/api/stats/",
        "/api/feeds/",
        "/data/aircraft.json",
        "/data/receiver.json",
        "/v2/all",
        "/v2/mil",
    ):
        assert error_of(client.get(path)) == (401, "token_missing"), path
    assert client.get("/healthz").status_code == 200
    assert client.get("/data/aircraft.json", headers=bearer(signed_in(client)["access"])).status_code == 200


def test_a_key_does_what_its_scopes_say_and_no_more(client: FlaskClient, house: House) -> None:
    make_user(house)
    token = signed_in(client)["access"]
    made = client.post("/api/auth/keys/", headers=bearer(token), json={"name": "app", "kind": "live", "scopes": ["stats.view"]})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    key = made.get_json()["key"]
    assert client.get("/api/stats/", headers={"X-API-Key": key}).status_code == 200
    assert error_of(client.get("/api/aircraft/", headers=bearer(key))) == (403, "permission_denied")
    listed = client.get("/api/auth/keys/", headers=bearer(token)).text
    assert key not in listed
    assert error_of(client.post("/api/auth/keys/", headers=bearer(key), json={"name": "x", "kind": "live"})) == (
        403,
        "permission_denied",
    )


def test_a_revoked_key_is_refused_at_once(client: FlaskClient, house: House) -> None:
    make_user(house)
    token = signed_in(client)["access"]
    made = client.post("/api/auth/keys/", headers=bearer(token), json={"name": "app", "kind": "live"}).get_json()
    listed = client.get("/api/auth/keys/", headers=bearer(token)).get_json()["keys"]
    assert client.delete(f"/api/auth/keys/{listed[0]['id']}/", headers=bearer(token)).status_code == 204
    assert error_of(client.get("/api/stats/", headers={"X-API-Key": made["key"]})) == (401, "token_revoked")


def test_a_test_key_sees_the_sandbox_and_nothing_of_the_live_sky(client: FlaskClient, house: House, sky: None) -> None:
    make_user(house)
    made = client.post(
        "/api/auth/keys/", headers=bearer(signed_in(client)["access"]), json={"name": "app", "kind": "test"}
    ).get_json()
    seen = client.get("/api/aircraft/", headers={"X-API-Key": made["key"]}).get_json()["aircraft"]
    assert [a["hex"] for a in seen] == ["ABCDEF"]


def test_refresh_rotates_and_a_stolen_one_ends_the_family(client: FlaskClient, house: House) -> None:
    make_user(house)
    first = signed_in(client)
    second = client.post("/api/auth/token/refresh/", json={"refresh": first["refresh"]}).get_json()
    assert client.get("/api/auth/me/", headers=bearer(second["access"])).get_json()["name"] == "alice"
    assert client.post("/api/auth/token/refresh/", json={"refresh": first["refresh"]}).status_code == 401
    assert error_of(client.get("/api/auth/me/", headers=bearer(second["access"]))) == (401, "token_revoked")
    assert client.post("/api/auth/token/refresh/", json={"refresh": second["refresh"]}).status_code == 401


def test_signing_out_ends_the_access_token(client: FlaskClient, house: House) -> None:
    make_user(house)
    grant = signed_in(client)
    assert client.post("/api/auth/token/revoke/", json={"token": grant["refresh"]}).status_code == 204
    assert error_of(client.get("/api/auth/me/", headers=bearer(grant["access"]))) == (401, "token_revoked")


def test_unknown_wrong_and_disabled_read_alike(client: FlaskClient, house: House) -> None:
    make_user(house)
    bob = make_user(house, "bob")
    house.accounts.set_disabled(bob, True, SELF)
    answers = [
        client.post("/api/auth/token/", json={"username": name, "password": password})
        for name, password in (("nobody", PASSWORD), ("alice", "wrong password"), ("bob", PASSWORD))
    ]
    assert len({(a.status_code, a.get_data()) for a in answers}) == 1
    assert answers[0].status_code == 401


def test_too_many_sign_ins_are_told_how_long_to_wait(client: FlaskClient, house: House) -> None:
    make_user(house)
    house.settings.set("LOGIN_ATTEMPTS_PER_ACCOUNT", 3, SELF)
    answers = [client.post("/api/auth/token/", json={"username": "alice", "password": "wrong"}) for _ in range(5)]
    assert [a.status_code for a in answers] == [401, 401, 401, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_a_forged_forwarding_header_changes_nothing(app: Flask, house: House) -> None:
    house.settings.set("REQUESTS_PER_MINUTE", 10, SELF)
    client = app.test_client()
    codes = [
        client.get(
            "/api/stats/", headers={"X-Forwarded-For": f"10.0.0.{n}"}, environ_base={"REMOTE_ADDR": "203.0.113.9"}
        ).status_code
        for n in range(15)
    ]
    assert codes.count(429) >= 4


# -- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/api/nothing/", {}, 404),
        ("GET", "/v2/nothing", {}, 404),
        ("PUT", "/api/aircraft/", {}, 405),
        ("POST", "/api/auth/token/", {"data": "username=x", "content_type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/api/auth/token/", {"data": b"{", "content_type": "application/json"}, 400),
        ("POST", "/api/auth/token/", {"data": b"[" * 60000, "content_type": "application/json"}, 400),
        ("POST", "/api/auth/token/", {"data": b'"' + b"x" * 70000 + b'"', "content_type": "application/json"}, 413),
        ("POST", "/api/auth/token/", {"json": {"username": "alice"}}, 400),
        ("POST", "/api/auth/token/", {"json": {"username": 7, "password": []}}, 400),
        ("GET", "/api/aircraft/zzzzzz/", {}, 400),
        ("GET", "/api/aircraft/000001/", {}, 404),
        ("GET", "/v2/point/91/0/10", {}, 400),
        ("GET", "/v2/point/0/0/9999", {}, 400),
        ("GET", "/v2/point/nan/0/10", {}, 400),
    ],
)
def test_every_mistake_gets_its_status_and_a_message(
    client: FlaskClient, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    answer = client.open(path, method=method, **more)
    assert answer.status_code == status, answer.text
    assert answer.get_json()["error"]["message"]


@pytest.mark.parametrize("path", ["/", "/api/stats/", "/api/nothing/", "/nothing", "/healthz", "/api/docs/"])
def test_every_answer_carries_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for part in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_only_origins_the_operator_named_may_read_across(client: FlaskClient, house: House) -> None:
    house.settings.set("CORS_ORIGINS", ["https://map.example"], SELF)
    evil = client.get("/api/stats/", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in evil.headers
    good = client.get("/api/stats/", headers={"Origin": "https://map.example"})
    assert good.headers["Access-Control-Allow-Origin"] == "https://map.example"
    assert "Access-Control-Allow-Credentials" not in good.headers


# -- for tools the field already has --------------------------------------------------------------


def test_aircraft_json_has_readsbs_shape_and_lower_case(client: FlaskClient, sky: None) -> None:
    body = client.get("/data/aircraft.json").get_json()
    assert set(body) == {"now", "messages", "aircraft"}
    assert {a["hex"] for a in body["aircraft"]} == {"4b1613", "ae1234", "3c6444"}
    one = next(a for a in body["aircraft"] if a["hex"] == "4b1613")
    assert one["flight"] == "SWR12A  "
    assert "distance_nm" not in one


def test_the_receivers_place_is_rounded_for_strangers(client: FlaskClient, house: House) -> None:
    make_user(house)
    stranger = client.get("/data/receiver.json").get_json()
    assert (stranger["lat"], stranger["lon"]) == (47.5, 8.5)
    house.settings.set("RECEIVER_LOCATION_PUBLIC", "hidden", SELF)
    assert "lat" not in client.get("/data/receiver.json").get_json()
    assert "lat" in client.get("/data/receiver.json", headers=bearer(signed_in(client)["access"])).get_json()


def test_v2_answers_in_its_envelope(client: FlaskClient, sky: None) -> None:
    body = client.get("/v2/point/47.5/8.5/100").get_json()
    assert {"ac", "msg", "now", "total", "ctime", "ptime"} <= set(body)
    assert [a["hex"] for a in body["ac"]] == ["4b1613", "3c6444"]
    assert body["ac"][0]["dst"] < body["ac"][1]["dst"]
    assert [a["hex"] for a in client.get("/v2/mil").get_json()["ac"]] == ["ae1234"]


def test_a_large_answer_is_compressed_for_who_accepts_it(client: FlaskClient, house: House) -> None:
    fill(house, "live", {f"4B{n:04X}": {"gs": 100.0, "squawk": "1000"} for n in range(300)})
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
