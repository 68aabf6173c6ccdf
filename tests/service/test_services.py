"""Services: a caller cannot grant, take or manage permissions that the caller lacks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from skyspy.address import Peer
from skyspy.auth.apikeys import principal_of_key
from skyspy.auth.principal import ANONYMOUS, Principal, TokenError
from skyspy.permissions import BUILTIN_ROLES
from skyspy.presence.sessions import Session
from skyspy.server import Server, server_of
from skyspy.services import Caller, Refused, audit_log, invitations, keys, roles, sessions, setting_changes, users
from skyspy.store import roles as stored_roles
from skyspy.store import users as stored_users
from skyspy.store.audit import Actor, Entry
from skyspy.store.users import User
from tests.support.databases import change

CLI = Actor("cli", "test")
PASSWORD = "correct horse battery staple"


@pytest.fixture
def server(app: Flask) -> Server:
    server = server_of(app)
    change(server, stored_roles.create, "clerk", frozenset({"users.manage", "aircraft.view"}), "", CLI)
    change(server, stored_roles.create, "keeper", frozenset({"keys.manage", "aircraft.view"}), "", CLI)
    return server


def made(server: Server, name: str, role: str) -> User:
    hashed = server.passwords.hash(PASSWORD, 8)
    return change(server, stored_users.create, name, role, hashed, CLI)


def caller(user: User) -> Caller:
    return Caller(Principal("user", user.id, user.name, user.role, user.permissions), "192.0.2.1")


@pytest.fixture
def admin(server: Server) -> User:
    return made(server, "admin", "admin")


def refused(act: Callable[..., Any], *arguments: Any, code: str = "permission_denied", **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        act(*arguments, **more)
    assert caught.value.code == code
    return caught.value.message


def connect(server: Server, principal: Principal, namespace: str = "/", **more: Any) -> Session:
    session = Session(
        f"sid{len(server.sessions)}", f"eio{len(server.sessions)}", namespace, principal, Peer("192.0.2.7"), 1.0, **more
    )
    server.sessions.add(session)
    return session


# -- privilege rules ------------------------------------------------------------------------------


def test_a_role_with_permissions_the_caller_lacks_cannot_be_given(server: Server, admin: User) -> None:
    clerk, guest = made(server, "clerk", "clerk"), made(server, "guest", "keeper")
    refused(users.create, server, caller(clerk), "friend", "admin", None)
    refused(users.create, server, caller(clerk), "friend", "viewer", None)
    refused(users.change, server, caller(clerk), guest.id, role="admin")
    assert users.create(server, caller(clerk), "friend", "clerk", None).role == "clerk"


def test_a_role_cannot_get_permissions_that_the_caller_lacks(server: Server, admin: User) -> None:
    clerk = made(server, "clerk", "clerk")
    refused(roles.create, server, caller(clerk), "boss", {"settings.manage"})
    refused(roles.change, server, caller(clerk), "clerk", {"users.manage", "settings.manage"})
    refused(roles.change, server, caller(clerk), "keeper", {"aircraft.view"})
    refused(roles.create, server, caller(clerk), "boss", roles.named(server, caller(clerk), "admin").permissions)
    refused(roles.delete, server, caller(clerk), "keeper")
    assert roles.create(server, caller(clerk), "watcher", {"aircraft.view"}).permissions == {"aircraft.view"}


def test_keys_of_a_user_with_more_permissions_cannot_be_made_or_rotated(server: Server, admin: User) -> None:
    keeper = made(server, "keeper", "keeper")
    refused(keys.create, server, caller(keeper), admin.id, "live", "mine")
    theirs = keys.create(server, caller(admin), admin.id, "live", "theirs").key
    refused(keys.rotate, server, caller(keeper), theirs.id)
    refused(keys.revoke, server, caller(keeper), theirs.id)


def test_a_keys_scopes_are_never_more_than_its_owners_rights(server: Server, admin: User) -> None:
    viewer = made(server, "viewer", "viewer")
    refused(keys.create, server, caller(viewer), viewer.id, "live", "mine", {"audio.view"})
    refused(keys.create, server, caller(admin), viewer.id, "live", "mine", {"audio.view"}, code="invalid")
    made_key = keys.create(server, caller(viewer), viewer.id, "live", "mine", {"aircraft.view"})
    assert principal_of_key(made_key.key, 0.0).permissions == {"aircraft.view"}


def test_managing_users_does_not_mean_managing_settings_keys_or_reading_the_log(server: Server, admin: User) -> None:
    clerk = caller(made(server, "clerk", "clerk"))
    refused(setting_changes.change, server, clerk, {"AUTH_MODE": "public"})
    refused(setting_changes.preview_change, server, clerk, {"AUTH_MODE": "public"})
    refused(setting_changes.rows, server, clerk)
    refused(keys.listing, server, clerk)
    refused(audit_log.page, server, clerk, audit_log.Search())
    assert server.settings.current.AUTH_MODE == "hybrid"


def test_managing_settings_does_not_mean_managing_users(server: Server, admin: User) -> None:
    change(server, stored_roles.create, "tuner", frozenset({"settings.manage"}), "", CLI)
    tuner = caller(made(server, "tuner", "tuner"))
    refused(users.listing, server, tuner)
    refused(users.delete, server, tuner, admin.id)
    refused(sessions.disconnect, server, tuner, "anonymous")


@pytest.mark.parametrize(
    "act",
    [
        lambda h, w, u: users.change(h, w, u, disabled=True),
        lambda h, w, u: users.change(h, w, u, password="another long password"),
        lambda h, w, u: users.change(h, w, u, role="clerk"),
        users.delete,
        users.sign_out,
        invitations.password_reset_link,
        invitations.invitation_link,
    ],
)
def test_a_user_with_more_permissions_cannot_be_managed(server: Server, admin: User, act: Callable[..., Any]) -> None:
    clerk = made(server, "clerk", "clerk")
    refused(act, server, caller(clerk), admin.id)


@pytest.mark.parametrize("principal", [ANONYMOUS, Principal("user", 99, "v", "viewer", BUILTIN_ROLES["viewer"])])
def test_without_a_manage_permission_every_service_refuses(server: Server, principal: Principal) -> None:
    nobody = Caller(principal)
    for act in (users.listing, roles.listing, keys.listing, setting_changes.rows, sessions.listing):
        refused(act, server, nobody)


def test_the_last_administrator_stays(server: Server, admin: User) -> None:
    second = made(server, "second", "admin")
    users.change(server, caller(second), admin.id, role="viewer")
    refused(users.change, server, caller(second), second.id, role="viewer", code="conflict")
    refused(users.delete, server, caller(second), second.id, code="conflict")
    refused(users.change, server, caller(second), second.id, disabled=True, code="conflict")


# -- what ends with a user ------------------------------------------------------------------------


def test_disabling_a_user_ends_tokens_and_keys_and_the_preview_counts_them(server: Server, admin: User) -> None:
    bob = made(server, "bob", "viewer")
    key = keys.create(server, caller(bob), bob.id, "live", "app").text
    access_token = server.tokens.login("bob", PASSWORD, "192.0.2.1").access
    connect(server, server.tokens.identify(key) or ANONYMOUS)
    view = users.one(server, caller(admin), bob.id)
    assert (view.keys, view.sockets) == (1, 1)
    users.change(server, caller(admin), bob.id, disabled=True)
    for token in (key, access_token):
        with pytest.raises(TokenError) as caught:
            server.tokens.identify(token)
        assert caught.value.code == "token_revoked"


def test_a_deleted_users_keys_end_and_the_log_stays(server: Server, admin: User) -> None:
    bob = made(server, "bob", "viewer")
    key = keys.create(server, caller(bob), bob.id, "live", "app").text
    users.delete(server, caller(admin), bob.id)
    with pytest.raises(TokenError):
        server.tokens.identify(key)
    said = [(row.action, row.object) for row in audit_log.page(server, caller(admin), audit_log.Search(about="bob"))]
    assert ("user.delete", "user bob") in said
    assert ("user.create", "user bob") in said


# -- links ----------------------------------------------------------------------------------------


def test_the_first_administrators_link_works_once(server: Server) -> None:
    token = invitations.first_admin_link(server, CLI)
    assert invitations.user_of_link(server, token, invitations.FIRST) is None
    user = invitations.make_first_admin(server, token, "root", PASSWORD, "192.0.2.1")
    assert user.role == "admin"
    assert server.tokens.login("root", PASSWORD, "192.0.2.1").access
    refused(invitations.make_first_admin, server, token, "other", PASSWORD, "192.0.2.1", code="not_found")
    refused(invitations.first_admin_link, server, CLI, code="conflict")


def test_of_two_first_links_one_makes_the_administrator(server: Server) -> None:
    first, second = invitations.first_admin_link(server, CLI), invitations.first_admin_link(server, CLI)
    invitations.make_first_admin(server, first, "root", PASSWORD, "192.0.2.1")
    refused(invitations.make_first_admin, server, second, "other", PASSWORD, "192.0.2.1", code="conflict")
    assert [user.name for user in server.store.read(stored_users.every)] == ["root"]


@pytest.mark.parametrize(
    "harm", [lambda t: t[:-1], lambda t: t + "x", lambda t: "x" + t[1:], lambda t: "", lambda t: "x" * 10_000]
)
def test_a_tampered_link_opens_nothing(server: Server, harm: Callable[[str], str]) -> None:
    token = invitations.first_admin_link(server, CLI)
    refused(invitations.user_of_link, server, harm(token), invitations.FIRST, code="not_found")


def test_a_link_of_one_kind_is_not_one_of_another(server: Server, admin: User) -> None:
    bob = made(server, "bob", "viewer")
    token = invitations.password_reset_link(server, caller(admin), bob.id)
    refused(invitations.choose_password, server, token, invitations.INVITE, PASSWORD, "192.0.2.1", code="not_found")


def test_an_invitation_sets_a_password_once(server: Server, admin: User) -> None:
    bob = users.create(server, caller(admin), "bob", "viewer", None)
    token = invitations.invitation_link(server, caller(admin), bob.id)
    invitations.choose_password(server, token, invitations.INVITE, PASSWORD, "192.0.2.1")
    assert server.tokens.login("bob", PASSWORD, "192.0.2.1").access
    refused(
        invitations.choose_password, server, token, invitations.INVITE, "another long password", "192.0.2.1", code="not_found"
    )
    refused(invitations.invitation_link, server, caller(admin), bob.id, code="conflict")


def test_a_weak_password_uses_no_link_up(server: Server, admin: User) -> None:
    bob = users.create(server, caller(admin), "bob", "viewer", None)
    token = invitations.invitation_link(server, caller(admin), bob.id)
    refused(invitations.choose_password, server, token, invitations.INVITE, "short", "192.0.2.1", code="invalid")
    invitations.choose_password(server, token, invitations.INVITE, PASSWORD, "192.0.2.1")


def test_a_link_is_kept_only_as_a_digest(server: Server, admin: User) -> None:
    bob = users.create(server, caller(admin), "bob", "viewer", None)
    token = invitations.invitation_link(server, caller(admin), bob.id)
    assert token not in str(list(audit_log.page(server, caller(admin), audit_log.Search(), 1000)))


# -- previews, disconnecting, audit log -----------------------------------------------------------


def test_a_preview_counts_what_a_mode_would_disconnect_and_changes_nothing(server: Server, admin: User) -> None:
    for _ in range(3):
        connect(server, ANONYMOUS, topics={"aircraft", "acars"})
    connect(server, caller(admin).principal)
    found = setting_changes.preview_change(server, caller(admin), {"AUTH_MODE": "private"})
    assert (dict(found.disconnected), found.total) == ({"anonymous": 3}, 3)
    found = setting_changes.preview_change(server, caller(admin), {"FEATURE_ACCESS": {"acars": "authenticated"}})
    assert (dict(found.disconnected), dict(found.lost)) == ({}, {"acars": 3})
    assert server.settings.current.AUTH_MODE == "hybrid"
    refused(setting_changes.preview_change, server, caller(admin), {"AUTH_MODE": "open"}, code="invalid")
    refused(setting_changes.preview_change, server, caller(admin), {"NO_SUCH": 1}, code="invalid")


def test_a_disconnect_ends_every_matching_session_and_is_audited(server: Server, admin: User) -> None:
    connect(server, ANONYMOUS)
    mine = connect(server, caller(admin).principal)
    assert sessions.disconnect(server, caller(admin), "anonymous") == 1
    assert sessions.disconnect(server, caller(admin), "session", mine.sid) == 1
    refused(sessions.disconnect, server, caller(admin), "session", "gone", code="not_found")
    assert [code for _, code, _ in server.sessions.take_pending_disconnects()] == ["disconnected", "disconnected"]
    assert server.sessions.take_pending_disconnects() == []
    assert [row.object for row in audit_log.page(server, caller(admin), audit_log.Search(action="live."))] == [
        f"socket {mine.sid}",
        "anonymous clients",
    ]


def test_the_log_as_csv_runs_nothing_in_a_spreadsheet(server: Server, admin: User) -> None:
    change(server, stored_roles.create, "x", frozenset(), "", Actor("cli", "=HYPERLINK(1)"))
    text = audit_log.as_csv(server, caller(admin), audit_log.Search(action="role.create"))
    assert "'=HYPERLINK(1)" in text
    assert text.splitlines()[0].startswith("id,time,actor_kind")


@pytest.mark.parametrize("splits", [";", "\t", '"'])
@pytest.mark.parametrize("formula", ["=1+1", "@SUM(A1)", "+1", "-1", ' "=1', '""=1'])
def test_no_cell_begins_a_formula_where_a_spreadsheet_splits_otherwise(
    server: Server, admin: User, splits: str, formula: str
) -> None:
    # As the row would be if it did not come through the log, which has no tabs: the export does not rely on that.
    text = audit_log._to_csv([Entry(1, 0.0, "user", f"x{splits}{formula}", "", "user.create", f"x{splits}{formula}", None, None)])
    for cell in re.split(r"[;\t\n,]", text):
        assert not re.match(r"""["\s]*[=+\-@]""", cell), text
    assert formula.strip('" ') in text


