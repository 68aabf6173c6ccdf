"""Doors: one verdict on one token.

Law: a verdict is given under the settings that are in force when it is given. If they moved while
the token was looked up, it is judged again; and whoever asked acts on the verdict without letting
anybody else run in between, so that nobody slips in while the operator closes the door. Everything
that goes wrong on the way refuses.
"""

from __future__ import annotations

from dataclasses import dataclass

from skyspy.auth.policy import TokenOutcome, decide
from skyspy.auth.principal import MESSAGES, Principal, TokenError
from skyspy.server import Server
from skyspy.store.settings import Settings

ATTEMPTS = 5
"""How often the settings may move under one verdict. An operator does not click that fast."""


class Refused(Exception):
    """Not admitted, or not permitted: `code` and `message` are what the client is told."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or MESSAGES.get(code, code))
        self.code = code
        self.message = message or MESSAGES.get(code, code)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A verdict that admits: who, what was wrong with his token where he comes in as anonymous
    all the same, and the settings it was given under."""

    principal: Principal
    token_error: TokenError | None
    settings: Settings


def judge(server: Server, token: object, address: str, permission: str | None) -> Admitted:
    """Judge one token. Raises Refused with the contract's code and message, or StoreError."""
    for _ in range(ATTEMPTS):
        settings = server.settings.fresh()
        outcome = _identified(server, token, address)
        if server.settings.current.version != settings.version:
            continue
        # From here to the caller's act nothing may yield.
        verdict = decide(outcome, settings, permission)
        if verdict.principal is None:
            raise Refused(verdict.code, verdict.message)
        return Admitted(verdict.principal, outcome.error, settings)
    raise Refused("overloaded")


def _identified(server: Server, token: object, address: str) -> TokenOutcome:
    try:
        return TokenOutcome(principal=server.tokens.identify(token, address))
    except TokenError as error:
        if error.code not in ("token_invalid", "token_expired", "token_revoked"):
            # Not a verdict on the token (too many bad ones came from there): no mode turns it into a welcome.
            raise Refused(error.code, error.message) from None
        return TokenOutcome(error=error)
