"""Interfaces: admission to the HTTP API: reads the credential of a request, and makes the HTTP error of a refusal.

Invariants: it fails closed. A credential that is sent and not valid is refused with 401 in every auth mode: HTTP
never falls back to anonymous. auth.authorize decides. A token in a URL is ignored.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from flask import Request
from gevent.lock import BoundedSemaphore

from skyspy.address import Peer, is_loopback, limit_key
from skyspy.api.errors import ApiError, server_busy
from skyspy.api.limits import RequestMeter
from skyspy.api.routes import BY_PERMISSION, IDENTIFIED, OPEN, PROBE, SIGNED_IN, Route
from skyspy.auth.authorize import Admission, Refused, TokenCredential, authorize
from skyspy.auth.principal import ANONYMOUS, MESSAGES, Principal
from skyspy.server import Server, request_peer
from skyspy.services import Caller
from skyspy.store.errors import StoreError

log = logging.getLogger(__name__)

IN_URL = ("token", "access_token", "api_key", "apikey", "key", "jwt")
"""Query parameters that look like a credential, which proxies would log."""

WARN_EVERY = 60.0
"""Seconds between two warnings about a credential in a URL."""

HEAVIEST_SECONDS = 0.5
"""The most that one request is charged: as many requests as are permitted in so many seconds."""
TURN_SECONDS = 10.0
"""How long a request waits for another large answer that is being made for the same address."""

ADVICE: dict[str, str] = {
    "token_missing": "Send `Authorization: Bearer <token or key>` or `X-API-Key: <key>`; POST /api/auth/token/ gives a token",
    "token_invalid": "Check that it was copied whole and belongs to this server",
    "token_expired": "Get a new one from /api/auth/token/refresh/ or /api/auth/token/",
    "token_revoked": "Sign in again, or ask the operator for a new key",
}
"""Advice for each refusal, added to its message."""


class Gate:
    """Admits requests. One per process: it counts requests per address."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._meter = RequestMeter()
        self._turns: dict[str, BoundedSemaphore] = {}
        self._warned = float("-inf")

    def admit(self, request: Request, route: Route) -> tuple[Admission, Peer]:
        """The verdict on a request, and its peer. Raises ApiError 401, 403, 429 or 503."""
        peer = request_peer()
        if route.access == PROBE:
            # A supervisor must get its answer also while the database fails or limits are exceeded.
            return Admission(ANONYMOUS, None, self._server.settings.current), peer
        self._warn_of_url_tokens(request)
        self._count(peer)
        try:
            settings = self._server.settings.fresh()
            if route.access == OPEN or route.open_when(settings):
                return Admission(ANONYMOUS, None, settings), peer
            admission = self._authorize(request, route, peer)
        except StoreError as error:
            log.warning("no request is admitted while the database cannot be read: %s", error)
            raise server_busy() from error
        if route.access == BY_PERMISSION and route.permission not in admission.principal.permissions:
            raise refusal("permission_denied", MESSAGES["permission_denied"], route)
        if admission.principal.kind != "user" and route.access == SIGNED_IN:
            self._audit(admission.principal, route, peer, "a sign-in")
            raise ApiError(
                403, "permission_denied", "An API key cannot do this. Sign in with POST /api/auth/token/ and send that token"
            )
        return admission, peer

    def _authorize(self, request: Request, route: Route, peer: Peer) -> Admission:
        token = TokenCredential(self._server.tokens, credential(request), strict=True)
        identified = route.access in (BY_PERMISSION, IDENTIFIED, SIGNED_IN)
        try:
            return authorize(self._server.settings, token, peer, route.permission, identified=identified)
        except Refused as refused:
            if refused.code == "rate_limited":
                raise throttled(refused.retry_after or 1.0) from refused
            if refused.code == "overloaded":
                raise server_busy() from refused
            if refused.principal is None:
                raise refusal(refused.code, refused.message) from refused
            self._audit(refused.principal, route, peer, route.permission or "")
            raise refusal(refused.code, refused.message, route) from refused

    def _audit(self, principal: Principal, route: Route, peer: Peer, lacks: str) -> None:
        # Routes that some auth mode opens to anonymous clients are not audited: displays poll them all day.
        if route.access in (IDENTIFIED, SIGNED_IN):
            Caller(principal, peer.address).audit_denial(self._server, f"{route.method} {route.path}", [lacks])

    def _count(self, peer: Peer) -> None:
        if is_loopback(peer.address):
            return
        # Before the database is read, so this uses the limit as last read.
        max_per_minute = self._server.settings.current.REQUESTS_PER_MINUTE
        wait = self._meter.take(limit_key(peer.address), max_per_minute, self._server.clock.steady())
        if wait > 0:
            raise throttled(wait)

    def charge(self, peer: Peer, cost: float) -> None:
        """Count a request that was admitted as so many more."""
        if not is_loopback(peer.address):
            per_minute = self._server.settings.current.REQUESTS_PER_MINUTE
            self._meter.charge(limit_key(peer.address), per_minute, min(cost, HEAVIEST_SECONDS * per_minute / 60.0))

    @contextmanager
    def turn(self, peer: Peer, kind: str = "") -> Iterator[None]:
        """While an answer is made for this client alone that looks at very much: one at a time per address and kind. Yields; raises
        ApiError 503 where it takes too long."""
        key = limit_key(peer.address) + kind
        turn = self._turns.setdefault(key, BoundedSemaphore(1))
        if not turn.acquire(timeout=TURN_SECONDS):
            raise throttled(1.0, "overloaded")
        try:
            yield
        finally:
            turn.release()
            if not turn.locked() and not turn.linkcount() and self._turns.get(key) is turn:
                del self._turns[key]

    def _warn_of_url_tokens(self, request: Request) -> None:
        if request.args and any(name in request.args for name in IN_URL):
            now = self._server.clock.steady()
            if now - self._warned >= WARN_EVERY:
                self._warned = now
                log.warning("a client sends a credential in a URL of %s; it is ignored there: use a header", request.path)


