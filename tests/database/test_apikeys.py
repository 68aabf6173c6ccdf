"""Claims about API keys: their form, that a mistyped one costs no query, and the permissions of a valid one."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.auth import apikeys
from skyspy.auth.apikeys import ApiKeys, MadeKey, checksum, is_well_formed_key, new_key_text
from skyspy.auth.principal import TokenError
from skyspy.auth.secret import Secret
from skyspy.store import Store, StoreError, users
from skyspy.store import keys as table
from skyspy.store.audit import Actor
from skyspy.store.roles import AccountError
from skyspy.store.users import User
from tests.conftest import StillClock
from tests.support.databases import Db, change, create_key, migrated_url

ANNA = Actor("user", "anna", "192.0.2.7")
LETTERS = string.digits + string.ascii_letters


class CountingStore(Store):
    """Counts look-ups of keys, and fails writes while `broken`."""

    asked = 0
    broken = False

    def read(self, fn: Any, /, *args: Any, **more: Any) -> Any:
        self.asked += fn is table.by_digest
        return super().read(fn, *args, **more)

    def write(self, fn: Any, /, *args: Any, **more: Any) -> Any:
        if self.broken:
            raise StoreError("gone")
        return super().write(fn, *args, **more)


@pytest.fixture
def store(kind: str, tmp_path: Path) -> Iterator[CountingStore]:
    with migrated_url(kind, tmp_path) as url:
        made = CountingStore(url)
        yield made
        made.close()


@pytest.fixture
def db(store: CountingStore, clock: StillClock) -> Db:
    return Db(store, clock)


@pytest.fixture
def keys(db: Db, clock: StillClock) -> ApiKeys:
    return ApiKeys(db.store, Secret("k" * 40), clock)


@pytest.fixture
def ben(db: Db) -> User:
    return change(db, users.create, "ben", "operator", None, ANNA)


def make(keys: ApiKeys, owner: User, kind: str = "live", **more: Any) -> MadeKey:
    return create_key(
        SimpleNamespace(store=keys._store, clock=keys._clock, api_keys=keys), owner.id, kind, "my app", ANNA, **more
    )


def code_of(keys: ApiKeys, text: str, client: str | None = "192.0.2.1") -> str:
    with pytest.raises(TokenError) as caught:
        keys.identify(text, client)
    return caught.value.code


# Form


@pytest.mark.parametrize("kind", ["live", "test"])
def test_a_key_has_the_form_that_the_contract_defines(kind: str) -> None:
    assert re.fullmatch(rf"sk_{kind}_[0-9A-Za-z]{{32}}[0-9A-Za-z]{{6}}", new_key_text(kind))
    assert is_well_formed_key(new_key_text(kind))


def test_s01_ten_thousand_keys_are_all_different_and_use_every_letter() -> None:
    made = {new_key_text("live") for _ in range(10_000)}
    assert len(made) == 10_000
    assert set("".join(key[8:40] for key in made)) == set(LETTERS)


def test_the_checksum_is_the_crc32_of_prefix_and_random_part_in_base_62() -> None:
    # CRC-32 of "123456789" is 0xCBF43926, by the definition of the code; the digits count 0-9, A-Z, a-z.
    number = 0
    for digit in checksum("123456789"):
        number = number * 62 + (string.digits + string.ascii_uppercase + string.ascii_lowercase).index(digit)
    assert number == 0xCBF43926
    assert len(checksum("")) == 6


@given(st.integers(0, 45), st.sampled_from(LETTERS + "_- \n\x00é"))
def test_a_key_with_one_letter_mistyped_is_not_well_formed(place: int, letter: str) -> None:
    key = new_key_text("live")
    typed = key[:place] + letter + key[place + 1 :]
    assert is_well_formed_key(typed) == (typed == key)


@given(st.text(max_size=80))
def test_the_form_check_raises_for_no_text(text: str) -> None:
    assert not is_well_formed_key(text)
    assert not is_well_formed_key("sk_live_" + text)


def test_swapped_letters_and_swapped_prefixes_are_detected() -> None:
    key = new_key_text("live")
    swapped = [key[:i] + key[i + 1] + key[i] + key[i + 2 :] for i in range(8, 45) if key[i] != key[i + 1]]
    assert not any(is_well_formed_key(text) for text in swapped)
    assert not is_well_formed_key("sk_test_" + key[8:])
    for text in (key[:-1], key + "x", key.upper(), " " + key, key + "\n", ""):
        assert not is_well_formed_key(text)


# Identity


def test_a_key_identifies_its_owner_in_the_sky_of_its_kind(keys: ApiKeys, ben: User) -> None:
    live, test = make(keys, ben), make(keys, ben, "test")
    found = keys.identify(live.text, "192.0.2.1")
    assert (found.kind, found.user_id, found.name, found.role) == ("key", ben.id, "ben", "operator")
    assert (found.sky, found.key_id, found.key_name, found.scopes) == ("live", live.key.id, "my app", None)
    assert found.permissions == ben.permissions
    assert keys.identify(test.text, "192.0.2.1").sky == "sandbox"


def test_a_mistyped_key_is_refused_without_asking_the_database(keys: ApiKeys, store: CountingStore, ben: User) -> None:
    text = make(keys, ben).text
    for place in range(len(text)):
        typed = text[:place] + ("x" if text[place] != "x" else "y") + text[place + 1 :]
        assert code_of(keys, typed) == "token_invalid"
    assert store.asked == 0
    keys.identify(text, None)
    assert store.asked == 1


def test_a_well_formed_unknown_key_is_invalid(keys: ApiKeys, ben: User) -> None:
    make(keys, ben)
    assert code_of(keys, new_key_text("live")) == "token_invalid"


def test_a_key_of_another_installation_is_invalid(keys: ApiKeys, db: Db, clock: StillClock, ben: User) -> None:
    other = ApiKeys(db.store, Secret("o" * 40), clock)
    assert code_of(other, make(keys, ben).text) == "token_invalid"


def test_scopes_narrow_a_key_and_lost_permissions_of_its_owner_too(keys: ApiKeys, db: Db, ben: User) -> None:
    text = make(keys, ben, scopes=["audio.view", "stats.view"]).text
    assert keys.identify(text, None).permissions == {"audio.view", "stats.view"}
    change(db, users.set_role, ben.id, "viewer", ANNA)
    found = keys.identify(text, None)
    assert found.permissions == {"stats.view"}
    assert found.scopes == {"audio.view", "stats.view"}


def test_a_key_without_scopes_has_the_current_permissions_of_its_owner(keys: ApiKeys, db: Db, ben: User) -> None:
    text = make(keys, ben).text
    change(db, users.set_role, ben.id, "viewer", ANNA)
    assert "audio.view" not in keys.identify(text, None).permissions


def test_an_empty_list_of_scopes_permits_nothing(keys: ApiKeys, ben: User) -> None:
    assert keys.identify(make(keys, ben, scopes=[]).text, None).permissions == frozenset()


def test_a_scope_that_its_owner_does_not_have_is_refused(keys: ApiKeys, ben: User) -> None:
    with pytest.raises(AccountError, match="does not hold"):
        make(keys, ben, scopes=["settings.manage"])


def test_a_revoked_key_and_one_whose_owner_is_disabled_are_revoked(keys: ApiKeys, db: Db, ben: User) -> None:
    first, second = make(keys, ben), make(keys, ben)
    change(db, table.revoke, first.key.id, ANNA)
    assert code_of(keys, first.text) == "token_revoked"
    change(db, users.set_disabled, ben.id, True, ANNA)
    assert code_of(keys, second.text) == "token_revoked"
    change(db, users.set_disabled, ben.id, False, ANNA)
    assert keys.identify(second.text, None).user_id == ben.id


def test_a_key_ends_at_its_second(keys: ApiKeys, clock: StillClock, ben: User) -> None:
    made = make(keys, ben, expires_at=clock.wall() + 30)
    clock.pass_by(29.9)
    assert keys.identify(made.text, None).expires_at == made.key.expires_at
    clock.pass_by(0.1)
    assert code_of(keys, made.text) == "token_expired"


def test_a_revoked_and_expired_key_is_reported_as_revoked(keys: ApiKeys, db: Db, clock: StillClock, ben: User) -> None:
    made = make(keys, ben, expires_at=clock.wall() + 30)
    change(db, table.revoke, made.key.id, ANNA)
    clock.pass_by(60)
    assert code_of(keys, made.text) == "token_revoked"


def test_a_key_whose_owner_was_deleted_is_invalid(keys: ApiKeys, db: Db, ben: User) -> None:
    text = make(keys, ben).text
    change(db, users.remove, ben.id, ANNA)
    assert code_of(keys, text) == "token_invalid"


@pytest.mark.parametrize(
    ("client", "welcome"),
    [
        ("192.0.2.9", True),
        ("::ffff:192.0.2.9", True),
        ("192.0.3.9", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("", False),
        (None, False),
        ("garbage", False),
    ],
)
def test_a_key_with_networks_is_refused_from_other_addresses(keys: ApiKeys, ben: User, client: str | None, welcome: bool) -> None:
    text = make(keys, ben, networks=["192.0.2.0/24", "2001:db8::/32"]).text
    if welcome:
        assert keys.identify(text, client).networks == ("192.0.2.0/24", "2001:db8::/32")
    else:
        assert code_of(keys, text, client) == "permission_denied"


def test_a_damaged_list_of_networks_or_scopes_permits_nothing(keys: ApiKeys, store: Store, ben: User) -> None:
    made = make(keys, ben, networks=["192.0.2.0/24"], scopes=["stats.view"])
    store.write(lambda c: c.exec_driver_sql("UPDATE api_keys SET scopes = '{'").rowcount)
    assert keys.identify(made.text, "192.0.2.1").permissions == frozenset()
    store.write(lambda c: c.exec_driver_sql("UPDATE api_keys SET networks = 'oops'").rowcount)
    assert code_of(keys, made.text) == "permission_denied"


# Rotation


def test_both_keys_work_during_the_overlap_and_then_only_the_new_one(
    store: Store, keys: ApiKeys, clock: StillClock, ben: User
) -> None:
    old = make(keys, ben, scopes=["stats.view"])
    new = store.write(keys.rotate, old.key.id, ANNA, clock.wall(), 60)
    assert keys.identify(old.text, None).permissions == keys.identify(new.text, None).permissions == {"stats.view"}
    clock.pass_by(60)
    assert code_of(keys, old.text) == "token_expired"
    assert keys.identify(new.text, None).key_id == new.key.id


def test_a_rotation_without_overlap_ends_the_old_key_now(store: Store, keys: ApiKeys, clock: StillClock, ben: User) -> None:
    old = make(keys, ben)
    store.write(keys.rotate, old.key.id, ANNA, clock.wall())
    assert code_of(keys, old.text) == "token_revoked"


# Uses


def test_uses_cost_no_write_until_they_are_flushed(keys: ApiKeys, db: Db, clock: StillClock, ben: User) -> None:
    made = make(keys, ben)
    for client in ("192.0.2.1", "192.0.2.2"):
        keys.identify(made.text, client)
        clock.pass_by(1)
    assert db.store.read(table.by_id, made.key.id).last_used_at is None
    assert keys.flush() == 1
    after = db.store.read(table.by_id, made.key.id)
    assert (after.last_used_at, after.last_used_from) == (clock.wall() - 1, "192.0.2.2")
    assert list(db.store.read(table.uses_since, [made.key.id], 0)[made.key.id].values()) == [2]
    assert keys.flush() == 0


def test_uses_that_could_not_be_written_are_kept_for_the_next_time(
    keys: ApiKeys, store: CountingStore, db: Db, ben: User
) -> None:
    made = make(keys, ben)
    keys.identify(made.text, "192.0.2.1")
    store.broken = True
    with pytest.raises(StoreError):
        keys.flush()
    store.broken = False
    keys.identify(made.text, "192.0.2.1")
    keys.flush()
    assert list(db.store.read(table.uses_since, [made.key.id], 0)[made.key.id].values()) == [2]


def test_a_refused_key_counts_as_no_use(keys: ApiKeys, db: Db, ben: User) -> None:
    made = make(keys, ben)
    change(db, table.revoke, made.key.id, ANNA)
    code_of(keys, made.text)
    assert keys.flush() == 0


# Secrecy


def test_the_key_is_in_no_repr_no_row_and_no_error(keys: ApiKeys, store: Store, ben: User, tmp_path: Path) -> None:
    made = make(keys, ben)
    secret = made.text[len("sk_live_") + 4 : 40]
    assert secret not in repr(made)
    with pytest.raises(TokenError) as caught:
        keys.identify(made.text[:-1] + "!", None)
    assert secret not in repr(caught.value) + str(caught.value)
    dumped = store.read(
        lambda c: str([c.exec_driver_sql(f"SELECT * FROM {table}").fetchall() for table in ("api_keys", "audit", "users")])
    )
    assert secret not in dumped
    assert made.key.hint == made.text[:12]
    for path in tmp_path.glob("test.db*"):
        assert secret.encode() not in path.read_bytes()


def test_s02_what_is_kept_is_a_keyed_hash(keys: ApiKeys, store: Store, ben: User) -> None:
    text = make(keys, ben).text
    digest = store.read(lambda c: c.exec_driver_sql("SELECT digest FROM api_keys").scalar_one())
    assert digest == Secret("k" * 40).digest("api key", text)
    assert digest != Secret("o" * 40).digest("api key", text)
    assert Secret("k" * 40).digest("refresh token", text) != digest


def test_every_prefix_has_a_sky() -> None:
    assert set(apikeys.PREFIXES) == set(apikeys.SKIES) == {"live", "test"}
