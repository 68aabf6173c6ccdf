"""Privilege rules, from outside, by the panel's forms and by /api/ alike: no user grants a role, a scope or a key above the own,
managing users is not managing settings, and a disabled user keeps no access."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from skyspy.store import keys, roles, users
from tests.security.asking import Browser, ask
from tests.support.databases import change
from tests.wire.raw import Ws
from tests.wire.serving import OPERATOR, PASSWORD, Operator, Server
from tests.wire.test_eviction import WITHIN, Watched

CLERK = frozenset({"users.manage", "keys.manage", "aircraft.view", "stats.view"})
KEY = {"name": "made", "kind": "live", "may": "all", "ends": "never"}


@dataclass(frozen=True, slots=True)
class Office:
    """A user who manages users and keys and nothing else, and two others: `top` is an administrator with the key `top_key`,
    `low` is a viewer."""

    browser: Browser
    token: str
    me: int
    top: int
    top_key: int
    low: int


@pytest.fixture(scope="module")
def office(server: Server, operator: Operator) -> Iterator[Office]:
    change(operator, roles.create, "clerk", CLERK, "", OPERATOR)
    change(operator, roles.create, "idle", frozenset({"aircraft.view"}), "", OPERATOR)
    top_key = operator.made_key("top").key.id
    made = Office(
        Browser(server),
        operator.jwt("clara") if operator.user("clara", "clerk") else "",
        operator.user("clara"),
        operator.user("top"),
        top_key,
        operator.user("low", "idle"),
    )
    assert made.browser.sign_in("clara").status == 303
    yield made
    assert operator.settings.fresh(0).AUTH_MODE == "hybrid"


def everything(operator: Operator) -> object:
    """What refused requests must not have changed."""
    people = [(u.id, u.name, u.role, u.disabled, u.password_hash, u.session_epoch) for u in operator.store.read(users.every)]
    held = [(k.id, k.user.id, k.scopes, k.revoked_at, k.rotated_to, k.expires_at) for k in operator.store.read(keys.every)]
    rights = [(role.name, role.permissions) for role in operator.store.read(roles.every)]
    return people, held, rights, operator.settings.fresh(0)


FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "a user with a role above his own": (
        "users/new/",
        {"name": "evil", "role": "admin", "way": "password", "password": PASSWORD},
    ),
    "an invitation to a role above his own": ("users/new/", {"name": "evil", "role": "admin", "way": "link"}),
    "a role above his own for himself": ("users/{me}/role/", {"role": "admin"}),
    "a role above his own for another": ("users/{low}/role/", {"role": "operator"}),
    "another role for somebody above him": ("users/{top}/role/", {"role": "viewer"}),
    "a link to the password of somebody above him": ("users/{top}/link/", {}),
    "an end to somebody above him": ("users/{top}/disable/", {}),
    "the deletion of somebody above him": ("users/{top}/delete/", {}),
    "the signing out of somebody above him": ("users/{top}/sign-out/", {}),
    "a role that holds more than he": ("roles/new/", {"name": "more", "permissions": "settings.manage"}),
    "more in his own role": ("roles/role/clerk/", {"permissions": "settings.manage", "sure": "yes"}),
    "less in a role above his own": ("roles/role/admin/", {"permissions": "aircraft.view", "sure": "yes"}),
    "a key for somebody above him": ("keys/new/", {**KEY, "owner": "{top}"}),
    "a scope above his own": ("keys/new/", {**KEY, "may": "some", "scopes": "settings.manage"}),
    "a scope above the owner's": ("keys/new/", {**KEY, "may": "some", "scopes": "users.manage", "owner": "{low}"}),
    "the successor of a key above him": ("keys/{top_key}/rotate/", {"overlap": "0"}),
    "the end of a key above him": ("keys/{top_key}/revoke/", {}),
    "a setting": ("access/keep/", {"AUTH_MODE": "public"}),
    "a look at what a setting would do": ("access/preview/", {"AUTH_MODE": "public"}),
    "a receiver": ("feeds/add/", {"url": "beast://192.0.2.1"}),
    "a try of a receiver": ("feeds/try/", {"url": "beast://192.0.2.1"}),
    "the receiver's place": ("feeds/place/", {"RECEIVER_LATITUDE": "1", "RECEIVER_LONGITUDE": "2"}),
    "sending away somebody above him": ("live/user/{top}/", {}),
    "sending away a key above him": ("live/key/{top_key}/", {}),
}
ROUTES: dict[str, tuple[str, str, Any]] = {
    "a user with a role above his own": ("POST", "admin/users/", {"name": "evil", "role": "admin", "password": PASSWORD}),
    "an invitation to a role above his own": ("POST", "admin/users/", {"name": "evil", "role": "admin"}),
    "a role above his own for himself": ("POST", "admin/users/{me}/", {"role": "admin"}),
    "a role above his own for another": ("POST", "admin/users/{low}/", {"role": "operator", "disabled": False}),
    "another role for somebody above him": ("POST", "admin/users/{top}/", {"role": "viewer"}),
    "a password for somebody above him": ("POST", "admin/users/{top}/", {"password": PASSWORD + "!"}),
    "a link to the password of somebody above him": ("POST", "admin/users/{top}/reset-link/", None),
    "an end to somebody above him": ("POST", "admin/users/{top}/", {"disabled": True}),
    "the deletion of somebody above him": ("DELETE", "admin/users/{top}/", None),
    "the signing out of somebody above him": ("POST", "admin/users/{top}/sign-out/", None),
    "a role that holds more than he": ("POST", "admin/roles/", {"name": "more", "permissions": ["settings.manage"]}),
    "a role like one above his own": ("POST", "admin/roles/", {"name": "more", "like": "admin"}),
    "more in his own role": ("POST", "admin/roles/clerk/", {"permissions": [*CLERK, "settings.manage"]}),
    "less in a role above his own": ("POST", "admin/roles/admin/", {"permissions": ["aircraft.view"]}),
    "a key for somebody above him": ("POST", "admin/keys/", {"user_id": "{top}", "kind": "live", "name": "made"}),
    "a narrowed key for somebody above him": (
        "POST",
        "admin/keys/",
        {"user_id": "{top}", "kind": "live", "name": "made", "scopes": ["aircraft.view"]},
    ),
    "a scope above his own": ("POST", "auth/keys/", {"kind": "live", "name": "made", "scopes": ["settings.manage"]}),
    "a scope above the owner's": (
        "POST",
        "admin/keys/",
        {"user_id": "{low}", "kind": "live", "name": "made", "scopes": ["users.manage"]},
    ),
    "the successor of a key above him": ("POST", "admin/keys/{top_key}/rotate/", {"overlap": 60}),
    "the end of a key above him": ("DELETE", "admin/keys/{top_key}/", None),
    "a setting": ("POST", "admin/settings/", {"changes": {"AUTH_MODE": "public"}}),
    "a look at the settings": ("GET", "admin/settings/", None),
    "a look at what a setting would do": ("POST", "admin/settings/preview/", {"changes": {"AUTH_MODE": "public"}}),
    "a receiver": ("POST", "admin/feeds/", {"url": "beast://192.0.2.1"}),
    "a try of a receiver": ("POST", "admin/feeds/check/", {"url": "beast://192.0.2.1"}),
    "a look at the receivers' addresses": ("GET", "admin/feeds/", None),
    "a look at the log": ("GET", "admin/audit/", None),
    "sending away somebody above him": ("POST", "admin/live/disconnect/", {"what": "user", "id": "{top}"}),
    "sending away a key above him": ("POST", "admin/live/disconnect/", {"what": "key", "id": "{top_key}"}),
}


def filled(value: Any, office: Office) -> Any:
    """A path or a body with the ids replaced; a lone id in `user_id` becomes a number."""
    if isinstance(value, dict):
        made = {name: filled(one, office) for name, one in value.items()}
        return {name: int(one) if name == "user_id" else one for name, one in made.items()}
    if not isinstance(value, str):
        return value
    for name in ("me", "top_key", "top", "low"):
        value = value.replace(f"{{{name}}}", str(getattr(office, name)))
    return value


def refusal(what: str) -> int:
    """The status of the refusal: what a key's owner does not hold is no scope for that key at all."""
    return 400 if what == "a scope above the owner's" else 403


