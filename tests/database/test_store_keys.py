"""Claims about stored API keys: limits, rotation, uses by day."""

from __future__ import annotations

import pytest

from skyspy.store import audit, families, keys, users
from skyspy.store.keys import KeyUse, NewKey
from skyspy.store.roles import AccountError, NotFound
from tests.conftest import StillClock
from tests.support.accounts import ANNA, make, make_key, version
from tests.support.databases import Db, change


def test_a_key_is_kept_with_its_limits(db: Db, clock: StillClock) -> None:
    ben = make(db, "ben")
    made = make_key(db, ben, scopes=frozenset({"stats.view"}), networks=("192.0.2.0/24",), expires_at=clock.wall() + 60)
    assert db.store.read(keys.by_digest, "d1") == made
    assert (made.scopes, made.networks, made.user.name) == ({"stats.view"}, ("192.0.2.0/24",), "ben")
    assert db.store.read(keys.every, ben.id) == [made]
    assert db.store.read(keys.by_digest, "d2") is None


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"scopes": frozenset({"settings.manage"})}, "does not hold"),
        ({"scopes": frozenset({"sonar.view"})}, "no permission"),
        ({"networks": ("here",)}, "not a network"),
        ({"expires_at": 5.0}, "future"),
    ],
)
def test_an_invalid_key_is_refused(db: Db, more: dict[str, object], says: str) -> None:
    ben = make(db, "ben")
    with pytest.raises(AccountError, match=says):
        make_key(db, ben, **more)
    assert db.store.read(keys.every) == []


@pytest.mark.parametrize(("kind", "name"), [("prod", "x"), ("live", ""), ("live", "a\nb"), ("live", "x" * 65)])
def test_a_key_needs_a_kind_and_a_name(db: Db, kind: str, name: str) -> None:
    ben = make(db, "ben")
    with pytest.raises(AccountError):
        change(db, keys.create, ben.id, NewKey(kind, name), "d", "h", ANNA)


def test_a_disabled_user_gets_no_new_key(db: Db) -> None:
    ben = make(db, "ben")
    change(db, users.set_disabled, ben.id, True, ANNA)
    with pytest.raises(AccountError, match="disabled"):
        make_key(db, ben)


def test_a_rotated_key_works_for_the_overlap_and_not_beyond_its_own_end(db: Db, clock: StillClock) -> None:
    ben = make(db, "ben")
    old = make_key(db, ben, scopes=frozenset({"stats.view"}), expires_at=clock.wall() + 50)
    new = change(db, keys.rotate, old.id, "d2", "sk_live_Efgh", 3600, ANNA)
    assert (new.name, new.scopes, new.expires_at, new.kind) == (old.name, old.scopes, old.expires_at, old.kind)
    after = db.store.read(keys.by_id, old.id)
    assert (after.rotated_to, after.expires_at, after.revoked_at) == (new.id, clock.wall() + 50, None)
    with pytest.raises(AccountError, match="rotated already"):
        change(db, keys.rotate, old.id, "d3", "h", 0, ANNA)
    change(db, keys.rotate, new.id, "d3", "h", 0, ANNA)
    assert db.store.read(keys.by_id, new.id).revoked_at == clock.wall()


def test_revoking_twice_is_no_error_and_one_row(db: Db) -> None:
    key = make_key(db, make(db, "ben"))
    change(db, keys.revoke, key.id, ANNA)
    change(db, keys.revoke, key.id, ANNA)
    assert len(db.store.read(audit.page, action="key.revoke")) == 1
    with pytest.raises(NotFound):
        change(db, keys.revoke, 999, ANNA)


def test_uses_are_counted_by_day_and_move_no_version(db: Db, clock: StillClock) -> None:
    key = make_key(db, make(db, "ben"))
    at = version(db)
    db.store.write(keys.record_uses, {key.id: KeyUse(clock.wall(), "192.0.2.7", 3), 999: KeyUse(clock.wall(), "x")})
    db.store.write(keys.record_uses, {key.id: KeyUse(clock.wall() + 1, "2001:db8::1", 2)})
    db.store.write(keys.record_uses, {key.id: KeyUse(clock.wall() + 86400, "192.0.2.9")})
    day = int(clock.wall() // 86400)
    assert db.store.read(keys.uses_since, [key.id], 0)[key.id] == {day: 5, day + 1: 1}
    after = db.store.read(keys.by_id, key.id)
    assert (after.last_used_at, after.last_used_from) == (clock.wall() + 86400, "192.0.2.9")
    assert version(db) == at


def test_thousands_of_ids_are_looked_up_in_one_call(db: Db) -> None:
    key = make_key(db, make(db, "ben"))
    assert list(db.store.read(keys.by_ids, range(1, 3000))) == [key.id]
    assert list(db.store.read(families.by_ids, (str(n) for n in range(3000)))) == []
    assert list(db.store.read(users.by_ids, range(3000))) == [key.user.id]
