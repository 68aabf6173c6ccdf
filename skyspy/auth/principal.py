"""Principals: who a client is, with the permissions it holds; and the exceptions that refuse a client.

Invariants: a Principal is built from rows of the database, never from the claims of a token. It is frozen: after a change of
permissions a new one replaces it. No I/O here.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from skyspy import address
from skyspy.store.families import Family

MESSAGES: dict[str, str] = {
    "token_missing": "Authentication required: no token",
    "token_invalid": "Invalid token",
    "token_expired": "Invalid token: expired",
    "token_revoked": "Invalid token: revoked",
    "permission_denied": "Permission denied",
    "unknown_namespace": "Invalid namespace",
    "rate_limited": "Rate limit exceeded",
    "overloaded": "Server busy",
}
"""The message that a refused client gets, by code."""


class Refused(Exception):
    """Not admitted, or not permitted.

    `code` and `message` are sent to the client; `retry_after` (seconds) is set with the code rate_limited; `principal` is set
    where the credential was valid. It never holds the credential.
    """

    def __init__(
        self, code: str, message: str = "", retry_after: float | None = None, principal: Principal | None = None
    ) -> None:
        self.code = code
        self.message = message or MESSAGES.get(code, code)
        self.retry_after = retry_after
        self.principal = principal
        super().__init__(self.message)


class TokenError(Refused):
    """A token was given and is not valid; `code` is a key of MESSAGES."""


@dataclass(frozen=True, slots=True)
class PrincipalRef:
    """A hashable reference to the rows that a Principal was built from, to look it up again.

    `expires_at` is the end of a JWT (wall seconds); a key's end is read from the database instead.
    """

    kind: str
    user_id: int | None = None
    key_id: int | None = None
    family_id: str | None = None
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """An anonymous client, a user or a key (`kind`). `permissions` are already narrowed by `scopes`, which is None without a
    limit; `sky` is live or sandbox; `expires_at` is wall seconds or None; `networks` are those a key may be used from, None for
    any."""

    kind: str
    user_id: int | None = None
    name: str = ""
    role: str = ""
    permissions: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    sky: str = "live"
    key_id: int | None = None
    key_name: str = ""
    family_id: str | None = None
    expires_at: float | None = None
    networks: tuple[str, ...] | None = None

    @property
    def identified(self) -> bool:
        return self.kind != "anonymous"

    @property
    def ref(self) -> PrincipalRef:
        ends = self.expires_at if self.kind == "user" else None
        return PrincipalRef(self.kind, self.user_id, self.key_id, self.family_id, ends)

    def allowed_from(self, client: str | None) -> bool:
        """Whether its networks allow this address. An unknown address (None) is in no network."""
        if self.networks is None:
            return True
        parsed = address.parse(client or "")
        return parsed is not None and any(parsed in ipaddress.ip_network(network) for network in self.networks)


ANONYMOUS = Principal("anonymous")


def principal_of_family(family: Family, ends: float | None) -> Principal:
    """The principal of a sign-in that is valid until `ends` (wall seconds, None: the caller does not know)."""
    user = family.user
    return Principal("user", user.id, user.name, user.role, user.permissions, family_id=family.id, expires_at=ends)
