"""Claims about refresh tokens: rotation, revocation, and reuse of a stolen one."""

from __future__ import annotations

import pytest

from skyspy.auth.principal import TokenError
from skyspy.store import audit, users
from tests.support.databases import change
from tests.support.tokens import BOSS, Desk


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


def test_a_refresh_token_used_twice_ends_its_whole_family(desk: Desk) -> None:
    desk.user()
    first, other = desk.login(), desk.login()
    second = desk.tokens.refresh(first.refresh)
    third = desk.tokens.refresh(second.refresh)
    assert refused(desk, first.refresh) == "token_revoked"
    assert refused(desk, third.refresh) == "token_revoked"
    assert [desk.code(grant.access) for grant in (first, second, third)] == ["token_revoked"] * 3
    assert desk.tokens.identify(other.access) is not None
    assert len(desk.store.read(audit.page, action="token.reused")) == 1


def test_a_refresh_token_expires_and_each_new_one_has_a_full_lifetime(desk: Desk) -> None:
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
    change(desk, users.set_disabled, ben.id, True, BOSS)
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
    assert len(desk.store.read(audit.page, action="token.revoked")) == 1


@pytest.mark.parametrize("token", [None, "", 7, "x", "rt_x", "a.b.c", "sk_live_x"])
def test_revoking_what_is_no_token_is_no_error(one: Desk, token: object) -> None:
    assert not one.tokens.revoke(token)


def test_a_forged_token_revokes_nothing(one: Desk) -> None:
    token = one.forge(key=b"x" * 32)
    assert not one.tokens.revoke(token)
