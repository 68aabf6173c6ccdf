"""Permission checks: a pure table of verdicts over a principal, a permission and the settings.

Invariants: every interface decides here and nowhere else. No I/O, no clock, no state, and nothing is
admitted by default: an unknown auth mode or permission is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from skyspy.auth.principal import ANONYMOUS, MESSAGES, Principal, Refused, TokenError
from skyspy.permissions import ALWAYS_IDENTIFIED, PERMISSION_NAMES, VIEWS
from skyspy.store.settings import Settings
from skyspy.topics import Namespace


def may(principal: Principal, permission: str, settings: Settings) -> bool:
    """Whether the principal has the permission under these settings; False for an unknown permission."""
    if permission not in PERMISSION_NAMES:
        return False
    if principal.scopes is not None and permission not in principal.scopes:
        # A scoped key may not do more than its scopes, not even what an anonymous client may.
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


def admit(found: Principal | TokenError | None, settings: Settings, permission: str | None) -> Principal:
    """The principal that is admitted: by the contract's table "token at connect", then by the required permission (None: none).

    `found` is what the token turned out to be: a principal, an error, or None (or ANONYMOUS) where there was no token.
    Raises Refused with the code and message that the client gets.
    """
    anonymous_allowed = settings.AUTH_MODE in ("public", "hybrid")
    if isinstance(found, TokenError):
        if settings.WS_REJECT_INVALID_TOKENS or not anonymous_allowed:
            raise Refused(found.code, found.message)
        found = None
    principal = found or ANONYMOUS
    if not principal.identified and not anonymous_allowed:
        raise Refused("token_missing")
    if permission is not None and not may(principal, permission, settings):
        raise Refused("permission_denied", principal=principal)
    return principal


def is_open(namespace: Namespace, settings: Settings) -> bool:
    """Whether these settings let clients connect to this namespace at all."""
    return namespace.setting is None or getattr(settings, namespace.setting) is True


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change does to one session: it stays as `principal` and loses the topics `lost`; or it ends (None), and the client
    gets `code` and `message`."""

    principal: Principal | None
    code: str = ""
    message: str = ""
    lost: tuple[str, ...] = ()


def impact(found: Principal | TokenError | None, settings: Settings, namespace: Namespace, held: Mapping[str, str]) -> Impact:
    """What these settings mean for a session of this namespace whose token is `found` (as in `admit`), and which holds the topics
    `held` (name to the topic's permission)."""
    if not is_open(namespace, settings):
        return Impact(None, "unknown_namespace", MESSAGES["unknown_namespace"])
    try:
        principal = admit(found, settings, namespace.permission)
    except Refused as refused:
        return Impact(None, refused.code, refused.message)
    return Impact(principal, lost=tuple(name for name, needed in held.items() if not may(principal, needed, settings)))
