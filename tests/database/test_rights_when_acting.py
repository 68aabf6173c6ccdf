"""Rights are checked in the transaction that acts: what changes between the request and the act counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from skyspy.app import Components
from skyspy.auth.panel_sessions import Browser
from skyspy.auth.passwords import Passwords
from skyspy.auth.principal import Principal
from skyspy.auth.signin import InvalidCredentials
from skyspy.clock import Clock
from skyspy.permissions import BUILTIN_ROLES
from skyspy.server import Server, server_of
from skyspy.services import Caller, Refused, feeds, invitations, keys, roles, sessions, setting_changes, users
from skyspy.store import Connection, audit, families
from skyspy.store import keys as stored_keys
from skyspy.store import roles as stored_roles
from skyspy.store import users as stored_users
from skyspy.store.users import User
from tests.database.test_races import CLI, FROM, PASSWORD, caller, made
from tests.support.databases import change, create_key, migrated_url
from tests.support.sites import QUICK, release, serve

NEW_PASSWORD = "another long password"
VIEWER = BUILTIN_ROLES["viewer"]
DESK = VIEWER | {"users.manage", "keys.manage"}
AT = 1e9

Act = Callable[[Server, Caller, User, int], Any]
Work = Callable[[Connection, User, User], object]


class Meanwhile(Passwords):
    """Hashes a password, and lets something else happen before it is done."""

    def __init__(self) -> None:
        super().__init__(memory_kib=8, passes=1)
        self.happens: Callable[[], object] = lambda: None

    def hash(self, password: str, shortest: int, name: str = "") -> str:
        self.happens()
        return super().hash(password, shortest, name)


@pytest.fixture
def slow(kind: str, tmp_path: Path) -> Iterator[tuple[Server, Meanwhile]]:
    """A server on which something happens while a password is hashed."""
    passwords = Meanwhile()
    with migrated_url(kind, tmp_path) as url:
        app = serve(
            {"SKYSPY_INSTANCE": str(tmp_path), "SKYSPY_DATABASE_URL": url}, Clock(), Components(passwords=lambda: passwords)
        )
        yield server_of(app), passwords
        release(app)


def desk(server: Server) -> User:
    """Somebody of the help desk, who stands over viewers, and over no administrator."""
    change(server, stored_roles.create, "desk", DESK, "", CLI)
    change(server, stored_roles.create, "crew", VIEWER, "", CLI)
    return change(server, stored_users.create, "desk", "desk", QUICK.hash(PASSWORD, 8), CLI)


def refusals(server: Server) -> int:
    return len(server.store.read(audit.page, action="access.refused"))


def test_s31_no_password_is_set_of_somebody_who_is_raised_while_it_is_hashed(slow: tuple[Server, Meanwhile]) -> None:
    server, passwords = slow
    admin, clerk = made(server, "admin", "admin"), desk(server)
    for number in range(20):
        bob = made(server, f"bob{number}", "viewer")
        passwords.happens = lambda bob=bob: users.change(server, caller(server, admin), bob.id, role="admin")  # type: ignore[misc]
        with pytest.raises(Refused) as refused:
            users.change(server, caller(server, clerk), bob.id, password=NEW_PASSWORD)
        assert refused.value.code == "permission_denied"
        with pytest.raises(InvalidCredentials):
            server.tokens.login(bob.name, NEW_PASSWORD, FROM)
        assert refusals(server) == number + 1


def test_s31_nobody_is_created_by_whoever_was_lowered_while_the_password_is_hashed(slow: tuple[Server, Meanwhile]) -> None:
    server, passwords = slow
    clerk = desk(server)
    as_clerk = caller(server, clerk)
    passwords.happens = lambda: change(server, stored_users.set_role, clerk.id, "viewer", CLI)
    with pytest.raises(Refused) as refused:
        users.create(server, as_clerk, "friend", "viewer", PASSWORD)
    assert refused.value.code == "permission_denied"
    assert server.store.read(stored_users.by_name, "friend") is None


def test_s31_whoever_knows_a_password_that_is_changed_meanwhile_chooses_no_other(slow: tuple[Server, Meanwhile]) -> None:
    server, passwords = slow
    bob = made(server, "bob", "viewer")
    opened = server.panel_sessions.sign_in("bob", PASSWORD, browser := Browser(FROM))
    passwords.happens = lambda: change(server, stored_users.set_password, bob.id, QUICK.hash("given by the desk", 8), CLI)
    with pytest.raises(InvalidCredentials):
        server.panel_sessions.change_password(opened.session, PASSWORD, NEW_PASSWORD, browser)
    assert server.tokens.login("bob", "given by the desk", FROM).access


def behind(other: Server, work: Callable[[Connection], object], act: Callable[[], Any]) -> Refused | None:
    """How an act was refused (None: it was not) that began while a transaction of another server had done `work` and held the
    lock."""
    held, go_on = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        work(connection)
        held.set()
        go_on.wait(10)
        time.sleep(0.2)

    thread = threading.Thread(target=other.store.write, args=(hold,))
    thread.start()
    assert held.wait(10)
    go_on.set()
    try:
        act()
    except Refused as refused:
        return refused
    finally:
        thread.join()
    return None


TO_A_USER: dict[str, Act] = {
    "password": lambda s, c, u, _: users.change(s, c, u.id, password=NEW_PASSWORD),
    "role": lambda s, c, u, _: users.change(s, c, u.id, role="crew"),
    "disable": lambda s, c, u, _: users.change(s, c, u.id, disabled=True),
    "sign out": lambda s, c, u, _: users.sign_out(s, c, u.id),
    "delete": lambda s, c, u, _: users.delete(s, c, u.id),
    "reset link": lambda s, c, u, _: invitations.password_reset_link(s, c, u.id),
    "make a key": lambda s, c, u, _: keys.create(s, c, u.id, "live", "more", ["aircraft.view"]),
    "rotate a key": lambda s, c, _, k: keys.rotate(s, c, k),
    "revoke a key": lambda s, c, _, k: keys.revoke(s, c, k),
    "disconnect": lambda s, c, u, _: sessions.disconnect(s, c, "user", str(u.id)),
    "disconnect a key": lambda s, c, _, k: sessions.disconnect(s, c, "key", str(k)),
}


@pytest.mark.parametrize("act", TO_A_USER.values(), ids=TO_A_USER)
def test_s31_nothing_is_done_to_somebody_who_is_raised_meanwhile(two: tuple[Server, Server], act: Act) -> None:
    one, other = two
    made(one, "admin", "admin")
    clerk, bob = desk(one), made(one, "bob", "viewer")
    key = create_key(one, bob.id, "live", "wall", CLI).key
    rows = one.store.read(audit.page)
    as_clerk = caller(one, clerk)
    refused = behind(other, lambda c: stored_users.set_role(c, bob.id, "admin", CLI, AT), lambda: act(one, as_clerk, bob, key.id))
    assert refused is not None
    assert (refused.code, "bob holds" in refused.message) == ("permission_denied", True)
    later = one.store.read(audit.page)[: -len(rows)]
    assert sorted(row.action for row in later) == ["access.refused", "user.set-role"]
    assert (later[0].actor, later[0].address, later[0].object) == ("desk", FROM, "bob")
    # The same act on somebody who stays below is done: it is the rule that refused, not the lock.
    carl = made(one, "carl", "viewer")
    other_key = create_key(one, carl.id, "live", "wall", CLI).key
    assert (
        behind(other, lambda c: audit.record(c, CLI, "user.enable", "", AT), lambda: act(one, as_clerk, carl, other_key.id))
        is None
    )


WITH_A_ROLE: dict[str, Act] = {
    "create a user": lambda s, c, _, __: users.create(s, c, "friend", "crew", None),
    "create one with a password": lambda s, c, _, __: users.create(s, c, "friend", "crew", PASSWORD),
    "give it": lambda s, c, u, _: users.change(s, c, u.id, role="crew"),
    "change it": lambda s, c, _, __: roles.change(s, c, "crew", {"aircraft.view"}),
    "delete it": lambda s, c, _, __: roles.delete(s, c, "crew"),
}


@pytest.mark.parametrize("act", WITH_A_ROLE.values(), ids=WITH_A_ROLE)
def test_s31_nothing_is_done_with_a_role_that_is_widened_meanwhile(two: tuple[Server, Server], act: Act) -> None:
    one, other = two
    clerk, bob = desk(one), made(one, "bob", "viewer")
    as_clerk = caller(one, clerk)
    wider = VIEWER | {"settings.manage"}
    refused = behind(other, lambda c: stored_roles.change(c, "crew", wider, None, CLI, AT), lambda: act(one, as_clerk, bob, 0))
    assert refused is not None
    assert (refused.code, "settings.manage" in refused.message) == ("permission_denied", True)
    assert one.store.read(stored_roles.by_name, "crew").permissions == wider
    assert one.store.read(stored_users.by_id, bob.id).role == "viewer"
    assert refusals(one) == 1


BY_A_CALLER: dict[str, Act] = {
    **TO_A_USER,
    **WITH_A_ROLE,
    "make a role": lambda s, c, _, __: roles.create(s, c, "new", {"aircraft.view"}),
    "settings": lambda s, c, _, __: setting_changes.change(s, c, {"AUTH_MODE": "public"}),
    "add a receiver": lambda s, c, _, __: feeds.add(s, c, "demo://?aircraft=3"),
    "disconnect strangers": lambda s, c, _, __: sessions.disconnect(s, c, "anonymous"),
}

ENDS: dict[str, Work] = {
    "lowered": lambda c, who, _: stored_users.set_role(c, who.id, "viewer", CLI, AT),
    "disabled": lambda c, who, _: stored_users.set_disabled(c, who.id, True, CLI, AT),
    "deleted": lambda c, who, _: stored_users.remove(c, who.id, CLI, AT),
}


@pytest.mark.parametrize("act", BY_A_CALLER.values(), ids=BY_A_CALLER)
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_s31_whoever_is_lowered_or_ended_meanwhile_does_nothing_more(kind: str, tmp_path: Path, end: Work, act: Act) -> None:
    # One server and no race: the request was admitted, then the caller was changed, then the service acts.
    with migrated_url(kind, tmp_path) as url:
        app = serve({"SKYSPY_INSTANCE": str(tmp_path), "SKYSPY_DATABASE_URL": url}, Clock())
        server = server_of(app)
        made(server, "admin", "admin")
        desk(server)
        boss, bob = made(server, "boss", "admin"), made(server, "bob", "viewer")
        key = create_key(server, bob.id, "live", "wall", CLI).key
        as_boss = caller(server, boss)
        server.store.write(end, boss, bob)
        before = server.store.read(audit.page)
        with pytest.raises(Refused) as refused:
            act(server, as_boss, bob, key.id)
        after = server.store.read(audit.page)
        release(app)
    assert refused.value.code == "permission_denied"
    assert [row.action for row in after[: len(after) - len(before)]] == ["access.refused"]


def test_s31_a_key_or_sign_in_that_ended_meanwhile_does_nothing_more(two: tuple[Server, Server]) -> None:
    one, _ = two
    admin = made(one, "admin", "admin")
    key = create_key(one, admin.id, "live", "script", CLI)
    by_key = Caller(one.tokens.identify(key.text, FROM) or Principal("anonymous"), FROM)
    grant = one.tokens.login("admin", PASSWORD, FROM)
    by_token = Caller(one.tokens.identify(grant.access, FROM) or Principal("anonymous"), FROM)
    for number, as_admin in enumerate((by_key, by_token)):
        assert users.create(one, as_admin, f"friend{number}", "viewer", None).name == f"friend{number}"
    change(one, stored_keys.revoke, key.key.id, CLI)
    family = one.store.read(families.by_ids, [by_token.principal.family_id or ""])
    change(one, families.end, next(iter(family.values())), "revoked", CLI)
    for as_admin in (by_key, by_token):
        with pytest.raises(Refused) as refused:
            users.create(one, as_admin, "late", "viewer", None)
        assert refused.value.code == "permission_denied"
    assert refusals(one) == 2
