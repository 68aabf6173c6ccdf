"""Admission to the HTTP API: the same rules as for sockets."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from skyspy.server import Server
from skyspy.store import users
from tests.support.api_client import SELF, bearer, error_of, make_user, signed_in
from tests.support.browser_client import PASSWORD
from tests.support.databases import change


def test_a_bad_credential_is_refused_where_anonymous_clients_are_admitted(client: FlaskClient) -> None:
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


def test_a_token_in_the_url_is_not_looked_at(client: FlaskClient, server: Server) -> None:
    make_user(server)
    token = signed_in(client)["access"]
    assert error_of(client.get(f"/api/auth/me/?token={token}")) == (401, "token_missing")


def test_private_mode_refuses_anonymous_requests_but_health_and_sign_in(client: FlaskClient, server: Server) -> None:
    make_user(server)
    server.settings.change({"AUTH_MODE": "private"}, SELF)
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


def test_a_key_does_what_its_scopes_say_and_no_more(client: FlaskClient, server: Server) -> None:
    make_user(server)
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


def test_a_revoked_key_is_refused_at_once(client: FlaskClient, server: Server) -> None:
    make_user(server)
    token = signed_in(client)["access"]
    made = client.post("/api/auth/keys/", headers=bearer(token), json={"name": "app", "kind": "live"}).get_json()
    listed = client.get("/api/auth/keys/", headers=bearer(token)).get_json()["keys"]
    assert client.delete(f"/api/auth/keys/{listed[0]['id']}/", headers=bearer(token)).status_code == 204
    assert error_of(client.get("/api/stats/", headers={"X-API-Key": made["key"]})) == (401, "token_revoked")


def test_a_test_key_sees_the_sandbox_and_nothing_of_the_live_sky(client: FlaskClient, server: Server, sky: None) -> None:
    make_user(server)
    made = client.post(
        "/api/auth/keys/", headers=bearer(signed_in(client)["access"]), json={"name": "app", "kind": "test"}
    ).get_json()
    seen = client.get("/api/aircraft/", headers={"X-API-Key": made["key"]}).get_json()["aircraft"]
    assert [a["hex"] for a in seen] == ["ABCDEF"]


def test_refresh_rotates_and_a_stolen_one_ends_the_family(client: FlaskClient, server: Server) -> None:
    make_user(server)
    first = signed_in(client)
    second = client.post("/api/auth/token/refresh/", json={"refresh": first["refresh"]}).get_json()
    assert client.get("/api/auth/me/", headers=bearer(second["access"])).get_json()["name"] == "alice"
    assert client.post("/api/auth/token/refresh/", json={"refresh": first["refresh"]}).status_code == 401
    assert error_of(client.get("/api/auth/me/", headers=bearer(second["access"]))) == (401, "token_revoked")
    assert client.post("/api/auth/token/refresh/", json={"refresh": second["refresh"]}).status_code == 401


def test_signing_out_ends_the_access_token(client: FlaskClient, server: Server) -> None:
    make_user(server)
    grant = signed_in(client)
    assert client.post("/api/auth/token/revoke/", json={"token": grant["refresh"]}).status_code == 204
    assert error_of(client.get("/api/auth/me/", headers=bearer(grant["access"]))) == (401, "token_revoked")


def test_unknown_wrong_and_disabled_read_alike(client: FlaskClient, server: Server) -> None:
    make_user(server)
    bob = make_user(server, "bob")
    change(server, users.set_disabled, bob, True, SELF)
    answers = [
        client.post("/api/auth/token/", json={"username": name, "password": password})
        for name, password in (("nobody", PASSWORD), ("alice", "wrong password"), ("bob", PASSWORD))
    ]
    assert len({(a.status_code, a.get_data()) for a in answers}) == 1
    assert answers[0].status_code == 401


def test_too_many_sign_ins_are_told_how_long_to_wait(client: FlaskClient, server: Server) -> None:
    make_user(server)
    server.settings.change({"LOGIN_ATTEMPTS_PER_ACCOUNT": 3}, SELF)
    answers = [client.post("/api/auth/token/", json={"username": "alice", "password": "wrong"}) for _ in range(5)]
    assert [a.status_code for a in answers] == [401, 401, 401, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_a_forged_forwarding_header_changes_nothing(app: Flask, server: Server) -> None:
    server.settings.change({"REQUESTS_PER_MINUTE": 10}, SELF)
    client = app.test_client()
    codes = [
        client.get(
            "/api/stats/", headers={"X-Forwarded-For": f"10.0.0.{n}"}, environ_base={"REMOTE_ADDR": "203.0.113.9"}
        ).status_code
        for n in range(15)
    ]
    assert codes.count(429) >= 4
