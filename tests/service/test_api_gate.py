"""Claims about admission to the HTTP API: who is admitted, who is not, and that it fails closed."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from skyspy import api
from skyspy.auth.principal import TokenError
from skyspy.store import StoreBusy, keys, roles, users
from tests.support.browser_client import PASSWORD
from tests.support.databases import change
from tests.support.world import OPERATOR, World
from tests.wire.serving import mistyped, resigned, unsigned

STRANGER = {"REMOTE_ADDR": "198.51.100.7"}


def credentials(world: World) -> dict[str, tuple[str | None, str | None]]:
    """Each kind of credential, and its refusal's code (None: it is admitted)."""
    good = world.jwt()
    revoked = world.made_key()
    change(world.skyspy, keys.revoke, revoked.key.id, OPERATOR)
    late = world.made_key(expires_at=world.clock.wall() + 1)
    world.clock.pass_by(2)
    live = world.key()
    return {
        "none": (None, "token_missing"),
        "valid JWT": (good, None),
        "alg none": (unsigned(good), "token_invalid"),
        "signed with another key": (resigned(good), "token_invalid"),
        "garbage": ("nonsense", "token_invalid"),
        "a megabyte": ("x" * 1_000_000, "token_invalid"),
        "empty": ("", "token_invalid"),
        "live key": (live, None),
        "test key": (world.key(kind="test"), None),
        "revoked key": (revoked.text, "token_revoked"),
        "expired key": (late.text, "token_expired"),
        "mistyped key": (mistyped(live), "token_invalid"),
    }


@pytest.mark.parametrize("reject", [False, True])
@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
def test_every_credential_gets_its_verdict_and_a_bad_one_is_never_anonymous(world: World, mode: str, reject: bool) -> None:
    world.choose(AUTH_MODE=mode, WS_REJECT_INVALID_TOKENS=reject)
    for name, (token, code) in credentials(world).items():
        answer = world.get("/api/aircraft/", token)
        expected = None if token is None and mode != "private" else code
        if expected is None:
            assert answer.status_code == 200, name
        else:
            assert (answer.status_code, answer.json["error"]["code"]) == (401, expected), name
            assert answer.headers["WWW-Authenticate"].startswith("Bearer "), name


def test_an_expired_jwt_is_refused_at_its_second(world: World) -> None:
    token = world.jwt()
    world.clock.pass_by(world.skyspy.settings.current.JWT_ACCESS_SECONDS - 1)
    assert world.get("/api/aircraft/", token).status_code == 200
    world.clock.pass_by(1)
    answer = world.get("/api/aircraft/", token)
    assert answer.json["error"]["code"] == "token_expired"
    assert "/api/auth/token/refresh/" in answer.json["error"]["message"]


def test_a_refresh_token_is_no_access_token(world: World) -> None:
    world.user()
    grant = world.skyspy.tokens.login("ann", PASSWORD, "127.0.0.1")
    assert world.get("/api/auth/me/", grant.refresh).json["error"]["code"] == "token_invalid"


def test_a_key_may_come_in_either_header(world: World) -> None:
    world.choose(AUTH_MODE="private")
    key = world.key()
    assert world.get("/api/aircraft/", key).status_code == 200
    assert world.client.get("/api/aircraft/", headers={"X-API-Key": key}).status_code == 200
    assert world.client.get("/api/aircraft/", headers={"X-API-Key": ""}).status_code == 401


def test_a_proxys_own_basic_credential_is_passed_over(world: World) -> None:
    assert world.client.get("/api/aircraft/", headers={"Authorization": "Basic YTpi"}).status_code == 200
    world.choose(AUTH_MODE="private")
    answer = world.client.get("/api/aircraft/", headers={"Authorization": "Basic YTpi"})
    assert answer.json["error"]["code"] == "token_missing"
    key = world.key()
    both = world.client.get("/api/aircraft/", headers={"Authorization": "Basic YTpi", "X-API-Key": key})
    assert both.status_code == 200


