"""The privilege rules in special cases: keys as callers, links whose user or maker changed, concurrent calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from skyspy.auth.principal import Principal
from skyspy.server import Server, server_of
from skyspy.services import Caller, Refused, invitations, keys, roles, users
from skyspy.store import roles as stored_roles
from skyspy.store import users as stored_users
from skyspy.store.audit import Actor
from skyspy.store.keys import KeySearch
from skyspy.store.users import User
from tests.support.clock import StillClock
from tests.support.databases import change, create_key
from tests.support.sites import release, serve

CLI = Actor("cli", "test")
PASSWORD = "correct horse battery staple"
FROM = "192.0.2.1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    app = serve({"SKYSPY_INSTANCE": str(tmp_path / "instance")}, StillClock())
    made = server_of(app)
    change(made, stored_roles.create, "clerk", frozenset({"users.manage", "aircraft.view"}), "", CLI)
    change(made, stored_roles.create, "keeper", frozenset({"keys.manage", "aircraft.view"}), "", CLI)
    yield made
    release(app)


def made(server: Server, name: str, role: str, password: str | None = PASSWORD) -> User:
    hashed = None if password is None else server.passwords.hash(password, 8)
    return change(server, stored_users.create, name, role, hashed, CLI)


def caller(server: Server, user: User) -> Caller:
    """The user as stored now."""
    now = server.store.read(stored_users.by_id, user.id)
    return Caller(Principal("user", now.id, now.name, now.role, now.permissions), FROM)


@pytest.fixture
def admin(server: Server) -> User:
    return made(server, "admin", "admin")


def acting(server: Server, user: User, *scopes: str) -> Caller:
    """A caller with a key of the user, narrowed to scopes."""
    key = create_key(server, user.id, "live", "script", CLI, scopes or None)
    principal = server.tokens.identify(key.text, FROM)
    assert principal is not None
    return Caller(principal, FROM)


def refused(act: Callable[..., Any], *arguments: Any, code: str = "permission_denied", **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        act(*arguments, **more)
    assert caught.value.code == code
    return caught.value.message


# -- keys as callers ------------------------------------------------------------------------------


def test_a_narrowed_key_of_an_administrator_makes_no_wider_key(server: Server, admin: User) -> None:
    script = acting(server, admin, "keys.manage", "aircraft.view")
    refused(keys.create, server, script, admin.id, "live", "all of it")
    refused(keys.create, server, script, admin.id, "live", "more", {"users.manage"})
    assert keys.create(server, script, admin.id, "live", "as much", {"aircraft.view"}).key.scopes == {"aircraft.view"}


def test_a_key_without_the_right_to_manage_keys_makes_none_for_its_own_owner(server: Server, admin: User) -> None:
    script = acting(server, made(server, "bob", "viewer"))
    refused(keys.create, server, script, script.principal.user_id, "live", "another", {"aircraft.view"})
    refused(keys.revoke, server, script, script.principal.key_id)
    refused(keys.rotate, server, script, script.principal.key_id)


def test_a_narrowed_key_does_not_stand_over_its_own_owner(server: Server, admin: User) -> None:
    script = acting(server, admin, "users.manage")
    made(server, "second", "admin")
    refused(users.change, server, script, admin.id, password="another long password")
    refused(invitations.password_reset_link, server, script, admin.id)
    refused(users.change, server, script, admin.id, role="viewer")
    refused(users.create, server, script, "friend", "viewer", None)
    refused(roles.create, server, script, "more", {"audit.view"})


def test_a_user_revokes_own_keys_without_any_permission(server: Server, admin: User) -> None:
    change(server, stored_roles.create, "nothing", frozenset(), "", CLI)
    bob = made(server, "bob", "nothing")
    key = keys.create(server, caller(server, bob), bob.id, "live", "app").key
    assert keys.rotate(server, caller(server, bob), key.id, 60.0).key.rotated_to is None
    assert keys.revoke(server, caller(server, bob), key.id).revoked_at is not None
    assert [view.key.user.id for view in keys.listing(server, caller(server, bob), KeySearch(bob.id)).keys] == [bob.id, bob.id]


# -- links whose user or maker changed ------------------------------------------------------------


def test_a_link_is_refused_for_a_user_who_gained_more_than_its_maker_holds(server: Server, admin: User) -> None:
    clerk, bob = made(server, "clerk", "clerk"), made(server, "bob", "clerk", None)
    token = invitations.invitation_link(server, caller(server, clerk), bob.id)
    users.change(server, caller(server, admin), bob.id, role="admin")
    refused(invitations.user_of_link, server, token, invitations.INVITE, code="not_found")
    refused(invitations.choose_password, server, token, invitations.INVITE, PASSWORD, FROM, code="not_found")
    assert server.store.read(stored_users.by_id, bob.id).password_hash is None


@pytest.mark.parametrize(
    "fall",
    [
        lambda h, w, u: users.change(h, w, u, disabled=True),
        lambda h, w, u: users.change(h, w, u, role="viewer"),
        users.delete,
    ],
    ids=["disabled", "demoted", "deleted"],
)
def test_the_links_of_a_fallen_operator_are_dead(server: Server, admin: User, fall: Callable[..., Any]) -> None:
    clerk, bob = made(server, "clerk", "clerk"), made(server, "bob", "clerk", None)
    token = invitations.invitation_link(server, caller(server, clerk), bob.id)
    fall(server, caller(server, admin), clerk.id)
    refused(invitations.choose_password, server, token, invitations.INVITE, PASSWORD, FROM, code="not_found")


@pytest.mark.parametrize(
    "end",
    [
        lambda h, w, u: users.change(h, w, u, password="another long password"),
        lambda h, w, u: users.change(h, w, u, disabled=True),
        users.sign_out,
        users.delete,
    ],
    ids=["password", "disabled", "signed out", "deleted"],
)
def test_a_reset_link_is_dead_after_what_it_was_made_for_changed(server: Server, admin: User, end: Callable[..., Any]) -> None:
    bob = made(server, "bob", "viewer")
    token = invitations.password_reset_link(server, caller(server, admin), bob.id)
    end(server, caller(server, admin), bob.id)
    refused(invitations.user_of_link, server, token, invitations.RESET, code="not_found")
    refused(invitations.choose_password, server, token, invitations.RESET, PASSWORD, FROM, code="not_found")


def test_of_two_reset_links_the_second_is_dead_once_the_first_was_used(server: Server, admin: User) -> None:
    bob = made(server, "bob", "viewer")
    one, other = (invitations.password_reset_link(server, caller(server, admin), bob.id) for _ in range(2))
    invitations.choose_password(server, one, invitations.RESET, "another long password", FROM)
    refused(invitations.choose_password, server, other, invitations.RESET, PASSWORD, FROM, code="not_found")
    assert server.tokens.login("bob", "another long password", FROM).access


@pytest.mark.parametrize("kind", [invitations.INVITE, invitations.RESET])
def test_an_expired_link_opens_nothing(server: Server, clock: StillClock, admin: User, kind: str) -> None:
    bob = made(server, "bob", "viewer", None if kind == invitations.INVITE else PASSWORD)
    token = {invitations.INVITE: invitations.invitation_link, invitations.RESET: invitations.password_reset_link}[kind](
        server, caller(server, admin), bob.id
    )
    server.clock.pass_by(invitations.LIFETIME_S[kind] - 1)  # type: ignore[attr-defined]
    assert invitations.user_of_link(server, token, kind) == server.store.read(stored_users.by_id, bob.id)
    server.clock.pass_by(1)  # type: ignore[attr-defined]
    refused(invitations.user_of_link, server, token, kind, code="not_found")
    refused(invitations.choose_password, server, token, kind, "another long password", FROM, code="not_found")


def test_the_first_administrators_link_dies_after_half_an_hour(server: Server) -> None:
    token = invitations.first_admin_link(server, CLI)
    server.clock.pass_by(1800)  # type: ignore[attr-defined]
    refused(invitations.user_of_link, server, token, invitations.FIRST, code="not_found")
    refused(invitations.make_first_admin, server, token, "root", PASSWORD, FROM, code="not_found")
    assert server.store.read(stored_users.count) == 0


def test_the_first_administrators_link_dies_as_soon_as_there_is_a_user(server: Server) -> None:
    token = invitations.first_admin_link(server, CLI)
    made(server, "bob", "viewer")
    refused(invitations.user_of_link, server, token, invitations.FIRST, code="not_found")
    refused(invitations.make_first_admin, server, token, "root", PASSWORD, FROM, code="conflict")
    assert [user.name for user in server.store.read(stored_users.every)] == ["bob"]


def test_a_link_signed_with_another_secret_opens_nothing(server: Server, tmp_path: Path) -> None:
    other = serve({"SKYSPY_INSTANCE": str(tmp_path / "other")}, StillClock())
    token = invitations.first_admin_link(server_of(other), CLI)
    release(other)
    refused(invitations.make_first_admin, server, token, "root", PASSWORD, FROM, code="not_found")
