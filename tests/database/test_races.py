"""Claims about conflicting changes made by two servers on one database at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from skyspy.auth.principal import Principal
from skyspy.server import Server
from skyspy.services import Caller, Refused, invitations, users
from skyspy.store import users as stored_users
from skyspy.store.audit import Actor
from skyspy.store.users import User
from tests.support.databases import change
from tests.support.sites import QUICK

CLI = Actor("cli", "test")
PASSWORD = "correct horse battery staple"
FROM = "192.0.2.1"


def made(server: Server, name: str, role: str, password: str | None = PASSWORD) -> User:
    hashed = None if password is None else QUICK.hash(password, 8)
    return change(server, stored_users.create, name, role, hashed, CLI)


def caller(server: Server, user: User) -> Caller:
    """The user as a Caller, read now."""
    now = server.store.read(stored_users.by_id, user.id)
    return Caller(Principal("user", now.id, now.name, now.role, now.permissions), FROM)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """The result or refusal of each act, all started at the same moment in their own threads."""
    gate = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = acts[number]()
        except Refused as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_bootstraps_at_once_make_one_administrator(two: tuple[Server, Server]) -> None:
    one, other = two
    token = invitations.first_admin_link(one, CLI)
    second = invitations.first_admin_link(other, CLI)
    results = at_once(
        lambda: invitations.make_first_admin(one, token, "anna", PASSWORD, FROM),
        lambda: invitations.make_first_admin(other, token, "berta", PASSWORD, FROM),
        lambda: invitations.make_first_admin(other, second, "clara", PASSWORD, FROM),
    )
    assert sum(isinstance(result, User) for result in results) == 1
    assert [user.role for user in one.store.read(stored_users.every)] == ["admin"]


@pytest.mark.parametrize(
    "act",
    [lambda h, w, u: users.change(h, w, u, role="viewer"), lambda h, w, u: users.change(h, w, u, disabled=True), users.delete],
    ids=["demote", "disable", "delete"],
)
def test_two_administrators_who_remove_each_other_at_once_leave_one(two: tuple[Server, Server], act: Callable[..., Any]) -> None:
    one, other = two
    anna, berta = (made(one, name, "admin") for name in ("anna", "berta"))
    as_anna, as_berta = caller(one, anna), caller(other, berta)
    results = at_once(lambda: act(one, as_anna, berta.id), lambda: act(other, as_berta, anna.id))
    assert sum(isinstance(result, Refused) for result in results) == 1
    left = [user for user in one.store.read(stored_users.every) if user.role == "admin" and not user.disabled]
    assert len(left) == 1


def test_one_invitation_used_twice_at_once_works_once(two: tuple[Server, Server]) -> None:
    one, other = two
    admin, bob = made(one, "admin", "admin"), made(one, "bob", "viewer", None)
    token = invitations.invitation_link(one, caller(one, admin), bob.id)
    results = at_once(
        lambda: invitations.choose_password(one, token, invitations.INVITE, PASSWORD, FROM),
        lambda: invitations.choose_password(other, token, invitations.INVITE, "another long password", FROM),
    )
    assert sum(isinstance(result, User) for result in results) == 1