def test_another_scheme_is_refused_with_advice(world: World) -> None:
    answer = world.client.get("/api/aircraft/", headers={"Authorization": f"Token {world.key()}"})
    assert answer.status_code == 401
    assert "Bearer" in answer.json["error"]["message"]


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "key"])
def test_s20_a_token_in_the_url_is_ignored_and_the_log_says_so_without_it(
    world: World, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    world.choose(AUTH_MODE="private")
    key = world.key()
    logging.getLogger("skyspy").propagate = True
    answer = world.get(f"/api/aircraft/?{name}={key}")
    logging.getLogger("skyspy").propagate = False
    assert answer.json["error"]["code"] == "token_missing"
    assert "credential in a URL" in caplog.text
    assert key not in caplog.text


PRIVATE = [
    "/api/aircraft/",
    "/api/aircraft/4B1805/",
    "/api/aircraft/4B1805/trail/",
    "/api/stats/",
    "/api/feeds/",
    "/api/openapi.json",
    "/api/docs/",
    "/api/auth/me/",
    "/api/auth/keys/",
    "/data/aircraft.json",
    "/data/receiver.json",
    "/v2/all",
    "/v2/hex/4b1805",
    "/v2/point/47/8/50",
]


@pytest.mark.parametrize("path", PRIVATE)
def test_private_mode_shows_an_anonymous_client_nothing(world: World, path: str) -> None:
    world.hear("4B1805")
    world.choose(AUTH_MODE="private")
    answer = world.get(path)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "token_missing")
    assert b"4b1805" not in answer.data.lower()


def test_private_mode_leaves_the_sign_in_page_and_the_probes_open(world: World) -> None:
    world.choose(AUTH_MODE="private")
    assert world.get("/").status_code == 200
    assert world.get("/healthz").status_code == 200
    assert world.post("/api/auth/token/", {"username": "x", "password": "y"}).json["error"]["code"] == "invalid_credentials"


def test_a_browser_that_may_not_see_the_docs_is_told_in_a_page(world: World) -> None:
    world.choose(AUTH_MODE="private")
    answer = world.get("/api/docs/", Accept="text/html")
    assert (answer.status_code, answer.mimetype) == (401, "text/html")


def test_a_missing_right_is_403_and_names_the_permission(world: World) -> None:
    world.choose(FEATURE_ACCESS="aircraft=permission")
    answer = world.get("/v2/all", world.key(scopes=["stats.view"]))
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "permission_denied")
    assert "aircraft.view" in answer.json["error"]["message"]
    assert 'scope="aircraft.view"' in answer.headers["WWW-Authenticate"]
    assert world.get("/v2/all").status_code == 403
    assert world.get("/v2/all", world.jwt()).status_code == 200


def test_a_key_from_a_network_it_is_not_for_is_refused(world: World) -> None:
    key = world.key(networks=["192.0.2.0/24"])
    answer = world.get("/api/aircraft/", key)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "permission_denied")
    inside = world.client.get("/api/aircraft/", headers={"X-API-Key": key}, environ_base={"REMOTE_ADDR": "192.0.2.9"})
    assert inside.status_code == 200


def test_a_test_key_sees_the_sandbox_only(world: World) -> None:
    world.hear("4B1805")
    world.hear("4B1806", sky="sandbox")
    listed = world.get("/api/aircraft/", world.key(kind="test")).json["aircraft"]
    assert [one["hex"] for one in listed] == ["4B1806"]


def test_a_disabled_users_tokens_end_at_once(world: World) -> None:
    world.user("eve", "viewer")
    token, key = world.jwt("eve"), world.key("eve")
    change(world.skyspy, users.set_disabled, world.user("eve"), True, OPERATOR)
    for credential in (token, key):
        assert world.get("/api/aircraft/", credential).json["error"]["code"] == "token_revoked"


# -- failing closed


class BrokenSettings:
    """A settings table that cannot be read."""

    def __init__(self, current: object) -> None:
        self.current = current

    def fresh(self, max_age: float = 0.25) -> object:
        raise StoreBusy("the database is busy")


class Identifies:
    """Tokens with a given `identify`."""

    def __init__(self, act: Any) -> None:
        self._act = act

    def identify(self, token: object, client: str | None = None) -> object:
        return self._act()


def served_with(world: World, **parts: object) -> Any:
    """A client of the same server with some of its parts replaced."""
    app = Flask("other", root_path=world.app.root_path)
    app.extensions["skyspy"] = replace(world.skyspy, **parts)
    api.register(app)
    api.bind_server(app, app.extensions["skyspy"])
    return app.test_client()


def raises(error: Exception) -> Any:
    def act() -> object:
        raise error

    return act


def test_s25_unreadable_settings_admit_nobody(world: World) -> None:
    world.choose(AUTH_MODE="public")
    client = served_with(world, settings=BrokenSettings(world.skyspy.settings.current))
    answer = client.get("/api/aircraft/")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "overloaded")
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert next(check["name"] for check in ready.json["checks"] if not check["ready"]) == "store"


def test_s25_a_token_that_cannot_be_looked_up_admits_nobody(world: World) -> None:
    client = served_with(world, tokens=Identifies(raises(StoreBusy("busy"))))
    assert client.get("/api/aircraft/", headers={"X-API-Key": "k"}).status_code == 503