# -- the same over HTTP ---------------------------------------------------------------------------


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def headers(server: Server, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.tokens.login(name, PASSWORD, '192.0.2.1').access}"}


def test_a_script_can_invite_limit_and_remove_a_user(server: Server, admin: User, client: FlaskClient) -> None:
    auth = headers(server, "admin")
    answer = client.post("/api/admin/users/", headers=auth, json={"name": "bob", "role": "viewer"})
    assert answer.status_code == 201
    body = answer.get_json()
    invitations.choose_password(server, body["invitation"], invitations.INVITE, PASSWORD, "192.0.2.1")
    path = f"/api/admin/users/{body['user']['id']}/"
    assert client.post(path, headers=auth, json={"role": "operator"}).get_json()["role"] == "operator"
    assert client.post(path, headers=auth, json={"disabled": True}).get_json()["disabled"] is True
    assert client.delete(path, headers=auth).status_code == 204
    assert client.get(path, headers=auth).status_code == 404


@pytest.mark.parametrize("path", ["users", "roles", "keys", "settings", "live", "audit"])
def test_operators_routes_refuse_other_callers(server: Server, admin: User, client: FlaskClient, path: str) -> None:
    made(server, "viewer", "viewer")
    server.settings.change({"AUTH_MODE": "public"}, CLI)
    assert client.get(f"/api/admin/{path}/").status_code == 401
    assert client.get(f"/api/admin/{path}/", headers=headers(server, "viewer")).status_code == 403
    assert client.get(f"/api/admin/{path}/", headers=headers(server, "admin")).status_code == 200


