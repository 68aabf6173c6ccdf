"""What operators do: nobody gives, takes or touches what is above himself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from skyspy.auth.apikeys import principal_of
from skyspy.auth.principal import ANONYMOUS, Principal, TokenError
from skyspy.house import House, house_of
from skyspy.live import Session
from skyspy.operate import Refused, Who, access, keys, links, live, log, roles, users
from skyspy.permissions import BUILTIN_ROLES
from skyspy.store.accounts import Actor, User

CLI = Actor("cli", "test")
PASSWORD = "correct horse battery staple"


@pytest.fixture
def house(app: Flask) -> House:
    house = house_of(app)
    house.accounts.create_role("clerk", frozenset({"users.manage", "aircraft.view"}), CLI)
    house.accounts.create_role("keeper", frozenset({"keys.manage", "aircraft.view"}), CLI)
    return house


def made(house: House, name: str, role: str) -> User:
    hashed = house.tokens.sign_in.passwords.hash(PASSWORD, 8)
    return house.accounts.create_user(name, role, hashed, CLI)


def who(user: User) -> Who:
    return Who(Principal("user", user.id, user.name, user.role, user.permissions), "192.0.2.1")


@pytest.fixture
def admin(house: House) -> User:
    return made(house, "admin", "admin")


def refused(act: Callable[..., Any], *arguments: Any, code: str = "permission_denied") -> str:
    with pytest.raises(Refused) as caught:
        act(*arguments)
    assert caught.value.code == code
    return caught.value.message


def connect(house: House, principal: Principal, namespace: str = "/", **more: Any) -> Session:
    session = Session(f"sid{len(house.live)}", f"eio{len(house.live)}", namespace, principal, "192.0.2.7", 1.0, **more)
    house.live.add(session)
    return session


# -- privilege rules ------------------------------------------------------------------------------


def test_nobody_gives_a_role_above_his_own(house: House, admin: User) -> None:
    clerk, guest = made(house, "clerk", "clerk"), made(house, "guest", "keeper")
    refused(users.create, house, who(clerk), "friend", "admin", None)
    refused(users.create, house, who(clerk), "friend", "viewer", None)
    refused(users.set_role, house, who(clerk), guest.id, "admin")
    assert users.create(house, who(clerk), "friend", "clerk", None).role == "clerk"


def test_nobody_makes_or_changes_a_role_to_hold_what_he_lacks(house: House, admin: User) -> None:
    clerk = made(house, "clerk", "clerk")
    refused(roles.create, house, who(clerk), "boss", {"settings.manage"})
    refused(roles.change, house, who(clerk), "clerk", {"users.manage", "settings.manage"})
    refused(roles.change, house, who(clerk), "keeper", {"aircraft.view"})
    refused(roles.clone, house, who(clerk), "admin", "boss")
    refused(roles.delete, house, who(clerk), "keeper")
    assert roles.create(house, who(clerk), "watcher", {"aircraft.view"}).permissions == {"aircraft.view"}


def test_nobody_makes_a_key_for_or_from_somebody_above_him(house: House, admin: User) -> None:
    keeper = made(house, "keeper", "keeper")
    refused(keys.create, house, who(keeper), admin.id, "live", "mine")
    theirs = keys.create(house, who(admin), admin.id, "live", "theirs").key
    refused(keys.rotate, house, who(keeper), theirs.id)
    refused(keys.revoke, house, who(keeper), theirs.id)


def test_a_keys_scopes_are_never_more_than_its_owners_rights(house: House, admin: User) -> None:
    viewer = made(house, "viewer", "viewer")
    refused(keys.create, house, who(viewer), viewer.id, "live", "mine", {"audio.view"}, code="invalid")
    refused(keys.create, house, who(admin), viewer.id, "live", "mine", {"audio.view"}, code="invalid")
    made_key = keys.create(house, who(viewer), viewer.id, "live", "mine", {"aircraft.view"})
    assert principal_of(made_key.key, 0.0).permissions == {"aircraft.view"}


def test_managing_users_does_not_mean_managing_settings_keys_or_reading_the_log(house: House, admin: User) -> None:
    clerk = who(made(house, "clerk", "clerk"))
    refused(access.change, house, clerk, {"AUTH_MODE": "public"})
    refused(access.preview, house, clerk, {"AUTH_MODE": "public"})
    refused(access.rows, house, clerk)
    refused(keys.listing, house, clerk)
    refused(log.page, house, clerk, log.Search())
    assert house.settings.current.AUTH_MODE == "hybrid"


def test_managing_settings_does_not_mean_managing_users(house: House, admin: User) -> None:
    house.accounts.create_role("tuner", frozenset({"settings.manage"}), CLI)
    tuner = who(made(house, "tuner", "tuner"))
    refused(users.listing, house, tuner)
    refused(users.delete, house, tuner, admin.id)
    refused(live.disconnect_anonymous, house, tuner)


@pytest.mark.parametrize(
    "act",
    [
        lambda h, w, u: users.set_disabled(h, w, u, True),
        lambda h, w, u: users.set_password(h, w, u, "another long password"),
        lambda h, w, u: users.set_role(h, w, u, "clerk"),
        users.delete,
        users.sign_out,
        links.reset,
        links.invite,
    ],
)
def test_who_manages_users_cannot_touch_somebody_above_him(house: House, admin: User, act: Callable[..., Any]) -> None:
    clerk = made(house, "clerk", "clerk")
    refused(act, house, who(clerk), admin.id)


@pytest.mark.parametrize("principal", [ANONYMOUS, Principal("user", 99, "v", "viewer", BUILTIN_ROLES["viewer"])])
def test_who_manages_nothing_sees_nothing_of_it(house: House, principal: Principal) -> None:
    nobody = Who(principal)
    for act in (users.listing, roles.listing, keys.listing, access.rows, live.listing):
        refused(act, house, nobody)


def test_the_last_administrator_stays(house: House, admin: User) -> None:
    second = made(house, "second", "admin")
    users.set_role(house, who(second), admin.id, "viewer")
    refused(users.set_role, house, who(second), second.id, "viewer", code="conflict")
    refused(users.delete, house, who(second), second.id, code="conflict")
    refused(users.set_disabled, house, who(second), second.id, True, code="conflict")


# -- what ends with whom --------------------------------------------------------------------------


def test_a_disabled_users_tokens_and_keys_end_and_his_sockets_are_counted(house: House, admin: User) -> None:
    bob = made(house, "bob", "viewer")
    key = keys.create(house, who(bob), bob.id, "live", "app").text
    access_token = house.tokens.login("bob", PASSWORD, "192.0.2.1").access
    connect(house, house.tokens.identify(key) or ANONYMOUS)
    assert users.touches(house, who(admin), bob.id) == users.Touches(1, 1)
    users.set_disabled(house, who(admin), bob.id, True)
    for token in (key, access_token):
        with pytest.raises(TokenError) as caught:
            house.tokens.identify(token)
        assert caught.value.code == "token_revoked"


def test_a_deleted_users_keys_end_and_the_log_stays(house: House, admin: User) -> None:
    bob = made(house, "bob", "viewer")
    key = keys.create(house, who(bob), bob.id, "live", "app").text
    users.delete(house, who(admin), bob.id)
    with pytest.raises(TokenError):
        house.tokens.identify(key)
    said = [(row.action, row.object) for row in log.page(house, who(admin), log.Search(about="bob"))]
    assert ("user.delete", "user bob") in said
    assert ("user.create", "user bob") in said


# -- links ----------------------------------------------------------------------------------------


def test_the_first_administrators_link_works_once(house: House) -> None:
    token = links.first_admin(house, CLI)
    assert links.opened(house, token, links.FIRST).user is None
    user = links.make_first_admin(house, token, "root", PASSWORD, "192.0.2.1")
    assert user.role == "admin"
    assert house.tokens.login("root", PASSWORD, "192.0.2.1").access
    refused(links.make_first_admin, house, token, "other", PASSWORD, "192.0.2.1", code="not_found")
    refused(links.first_admin, house, CLI, code="conflict")


def test_of_two_first_links_one_makes_the_administrator(house: House) -> None:
    first, second = links.first_admin(house, CLI), links.first_admin(house, CLI)
    links.make_first_admin(house, first, "root", PASSWORD, "192.0.2.1")
    refused(links.make_first_admin, house, second, "other", PASSWORD, "192.0.2.1", code="conflict")
    assert [user.name for user in house.accounts.users()] == ["root"]


@pytest.mark.parametrize(
    "harm", [lambda t: t[:-1], lambda t: t + "x", lambda t: "x" + t[1:], lambda t: "", lambda t: "x" * 10_000]
)
def test_a_tampered_link_opens_nothing(house: House, harm: Callable[[str], str]) -> None:
    token = links.first_admin(house, CLI)
    refused(links.opened, house, harm(token), links.FIRST, code="not_found")


def test_a_link_of_one_kind_is_not_one_of_another(house: House, admin: User) -> None:
    bob = made(house, "bob", "viewer")
    token = links.reset(house, who(admin), bob.id)
    refused(links.choose_password, house, token, links.INVITE, PASSWORD, "192.0.2.1", code="not_found")


def test_an_invitation_lets_a_user_choose_his_password_once(house: House, admin: User) -> None:
    bob = users.create(house, who(admin), "bob", "viewer", None)
    token = links.invite(house, who(admin), bob.id)
    links.choose_password(house, token, links.INVITE, PASSWORD, "192.0.2.1")
    assert house.tokens.login("bob", PASSWORD, "192.0.2.1").access
    refused(links.choose_password, house, token, links.INVITE, "another long password", "192.0.2.1", code="not_found")
    refused(links.invite, house, who(admin), bob.id, code="conflict")


def test_a_weak_password_uses_no_link_up(house: House, admin: User) -> None:
    bob = users.create(house, who(admin), "bob", "viewer", None)
    token = links.invite(house, who(admin), bob.id)
    refused(links.choose_password, house, token, links.INVITE, "short", "192.0.2.1", code="invalid")
    links.choose_password(house, token, links.INVITE, PASSWORD, "192.0.2.1")


def test_a_link_is_kept_only_as_a_digest(house: House, admin: User) -> None:
    bob = users.create(house, who(admin), "bob", "viewer", None)
    token = links.invite(house, who(admin), bob.id)
    assert token not in str(list(log.page(house, who(admin), log.Search(), 1000)))


# -- previews, sending away, the log --------------------------------------------------------------


def test_a_preview_says_whom_a_mode_would_send_away_and_changes_nothing(house: House, admin: User) -> None:
    for _ in range(3):
        connect(house, ANONYMOUS, topics={"aircraft", "acars"})
    connect(house, who(admin).principal)
    found = access.preview(house, who(admin), {"AUTH_MODE": "private"})
    assert (dict(found.disconnected), found.total) == ({"anonymous": 3}, 3)
    found = access.preview(house, who(admin), {"FEATURE_ACCESS": {"acars": "authenticated"}})
    assert (dict(found.disconnected), dict(found.lost)) == ({}, {"acars": 3})
    assert house.settings.current.AUTH_MODE == "hybrid"
    refused(access.preview, house, who(admin), {"AUTH_MODE": "open"}, code="invalid")
    refused(access.preview, house, who(admin), {"NO_SUCH": 1}, code="invalid")


def test_sending_away_names_everybody_it_means_and_is_logged(house: House, admin: User) -> None:
    connect(house, ANONYMOUS)
    mine = connect(house, who(admin).principal)
    assert live.disconnect_anonymous(house, who(admin)) == 1
    assert live.disconnect(house, who(admin), mine.sid) == 1
    refused(live.disconnect, house, who(admin), "gone", code="not_found")
    assert [code for _, code, _ in house.live.take_farewells()] == ["disconnected", "disconnected"]
    assert house.live.take_farewells() == []
    assert [row.object for row in log.page(house, who(admin), log.Search(action="live."))] == [
        f"socket {mine.sid}",
        "anonymous clients",
    ]


def test_the_log_as_csv_runs_nothing_in_a_spreadsheet(house: House, admin: User) -> None:
    house.accounts.create_role("x", frozenset(), Actor("cli", "=HYPERLINK(1)"))
    text = log.as_csv(house, who(admin), log.Search(action="role.create"))
    assert "'=HYPERLINK(1)" in text
    assert text.splitlines()[0].startswith("id,time,actor_kind")


# -- the same over HTTP ---------------------------------------------------------------------------


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def headers(house: House, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.tokens.login(name, PASSWORD, '192.0.2.1').access}"}


def test_a_script_can_invite_limit_and_remove_a_user(house: House, admin: User, client: FlaskClient) -> None:
    auth = headers(house, "admin")
    answer = client.post("/api/admin/users/", headers=auth, json={"name": "bob", "role": "viewer"})
    assert answer.status_code == 201
    body = answer.get_json()
    links.choose_password(house, body["invitation"], links.INVITE, PASSWORD, "192.0.2.1")
    path = f"/api/admin/users/{body['user']['id']}/"
    assert client.post(path, headers=auth, json={"role": "operator"}).get_json()["role"] == "operator"
    assert client.post(path, headers=auth, json={"disabled": True}).get_json()["disabled"] is True
    assert client.delete(path, headers=auth).status_code == 204
    assert client.get(path, headers=auth).status_code == 404


@pytest.mark.parametrize("path", ["users", "roles", "keys", "settings", "live", "audit"])
def test_operators_routes_are_closed_to_everybody_else(house: House, admin: User, client: FlaskClient, path: str) -> None:
    made(house, "viewer", "viewer")
    house.settings.set("AUTH_MODE", "public", CLI)
    assert client.get(f"/api/admin/{path}/").status_code == 401
    assert client.get(f"/api/admin/{path}/", headers=headers(house, "viewer")).status_code == 403
    assert client.get(f"/api/admin/{path}/", headers=headers(house, "admin")).status_code == 200


def test_a_script_makes_rotates_and_ends_a_key(house: House, admin: User, client: FlaskClient) -> None:
    auth = headers(house, "admin")
    made_key = client.post("/api/admin/keys/", headers=auth, json={"user_id": admin.id, "kind": "live", "name": "app"}).get_json()
    assert house.tokens.identify(made_key["key"]) is not None
    listed = client.get("/api/admin/keys/", headers=auth)
    assert made_key["key"] not in listed.text
    path = f"/api/admin/keys/{made_key['info']['id']}/"
    after = client.post(path + "rotate/", headers=auth, json={"overlap": 0}).get_json()
    with pytest.raises(TokenError):
        house.tokens.identify(made_key["key"])
    assert client.delete(f"/api/admin/keys/{after['info']['id']}/", headers=auth).status_code == 204


def test_a_script_previews_and_changes_settings(house: House, admin: User, client: FlaskClient) -> None:
    auth = headers(house, "admin")
    connect(house, ANONYMOUS)
    preview = client.post("/api/admin/settings/preview/", headers=auth, json={"changes": {"AUTH_MODE": "private"}}).get_json()
    assert preview["total"] == 1
    assert client.post("/api/admin/settings/", headers=auth, json={"changes": {"AUTH_MODE": "private"}}).status_code == 200
    assert house.settings.current.AUTH_MODE == "private"
    wrong = client.post("/api/admin/settings/", headers=auth, json={"changes": {"BROADCAST_HZ": 99}})
    assert wrong.status_code == 400


def test_a_script_sends_connections_away(house: House, admin: User, client: FlaskClient) -> None:
    connect(house, ANONYMOUS)
    auth = headers(house, "admin")
    assert client.get("/api/admin/live/?search=anonymous", headers=auth).get_json()["count"] == 1
    assert client.post("/api/admin/live/disconnect/", headers=auth, json={"what": "anonymous"}).get_json() == {"sockets": 1}
    assert client.post("/api/admin/live/disconnect/", headers=auth, json={"what": "key", "id": "x"}).status_code == 404
