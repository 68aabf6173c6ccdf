"""Claims about access tokens: every forged one is refused, and what ends a valid one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyspy.auth.principal import TokenError
from skyspy.auth.tokens import InvalidCredentials
from skyspy.store import users
from tests.support.databases import change
from tests.support.tokens import BOSS, PASSWORD, QUICK, SECRET, Desk, b64, sign

# Invalid and forged tokens


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_token_identifies_no_principal_and_is_no_error(one: Desk, nothing: object) -> None:
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
def test_any_other_value_is_an_invalid_token_without_an_exception(one: Desk, token: object) -> None:
    assert one.code(token) == "token_invalid"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(), st.tuples(*[st.text("abcXYZ019-_=", max_size=40)] * 3).map(".".join), st.binary(), st.lists(st.integers())
    )
)
def test_random_texts_are_invalid_tokens(one: Desk, rubbish: object) -> None:
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
    "alg missing": lambda d: sign({"typ": "JWT"}, {"sub": "1"}, d.secret.key("access token")),
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
    "exp is beyond every calendar": lambda d: d.forge({"exp": 2**70}),
    "exp is below zero": lambda d: d.forge({"exp": -(2**70)}),
    "iat is below every calendar": lambda d: d.forge({"iat": -(2**70)}),
    "audience is a list with ours": lambda d: d.forge({"aud": ["skyspy"]}),
    "exp is null": lambda d: d.forge({"exp": None}),
    "family is a list": lambda d: d.forge({"fam": ["x"]}),
    "claims are a list": lambda d: sign({"alg": "HS256"}, [1, 2], d.secret.key("access token")),
    "claims are a text": lambda d: sign({"alg": "HS256"}, "x", d.secret.key("access token")),
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
def test_token_headers_that_name_keys_are_ignored(one: Desk, header: dict[str, Any]) -> None:
    assert one.code(one.forge(key=b"x" * 32, **header)) == "token_invalid"
    found = one.tokens.identify(one.forge(**header))
    assert found is not None and found.name == "ben"


@pytest.mark.parametrize("kid", [["x"], "../../etc/passwd", "x' OR 1=1", "", 7, {"kid": "x"}])
def test_an_unknown_kid_is_invalid_even_with_a_valid_signature(one: Desk, kid: object) -> None:
    assert one.code(one.forge(kid=kid)) == "token_invalid"


def test_a_token_of_a_megabyte_is_refused_with_any_signature(one: Desk) -> None:
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
    one.settings.change({"JWT_ACCESS_SECONDS": 5}, BOSS)
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


def test_disabling_a_user_ends_the_tokens_for_good(desk: Desk) -> None:
    ben = desk.user()
    grant = desk.login()
    change(desk, users.set_disabled, ben.id, True, BOSS)
    assert desk.code(grant.access) == "token_revoked"
    change(desk, users.set_disabled, ben.id, False, BOSS)
    assert desk.code(grant.access) == "token_revoked"


def test_a_deleted_users_tokens_are_revoked(desk: Desk) -> None:
    ben = desk.user()
    grant = desk.login()
    change(desk, users.remove, ben.id, BOSS)
    assert desk.code(grant.access) == "token_revoked"
    with pytest.raises(TokenError):
        desk.tokens.refresh(grant.refresh)


def test_the_role_is_read_from_the_database_and_not_from_the_token(desk: Desk) -> None:
    ben = desk.user()
    token = desk.login().access
    change(desk, users.set_role, ben.id, "viewer", BOSS)
    found = desk.tokens.identify(token)
    assert found is not None
    assert (found.role, "audio.view" in found.permissions) == ("viewer", False)


def test_a_new_password_ends_every_sign_in_with_the_old(desk: Desk) -> None:
    ben = desk.user()
    grants = [desk.login(), desk.login()]
    change(desk, users.set_password, ben.id, QUICK.hash("another " + PASSWORD, 8), BOSS)
    assert [desk.code(grant.access) for grant in grants] == ["token_revoked"] * 2
    with pytest.raises(InvalidCredentials):
        desk.login()
