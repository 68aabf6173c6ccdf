"""Lists of users and keys: searched, paged and counted by the database, so that a page costs what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skyspy.store.accounts import Accounts, Actor, NewKey, User
from skyspy.store.keys import KeySearch
from tests.conftest import StillClock
from tests.databases import KINDS, open_store

ANNA = Actor("user", "anna", "192.0.2.7")


@pytest.fixture(params=KINDS)
def accounts(request: pytest.FixtureRequest, tmp_path: Path, clock: StillClock) -> Iterator[Accounts]:
    with open_store(request.param, tmp_path) as store:
        yield Accounts(store, clock)


def key(accounts: Accounts, owner: User, name: str, expires_at: float | None = None) -> int:
    new = NewKey("live", name, f"digest of {name}", "sk_live_Abcd", expires_at=expires_at)
    return accounts.create_key(owner.id, new, ANNA).id


def names(found: tuple[list[User], int]) -> list[str]:
    return [user.name for user in found[0]]


def test_users_come_by_name_page_by_page(accounts: Accounts) -> None:
    for name in ("dora", "bert", "ann", "carl"):
        accounts.create_user(name, "viewer", None, ANNA)
    assert names(accounts.matching_users("", 2)) == ["ann", "bert"]
    assert names(accounts.matching_users("", 2, offset=2)) == ["carl", "dora"]
    assert names(accounts.matching_users("", 2, after="Bert")) == ["carl", "dora"]
    assert accounts.matching_users("", 2)[1] == 4


@pytest.mark.parametrize(
    ("search", "expected"),
    [("ÉM", ["Émile"]), (" op ", ["otto", "sophie"]), ("%", []), ("_", ["a_b"]), ("nobody", []), ("ADMIN", [])],
)
def test_a_search_means_part_of_a_name_or_role_in_any_case_and_no_pattern(
    accounts: Accounts, search: str, expected: list[str]
) -> None:
    for name, role in (("Émile", "viewer"), ("otto", "operator"), ("sophie", "viewer"), ("a_b", "viewer")):
        accounts.create_user(name, role, None, ANNA)
    found, total = accounts.matching_users(search, 10)
    assert ([user.name for user in found], total) == (expected, len(expected))


def test_keys_come_the_newest_first_and_say_how_many_ended_ones_were_left_out(accounts: Accounts, clock: StillClock) -> None:
    ann = accounts.create_user("ann", "viewer", None, ANNA)
    bob = accounts.create_user("bob", "viewer", None, ANNA)
    first, revoked, ends = key(accounts, ann, "Küche"), key(accounts, ann, "old"), key(accounts, bob, "soon", clock.wall() + 60)
    accounts.revoke_key(revoked, ANNA)
    found = accounts.matching_keys(KeySearch())
    assert ([one.id for one in found.keys], found.total, found.left_out, found.of) == ([ends, revoked, first], 3, 0, 3)
    found = accounts.matching_keys(KeySearch(ended=False))
    assert ([one.id for one in found.keys], found.total, found.left_out) == ([ends, first], 2, 1)
    assert [one.id for one in accounts.matching_keys(KeySearch(limit=1, offset=1)).keys] == [revoked]
    assert [one.id for one in accounts.matching_keys(KeySearch(before=revoked)).keys] == [first]
    assert [one.id for one in accounts.matching_keys(KeySearch(ann.id, "KÜCHE")).keys] == [first]
    assert [one.id for one in accounts.matching_keys(KeySearch(text="bob")).keys] == [ends]
    assert accounts.matching_keys(KeySearch(text="nothing")).of == 3
    clock.pass_by(60)
    assert accounts.matching_keys(KeySearch(ended=False)).total == 1


def test_working_keys_are_counted_per_user(accounts: Accounts, clock: StillClock) -> None:
    ann = accounts.create_user("ann", "viewer", None, ANNA)
    bob = accounts.create_user("bob", "viewer", None, ANNA)
    accounts.revoke_key(key(accounts, ann, "one"), ANNA)
    key(accounts, ann, "two", clock.wall() + 60)
    key(accounts, ann, "three")
    assert accounts.working_keys([ann.id, bob.id]) == {ann.id: 2}
    clock.pass_by(60)
    assert accounts.working_keys([ann.id, bob.id]) == {ann.id: 1}
