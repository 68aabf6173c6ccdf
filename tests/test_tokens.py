"""Tokens: signing in, every forged token refused, rotation, revocation, and what becomes of who is live."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyspy.auth.apikeys import generate
from skyspy.auth.passwords import Checked, Passwords
from skyspy.auth.principal import ANONYMOUS, MESSAGES, Principal, Ref, TokenError
from skyspy.auth.tokens import Grant, LoginError, Throttled, Tokens
from skyspy.store import Store, StoreError
from skyspy.store.accounts import Accounts, Actor, Family, User
from skyspy.store.audit import AuditLog
from skyspy.store.settings import SettingsTable
from tests.conftest import StillClock
from tests.databases import KINDS, open_store

BOSS = Actor("user", "boss", "192.0.2.7")
QUICK = Passwords(memory_kib=8, passes=1)
PASSWORD = "correct horse battery staple"
SECRET = "s" * 40


class Desk:
    """One installation: everything a test needs to sign in, look and change."""

    def __init__(self, store: Store, clock: StillClock, secret: str = SECRET) -> None:
        self.store, self.clock = store, clock
        self.accounts = Accounts(store, clock)
        self.settings = SettingsTable(store, clock=clock)
        self.tokens = Tokens(self.accounts, self.settings, secret, clock, QUICK)
        self.log = AuditLog(store, clock)

    def user(self, name: str = "ben", role: str = "operator") -> User:
        return self.accounts.create_user(name, role, QUICK.hash(PASSWORD, 8), BOSS)

    def login(self, name: str = "ben", password: object = PASSWORD, client: str = "192.0.2.1") -> Grant:
        return self.tokens.login(name, password, client)

    def code(self, token: object, client: str | None = None) -> str:
        with pytest.raises(TokenError) as caught:
            self.tokens.identify(token, client)
        return caught.value.code

    def forge(self, change: dict[str, Any] | None = None, *, drop: str = "", key: bytes | None = None, **header: Any) -> str:
        """An access token signed as ours are, but for what is said."""
        genuine = jwt.decode(self.login().access, options={"verify_signature": False})
        claims = {name: value for name, value in {**genuine, **(change or {})}.items() if name != drop}
        return sign(
            {"alg": "HS256", "typ": "JWT", **header}, claims, self.tokens.secret.key("access token") if key is None else key
        )


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: dict[str, Any], claims: object, key: bytes) -> str:
    """A JWT by hand, so that nothing keeps a test from writing a wrong one."""
    body = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
    digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(str(header.get("alg")), hashlib.sha256)
    return body + "." + ("" if header.get("alg") == "none" else b64(hmac.digest(key, body.encode(), digest)))


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path, clock: StillClock) -> Iterator[Desk]:
    with open_store(request.param, tmp_path) as store:
        yield Desk(store, clock)


@pytest.fixture
def one(tmp_path: Path, clock: StillClock) -> Iterator[Desk]:
    """A desk on SQLite, for what has nothing to do with the database."""
    with open_store("sqlite", tmp_path) as store:
        desk = Desk(store, clock)
        desk.user()
        yield desk


# Signing in


def test_the_right_password_gives_both_tokens_and_who_it_is(desk: Desk) -> None:
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
    assert desk.accounts.user_by_id(ben.id).last_login_from == "192.0.2.1"


def test_the_access_token_carries_what_the_contract_says_and_no_rights(one: Desk) -> None:
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
    desk.accounts.create_user("invited", "viewer", None, BOSS)
    if case == "disabled":
        desk.accounts.set_disabled(ben.id, True, BOSS)
    name, password = {
        "unknown": ("nobody", PASSWORD),
        "wrong": ("ben", "wrong"),
        "disabled": ("ben", PASSWORD),
        "no password yet": ("invited", PASSWORD),
        "not text": ({"a": 1}, ["x"]),
        "too long": ("ben" * 50_000, "x" * 1_000_000),
        "empty": ("", ""),
    }[case]
    rows = len(desk.log.page())
    with pytest.raises(LoginError) as caught:
        desk.tokens.login(name, password, "192.0.2.1")
    assert str(caught.value) == "Wrong username or password"
    assert len(desk.log.page()) == rows + 1
    row = desk.log.page()[0]
    assert (row.action, row.address) == ("login.failed", "192.0.2.1")


def test_a_password_typed_as_a_name_reaches_neither_log_nor_database(one: Desk, tmp_path: Path) -> None:
    with pytest.raises(LoginError):
        one.login("hunter2-hunter2", "x")
    one.store.close()
    assert all(b"hunter2" not in path.read_bytes() for path in tmp_path.glob("test.db*"))


class CountingPasswords(Passwords):
    """Notes what every password was checked against."""

    def __init__(self) -> None:
        super().__init__(memory_kib=8, passes=1)
        self.checked: list[str | None] = []

    def check(self, stored: str | None, password: object) -> Checked:
        self.checked.append(stored)
        return super().check(stored, password)


def test_s11_unknown_wrong_and_disabled_each_cost_one_hash(one: Desk) -> None:
    counting = CountingPasswords()
    tokens = Tokens(one.accounts, one.settings, SECRET, one.clock, counting)
    one.user("boss", "admin")
    one.accounts.set_disabled(one.user("cora").id, True, BOSS)
    for name in ("ben", "nobody", "cora", "no such thing"):
        with pytest.raises(LoginError):
            tokens.login(name, PASSWORD if name == "cora" else "wrong password", "192.0.2.1")
    assert [stored is not None for stored in counting.checked] == [True, False, True, False]


def test_too_many_failures_are_throttled_written_once_and_the_right_password_waits_too(desk: Desk) -> None:
    desk.user()
    desk.settings.set("LOGIN_ATTEMPTS_PER_ACCOUNT", 3, BOSS)
    for _ in range(3):
        with pytest.raises(LoginError):
            desk.login(password="wrong")
    for _ in range(3):
        with pytest.raises(Throttled) as caught:
            desk.login()
        assert caught.value.retry_after == 300
        assert (caught.value.code, caught.value.message) == ("rate_limited", "Rate limit exceeded")
    assert len(desk.log.page(action="login.throttled")) == 1
    desk.clock.pass_by(300)
    desk.login()


def test_success_resets_the_count(desk: Desk) -> None:
    desk.user()
    desk.settings.set("LOGIN_ATTEMPTS_PER_ACCOUNT", 3, BOSS)
    for _ in range(4):
        for _ in range(2):
            with pytest.raises(LoginError):
                desk.login(password="wrong")
        desk.login()


def test_a_hash_out_of_date_is_renewed_by_signing_in(one: Desk) -> None:
    before = one.accounts.user_by_name("ben")
    stronger = Tokens(one.accounts, one.settings, SECRET, one.clock, Passwords(memory_kib=16, passes=1))
    stronger.login("ben", PASSWORD, "192.0.2.1")
    after = one.accounts.user_by_name("ben")
    assert before is not None and after is not None
    assert "$m=8," in (before.password_hash or "")
    assert "$m=16," in (after.password_hash or "")
    one.login()


def test_signing_in_fails_closed_when_the_settings_cannot_be_read(one: Desk) -> None:
    one.clock.pass_by(10)
    one.store.write(lambda c: c.exec_driver_sql("ALTER TABLE settings RENAME TO hidden").rowcount)
    with pytest.raises(StoreError):
        one.login()


# What is no token, and what is a forged one


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_token_is_nobody_and_no_error(one: Desk, nothing: object) -> None:
    assert one.tokens.identify(nothing) is None


@pytest.mark.parametrize(
    "token",
    [
        0,
        1,
        True,
        False,
        [],
        ["x"],
        {},
        {"token": "x"},
        1.5,
        b"bytes",
        " ",
        "x",
        "null",
        "undefined",
        "Bearer x",
        "\x00",
        "eyJ",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        "é.é.é",
        "\ud800",
    ],
)
def test_whatever_a_client_sends_is_an_invalid_token_and_no_crash(one: Desk, token: object) -> None:
    assert one.code(token) == "token_invalid"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(), st.tuples(*[st.text("abcXYZ019-_=", max_size=40)] * 3).map(".".join), st.binary(), st.lists(st.integers())
    )
)
def test_no_rubbish_is_a_token(one: Desk, rubbish: object) -> None:
    if rubbish != "":
        assert one.code(rubbish) in ("token_invalid", "rate_limited")


FORGERIES: dict[str, Any] = {
    "alg none": lambda d: d.forge(alg="none"),
    "alg None": lambda d: d.forge(alg="None"),
    "alg none, signature of the genuine": lambda d: d.forge(alg="none") + d.login().access.rpartition(".")[2],
    "HS384": lambda d: d.forge(alg="HS384"),
    "HS512": lambda d: d.forge(alg="HS512"),
    "RS256": lambda d: d.forge(alg="RS256"),
    "ES256": lambda d: d.forge(alg="ES256"),
    "alg missing": lambda d: sign({"typ": "JWT"}, {"sub": "1"}, d.tokens.secret.key("access token")),
    "alg is a list": lambda d: d.forge(alg=["HS256"]),
    "another key": lambda d: d.forge(key=b"x" * 32),
    "the secret itself as the key": lambda d: d.forge(key=SECRET.encode()),
    "an empty key": lambda d: d.forge(key=b""),
    "another audience": lambda d: d.forge({"aud": "other"}),
    "no audience at all": lambda d: d.forge({"aud": []}),
    "another issuer": lambda d: d.forge({"iss": "other"}),
    "issuer is a list": lambda d: d.forge({"iss": ["skyspy"]}),
    "not yet valid": lambda d: d.forge({"nbf": int(d.clock.wall()) + 3600}),
    "issued in the future": lambda d: d.forge({"iat": int(d.clock.wall()) + 3600}),
    "another type": lambda d: d.forge({"typ": "refresh"}),
    "subject is a number": lambda d: d.forge({"sub": 1}),
    "subject is somebody else": lambda d: d.forge({"sub": "2"}),
    "subject is padded": lambda d: d.forge({"sub": "01"}),
    "exp is a text": lambda d: d.forge({"exp": "9999999999"}),
    "exp is true": lambda d: d.forge({"exp": True}),
    "exp is infinite": lambda d: d.forge({"exp": float("inf")}),
    "exp is not a number": lambda d: d.forge({"exp": float("nan")}),
    "exp is null": lambda d: d.forge({"exp": None}),
    "family is a list": lambda d: d.forge({"fam": ["x"]}),
    "claims are a list": lambda d: sign({"alg": "HS256"}, [1, 2], d.tokens.secret.key("access token")),
    "claims are a text": lambda d: sign({"alg": "HS256"}, "x", d.tokens.secret.key("access token")),
    "claims are nested deep": lambda d: ".".join([b64(b'{"alg":"HS256"}'), b64(b"[" * 2000), "x"]),
    "header is no JSON": lambda d: b64(b"{") + "." + d.login().access.partition(".")[2],
    "critical header": lambda d: d.forge(crit=["exp"]),
    "unencoded payload": lambda d: d.forge(b64=False, crit=["b64"]),
    "tampered": lambda d: d.login().access[:-10] + "A" * 10,
    "truncated": lambda d: d.login().access[:-1],
    "with a blank": lambda d: d.login().access + " ",
    "with a line break": lambda d: d.login().access + "\n",
    "Bearer before it": lambda d: "Bearer " + d.login().access,
    "a refresh token": lambda d: d.login().refresh,
    "a megabyte": lambda d: "eyJ" + "a" * 1_000_000,
    "a megabyte of dots": lambda d: "." * 1_000_000,
    "a megabyte of a key": lambda d: "sk_live_" + "a" * 1_000_000,
    **{
        f"without {claim}": (lambda d, claim=claim: d.forge(drop=claim))
        for claim in ("iss", "aud", "sub", "jti", "iat", "nbf", "exp", "typ", "fam")
    },
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_token_is_invalid(one: Desk, case: str) -> None:
    assert one.code(FORGERIES[case](one)) == "token_invalid"


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "http://127.0.0.1:9/"},
        {"jwk": {"kty": "oct", "k": "eA"}},
        {"x5u": "http://127.0.0.1:9/"},
    ],
)
def test_headers_that_point_at_keys_are_not_looked_at(one: Desk, header: dict[str, Any]) -> None:
    assert one.code(one.forge(key=b"x" * 32, **header)) == "token_invalid"
    found = one.tokens.identify(one.forge(**header))
    assert found is not None and found.name == "ben"


@pytest.mark.parametrize("kid", [["x"], "../../etc/passwd", "x' OR 1=1", "", 7, {"kid": "x"}])
def test_a_kid_that_is_none_of_ours_is_invalid_even_where_the_signature_is(one: Desk, kid: object) -> None:
    assert one.code(one.forge(kid=kid)) == "token_invalid"


def test_a_megabyte_is_refused_whoever_signed_it(one: Desk) -> None:
    assert one.code("eyJ" + "a" * 500_000 + "." + "b" * 500_000 + ".c") == "token_invalid"
    assert one.tokens.identify(one.forge({"jti": "x"})) is not None
    assert one.code(one.forge({"jti": "x" * 1_000_000})) == "token_invalid"


def test_a_genuine_token_made_by_hand_is_good_so_that_the_forgeries_prove_something(one: Desk) -> None:
    found = one.tokens.identify(one.forge())
    assert found is not None and found.name == "ben"


def test_a_token_of_another_installation_is_invalid(one: Desk) -> None:
    other = Desk(one.store, one.clock, "o" * 40)
    assert one.code(other.login().access) == "token_invalid"
    with pytest.raises(TokenError):
        one.tokens.refresh(other.login().refresh)


# What ends a token


def test_an_access_token_ends_at_its_second(one: Desk) -> None:
    one.settings.set("JWT_ACCESS_SECONDS", 5, BOSS)
    one.clock.wall_now = 1_800_000_000.0
    token = one.login().access
    one.clock.pass_by(4.9)
    assert one.tokens.identify(token) is not None
    one.clock.pass_by(0.1)
    assert one.code(token) == "token_expired"


def test_a_small_difference_between_clocks_is_forgiven(one: Desk) -> None:
    token = one.login().access
    one.clock.wall_now -= 30
    assert one.tokens.identify(token) is not None


def test_disabling_a_user_ends_his_tokens_for_good(desk: Desk) -> None:
    ben = desk.user()
    grant = desk.login()
    desk.accounts.set_disabled(ben.id, True, BOSS)
    assert desk.code(grant.access) == "token_revoked"
    desk.accounts.set_disabled(ben.id, False, BOSS)
    assert desk.code(grant.access) == "token_revoked"


def test_a_deleted_users_tokens_are_revoked(desk: Desk) -> None:
    ben = desk.user()
    grant = desk.login()
    desk.accounts.delete_user(ben.id, BOSS)
    assert desk.code(grant.access) == "token_revoked"
    with pytest.raises(TokenError):
        desk.tokens.refresh(grant.refresh)


def test_the_role_is_read_from_the_database_and_not_from_the_token(desk: Desk) -> None:
    ben = desk.user()
    token = desk.login().access
    desk.accounts.set_role(ben.id, "viewer", BOSS)
    found = desk.tokens.identify(token)
    assert found is not None
    assert (found.role, "audio.view" in found.permissions) == ("viewer", False)


def test_a_new_password_ends_every_sign_in_with_the_old(desk: Desk) -> None:
    ben = desk.user()
    grants = [desk.login(), desk.login()]
    desk.accounts.set_password_hash(ben.id, QUICK.hash("another " + PASSWORD, 8), BOSS)
    assert [desk.code(grant.access) for grant in grants] == ["token_revoked"] * 2
    with pytest.raises(LoginError):
        desk.login()


# Refresh and revoke


def refused(desk: Desk, token: object) -> str:
    with pytest.raises(TokenError) as caught:
        desk.tokens.refresh(token, "192.0.2.1")
    return caught.value.code


def test_a_refresh_gives_a_new_pair_of_the_same_family(desk: Desk) -> None:
    desk.user()
    first = desk.login()
    second = desk.tokens.refresh(first.refresh, "192.0.2.1")
    assert second.refresh != first.refresh
    assert second.user.family_id == first.user.family_id
    # The old access token lives on until its own end: only its family's end takes it along.
    assert desk.tokens.identify(first.access) is not None
    assert desk.tokens.identify(second.access) is not None


def test_a_refresh_token_used_twice_kills_its_whole_family(desk: Desk) -> None:
    desk.user()
    first, other = desk.login(), desk.login()
    second = desk.tokens.refresh(first.refresh)
    third = desk.tokens.refresh(second.refresh)
    assert refused(desk, first.refresh) == "token_revoked"
    assert refused(desk, third.refresh) == "token_revoked"
    assert [desk.code(grant.access) for grant in (first, second, third)] == ["token_revoked"] * 3
    assert desk.tokens.identify(other.access) is not None
    assert len(desk.log.page(action="token.reused")) == 1


def test_a_refresh_token_expires_and_each_new_one_lives_whole(desk: Desk) -> None:
    desk.user()
    desk.settings.change({"JWT_ACCESS_SECONDS": 60, "JWT_REFRESH_SECONDS": 100}, BOSS)
    grant = desk.login()
    for _ in range(3):
        desk.clock.pass_by(99)
        grant = desk.tokens.refresh(grant.refresh)
    desk.clock.pass_by(100)
    assert refused(desk, grant.refresh) == "token_expired"


@pytest.mark.parametrize(
    "token", [None, "", 7, ["x"], {"refresh": "x"}, "rt_", "rt_" + "x" * 43, "rt_" + "x" * 1_000_000, "\ud800", "rt_\ud800"]
)
def test_what_is_no_refresh_token_is_invalid(one: Desk, token: object) -> None:
    assert refused(one, token) == "token_invalid"


def test_an_access_token_cannot_be_refreshed_with(one: Desk) -> None:
    assert refused(one, one.login().access) == "token_invalid"


def test_a_disabled_user_cannot_refresh(desk: Desk) -> None:
    ben = desk.user()
    grant = desk.login()
    desk.accounts.set_disabled(ben.id, True, BOSS)
    assert refused(desk, grant.refresh) == "token_revoked"


@pytest.mark.parametrize("which", ["refresh", "access", "expired access"])
def test_revoking_any_token_of_a_family_ends_all_of_it(desk: Desk, which: str) -> None:
    desk.user()
    grant = desk.login()
    if which == "expired access":
        desk.clock.pass_by(4000)
    assert desk.tokens.revoke(grant.refresh if which == "refresh" else grant.access, "192.0.2.1")
    assert not desk.tokens.revoke(grant.refresh)
    assert refused(desk, grant.refresh) == "token_revoked"
    assert desk.code(grant.access) == ("token_expired" if which == "expired access" else "token_revoked")
    assert len(desk.log.page(action="token.revoked")) == 1


@pytest.mark.parametrize("token", [None, "", 7, "x", "rt_x", "a.b.c", "sk_live_x"])
def test_revoking_what_is_no_token_is_no_error(one: Desk, token: object) -> None:
    assert not one.tokens.revoke(token)


def test_nobody_revokes_with_a_token_he_signed_himself(one: Desk) -> None:
    token = one.forge(key=b"x" * 32)
    assert not one.tokens.revoke(token)


# Bad tokens are counted


def test_an_address_with_too_many_bad_tokens_is_told_to_wait_and_good_ones_pass(one: Desk) -> None:
    one.settings.set("TOKEN_ATTEMPTS_PER_ADDRESS", 3, BOSS)
    good = one.login().access
    codes = [one.code("bad", "192.0.2.1") for _ in range(5)]
    assert codes == ["token_invalid"] * 3 + ["rate_limited"] * 2
    with pytest.raises(TokenError) as caught:
        one.tokens.identify(generate("live"), "192.0.2.1")
    assert (caught.value.message, caught.value.retry_after) == ("Rate limit exceeded", 300.0)
    assert one.tokens.identify(good, "192.0.2.1") is not None
    assert one.code("bad", "192.0.2.2") == "token_invalid"
    one.clock.pass_by(300)
    assert one.code("bad", "192.0.2.1") == "token_invalid"


def test_refused_tokens_are_written_to_the_log_in_batches(one: Desk) -> None:
    for _ in range(7):
        one.code("bad", "192.0.2.1")
    one.code("bad", "192.0.2.2")
    assert one.log.page(action="token.refused") == []
    one.tokens.flush_uses()
    rows = {row.address: (row.object, row.after) for row in one.log.page(action="token.refused")}
    assert rows == {"192.0.2.1": ("token_invalid", {"times": 7}), "192.0.2.2": ("token_invalid", {"times": 1})}
    one.tokens.flush_uses()
    assert len(one.log.page(action="token.refused")) == 2


def test_a_flood_of_addresses_does_not_grow_the_batch(one: Desk) -> None:
    for number in range(3000):
        one.code("bad", f"2001:db8:{number:x}::1")
    one.tokens.flush_uses()
    rows = one.store.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM audit WHERE action = 'token.refused'").scalar_one())
    assert rows <= 1001


# Who is live


def test_everybody_live_is_judged_again_in_one_go(desk: Desk) -> None:
    ben, carl = desk.user("ben"), desk.user("carl")
    ben_jwt, carl_jwt = desk.login("ben").user, desk.login("carl").user
    key = desk.tokens.keys.create(ben.id, "live", "k", BOSS)
    revoked = desk.tokens.keys.create(carl.id, "test", "r", BOSS)
    principals = [desk.tokens.identify(made.text) for made in (key, revoked)]
    assert all(principals)
    refs = [ANONYMOUS.ref, ben_jwt.ref, carl_jwt.ref, *(p.ref for p in principals if p)]
    assert {ref: type(answer) for ref, answer in desk.tokens.rejudge(refs).items()} == dict.fromkeys(refs, Principal)

    desk.accounts.revoke_key(revoked.key.id, BOSS)
    desk.accounts.set_role(ben.id, "viewer", BOSS)
    desk.accounts.set_disabled(carl.id, True, BOSS)
    judged = desk.tokens.rejudge(refs)
    answers = [answer.code if isinstance(answer, TokenError) else answer.role for answer in (judged[ref] for ref in refs)]
    assert answers == ["", "viewer", "token_revoked", "viewer", "token_revoked"]
    again = judged[ben_jwt.ref]
    assert isinstance(again, Principal)
    assert again == replace(ben_jwt, role="viewer", permissions=again.permissions)
    assert again.ref == ben_jwt.ref


def test_a_live_token_that_reached_its_end_is_expired(one: Desk) -> None:
    ref = one.login().user.ref
    one.clock.pass_by(3600)
    answer = one.tokens.rejudge([ref])[ref]
    assert isinstance(answer, TokenError)
    assert (answer.code, answer.message) == ("token_expired", MESSAGES["token_expired"])


def test_a_ref_that_was_never_anybody_is_revoked(one: Desk) -> None:
    refs = [Ref("user", 1, None, "no such family", 9e9), Ref("key", 1, 999), Ref("user", 1), Ref("robot", 1)]
    answers = one.tokens.rejudge(refs)
    assert {answer.code for answer in answers.values() if isinstance(answer, TokenError)} == {"token_revoked"}
    assert len(answers) == 4
    assert one.tokens.rejudge([]) == {}


class CountingAccounts(Accounts):
    """Counts how often sign-ins are looked up."""

    asked = 0

    def families_by_id(self, ids: Iterable[str]) -> Mapping[str, Family]:
        self.asked += 1
        return super().families_by_id(ids)


def test_thousands_of_live_sockets_are_judged_in_one_look(one: Desk) -> None:
    accounts = CountingAccounts(one.store, one.clock)
    tokens = Tokens(accounts, one.settings, SECRET, one.clock, QUICK)
    refs = [Ref("user", 1, None, f"family{number}", 9e9) for number in range(5000)]
    assert len(tokens.rejudge(refs)) == 5000
    assert accounts.asked == 1


# Housekeeping and secrecy


def test_tidying_forgets_what_age_made_useless(one: Desk) -> None:
    one.login()
    with pytest.raises(LoginError):
        one.login(password="wrong")
    one.clock.pass_by(400 * 86400)
    one.tokens.tidy()
    counts = one.store.read(
        lambda c: [
            c.exec_driver_sql(f"SELECT count(*) FROM {t}").scalar_one()
            for t in ("families", "refresh_tokens", "attempts", "audit")
        ]
    )
    assert counts == [0, 0, 0, 0]


def test_no_secret_is_in_a_repr_an_error_the_log_or_the_file(one: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    grant = one.login()
    key = one.tokens.keys.create(1, "live", "k", BOSS)
    second = one.tokens.refresh(grant.refresh)
    one.tokens.identify(key.text, "192.0.2.1")
    spoken = [repr(grant), repr(second), repr(key), repr(one.tokens), repr(one.tokens.secret)]
    for job in (
        lambda: one.tokens.refresh(grant.refresh),
        lambda: one.login(password="wrong-" + PASSWORD),
        lambda: one.tokens.identify(second.access),
    ):
        with pytest.raises((TokenError, LoginError)) as caught:
            job()
        spoken.append(repr(caught.value) + str(caught.value))
    one.tokens.flush_uses()
    one.store.close()
    spoken += [caplog.text, *(path.read_bytes().decode("latin-1") for path in tmp_path.glob("test.db*"))]
    secrets = [PASSWORD, SECRET, grant.access, grant.refresh, second.access, second.refresh, key.text, key.text[12:40]]
    assert not [secret for secret in secrets for text in spoken if secret in text]


def test_every_code_has_a_message() -> None:
    assert TokenError("token_expired").message == "Invalid token: expired"
    assert str(TokenError("token_invalid")) == "Invalid token"
