"""The whole table of admission: which principals may connect, and what each may do."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from skyspy.auth.policy import admit, may
from skyspy.auth.principal import ANONYMOUS, MESSAGES, Principal, Refused, TokenError
from skyspy.permissions import BUILTIN_ROLES, FEATURES, PERMISSION_NAMES, VIEWS
from skyspy.store.settings import Settings

MODES = ("public", "hybrid", "private")
BAD_CODES = ("token_invalid", "token_expired", "token_revoked", "rate_limited", "permission_denied")


def somebody(role: str, **more: Any) -> Principal:
    return Principal("user", 1, "anna", role, BUILTIN_ROLES[role], **more)


def a_key(role: str, *scopes: str) -> Principal:
    held = BUILTIN_ROLES[role] & frozenset(scopes)
    return Principal("key", 1, "anna", role, held, frozenset(scopes), key_id=5)


VIEWER, OPERATOR, ADMIN = (somebody(role) for role in ("viewer", "operator", "admin"))
NOBODYS_ROLE = Principal("user", 2, "ben", "own", frozenset())


def verdict(
    found: Principal | TokenError | None, settings: Settings, permission: str | None
) -> tuple[Principal | None, str, str]:
    """The admitted principal, or None with the code and message of the refusal."""
    try:
        return admit(found, settings, permission), "", ""
    except Refused as refused:
        return None, refused.code, refused.message


# The contract's table: token at connect


@pytest.mark.parametrize(
    ("mode", "reject", "token", "expected"),
    [
        ("public", False, "none", "anonymous"),
        ("hybrid", False, "none", "anonymous"),
        ("private", False, "none", "token_missing"),
        ("public", True, "none", "anonymous"),
        ("hybrid", True, "none", "anonymous"),
        ("private", True, "none", "token_missing"),
        ("public", False, "valid", "user"),
        ("hybrid", False, "valid", "user"),
        ("private", False, "valid", "user"),
        ("public", True, "valid", "user"),
        ("hybrid", True, "valid", "user"),
        ("private", True, "valid", "user"),
        ("public", False, "bad", "anonymous"),
        ("hybrid", False, "bad", "anonymous"),
        ("private", False, "bad", "refused"),
        ("public", True, "bad", "refused"),
        ("hybrid", True, "bad", "refused"),
        ("private", True, "bad", "refused"),
    ],
)
@pytest.mark.parametrize("code", BAD_CODES)
def test_the_table_of_tokens_at_connect(mode: str, reject: bool, token: str, expected: str, code: str) -> None:
    settings = Settings(AUTH_MODE=mode, WS_REJECT_INVALID_TOKENS=reject)
    found = {"none": None, "valid": VIEWER, "bad": TokenError(code)}[token]
    decided = verdict(found, settings, None)
    if expected == "anonymous":
        assert decided == (ANONYMOUS, "", "")
    elif expected == "user":
        assert decided == (VIEWER, "", "")
    else:
        wanted = code if expected == "refused" else expected
        assert decided == (None, wanted, MESSAGES[wanted])


@pytest.mark.parametrize("mode", ["", "PUBLIC", "Public", "open", "off", "none", "\x00"])
def test_a_mode_that_is_not_in_the_table_is_private(mode: str) -> None:
    settings = Settings(AUTH_MODE=mode)
    assert verdict(None, settings, None)[:2] == (None, "token_missing")
    assert verdict(ANONYMOUS, settings, None)[:2] == (None, "token_missing")
    assert verdict(TokenError("token_expired"), settings, None)[:2] == (None, "token_expired")
    assert not any(may(ANONYMOUS, permission, settings) for permission in PERMISSION_NAMES)
    assert admit(VIEWER, settings, "aircraft.view") == VIEWER


def test_an_error_wins_over_a_principal_that_came_with_it() -> None:
    error = TokenError("token_revoked", principal=ADMIN)
    assert verdict(error, Settings(AUTH_MODE="private"), None)[:2] == (None, "token_revoked")
    assert verdict(error, Settings(AUTH_MODE="hybrid"), None)[0] == ANONYMOUS


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("permission", [*sorted(PERMISSION_NAMES), "no.such"])
def test_a_namespace_admits_exactly_the_principals_with_its_permission(mode: str, permission: str) -> None:
    settings = Settings(AUTH_MODE=mode)
    for principal in (VIEWER, OPERATOR, ADMIN, NOBODYS_ROLE, a_key("admin", "stats.view")):
        decided = verdict(principal, settings, permission)
        if may(principal, permission, settings):
            assert decided == (principal, "", "")
        else:
            assert decided == (None, "permission_denied", "Permission denied")


# Permissions under the default settings

EVERYBODY_IN_PUBLIC = VIEWS - {"alerts.view"}
OPEN_IN_HYBRID = frozenset(
    f"{feature}.view" for feature in ("aircraft", "safety", "stats", "acars", "airspace", "notams", "cannonball")
)


@pytest.mark.parametrize("permission", sorted(PERMISSION_NAMES))
def test_what_the_anonymous_may_by_default(permission: str) -> None:
    assert may(ANONYMOUS, permission, Settings(AUTH_MODE="public")) == (permission in EVERYBODY_IN_PUBLIC)
    assert may(ANONYMOUS, permission, Settings(AUTH_MODE="hybrid")) == (permission in OPEN_IN_HYBRID)
    assert not may(ANONYMOUS, permission, Settings(AUTH_MODE="private"))


@pytest.mark.parametrize("permission", sorted(PERMISSION_NAMES))
@pytest.mark.parametrize("role", sorted(BUILTIN_ROLES))
def test_what_each_role_may_by_default(permission: str, role: str) -> None:
    held = permission in BUILTIN_ROLES[role]
    assert may(somebody(role), permission, Settings(AUTH_MODE="public")) == (held or permission in VIEWS)
    # A feature open to anonymous clients, or to any identity, is open to every identity.
    assert may(somebody(role), permission, Settings(AUTH_MODE="hybrid")) == (
        held or permission in OPEN_IN_HYBRID | {"alerts.view"}
    )
    assert may(somebody(role), permission, Settings(AUTH_MODE="private")) == (
        held or permission in OPEN_IN_HYBRID | {"alerts.view"}
    )


def test_a_role_without_permissions_still_has_what_the_settings_open_to_any_identity() -> None:
    settings = Settings(AUTH_MODE="private")
    assert {p for p in PERMISSION_NAMES if may(NOBODYS_ROLE, p, settings)} == OPEN_IN_HYBRID | {"alerts.view", "history.view"}


@pytest.mark.parametrize(
    ("mode", "feature", "level"), list(product(MODES, FEATURES, ("public", "authenticated", "permission", "garbage")))
)
def test_the_whole_matrix_of_feature_access(mode: str, feature: str, level: str) -> None:
    defaults = Settings()
    settings = replace(defaults, AUTH_MODE=mode, FEATURE_ACCESS={**defaults.FEATURE_ACCESS, feature: level})
    permission = f"{feature}.view"
    holder = Principal("user", 1, "anna", "own", frozenset({permission}))
    own_data = feature == "alerts"
    anonymous = {"public": not own_data, "hybrid": level == "public" and not own_data, "private": False}[mode]
    without = {"public": True, "hybrid": level in ("public", "authenticated"), "private": level in ("public", "authenticated")}[
        mode
    ]
    assert may(ANONYMOUS, permission, settings) == anonymous
    assert may(NOBODYS_ROLE, permission, settings) == without
    assert may(holder, permission, settings)


def test_a_feature_that_is_missing_from_the_setting_needs_its_permission() -> None:
    settings = Settings(AUTH_MODE="hybrid", FEATURE_ACCESS={})
    assert not may(ANONYMOUS, "aircraft.view", settings)
    assert not may(NOBODYS_ROLE, "aircraft.view", settings)
    assert may(VIEWER, "aircraft.view", settings)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("permission", sorted(PERMISSION_NAMES - VIEWS))
def test_a_write_needs_an_identity_that_holds_it_in_every_mode(mode: str, permission: str) -> None:
    settings = Settings(AUTH_MODE=mode)
    assert not may(ANONYMOUS, permission, settings)
    assert not may(Principal("anonymous", permissions=PERMISSION_NAMES), permission, settings)
    assert not may(NOBODYS_ROLE, permission, settings)
    assert may(ADMIN, permission, settings)


def test_reading_the_audit_log_is_no_view_of_the_sky() -> None:
    assert not may(VIEWER, "audit.view", Settings(AUTH_MODE="public"))
    assert not may(ANONYMOUS, "audit.view", Settings(AUTH_MODE="public"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("permission", sorted(PERMISSION_NAMES))
def test_a_key_never_passes_what_lies_outside_its_scopes(mode: str, permission: str) -> None:
    settings = Settings(AUTH_MODE=mode)
    scoped = a_key("admin", "aircraft.view", "settings.manage")
    assert may(scoped, permission, settings) == (permission in ("aircraft.view", "settings.manage"))
    assert not may(a_key("admin"), permission, settings)


@pytest.mark.parametrize("mode", MODES)
def test_a_key_never_holds_more_than_its_owner(mode: str) -> None:
    greedy = a_key("viewer", "settings.manage", "audio.upload", "aircraft.view")
    settings = Settings(AUTH_MODE=mode)
    assert {p for p in PERMISSION_NAMES if may(greedy, p, settings)} == {"aircraft.view"}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("principal", [ANONYMOUS, ADMIN])
@pytest.mark.parametrize("permission", ["", "aircraft", "aircraft.", ".view", "aircraft.edit", "sonar.view", "aircraft.view "])
def test_no_principal_holds_a_permission_that_is_not_in_the_table(mode: str, principal: Principal, permission: str) -> None:
    assert not may(principal, permission, Settings(AUTH_MODE=mode))
