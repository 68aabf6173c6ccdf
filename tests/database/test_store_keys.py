"""Keys as they are kept: their limits, their rotation, their uses by day."""

from __future__ import annotations

import pytest

from skyspy.store.accounts import AccountError, Accounts, NewKey, NotFound, Use
from skyspy.store.audit import AuditLog
from tests.accounts_world import ANNA, accounts, make, make_key, store, version
from tests.conftest import StillClock

__all__ = ["accounts", "store"]


def test_a_key_is_kept_with_its_limits(accounts: Accounts, clock: StillClock) -> None:
    ben = make(accounts, "ben")
    made = make_key(accounts, ben, scopes=frozenset({"stats.view"}), networks=("192.0.2.0/24",), expires_at=clock.wall() + 60)
    assert accounts.key_by_digest("d1") == made
    assert (made.scopes, made.networks, made.user.name) == ({"stats.view"}, ("192.0.2.0/24",), "ben")
    assert accounts.keys_of(ben.id) == [made]
    assert accounts.key_by_digest("d2") is None


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"scopes": frozenset({"settings.manage"})}, "does not hold"),
        ({"scopes": frozenset({"sonar.view"})}, "no permission"),
        ({"networks": ("here",)}, "not a network"),
        ({"expires_at": 5.0}, "future"),
    ],
)
def test_a_key_that_cannot_be_is_refused(accounts: Accounts, more: dict[str, object], says: str) -> None:
    ben = make(accounts, "ben")
    with pytest.raises(AccountError, match=says):
        make_key(accounts, ben, **more)
    assert accounts.keys() == []


@pytest.mark.parametrize(("kind", "name"), [("prod", "x"), ("live", ""), ("live", "a\nb"), ("live", "x" * 65)])
def test_a_key_needs_a_kind_and_a_name(accounts: Accounts, kind: str, name: str) -> None:
    ben = make(accounts, "ben")
    with pytest.raises(AccountError):
        accounts.create_key(ben.id, NewKey(kind, name, "d", "h"), ANNA)


def test_a_disabled_user_gets_no_new_key(accounts: Accounts) -> None:
    ben = make(accounts, "ben")
    accounts.set_disabled(ben.id, True, ANNA)
    with pytest.raises(AccountError, match="disabled"):
        make_key(accounts, ben)


def test_a_rotated_key_lives_on_for_the_overlap_and_never_longer_than_it_would_have(
    accounts: Accounts, clock: StillClock
) -> None:
    ben = make(accounts, "ben")
    old = make_key(accounts, ben, scopes=frozenset({"stats.view"}), expires_at=clock.wall() + 50)
    new = accounts.rotate_key(old.id, "d2", "sk_live_Efgh", 3600, ANNA)
    assert (new.name, new.scopes, new.expires_at, new.kind) == (old.name, old.scopes, old.expires_at, old.kind)
    after = accounts.key_by_id(old.id)
    assert (after.rotated_to, after.expires_at, after.revoked_at) == (new.id, clock.wall() + 50, None)
    with pytest.raises(AccountError, match="rotated already"):
        accounts.rotate_key(old.id, "d3", "h", 0, ANNA)
    accounts.rotate_key(new.id, "d3", "h", 0, ANNA)
    assert accounts.key_by_id(new.id).revoked_at == clock.wall()


def test_revoking_twice_is_no_error_and_one_row(accounts: Accounts) -> None:
    key = make_key(accounts, make(accounts, "ben"))
    accounts.revoke_key(key.id, ANNA)
    accounts.revoke_key(key.id, ANNA)
    assert len(AuditLog(accounts.store).page(action="key.revoke")) == 1
    with pytest.raises(NotFound):
        accounts.revoke_key(999, ANNA)


def test_uses_are_counted_by_day_and_move_no_version(accounts: Accounts, clock: StillClock) -> None:
    key = make_key(accounts, make(accounts, "ben"))
    at = version(accounts)
    accounts.note_key_uses({key.id: Use(clock.wall(), "192.0.2.7", 3), 999: Use(clock.wall(), "x")})
    accounts.note_key_uses({key.id: Use(clock.wall() + 1, "2001:db8::1", 2)})
    accounts.note_key_uses({key.id: Use(clock.wall() + 86400, "192.0.2.9")})
    day = int(clock.wall() // 86400)
    assert accounts.key_uses_since([key.id], 0)[key.id] == {day: 5, day + 1: 1}
    after = accounts.key_by_id(key.id)
    assert (after.last_used_at, after.last_used_from) == (clock.wall() + 86400, "192.0.2.9")
    assert version(accounts) == at


def test_thousands_of_ids_are_looked_up_in_one_call(accounts: Accounts) -> None:
    key = make_key(accounts, make(accounts, "ben"))
    assert list(accounts.keys_by_id(range(1, 3000))) == [key.id]
    assert list(accounts.families_by_id(str(n) for n in range(3000))) == []
    assert list(accounts.users_by_id(range(3000))) == [key.user.id]
