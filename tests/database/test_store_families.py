"""Claims about token families: their start, the result of each exchange, and what ends them."""

from __future__ import annotations

import pytest

from skyspy.store import audit, families, users
from tests.conftest import StillClock
from tests.support.accounts import ANNA, both_at_once, make, start_family, version
from tests.support.databases import Db, change


def test_a_family_starts_only_for_the_user_whose_password_was_checked(db: Db) -> None:
    ben = make(db, "ben")
    assert start_family(db, ben)
    change(db, users.set_password, ben.id, "other", ANNA)
    assert not start_family(db, ben, "f2", "r2")
    now = db.store.read(users.by_id, ben.id)
    change(db, users.set_disabled, ben.id, True, ANNA)
    assert not start_family(db, now, "f3", "r3")
    assert set(db.store.read(families.by_ids, ["f1", "f2", "f3"])) == {"f1"}


@pytest.mark.parametrize("act", ["disable", "password", "everywhere"])
def test_disabling_a_user_or_changing_the_password_ends_the_families(db: Db, act: str) -> None:
    ben = make(db, "ben")
    start_family(db, ben)
    {
        "disable": lambda: change(db, users.set_disabled, ben.id, True, ANNA),
        "password": lambda: change(db, users.set_password, ben.id, "other", ANNA),
        "everywhere": lambda: change(db, users.sign_out_everywhere, ben.id, ANNA),
    }[act]()
    assert db.store.read(families.by_ids, ["f1"])["f1"].revoked_at is not None
    assert change(db, families.exchange, "r1", "r2", 100, "").outcome == "revoked"
    assert db.store.read(users.by_id, ben.id).session_epoch == ben.session_epoch + 1


def test_a_refresh_token_works_once_and_its_second_use_ends_the_family(db: Db) -> None:
    ben = make(db, "ben")
    start_family(db, ben)
    assert change(db, families.exchange, "r1", "r2", 100, "").outcome == "good"
    at = version(db)
    assert change(db, families.exchange, "r1", "r3", 100, "203.0.113.9").outcome == "reused"
    assert version(db) == at + 1
    assert change(db, families.exchange, "r2", "r4", 100, "").outcome == "revoked"
    (row,) = db.store.read(audit.page, action="token.reused")
    assert (row.object, row.address) == ("user ben", "203.0.113.9")


def test_of_two_refreshes_at_once_one_is_good_and_the_other_ends_the_family(db: Db) -> None:
    ben = make(db, "ben")
    for turn in range(5):
        start_family(db, ben, f"f{turn}", f"r{turn}")
        outcomes: list[str] = []
        both_at_once(
            lambda turn=turn, outcomes=outcomes: outcomes.append(
                change(db, families.exchange, f"r{turn}", f"a{turn}", 100, "").outcome
            ),
            lambda turn=turn, outcomes=outcomes: outcomes.append(
                change(db, families.exchange, f"r{turn}", f"b{turn}", 100, "").outcome
            ),
        )
        assert sorted(outcomes) == ["good", "reused"]
        assert db.store.read(families.by_ids, [f"f{turn}"])[f"f{turn}"].revoked_at is not None


def test_a_refresh_token_expires_and_each_exchange_gives_a_full_lifetime(db: Db, clock: StillClock) -> None:
    start_family(db, make(db, "ben"))
    clock.pass_by(99)
    assert change(db, families.exchange, "r1", "r2", 100, "").outcome == "good"
    clock.pass_by(99)
    assert change(db, families.exchange, "r2", "r3", 100, "").outcome == "good"
    clock.pass_by(100)
    assert change(db, families.exchange, "r3", "r4", 100, "").outcome == "expired"
    assert change(db, families.exchange, "never", "r5", 100, "").outcome == "unknown"


def test_expired_families_are_removed_with_their_tokens(db: Db, clock: StillClock) -> None:
    start_family(db, make(db, "ben"))
    clock.pass_by(101)
    assert change(db, families.prune) == 1
    assert change(db, families.exchange, "r1", "r2", 100, "").outcome == "unknown"


def test_ending_a_family_twice_writes_one_row(db: Db) -> None:
    start_family(db, make(db, "ben"))
    family = db.store.read(families.by_refresh_digest, "r1")
    assert family is not None
    assert change(db, families.end, family, "revoked", ANNA)
    assert not change(db, families.end, family, "revoked", ANNA)
    assert len(db.store.read(audit.page, action="token.revoked")) == 1