@pytest.mark.parametrize("what", FORMS)
def test_who_manages_users_and_keys_gets_by_no_form(operator: Operator, office: Office, what: str) -> None:
    path, form = FORMS[what]
    before = everything(operator)
    answer = office.browser.post("/admin/" + filled(path, office), filled(form, office))
    assert answer.status == refusal(what), answer.text
    assert "This form is no longer good" not in answer.text
    assert everything(operator) == before


@pytest.mark.parametrize("what", ROUTES)
def test_who_manages_users_and_keys_gets_by_no_route(server: Server, operator: Operator, office: Office, what: str) -> None:
    method, path, body = ROUTES[what]
    before = everything(operator)
    answer = ask(server, "/api/" + filled(path, office), method=method, send=filled(body, office), token=office.token)
    assert (answer.status, answer.json()["error"]["code"]) in ((403, "permission_denied"), (refusal(what), "invalid"))
    assert everything(operator) == before


def test_what_stands_below_him_is_his_to_manage(server: Server, office: Office) -> None:
    made = ask(server, "/api/admin/users/", send={"name": "below", "role": "idle", "password": PASSWORD}, token=office.token)
    assert made.status == 201, made.text
    key = {"user_id": made.json()["user"]["id"], "kind": "live", "name": "his"}
    assert ask(server, "/api/admin/keys/", send=key, token=office.token).status == 201
    role = {"name": "less", "permissions": ["aircraft.view"]}
    assert ask(server, "/api/admin/roles/", send=role, token=office.token).status == 201