def credential(request: Request) -> str | None:
    """The token or key a request carries, None where it carries none. `Basic` is ignored: a reverse proxy in
    front of the server may use it for itself."""
    scheme, _, value = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme and scheme.lower() != "basic":
        if scheme.lower() != "bearer":
            raise refusal("token_invalid", "Write `Authorization: Bearer <token or key>`")
        return value.strip()
    key = request.headers.get("X-API-Key")
    return None if key is None else key.strip()


def refusal(code: str, message: str, route: Route | None = None, *, advise: bool = True) -> ApiError:
    """The 401 or 403 for a refusal's code; `route` is the one whose permission is missing; `advise`: add advice."""
    if code == "permission_denied":
        needs = route.permission if route is not None else None
        text = f"{message}. This needs {needs}: use a user or key that holds it" if needs else message
        scope = f', scope="{needs}"' if needs else ""
        return ApiError(
            403, code, text, headers={"WWW-Authenticate": f'Bearer realm="SkySpy", error="insufficient_scope"{scope}'}
        )
    challenge = 'Bearer realm="SkySpy"'
    if code != "token_missing":
        challenge += f', error="invalid_token", error_description="{MESSAGES.get(code, MESSAGES["token_invalid"])}"'
    advice = ADVICE.get(code) if advise else None
    return ApiError(401, code, f"{message}. {advice}" if advice else message, headers={"WWW-Authenticate": challenge})


def throttled(wait: float, code: str = "rate_limited") -> ApiError:
    """The 429 for a client that must wait; 503 if the server is overloaded. `wait` in seconds."""
    seconds = max(1, ceil(wait))
    status = 503 if code == "overloaded" else 429
    return ApiError(status, code, f"{MESSAGES[code]}. Wait {seconds} s", headers={"Retry-After": str(seconds)})
