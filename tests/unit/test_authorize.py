"""Claims about the one place that admits (skyspy/auth/authorize.py): under which settings, and that everything else refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from skyspy.address import Peer
from skyspy.auth.authorize import MAX_ATTEMPTS, TokenCredential, authorize
from skyspy.auth.principal import ANONYMOUS, Principal, Refused, TokenError
from skyspy.store import StoreBusy
from skyspy.store.settings import Settings

PEER = Peer("198.51.100.7")
ANN = Principal("user", 1, "ann", "few", frozenset({"stats.view"}))


class Table:
    """A settings table that an operator can change at any moment."""

    def __init__(self, **settings: Any) -> None:
        self.current = Settings(version=1, **settings)

    def fresh(self) -> Settings:
        return self.current

    def change(self, **settings: Any) -> None:
        self.current = replace(self.current, version=self.current.version + 1, **settings)


class Tokens:
    """Tokens whose look-up does as it is told, and counts."""

    def __init__(self, act: Callable[[], Principal | None]) -> None:
        self._act = act
        self.asked: list[tuple[object, str | None]] = []

    def identify(self, token: object, client: str | None = None) -> Principal | None:
        self.asked.append((token, client))
        return self._act()


def found(what: Principal | Exception | None) -> Tokens:
    def act() -> Principal | None:
        if isinstance(what, Exception):
            raise what
        return what

    return Tokens(act)


def outcome(table: Table, tokens: Tokens, permission: str | None = None, *, strict: bool = False, **more: Any) -> str:
    """Whom it admits, or the code of the refusal."""
    token: Any = TokenCredential(tokens, "secret", strict)  # type: ignore[arg-type]
    try:
        return authorize(table, token, PEER, permission, **more).principal.name or "anonymous"  # type: ignore[arg-type]
    except Refused as refused:
        return refused.code


def test_the_address_of_the_peer_is_what_a_token_is_judged_by() -> None:
    tokens = found(ANN)
    assert outcome(Table(), tokens) == "ann"
    assert tokens.asked == [("secret", "198.51.100.7")]


@pytest.mark.parametrize("change", [{"FEATURE_ACCESS": {"aircraft": "permission"}}, {"AUTH_MODE": "private"}])
def test_settings_that_close_while_a_token_is_looked_up_refuse_it(change: dict[str, Any]) -> None:
    table = Table(AUTH_MODE="public" if "FEATURE_ACCESS" in change else "hybrid", FEATURE_ACCESS={"aircraft": "public"})

    def closing() -> Principal | None:
        if table.current.version == 1:
            table.change(AUTH_MODE="hybrid")
            table.change(**change)
        return ANN if "FEATURE_ACCESS" in change else None

    tokens = Tokens(closing)
    assert outcome(table, tokens, "aircraft.view") in ("permission_denied", "token_missing")
    assert len(tokens.asked) == 2, "it is looked up again, since who it is may have changed too"


def test_settings_that_never_stand_still_admit_nobody() -> None:
    table = Table()
    tokens = Tokens(lambda: table.change() or ANN)  # type: ignore[func-returns-value]
    assert outcome(table, tokens) == "overloaded"
    assert len(tokens.asked) == MAX_ATTEMPTS


def test_the_verdict_names_the_settings_it_was_given_under() -> None:
    table = Table()
    tokens = Tokens(lambda: None if table.current.version > 1 else table.change(MAX_CONNECTIONS=77))
    token = TokenCredential(tokens, None)  # type: ignore[arg-type]
    assert authorize(table, token, PEER).settings.MAX_CONNECTIONS == 77  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["token_invalid", "token_expired", "token_revoked"])
def test_a_bad_token_is_the_policys_to_judge_unless_it_is_strict(code: str) -> None:
    tokens = found(TokenError(code))
    assert outcome(Table(AUTH_MODE="public"), tokens) == "anonymous"
    assert outcome(Table(AUTH_MODE="public", WS_REJECT_INVALID_TOKENS=True), tokens) == code
    assert outcome(Table(AUTH_MODE="public"), tokens, strict=True) == code
    admitted = authorize(Table(), TokenCredential(tokens, "x"), PEER)  # type: ignore[arg-type]
    assert (admitted.principal, admitted.token_error.code if admitted.token_error else "") == (ANONYMOUS, code)


@pytest.mark.parametrize("code", ["rate_limited", "permission_denied", "overloaded"])
@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
def test_no_mode_turns_any_other_error_into_an_admission(mode: str, code: str) -> None:
    assert outcome(Table(AUTH_MODE=mode), found(TokenError(code))) == code


def test_an_empty_token_is_none_to_a_socket_and_a_bad_one_to_http() -> None:
    assert outcome(Table(AUTH_MODE="public"), found(None)) == "anonymous"
    assert outcome(Table(AUTH_MODE="public"), found(None), strict=True) == "token_invalid"


def test_where_an_identity_is_asked_for_no_mode_admits_anonymous_clients() -> None:
    table = Table(AUTH_MODE="public")
    assert outcome(table, found(None), identified=True) == "token_missing"
    assert outcome(table, found(ANN), identified=True) == "ann"


def test_who_is_refused_for_want_of_a_permission_is_named() -> None:
    with pytest.raises(Refused) as refused:
        authorize(Table(), TokenCredential(found(ANN), "x"), PEER, "users.manage")  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.principal) == ("permission_denied", ANN)
    assert "secret" not in repr(TokenCredential(found(ANN), "secret"))  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [StoreBusy("locked"), TypeError("a bug"), KeyError("x")])
def test_s25_whatever_else_goes_wrong_admits_nobody(error: Exception) -> None:
    for mode in ("public", "hybrid", "private"):
        with pytest.raises(type(error)):
            outcome(Table(AUTH_MODE=mode), found(error))
