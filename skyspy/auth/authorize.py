"""Authorization: one function that admits or refuses, for sockets, HTTP and the panel.

Invariants: a verdict uses the settings in force when it is given: if they changed while the credential was looked up, it is
looked up again. Nothing yields between the verdict and the return, so a caller that acts at once acts before any other change.
Every error refuses: StoreError and unexpected exceptions pass through to the caller, which must not admit the client then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from skyspy.address import Peer
from skyspy.auth.panel_sessions import Browser, PanelSessions
from skyspy.auth.policy import admit
from skyspy.auth.principal import Principal, Refused, TokenError
from skyspy.auth.tokens import Tokens
from skyspy.store.panel_sessions import PanelSession
from skyspy.store.settings import Settings, SettingsTable

__all__ = ["Admission", "Credential", "PanelCookie", "Refused", "TokenCredential", "authorize"]

MAX_ATTEMPTS = 5
"""How often the settings may change during the look-up of one credential before it is refused as overloaded."""

_POLICY_DECIDES = frozenset({"token_invalid", "token_expired", "token_revoked"})
"""Errors of a token that some settings turn into an anonymous admission. All others refuse under any settings."""


@dataclass(frozen=True, slots=True)
class Admission:
    """An admitted principal, the error of a token that was turned into an anonymous admission, and the settings that were in
    force."""

    principal: Principal
    token_error: TokenError | None
    settings: Settings


class Credential(Protocol):
    """What a client presents."""

    @property
    def strict(self) -> bool:
        """Whether an invalid credential is refused under any settings."""

    def identify(self, peer: Peer) -> Principal | None:
        """The principal it belongs to, None where nothing was presented. Raises TokenError, StoreError."""


@dataclass(frozen=True, slots=True)
class TokenCredential:
    """An access token or API key as the client sent it; None where it sent none.

    A strict one refuses "" as an invalid token, else "" counts as none.
    """

    tokens: Tokens
    text: object = field(repr=False)
    strict: bool = False

    def identify(self, peer: Peer) -> Principal | None:
        """The principal of the token. Raises TokenError, StoreError."""
        found = self.tokens.identify(self.text, peer.address)
        if found is None and self.strict and self.text is not None:
            raise TokenError("token_invalid")
        return found


@dataclass(slots=True)
class PanelCookie:
    """The secret in the panel's cookie. `session` is the panel session that `identify` found.

    `quiet`: a request that the page makes on its own, which does not count as a use of the session.
    """

    sessions: PanelSessions
    secret: str = field(repr=False)
    browser: Browser
    quiet: bool = False
    session: PanelSession | None = None
    strict: bool = True

    def identify(self, peer: Peer) -> Principal | None:  # noqa: ARG002 - the browser holds the address
        """The user signed in by it. Raises StoreError."""
        self.session = self.sessions.look_up(self.secret, self.browser, used=not self.quiet)
        return None if self.session is None else self.sessions.principal(self.session)


def authorize(
    settings: SettingsTable, credential: Credential, peer: Peer, permission: str | None = None, *, identified: bool = False
) -> Admission:
    """Admit the holder of the credential, if the settings and the holder's permissions allow it.

    `permission` is the one that is required (None: none); `identified`: anonymous clients are refused under any settings.
    Raises Refused with the contract's code and message, StoreError.
    """
    for _ in range(MAX_ATTEMPTS):
        current = settings.fresh()
        found = _identify(credential, peer)
        if settings.current.version != current.version:
            continue
        if identified and found is None:
            raise Refused("token_missing")
        error = found if isinstance(found, TokenError) else None
        return Admission(admit(found, current, permission), error, current)
    raise Refused("overloaded")


def _identify(credential: Credential, peer: Peer) -> Principal | TokenError | None:
    try:
        return credential.identify(peer)
    except TokenError as error:
        if credential.strict or error.code not in _POLICY_DECIDES:
            raise
        return error