def test_a_key_without_the_scope_manages_nothing_for_an_administrator(server: Server, operator: Operator) -> None:
    narrow = operator.key("top", scopes=["aircraft.view", "settings.manage"])
    for path in ("users", "roles", "keys", "live", "audit"):
        assert ask(server, f"/api/admin/{path}/", token=narrow).status == 403, path
    assert ask(server, "/api/admin/settings/", token=narrow).status == 200


@pytest.mark.parametrize("way", ["form", "route"])
def test_of_whoever_is_disabled_session_tokens_keys_and_sockets_all_end(server: Server, operator: Operator, way: str) -> None:
    name = f"dora-{way}"
    user_id, key = operator.user(name, "operator"), operator.key(name)
    page = Browser(server)
    page.sign_in(name)
    pair = ask(server, "/api/auth/token/", send={"username": name, "password": PASSWORD}).json()
    clients = []
    for token in (pair["access"], key):
        for namespace in ("/", "/audio", "/acars", "/cannonball"):
            client = Ws(server)
            assert client.join(namespace, {"token": token})[0] == "connect"
            clients.append(Watched(client))
    for token in (pair["access"], key):
        assert ask(server, "/api/auth/me/", token=token).status == 200
    assert page.is_in()
    if way == "form":
        boss = Browser(server)
        operator.user("top")
        boss.sign_in("top")
        began = time.time()
        assert boss.post(f"/admin/users/{user_id}/disable/").status == 303
    else:
        began = time.time()
        assert ask(server, f"/api/admin/users/{user_id}/", send={"disabled": True}, token=operator.key("top")).status == 200
    assert all(client.wait() for client in clients)
    assert max(client.told_at for client in clients) - began < WITHIN
    assert {tuple(client.reasons) for client in clients} == {(("token_revoked", "Invalid token: revoked"),)}
    for token in (pair["access"], key):
        assert ask(server, "/api/auth/me/", token=token).json()["error"]["code"] == "token_revoked"
        with Ws(server) as again:
            assert again.join("/audio", {"token": token})[0] == "refused"
    assert ask(server, "/api/auth/token/refresh/", send={"refresh": pair["refresh"]}).status == 401
    assert not page.is_in()
    assert ask(server, "/api/auth/token/", send={"username": name, "password": PASSWORD}).status == 401
    assert Browser(server).sign_in(name).status == 401
