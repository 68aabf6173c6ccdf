"""Access tokens of providers that want one: the client credentials grant of OAuth 2.0 (RFC 6749 4.4).

Invariants: a token is asked for when there is none, and again EARLY_S before it ends; it is in no log, error or store.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from dataclasses import dataclass

from skyspy import wirejson
from skyspy.clock import Clock
from skyspy.fetch.document import FetchError, TokenRequest

MAX_TOKEN_BYTES = 64 * 1024
MAX_TOKEN_CHARACTERS = 8192
MAX_TOKENS = 16
EARLY_S = 60.0
USUAL_S = 600.0
"""So long a token is used whose server does not say for how long it is."""
MAX_S = 24 * 3600.0
FORM = b"grant_type=client_credentials"

Ask = Callable[[TokenRequest], bytes]
"""Asks for a token; the body of the answer. Raises FetchError."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    until: float


class Tokens:
    """The tokens in use, for each way to ask for one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tokens: dict[TokenRequest, _Token] = {}

    def get(self, request: TokenRequest, ask: Ask) -> str:
        """A token that is in force. Raises FetchError."""
        token = self._tokens.get(request)
        if token is None or token.until <= self._clock.steady():
            token = _read(ask(request), self._clock.steady())
            self.drop(request)
            self._tokens[request] = token
            if len(self._tokens) > MAX_TOKENS:
                del self._tokens[next(iter(self._tokens))]
        return token.text

    def drop(self, request: TokenRequest) -> None:
        """Forget a token that the provider does not accept any more."""
        self._tokens.pop(request, None)


def basic(request: TokenRequest) -> str:
    """The header that proves who asks for a token (RFC 7617)."""
    pair = f"{request.client_id}:{request.client_secret}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _read(body: bytes, now: float) -> _Token:
    """The token of an answer (RFC 6749 5.1); some providers write the seconds as a text. Raises FetchError."""
    try:
        answer = wirejson.loads(body)
        text = answer["access_token"]
        seconds = float(answer.get("expires_in", USUAL_S))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FetchError("the server's answer holds no token that can be read") from None
    is_fine = isinstance(text, str) and 0 < len(text) <= MAX_TOKEN_CHARACTERS and text.isascii() and text.isprintable()
    if not is_fine or " " in text or not math.isfinite(seconds):
        raise FetchError("the server's answer holds no token that can be used")
    return _Token(text, now + min(max(seconds - EARLY_S, seconds / 2, 1.0), MAX_S))