def test_s25_a_crash_in_the_verifier_admits_nobody_and_tells_nothing(world: World) -> None:
    client = served_with(world, tokens=Identifies(raises(TypeError("secret detail"))))
    answer = client.get("/api/aircraft/", headers={"X-API-Key": "k"})
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "internal_error")
    assert b"secret detail" not in answer.data


def test_a_bad_credential_is_refused_also_when_the_settings_move_meanwhile(world: World) -> None:
    def closing() -> None:
        world.choose(AUTH_MODE="private", FEATURE_ACCESS="aircraft=permission")
        raise TokenError("token_invalid")

    client = served_with(world, tokens=Identifies(closing))
    assert client.get("/api/aircraft/", headers={"X-API-Key": "k"}).status_code == 401


def test_settings_that_close_while_a_credential_is_looked_up_refuse_it(world: World) -> None:
    # Public mode admits every identity; the changed setting needs a permission that this role lacks.
    change(world.skyspy, roles.create, "few", frozenset({"stats.view"}), "", OPERATOR)
    eve = world.skyspy.tokens.identify(world.key("eve", role="few"))
    world.choose(AUTH_MODE="public")
    moves = iter([{"AUTH_MODE": "hybrid", "FEATURE_ACCESS": "aircraft=permission"}, {}])

    def while_moving() -> object:
        if change := next(moves):
            world.choose(**change)
        return eve

    client = served_with(world, tokens=Identifies(while_moving))
    assert client.get("/api/aircraft/", headers={"X-API-Key": "k"}).status_code == 403
    assert next(moves, None) is None, "it was looked up again"


def test_settings_that_never_stand_still_let_no_request_in(world: World) -> None:
    limits, ann = iter(range(100, 200)), world.skyspy.tokens.identify(world.key())

    def while_moving() -> object:
        world.choose(MAX_CONNECTIONS=next(limits))
        return ann

    client = served_with(world, tokens=Identifies(while_moving))
    answer = client.get("/api/aircraft/", headers={"X-API-Key": "k"})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "overloaded")


# -- limits


def test_an_address_that_asks_too_often_waits(world: World) -> None:
    world.choose(REQUESTS_PER_MINUTE=10)
    statuses = [world.client.get("/api/stats/", environ_base=STRANGER).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    refused = world.client.get("/api/stats/", environ_base=STRANGER)
    assert refused.json["error"]["code"] == "rate_limited"
    assert int(refused.headers["Retry-After"]) == 6
    world.clock.pass_by(6)
    assert world.client.get("/api/stats/", environ_base=STRANGER).status_code == 200


def test_loopback_and_probes_are_not_counted(world: World) -> None:
    world.choose(REQUESTS_PER_MINUTE=10)
    assert {world.get("/api/stats/").status_code for _ in range(15)} == {200}
    assert {world.client.get("/healthz", environ_base=STRANGER).status_code for _ in range(15)} == {200}


def test_one_ipv6_subscriber_counts_once(world: World) -> None:
    world.choose(REQUESTS_PER_MINUTE=10)
    answers = [world.client.get("/api/stats/", environ_base={"REMOTE_ADDR": f"2001:db8::{n}"}) for n in range(11)]
    assert answers[-1].status_code == 429


def test_s27_a_forged_forwarding_header_changes_nobodys_limit(world: World) -> None:
    world.choose(REQUESTS_PER_MINUTE=10)
    for number in range(10):
        forged = {"X-Forwarded-For": f"203.0.113.{number}"}
        world.client.get("/api/stats/", environ_base=STRANGER, headers=forged)
    assert world.client.get("/api/stats/", environ_base=STRANGER).status_code == 429


def test_s27_a_trusted_proxys_clients_are_counted_one_by_one(tmp_path: Path) -> None:
    world = World(tmp_path, SKYSPY_TRUSTED_PROXIES="127.0.0.1")
    world.choose(REQUESTS_PER_MINUTE=10)
    first = [world.get("/api/stats/", **{"X-Forwarded-For": "203.0.113.1"}).status_code for _ in range(11)]
    assert first[-1] == 429
    assert world.get("/api/stats/", **{"X-Forwarded-For": "203.0.113.2"}).status_code == 200
    world.close()


def test_bad_tokens_from_one_address_are_throttled_and_good_ones_are_not(world: World) -> None:
    world.choose(TOKEN_ATTEMPTS_PER_ADDRESS=3)
    statuses = [world.get("/api/aircraft/", "nonsense").status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    assert "Retry-After" in world.get("/api/aircraft/", "nonsense").headers
    assert world.get("/api/aircraft/", world.key()).status_code == 200
