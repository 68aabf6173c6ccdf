"""The HTTP API: answers match their models, lists have pages, errors say what to do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from skyspy.api import RESOURCES
from skyspy.server import Server
from tests.support.api_client import SELF, bearer, make_user, signed_in

# every route matches the document


def test_every_route_without_parameters_answers_in_the_shape_of_its_model(client: FlaskClient, server: Server, sky: None) -> None:
    make_user(server)
    grant = signed_in(client)
    checked = 0
    for resource in RESOURCES:
        for route in resource.routes:
            if route.method == "GET" and "<" not in route.path and route.answer is not None and route.media == "application/json":
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
        if rule.rule.startswith(("/api/", "/data/", "/v2/", "/healthz", "/readyz", "/metrics"))
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


# lists


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


# invalid requests


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


def test_only_origins_the_operator_named_may_read_across(client: FlaskClient, server: Server) -> None:
    server.settings.change({"CORS_ORIGINS": ["https://map.example"]}, SELF)
    evil = client.get("/api/stats/", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in evil.headers
    good = client.get("/api/stats/", headers={"Origin": "https://map.example"})
    assert good.headers["Access-Control-Allow-Origin"] == "https://map.example"
    assert "Access-Control-Allow-Credentials" not in good.headers
