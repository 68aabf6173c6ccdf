"""Families of refresh tokens: how they start, what each exchange gives, and what ends them."""

from __future__ import annotations

import pytest

from skyspy.store.accounts import Accounts
from skyspy.store.audit import AuditLog
from tests.accounts_world import ANNA, accounts, both_at_once, make, start_family, store, version
from tests.conftest import StillClock

__all__ = ["accounts", "store"]


def test_a_family_starts_only_for_the_user_whose_password_was_checked(accounts: Accounts) -> None:
    ben = make(accounts, "ben")
    assert start_family(accounts, ben)
    accounts.set_password_hash(ben.id, "other", ANNA)
    assert not start_family(accounts, ben, "f2", "r2")
    now = accounts.user_by_id(ben.id)
    accounts.set_disabled(ben.id, True, ANNA)
    assert not start_family(accounts, now, "f3", "r3")
    assert set(accounts.families_by_id(["f1", "f2", "f3"])) == {"f1"}


@pytest.mark.parametrize("change", ["disable", "password", "everywhere"])
def test_what_ends_a_user_ends_his_families(accounts: Accounts, change: str) -> None:
    ben = make(accounts, "ben")
    start_family(accounts, ben)
    {
        "disable": lambda: accounts.set_disabled(ben.id, True, ANNA),
        "password": lambda: accounts.set_password_hash(ben.id, "other", ANNA),
        "everywhere": lambda: accounts.sign_out_everywhere(ben.id, ANNA),
    }[change]()
    assert accounts.families_by_id(["f1"])["f1"].revoked_at is not None
    assert accounts.exchange_refresh("r1", "r2", 100, "").outcome == "revoked"
    assert accounts.user_by_id(ben.id).session_epoch == ben.session_epoch + 1


def test_a_refresh_token_works_once_and_its_second_use_ends_the_family(accounts: Accounts) -> None:
    ben = make(accounts, "ben")
    start_family(accounts, ben)
    assert accounts.exchange_refresh("r1", "r2", 100, "").outcome == "good"
    at = version(accounts)
    assert accounts.exchange_refresh("r1", "r3", 100, "203.0.113.9").outcome == "reused"
    assert version(accounts) == at + 1
    assert accounts.exchange_refresh("r2", "r4", 100, "").outcome == "revoked"
    (row,) = AuditLog(accounts.store).page(action="token.reused")
    assert (row.object, row.address) == ("user ben", "203.0.113.9")


def test_of_two_refreshes_at_once_one_is_good_and_the_other_ends_the_family(accounts: Accounts) -> None:
    ben = make(accounts, "ben")
    for turn in range(5):
        start_family(accounts, ben, f"f{turn}", f"r{turn}")
        outcomes: list[str] = []
        both_at_once(
            lambda turn=turn, outcomes=outcomes: outcomes.append(
                accounts.exchange_refresh(f"r{turn}", f"a{turn}", 100, "").outcome
            ),
            lambda turn=turn, outcomes=outcomes: outcomes.append(
                accounts.exchange_refresh(f"r{turn}", f"b{turn}", 100, "").outcome
            ),
        )
        assert sorted(outcomes) == ["good", "reused"]
        assert accounts.families_by_id([f"f{turn}"])[f"f{turn}"].revoked_at is not None


def test_a_refresh_token_ages_and_each_exchange_gives_a_whole_life(accounts: Accounts, clock: StillClock) -> None:
    start_family(accounts, make(accounts, "ben"))
    clock.pass_by(99)
    assert accounts.exchange_refresh("r1", "r2", 100, "").outcome == "good"
    clock.pass_by(99)
    assert accounts.exchange_refresh("r2", "r3", 100, "").outcome == "good"
    clock.pass_by(100)
    assert accounts.exchange_refresh("r3", "r4", 100, "").outcome == "expired"
    assert accounts.exchange_refresh("never", "r5", 100, "").outcome == "unknown"


def test_families_are_forgotten_by_age_with_their_tokens(accounts: Accounts, clock: StillClock) -> None:
    start_family(accounts, make(accounts, "ben"))
    clock.pass_by(101)
    assert accounts.prune() == 1
    assert accounts.exchange_refresh("r1", "r2", 100, "").outcome == "unknown"


def test_ending_a_family_twice_is_one_row(accounts: Accounts) -> None:
    start_family(accounts, make(accounts, "ben"))
    family = accounts.family_of_refresh("r1")
    assert family is not None
    assert accounts.end_family(family, ANNA)
    assert not accounts.end_family(family, ANNA)
    assert len(AuditLog(accounts.store).page(action="token.revoked")) == 1
