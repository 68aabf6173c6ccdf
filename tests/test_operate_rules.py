"""The privilege rules where they are bent: keys that act, links that outlive their reason, two at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from skyspy.app import create_app
from skyspy.auth.principal import Principal
from skyspy.house import House, house_of
from skyspy.operate import Refused, Who, keys, links, roles, users
from skyspy.store.accounts import Actor, User
from skyspy.store.keys import KeySearch
from tests.conftest import StillClock
from tests.databases import KINDS, database_url

CLI = Actor("cli", "test")
PASSWORD = "correct horse battery staple"
FROM = "192.0.2.1"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = house_of(create_app({"SKYSPY_INSTANCE": str(tmp_path / "instance")}, StillClock()))
    made.accounts.create_role("clerk", frozenset({"users.manage", "aircraft.view"}), CLI)
    made.accounts.create_role("keeper", frozenset({"keys.manage", "aircraft.view"}), CLI)
    yield made
    made.store.close()


def made(house: House, name: str, role: str, password: str | None = PASSWORD) -> User:
    hashed = None if password is None else house.tokens.sign_in.passwords.hash(password, 8)
    return house.accounts.create_user(name, role, hashed, CLI)


def who(house: House, user: User) -> Who:
    """The user as he is now."""
    now = house.accounts.user_by_id(user.id)
    return Who(Principal("user", now.id, now.name, now.role, now.permissions), FROM)


@pytest.fixture
def admin(house: House) -> User:
    return made(house, "admin", "admin")


def acting(house: House, user: User, *scopes: str) -> Who:
    """A key of the user's that acts, narrowed to scopes."""
    key = house.tokens.keys.create(user.id, "live", "script", CLI, scopes or None)
    principal = house.tokens.identify(key.text, FROM)
    assert principal is not None
    return Who(principal, FROM)


def refused(act: Callable[..., Any], *arguments: Any, code: str = "permission_denied") -> str:
    with pytest.raises(Refused) as caught:
        act(*arguments)
    assert caught.value.code == code
    return caught.value.message


# -- keys that act --------------------------------------------------------------------------------


def test_a_narrowed_key_of_an_administrator_makes_no_wider_key(house: House, admin: User) -> None:
    script = acting(house, admin, "keys.manage", "aircraft.view")
    refused(keys.create, house, script, admin.id, "live", "all of it")
    refused(keys.create, house, script, admin.id, "live", "more", {"users.manage"})
    assert keys.create(house, script, admin.id, "live", "as much", {"aircraft.view"}).key.scopes == {"aircraft.view"}


def test_a_key_without_the_right_to_manage_keys_makes_none_for_its_own_owner(house: House, admin: User) -> None:
    script = acting(house, made(house, "bob", "viewer"))
    refused(keys.create, house, script, script.principal.user_id, "live", "another", {"aircraft.view"})
    refused(keys.revoke, house, script, script.principal.key_id)
    refused(keys.rotate, house, script, script.principal.key_id)


def test_a_narrowed_key_does_not_stand_over_its_own_owner(house: House, admin: User) -> None:
    script = acting(house, admin, "users.manage")
    made(house, "second", "admin")
    refused(users.set_password, house, script, admin.id, "another long password")
    refused(links.reset, house, script, admin.id)
    refused(users.set_role, house, script, admin.id, "viewer")
    refused(users.create, house, script, "friend", "viewer", None)
    refused(roles.create, house, script, "more", {"audit.view"})


def test_everybody_ends_his_own_keys_without_any_right(house: House, admin: User) -> None:
    house.accounts.create_role("nothing", frozenset(), CLI)
    bob = made(house, "bob", "nothing")
    key = keys.create(house, who(house, bob), bob.id, "live", "app").key
    assert keys.rotate(house, who(house, bob), key.id, 60.0).key.rotated_to is None
    assert keys.revoke(house, who(house, bob), key.id).revoked_at is not None
    assert [view.key.user.id for view in keys.listing(house, who(house, bob), KeySearch(bob.id)).keys] == [bob.id, bob.id]


# -- links that outlive their reason --------------------------------------------------------------


def test_a_link_does_not_open_somebody_who_was_raised_above_its_maker(house: House, admin: User) -> None:
    clerk, bob = made(house, "clerk", "clerk"), made(house, "bob", "clerk", None)
    token = links.invite(house, who(house, clerk), bob.id)
    users.set_role(house, who(house, admin), bob.id, "admin")
    refused(links.opened, house, token, links.INVITE, code="not_found")
    refused(links.choose_password, house, token, links.INVITE, PASSWORD, FROM, code="not_found")
    assert house.accounts.user_by_id(bob.id).password_hash is None


@pytest.mark.parametrize(
    "fall",
    [
        lambda h, w, u: users.set_disabled(h, w, u, True),
        lambda h, w, u: users.set_role(h, w, u, "viewer"),
        users.delete,
    ],
    ids=["disabled", "demoted", "deleted"],
)
def test_the_links_of_a_fallen_operator_are_dead(house: House, admin: User, fall: Callable[..., Any]) -> None:
    clerk, bob = made(house, "clerk", "clerk"), made(house, "bob", "clerk", None)
    token = links.invite(house, who(house, clerk), bob.id)
    fall(house, who(house, admin), clerk.id)
    refused(links.choose_password, house, token, links.INVITE, PASSWORD, FROM, code="not_found")