def test_a_script_makes_rotates_and_ends_a_key(server: Server, admin: User, client: FlaskClient) -> None:
    auth = headers(server, "admin")
    made_key = client.post("/api/admin/keys/", headers=auth, json={"user_id": admin.id, "kind": "live", "name": "app"}).get_json()
    assert server.tokens.identify(made_key["key"]) is not None
    listed = client.get("/api/admin/keys/", headers=auth)
    assert made_key["key"] not in listed.text
    path = f"/api/admin/keys/{made_key['info']['id']}/"
    after = client.post(path + "rotate/", headers=auth, json={"overlap": 0}).get_json()
    with pytest.raises(TokenError):
        server.tokens.identify(made_key["key"])
    assert client.delete(f"/api/admin/keys/{after['info']['id']}/", headers=auth).status_code == 204


def test_a_script_previews_and_changes_settings(server: Server, admin: User, client: FlaskClient) -> None:
    auth = headers(server, "admin")
    connect(server, ANONYMOUS)
    preview = client.post("/api/admin/settings/preview/", headers=auth, json={"changes": {"AUTH_MODE": "private"}}).get_json()
    assert preview["total"] == 1
    assert client.post("/api/admin/settings/", headers=auth, json={"changes": {"AUTH_MODE": "private"}}).status_code == 200
    assert server.settings.current.AUTH_MODE == "private"
    wrong = client.post("/api/admin/settings/", headers=auth, json={"changes": {"BROADCAST_HZ": 99}})
    assert wrong.status_code == 400


def test_a_script_sends_connections_away(server: Server, admin: User, client: FlaskClient) -> None:
    connect(server, ANONYMOUS)
    auth = headers(server, "admin")
    assert client.get("/api/admin/live/?search=anonymous", headers=auth).get_json()["count"] == 1
    assert client.post("/api/admin/live/disconnect/", headers=auth, json={"what": "anonymous"}).get_json() == {"sockets": 1}
    assert client.post("/api/admin/live/disconnect/", headers=auth, json={"what": "key", "id": "x"}).status_code == 404
