"""The door of the HTTP API: the same two steps as at the sockets, identify and then decide.

Law: it fails closed. A credential that is sent and not good is always refused with 401, in every auth
mode: HTTP never falls back to anonymous. The verdict itself is policy's; here stands only how a request
carries its credential and how a refusal looks in HTTP. A token in a URL is not looked at.
"""

from __future__ import annotations

import logging
from math import ceil

from flask import Request

from skyspy import address
from skyspy.api.errors import ApiError, busy
from skyspy.api.limits import Meter
from skyspy.api.routes import HOLDING, IDENTIFIED, OPEN, PROBE, SIGNED_IN, Route
from skyspy.auth.policy import TokenOutcome, decide
from skyspy.auth.principal import ANONYMOUS, MESSAGES, Principal, TokenError
from skyspy.server import Server
from skyspy.services import Caller
from skyspy.store.errors import StoreError
from skyspy.store.settings import Settings

log = logging.getLogger(__name__)

IN_URL = ("token", "access_token", "api_key", "apikey", "key", "jwt")
"""Query parameters by which people try to send a secret, which would then stand in every proxy's log."""

WARN_EVERY = 60.0
ATTEMPTS = 5
"""How often the settings may move under one request."""

ADVICE: dict[str, str] = {
    "token_missing": "Send `Authorization: Bearer <token or key>` or `X-API-Key: <key>`; POST /api/auth/token/ gives a token",
    "token_invalid": "Check that it was copied whole and belongs to this server",
    "token_expired": "Get a new one from /api/auth/token/refresh/ or /api/auth/token/",
    "token_revoked": "Sign in again, or ask the operator for a new key",
}
"""What to do about each refusal, behind the reason that every door gives."""


class BaseNamespace:
    """Lets requests in. One per process: it counts requests per address."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._meter = Meter()
        self._warned = float("-inf")

    def address(self, request: Request) -> str:
        """The client's address, as far as trusted proxies vouch for it."""
        trusted = self._server.config.trusted_proxies
        return address.client_address(request.remote_addr, request.headers.get("X-Forwarded-For"), trusted)

    def admit(self, request: Request, route: Route) -> tuple[Principal, Settings, str]:
        """Who asks, under which settings, from where. Raises ApiError 401, 403, 429 or 503."""
        client = self.address(request)
        if route.access == PROBE:
            # A supervisor must get its answer exactly when the database or the limits do not.
            return ANONYMOUS, self._server.settings.current, client
        self._warn_of_url_tokens(request)
        self._count(client)
        for _ in range(ATTEMPTS):
            try:
                settings = self._server.settings.fresh()
                opened = route.access == OPEN or route.open_when(settings)
                found = None if opened else self._identify(request, client)
            except StoreError as error:
                log.warning("nobody is let in while the database cannot be read: %s", error)
                raise busy() from error
            # If the operator changed something while the credential was looked up, it is judged again.
            if self._server.settings.current.version == settings.version:
                return ANONYMOUS if opened else self._judge(found, settings, route, client), settings, client
        raise busy()

    def _judge(self, found: Principal | None, settings: Settings, route: Route, client: str) -> Principal:
        if found is None and route.access in (HOLDING, IDENTIFIED, SIGNED_IN):
            raise refusal("token_missing", MESSAGES["token_missing"], route)
        verdict = decide(TokenOutcome(principal=found), settings, route.permission)
        if found is not None and route.access == HOLDING and route.permission not in found.permissions:
            raise refusal("permission_denied", MESSAGES["permission_denied"], route)
        if verdict.principal is None:
            self._note(found, route, client, route.permission or "")
            raise refusal(verdict.code, verdict.message, route)
        if verdict.principal.kind != "user" and route.access == SIGNED_IN:
            self._note(found, route, client, "a sign-in")
            raise ApiError(
                403, "permission_denied", "An API key cannot do this. Sign in with POST /api/auth/token/ and send that token"
            )
        return verdict.principal

    def _note(self, found: Principal | None, route: Route, client: str, lacks: str) -> None:
        # What anybody may ask for in some auth mode is no try of anything: displays poll it all day.
        if found is not None and route.access in (IDENTIFIED, SIGNED_IN):
            Caller(found, client).audit_denial(self._server, f"{route.method} {route.path}", [lacks])

    def _count(self, client: str) -> None:
        if address.is_loopback(client):
            return
        # Before the database is asked anything; the limit as last read is good enough.
        most = self._server.settings.current.REQUESTS_PER_MINUTE
        wait = self._meter.take(address.limit_key(client), most, self._server.clock.steady())
        if wait > 0:
            raise throttled(wait)

    def _identify(self, request: Request, client: str) -> Principal | None:
        token = credential(request)
        if token is None:
            return None
        try:
            found = self._server.tokens.identify(token, client)
        except TokenError as error:
            if error.code == "rate_limited":
                raise throttled(error.retry_after or 1.0) from error
            raise refusal(error.code, error.message) from error
        if found is None:
            # It was sent, and it is nothing: an empty Bearer is a script whose variable was not set.
            raise refusal("token_invalid", MESSAGES["token_invalid"])
        return found

    def _warn_of_url_tokens(self, request: Request) -> None:
        if request.args and any(name in request.args for name in IN_URL):
            now = self._server.clock.steady()
            if now - self._warned >= WARN_EVERY:
                self._warned = now
                log.warning("somebody sends a credential in a URL of %s; it is ignored there: use a header", request.path)


def credential(request: Request) -> str | None:
    """The token or key a request carries, None where it carries none. `Basic` is not ours: a reverse proxy
    in front of us may want it for itself."""
    scheme, _, value = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme and scheme.lower() != "basic":
        if scheme.lower() != "bearer":
            raise refusal("token_invalid", "Write `Authorization: Bearer <token or key>`")
        return value.strip()
    key = request.headers.get("X-API-Key")
    return None if key is None else key.strip()


def refusal(code: str, message: str, route: Route | None = None, *, advise: bool = True) -> ApiError:
    """The 401 or 403 for a code of the contract; `advise`: say what to do about it."""
    if code == "permission_denied":
        needs = route.permission if route is not None else None
        told = f"{message}. This needs {needs}: use a user or key that holds it" if needs else message
        scope = f', scope="{needs}"' if needs else ""
        return ApiError(
            403, code, told, headers={"WWW-Authenticate": f'Bearer realm="SkySpy", error="insufficient_scope"{scope}'}
        )
    challenge = 'Bearer realm="SkySpy"'
    if code != "token_missing":
        challenge += f', error="invalid_token", error_description="{MESSAGES.get(code, MESSAGES["token_invalid"])}"'
    advice = ADVICE.get(code) if advise else None
    return ApiError(401, code, f"{message}. {advice}" if advice else message, headers={"WWW-Authenticate": challenge})


def throttled(wait: float, code: str = "rate_limited") -> ApiError:
    """The 429 for somebody who must wait; 503 where the server is what is slow (`overloaded`)."""
    seconds = max(1, ceil(wait))
    status = 503 if code == "overloaded" else 429
    return ApiError(status, code, f"{MESSAGES[code]}. Wait {seconds} s", headers={"Retry-After": str(seconds)})
