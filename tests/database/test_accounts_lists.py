"""Claims about lists of users and keys: searched, paged and counted by the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skyspy.store import keys, users
from skyspy.store.audit import Actor
from skyspy.store.keys import KeySearch, NewKey
from skyspy.store.users import User
from tests.conftest import StillClock
from tests.support.databases import Db, change, open_store

ANNA = Actor("user", "anna", "192.0.2.7")


@pytest.fixture
def db(kind: str, tmp_path: Path, clock: StillClock) -> Iterator[Db]:
    with open_store(kind, tmp_path) as store:
        yield Db(store, clock)


def key(db: Db, owner: User, name: str, expires_at: float | None = None) -> int:
    new = NewKey("live", name, expires_at=expires_at)
    return change(db, keys.create, owner.id, new, f"digest of {name}", "sk_live_Abcd", ANNA).id


def names(found: tuple[list[User], int]) -> list[str]:
    return [user.name for user in found[0]]


def test_users_come_by_name_page_by_page(db: Db) -> None:
    for name in ("dora", "bert", "ann", "carl"):
        change(db, users.create, name, "viewer", None, ANNA)
    assert names(db.store.read(users.matching, "", 2)) == ["ann", "bert"]
    assert names(db.store.read(users.matching, "", 2, offset=2)) == ["carl", "dora"]
    assert names(db.store.read(users.matching, "", 2, after="Bert")) == ["carl", "dora"]
    assert db.store.read(users.matching, "", 2)[1] == 4


@pytest.mark.parametrize(
    ("search", "expected"),
    [("ÉM", ["Émile"]), (" op ", ["otto", "sophie"]), ("%", []), ("_", ["a_b"]), ("nobody", []), ("ADMIN", [])],
)
def test_a_search_matches_part_of_a_name_or_role_in_any_case_and_is_no_pattern(db: Db, search: str, expected: list[str]) -> None:
    for name, role in (("Émile", "viewer"), ("otto", "operator"), ("sophie", "viewer"), ("a_b", "viewer")):
        change(db, users.create, name, role, None, ANNA)
    found, total = db.store.read(users.matching, search, 10)
    assert ([user.name for user in found], total) == (expected, len(expected))


def test_keys_are_listed_newest_first_with_the_number_of_ended_ones_left_out(db: Db, clock: StillClock) -> None:
    ann = change(db, users.create, "ann", "viewer", None, ANNA)
    bob = change(db, users.create, "bob", "viewer", None, ANNA)
    first, revoked, ends = key(db, ann, "Küche"), key(db, ann, "old"), key(db, bob, "soon", clock.wall() + 60)
    change(db, keys.revoke, revoked, ANNA)
    found = db.store.read(keys.matching, KeySearch(), db.clock.wall())
    assert ([one.id for one in found.keys], found.total, found.left_out, found.of) == ([ends, revoked, first], 3, 0, 3)
    found = db.store.read(keys.matching, KeySearch(ended=False), db.clock.wall())
    assert ([one.id for one in found.keys], found.total, found.left_out) == ([ends, first], 2, 1)
    assert [one.id for one in db.store.read(keys.matching, KeySearch(limit=1, offset=1), db.clock.wall()).keys] == [revoked]
    assert [one.id for one in db.store.read(keys.matching, KeySearch(before=revoked), db.clock.wall()).keys] == [first]
    assert [one.id for one in db.store.read(keys.matching, KeySearch(ann.id, "KÜCHE"), db.clock.wall()).keys] == [first]
    assert [one.id for one in db.store.read(keys.matching, KeySearch(text="bob"), db.clock.wall()).keys] == [ends]
    assert db.store.read(keys.matching, KeySearch(text="nothing"), db.clock.wall()).of == 3
    clock.pass_by(60)
    assert db.store.read(keys.matching, KeySearch(ended=False), db.clock.wall()).total == 1


def test_working_keys_are_counted_per_user(db: Db, clock: StillClock) -> None:
    ann = change(db, users.create, "ann", "viewer", None, ANNA)
    bob = change(db, users.create, "bob", "viewer", None, ANNA)
    change(db, keys.revoke, key(db, ann, "one"), ANNA)
    key(db, ann, "two", clock.wall() + 60)
    key(db, ann, "three")
    assert db.store.read(keys.active_keys_per_user, [ann.id, bob.id], db.clock.wall()) == {ann.id: 2}
    clock.pass_by(60)
    assert db.store.read(keys.active_keys_per_user, [ann.id, bob.id], db.clock.wall()) == {ann.id: 1}
