"""Claims about sign-in: the result of the right password, and that all failures have the same answer and cost."""

from __future__ import annotations

from pathlib import Path

import jwt
import pytest

from skyspy.auth.passwords import PasswordCheck, Passwords
from skyspy.auth.throttle import FIRST_WAIT_S
from skyspy.auth.tokens import InvalidCredentials, Throttled
from skyspy.store import StoreError, audit, users
from tests.support.databases import change
from tests.support.tokens import BOSS, PASSWORD, SECRET, Desk, parts


def test_the_right_password_gives_both_tokens_and_the_principal(desk: Desk) -> None:
    ben = desk.user()
    grant = desk.login("BEN")
    assert (grant.token_type, grant.expires_in) == ("Bearer", 3600)
    found = desk.tokens.identify(grant.access)
    assert found == grant.user
    assert found is not None
    assert (found.kind, found.user_id, found.name, found.role, found.permissions) == (
        "user",
        ben.id,
        "ben",
        "operator",
        ben.permissions,
    )
    assert found.expires_at == int(desk.clock.wall()) + 3600
    assert desk.store.read(users.by_id, ben.id).last_login_from == "192.0.2.1"


def test_the_access_token_has_the_claims_of_the_contract_and_no_permissions(one: Desk) -> None:
    claims = jwt.decode(one.login().access, options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "jti", "iat", "nbf", "exp", "typ", "fam"}
    assert isinstance(claims["sub"], str)
    assert claims["exp"] - claims["iat"] == 3600
    assert jwt.get_unverified_header(one.login().access)["alg"] == "HS256"
    assert len({one.login().access for _ in range(5)}) == 5


@pytest.mark.parametrize("case", ["unknown", "wrong", "disabled", "no password yet", "not text", "too long", "empty"])
def test_every_failed_sign_in_gets_the_same_answer(desk: Desk, case: str) -> None:
    desk.user("boss", "admin")
    ben = desk.user()
    change(desk, users.create, "invited", "viewer", None, BOSS)
    if case == "disabled":
        change(desk, users.set_disabled, ben.id, True, BOSS)
    name, password = {
        "unknown": ("nobody", PASSWORD),
        "wrong": ("ben", "wrong"),
        "disabled": ("ben", PASSWORD),
        "no password yet": ("invited", PASSWORD),
        "not text": ({"a": 1}, ["x"]),
        "too long": ("ben" * 50_000, "x" * 1_000_000),
        "empty": ("", ""),
    }[case]
    rows = len(desk.store.read(audit.page))
    with pytest.raises(InvalidCredentials) as caught:
        desk.tokens.login(name, password, "192.0.2.1")
    assert str(caught.value) == "Wrong username or password"
    assert len(desk.store.read(audit.page)) == rows + 1
    row = desk.store.read(audit.page)[0]
    assert (row.action, row.address) == ("login.failed", "192.0.2.1")


def test_a_password_typed_as_a_name_reaches_neither_log_nor_database(one: Desk, tmp_path: Path) -> None:
    with pytest.raises(InvalidCredentials):
        one.login("hunter2-hunter2", "x")
    one.store.close()
    assert all(b"hunter2" not in path.read_bytes() for path in tmp_path.glob("test.db*"))


class CountingPasswords(Passwords):
    """Records the stored hash that every password was checked against."""

    def __init__(self) -> None:
        super().__init__(memory_kib=8, passes=1)
        self.checked: list[str | None] = []

    def check(self, stored: str | None, password: object) -> PasswordCheck:
        self.checked.append(stored)
        return super().check(stored, password)


def test_s11_unknown_wrong_and_disabled_each_cost_one_hash(one: Desk) -> None:
    counting = CountingPasswords()
    tokens = parts(one.store, one.settings, SECRET, one.clock, counting).tokens
    one.user("boss", "admin")
    change(one, users.set_disabled, one.user("cora").id, True, BOSS)
    for name in ("ben", "nobody", "cora", "no such thing"):
        with pytest.raises(InvalidCredentials):
            tokens.login(name, PASSWORD if name == "cora" else "wrong password", "192.0.2.1")
    assert [stored is not None for stored in counting.checked] == [True, False, True, False]


def test_too_many_failures_are_throttled_written_once_and_the_right_password_waits_too(desk: Desk) -> None:
    desk.user()
    desk.settings.change({"LOGIN_ATTEMPTS_PER_ACCOUNT": 3}, BOSS)
    for _ in range(3):
        with pytest.raises(InvalidCredentials):
            desk.login(password="wrong")
    for _ in range(3):
        with pytest.raises(Throttled) as caught:
            desk.login()
        assert caught.value.retry_after == FIRST_WAIT_S
        assert (caught.value.code, caught.value.message) == ("rate_limited", "Rate limit exceeded")
    assert len(desk.store.read(audit.page, action="login.throttled")) == 1
    desk.clock.pass_by(300)
    desk.login()


@pytest.mark.parametrize("password", ["x" * 100_000, None, 7, "\ud800"])
def test_passwords_that_nobody_has_cost_nothing_that_others_need(desk: Desk, password: object) -> None:
    desk.user()
    desk.settings.change({"LOGIN_ATTEMPTS_PER_ACCOUNT": 3, "LOGIN_ATTEMPTS_TOTAL": 10, "LOGIN_ATTEMPTS_PER_ADDRESS": 5}, BOSS)
    for number in range(40):
        with pytest.raises((InvalidCredentials, Throttled)):
            desk.tokens.login("ben", password, f"198.51.100.{number // 4}")
    desk.login()


def test_success_resets_the_count(desk: Desk) -> None:
    desk.user()
    desk.settings.change({"LOGIN_ATTEMPTS_PER_ACCOUNT": 3}, BOSS)
    for _ in range(4):
        for _ in range(2):
            with pytest.raises(InvalidCredentials):
                desk.login(password="wrong")
        desk.login()


def test_a_hash_of_outdated_cost_is_replaced_at_sign_in(one: Desk) -> None:
    before = one.store.read(users.by_name, "ben")
    stronger = parts(one.store, one.settings, SECRET, one.clock, Passwords(memory_kib=16, passes=1)).tokens
    stronger.login("ben", PASSWORD, "192.0.2.1")
    after = one.store.read(users.by_name, "ben")
    assert before is not None and after is not None
    assert "$m=8," in (before.password_hash or "")
    assert "$m=16," in (after.password_hash or "")
    one.login()


def test_signing_in_fails_closed_when_the_settings_cannot_be_read(one: Desk) -> None:
    one.clock.pass_by(10)
    one.store.write(lambda c: c.exec_driver_sql("ALTER TABLE settings RENAME TO hidden").rowcount)
    with pytest.raises(StoreError):
        one.login()