@pytest.mark.parametrize(
    "end",
    [
        lambda h, w, u: users.set_password(h, w, u, "another long password"),
        lambda h, w, u: users.set_disabled(h, w, u, True),
        users.sign_out,
        users.delete,
    ],
    ids=["password", "disabled", "signed out", "deleted"],
)
def test_a_reset_link_is_dead_after_what_it_was_made_for_changed(house: House, admin: User, end: Callable[..., Any]) -> None:
    bob = made(house, "bob", "viewer")
    token = links.reset(house, who(house, admin), bob.id)
    end(house, who(house, admin), bob.id)
    refused(links.opened, house, token, links.RESET, code="not_found")
    refused(links.choose_password, house, token, links.RESET, PASSWORD, FROM, code="not_found")


def test_of_two_reset_links_the_second_is_dead_once_the_first_was_used(house: House, admin: User) -> None:
    bob = made(house, "bob", "viewer")
    one, other = (links.reset(house, who(house, admin), bob.id) for _ in range(2))
    links.choose_password(house, one, links.RESET, "another long password", FROM)
    refused(links.choose_password, house, other, links.RESET, PASSWORD, FROM, code="not_found")
    assert house.tokens.login("bob", "another long password", FROM).access


@pytest.mark.parametrize("kind", [links.INVITE, links.RESET])
def test_an_expired_link_opens_nothing(house: House, clock: StillClock, admin: User, kind: str) -> None:
    bob = made(house, "bob", "viewer", None if kind == links.INVITE else PASSWORD)
    token = {links.INVITE: links.invite, links.RESET: links.reset}[kind](house, who(house, admin), bob.id)
    house.clock.pass_by(links.LIVES_S[kind] - 1)  # type: ignore[attr-defined]
    assert links.opened(house, token, kind).user == house.accounts.user_by_id(bob.id)
    house.clock.pass_by(1)  # type: ignore[attr-defined]
    refused(links.opened, house, token, kind, code="not_found")
    refused(links.choose_password, house, token, kind, "another long password", FROM, code="not_found")


def test_the_first_administrators_link_dies_after_half_an_hour(house: House) -> None:
    token = links.first_admin(house, CLI)
    house.clock.pass_by(1800)  # type: ignore[attr-defined]
    refused(links.opened, house, token, links.FIRST, code="not_found")
    refused(links.make_first_admin, house, token, "root", PASSWORD, FROM, code="not_found")
    assert house.accounts.count_users() == 0


def test_the_first_administrators_link_dies_as_soon_as_there_is_a_user(house: House) -> None:
    token = links.first_admin(house, CLI)
    made(house, "bob", "viewer")
    refused(links.opened, house, token, links.FIRST, code="not_found")
    refused(links.make_first_admin, house, token, "root", PASSWORD, FROM, code="conflict")
    assert [user.name for user in house.accounts.users()] == ["bob"]


def test_a_link_signed_with_another_secret_opens_nothing(house: House, tmp_path: Path) -> None:
    other = house_of(create_app({"SKYSPY_INSTANCE": str(tmp_path / "other")}))
    token = links.first_admin(other, CLI)
    other.store.close()
    refused(links.make_first_admin, house, token, "root", PASSWORD, FROM, code="not_found")


# -- two at the same moment -----------------------------------------------------------------------


@pytest.fixture(params=KINDS)
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[House, House]]:
    """Two servers on one database."""
    with database_url(request.param, tmp_path) as url:
        environ = {"SKYSPY_INSTANCE": str(tmp_path), "SKYSPY_DATABASE_URL": url}
        apps: list[Flask] = [create_app(environ), create_app(environ)]
        yield house_of(apps[0]), house_of(apps[1])
        for app in apps:
            house_of(app).store.close()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act gave, or the refusal, all begun at the same moment in threads of their own."""
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


def test_two_bootstraps_at_once_make_one_administrator(two: tuple[House, House]) -> None:
    one, other = two
    token = links.first_admin(one, CLI)
    second = links.first_admin(other, CLI)
    results = at_once(
        lambda: links.make_first_admin(one, token, "anna", PASSWORD, FROM),
        lambda: links.make_first_admin(other, token, "berta", PASSWORD, FROM),
        lambda: links.make_first_admin(other, second, "clara", PASSWORD, FROM),
    )
    assert sum(isinstance(result, User) for result in results) == 1
    assert [user.role for user in one.accounts.users()] == ["admin"]


@pytest.mark.parametrize(
    "act",
    [lambda h, w, u: users.set_role(h, w, u, "viewer"), lambda h, w, u: users.set_disabled(h, w, u, True), users.delete],
    ids=["demote", "disable", "delete"],
)
def test_two_administrators_who_remove_each_other_at_once_leave_one(two: tuple[House, House], act: Callable[..., Any]) -> None:
    one, other = two
    anna, berta = (made(one, name, "admin") for name in ("anna", "berta"))
    as_anna, as_berta = who(one, anna), who(other, berta)
    results = at_once(lambda: act(one, as_anna, berta.id), lambda: act(other, as_berta, anna.id))
    assert sum(isinstance(result, Refused) for result in results) == 1
    left = [user for user in one.accounts.users() if user.role == "admin" and not user.disabled]
    assert len(left) == 1


def test_one_invitation_used_twice_at_once_works_once(two: tuple[House, House]) -> None:
    one, other = two
    admin, bob = made(one, "admin", "admin"), made(one, "bob", "viewer", None)
    token = links.invite(one, who(one, admin), bob.id)
    results = at_once(
        lambda: links.choose_password(one, token, links.INVITE, PASSWORD, FROM),
        lambda: links.choose_password(other, token, links.INVITE, "another long password", FROM),
    )
    assert sum(isinstance(result, User) for result in results) == 1
