"""May he? A pure table of verdicts: settings and a principal in, yes or no out.

Law: every door of the house asks here and nowhere else. No I/O, no clock, no state, and nothing is
admitted by default: an auth mode or a permission that is not in the tables opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from skyspy.auth.principal import ANONYMOUS, MESSAGES, Principal, TokenError
from skyspy.permissions import ALWAYS_IDENTIFIED, PERMISSION_NAMES, VIEWS
from skyspy.store.settings import Settings


@dataclass(frozen=True, slots=True)
class TokenOutcome:
    """What became of the token a client gave: a principal, an error, or neither where there was none."""

    principal: Principal | None = None
    error: TokenError | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Admitted as `principal`, or refused (None) with the contract's code and message."""

    principal: Principal | None
    code: str = ""
    message: str = ""

    @property
    def admitted(self) -> bool:
        return self.principal is not None


def _refused(code: str, message: str = "") -> Verdict:
    return Verdict(None, code, message or MESSAGES[code])


def may(principal: Principal, permission: str, settings: Settings) -> bool:
    """Whether the principal has the permission under these settings. Unknown permissions: nobody has them."""
    if permission not in PERMISSION_NAMES:
        return False
    if principal.scopes is not None and permission not in principal.scopes:
        # A key that was given less may not do more, not even what a stranger may.
        return False
    if permission not in VIEWS:
        return principal.identified and permission in principal.permissions
    feature = permission.partition(".")[0]
    if feature in ALWAYS_IDENTIFIED and not principal.identified:
        return False
    mode = settings.AUTH_MODE
    if mode == "public":
        return True
    if mode != "hybrid" and not principal.identified:
        return False
    access = settings.FEATURE_ACCESS.get(feature, "permission")
    if access == "public":
        return True
    if access == "authenticated":
        return principal.identified
    return principal.identified and permission in principal.permissions


def may_give(principal: Principal, permissions: frozenset[str]) -> bool:
    """Whether he may hand these permissions on, in a role, a scope or a key: nobody gives what he does not hold."""
    return principal.identified and permissions <= principal.permissions


def decide(token: TokenOutcome, settings: Settings, permission: str | None) -> Verdict:
    """The contract's table "token at connect", then the permission the door asks for (None: none).

    A refused verdict carries the code and message the client gets.
    """
    principal = token.principal
    if token.error is not None:
        if settings.WS_REJECT_INVALID_TOKENS or settings.AUTH_MODE not in ("public", "hybrid"):
            return _refused(token.error.code, token.error.message)
        principal = ANONYMOUS
    elif principal is None:
        if settings.AUTH_MODE not in ("public", "hybrid"):
            return _refused("token_missing")
        principal = ANONYMOUS
    if permission is not None and not may(principal, permission, settings):
        return _refused("permission_denied")
    return Verdict(principal)
