"""Signing in over HTTP, and the caller's own keys."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from skyspy.api.account_models import CreatedKey, KeyPage, Me, TokenPair
from skyspy.permissions import BUILTIN_ROLES, PERMISSION_NAMES
from skyspy.store import audit, users
from tests.support.browser_client import PASSWORD
from tests.support.databases import change
from tests.support.world import OPERATOR, World

TOKEN = "/api/auth/token/"
KEYS = "/api/auth/keys/"


def sign_in(world: World, name: str = "ann", password: str = PASSWORD) -> Any:
    return world.post(TOKEN, {"username": name, "password": password})


def test_a_sign_in_gives_what_the_contract_says(world: World) -> None:
    world.user("ann", "viewer")
    answer = sign_in(world)
    assert answer.status_code == 200
    pair = msgspec.json.decode(answer.data, type=TokenPair)
    assert (pair.token_type, pair.expires_in) == ("Bearer", 3600)
    assert (pair.user.name, pair.user.role) == ("ann", "viewer")
    assert set(pair.user.permissions) == BUILTIN_ROLES["viewer"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert world.get("/api/auth/me/", pair.access).status_code == 200


def test_unknown_wrong_and_disabled_are_answered_alike(world: World) -> None:
    world.user("ann")
    world.user("off", "viewer")
    change(world.skyspy, users.set_disabled, world.user("off"), True, OPERATOR)
    answers = [sign_in(world, "ann", "wrong"), sign_in(world, "nobody", "wrong"), sign_in(world, "off")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert answers[0].json["error"]["code"] == "invalid_credentials"


def test_too_many_sign_ins_are_429_and_say_how_long_to_wait(world: World) -> None:
    world.user("ann")
    world.choose(LOGIN_ATTEMPTS_PER_ACCOUNT=3)
    statuses = [sign_in(world, password="wrong").status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    refused = sign_in(world)
    assert (refused.status_code, refused.json["error"]["code"]) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= world.skyspy.settings.current.LOGIN_WINDOW_SECONDS


def test_a_refresh_token_works_once_and_reuse_ends_the_family(world: World) -> None:
    world.user("ann")
    first = sign_in(world).json
    second = world.post(f"{TOKEN}refresh/", {"refresh": first["refresh"]}).json
    assert second["refresh"] != first["refresh"]
    assert world.get("/api/auth/me/", second["access"]).status_code == 200
    again = world.post(f"{TOKEN}refresh/", {"refresh": first["refresh"]})
    assert (again.status_code, again.json["error"]["code"]) == (401, "token_revoked")
    assert world.post(f"{TOKEN}refresh/", {"refresh": second["refresh"]}).status_code == 401
    assert world.get("/api/auth/me/", second["access"]).json["error"]["code"] == "token_revoked"


def test_signing_out_ends_the_sign_in_and_says_nothing_of_other_tokens(world: World) -> None:
    world.user("ann")
    pair = sign_in(world).json
    answer = world.post(f"{TOKEN}revoke/", {"token": pair["refresh"]})
    assert (answer.status_code, answer.data) == (204, b"")
    assert world.get("/api/auth/me/", pair["access"]).json["error"]["code"] == "token_revoked"
    assert world.post(f"{TOKEN}revoke/", {"token": "nonsense"}).status_code == 204


def test_me_shows_the_caller_and_its_permissions_now(world: World) -> None:
    me = msgspec.json.decode(world.get("/api/auth/me/", world.key(scopes=["aircraft.view"])).data, type=Me)
    assert (me.kind, me.name, me.key, me.sky) == ("key", "ann", "test", "live")
    assert me.permissions == me.scopes == ["aircraft.view"]
    me = msgspec.json.decode(world.get("/api/auth/me/", world.jwt()).data, type=Me)
    assert (me.kind, me.role, me.scopes) == ("user", "admin", None)
    assert set(me.permissions) == PERMISSION_NAMES
    assert me.expires_at is not None and me.expires_at.endswith("Z")


def test_a_key_is_shown_once_works_and_dies(world: World) -> None:
    token = world.jwt()
    answer = world.post(KEYS, {"name": "wall map", "scopes": ["aircraft.view"], "expires_in": 3600}, token)
    assert answer.status_code == 201
    made = msgspec.json.decode(answer.data, type=CreatedKey)
    assert made.key.startswith("sk_live_")
    assert world.get("/api/aircraft/", made.key).status_code == 200
    assert world.get("/api/stats/", made.key).status_code == 403
    listed = world.get(KEYS, token)
    assert made.key.encode() not in listed.data
    keys = msgspec.json.decode(listed.data, type=KeyPage).keys
    assert [(key.name, key.state, key.scopes) for key in keys] == [("wall map", "active", ["aircraft.view"])]
    gone = world.client.delete(f"{KEYS}{made.details.id}/", headers={"Authorization": f"Bearer {token}"})
    assert gone.status_code == 204
    assert world.get("/api/aircraft/", made.key).json["error"]["code"] == "token_revoked"


def test_a_key_that_was_given_an_end_ends(world: World) -> None:
    made = world.post(KEYS, {"name": "brief", "expires_in": 60}, world.jwt()).json
    world.clock.pass_by(60)
    assert world.get("/api/aircraft/", made["key"]).json["error"]["code"] == "token_expired"


def test_a_rotated_key_works_on_for_its_overlap(world: World) -> None:
    token = world.jwt()
    old = world.post(KEYS, {"name": "wall map"}, token).json
    path = f"{KEYS}{old['details']['id']}/rotate/"
    new = world.post(path, {"overlap": 60}, token)
    assert new.status_code == 201
    assert world.get("/api/aircraft/", old["key"]).status_code == 200
    world.clock.pass_by(61)
    assert world.get("/api/aircraft/", old["key"]).status_code == 401
    assert world.get("/api/aircraft/", new.json["key"]).status_code == 200
    assert world.post(path, None, token).status_code == 409


def test_a_body_may_be_left_out_where_nothing_in_it_is_needed(world: World) -> None:
    token = world.jwt()
    made = world.post(KEYS, {"name": "x"}, token).json
    headers = {"Authorization": f"Bearer {token}"}
    assert world.client.post(f"{KEYS}{made['details']['id']}/rotate/", headers=headers).status_code == 201


def test_a_leaked_key_cannot_make_another(world: World) -> None:
    answer = world.post(KEYS, {"name": "x"}, world.key())
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "permission_denied")
    assert world.get(KEYS, world.key()).status_code == 403


def test_a_key_cannot_get_permissions_that_the_caller_lacks(world: World) -> None:
    token = world.jwt("vera", "viewer")
    answer = world.post(KEYS, {"name": "x", "scopes": ["aircraft.view", "users.manage"]}, token)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "permission_denied")
    assert "users.manage" in answer.json["error"]["message"]


def test_a_scope_that_does_not_exist_is_named(world: World) -> None:
    answer = world.post(KEYS, {"name": "x", "scopes": ["aircraft.fly"]}, world.jwt())
    assert answer.status_code == 400
    assert "aircraft.fly" in answer.json["error"]["fields"]["scopes"]


def test_a_mistyped_field_does_not_make_a_key_without_limits(world: World) -> None:
    token = world.jwt()
    answer = world.post(KEYS, {"name": "x", "scope": ["aircraft.view"]}, token)
    assert answer.status_code == 400
    assert "scopes" in answer.json["error"]["fields"]["scope"]
    assert world.get(KEYS, token).json["keys"] == []


def test_others_keys_are_not_there(world: World) -> None:
    made = world.made_key("ann")
    headers = {"Authorization": f"Bearer {world.jwt('vera', 'viewer')}"}
    assert world.client.delete(f"{KEYS}{made.key.id}/", headers=headers).status_code == 404
    assert world.client.post(f"{KEYS}{made.key.id}/rotate/", headers=headers).status_code == 404
    assert world.client.delete(f"{KEYS}x/", headers=headers).status_code == 404
    assert world.get("/api/aircraft/", made.text).status_code == 200


def test_keys_come_in_pages(world: World) -> None:
    token = world.jwt()
    for number in range(12):
        world.made_key(name="ann") if number else world.made_key()
    seen: list[int] = []
    path = f"{KEYS}?limit=5"
    while path:
        answer = world.get(path, token).json
        seen += [key["id"] for key in answer["keys"]]
        path = f"{KEYS}?limit=5&cursor={answer['next_cursor']}" if answer["next_cursor"] else ""
    assert seen == sorted(seen)
    assert len(seen) == 12


def test_a_change_of_a_key_names_its_actor_and_address_in_the_audit_log(world: World) -> None:
    world.post(KEYS, {"name": "wall map"}, world.jwt())
    row = world.skyspy.store.read(audit.page, action="key.create")[0]
    assert (row.actor_kind, row.actor, row.address) == ("user", "ann", "127.0.0.1")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "ann"},
        {"username": 1, "password": "x"},
        {"username": "", "password": ""},
        {"username": "a" * 300, "password": "x"},
    ],
)
def test_a_sign_in_that_lacks_something_names_the_field(world: World, body: dict[str, object]) -> None:
    answer = world.post(TOKEN, body)
    assert answer.status_code == 400
    assert set(answer.json["error"]["fields"]) <= {"username", "password"}


def test_a_huge_password_is_refused_before_it_is_hashed(world: World) -> None:
    answer = world.post(TOKEN, {"username": "ann", "password": "x" * 1_000_000})
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")
