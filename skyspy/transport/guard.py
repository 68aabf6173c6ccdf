"""Doors: which origins, addresses and numbers of connections may come near the wire at all.

Law: a browser's page is let in from this server's own origin and from those the operator named;
what is no browser sends no Origin and is judged by its token alone. Forwarding headers count only
from trusted proxies. Decides about requests, never about tokens.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from skyspy.address import Network, came_over_tls, client_address, is_loopback, is_trusted
from skyspy.transport.rate_limit import RateLimitedLogger

log = RateLimitedLogger(logging.getLogger(__name__))

_PORTS = {"http": 80, "https": 443}


class Limits(Protocol):
    """The settings this file reads."""

    @property
    def CORS_ORIGINS(self) -> tuple[str, ...]: ...  # noqa: N802 - settings are named as the operator writes them
    @property
    def MAX_CONNECTIONS(self) -> int: ...  # noqa: N802
    @property
    def CONNECTIONS_PER_ADDRESS(self) -> int: ...  # noqa: N802
    @property
    def SOCKET_EVENTS_PER_SECOND(self) -> float: ...  # noqa: N802
    @property
    def SOCKET_EVENTS_BURST(self) -> int: ...  # noqa: N802


class SettingsSource(Protocol):
    """What this file needs of store.settings.SettingsTable."""

    @property
    def current(self) -> Limits: ...


class Guard:
    """Judges origins and addresses. The Socket.IO server takes it as its `cors_allowed_origins`."""

    def __init__(self, settings: SettingsSource, trusted: tuple[Network, ...]) -> None:
        self._settings = settings
        self._trusted = trusted

    def __call__(self, origin: str | None, environ: Mapping[str, Any] | None = None) -> bool:
        """Whether a page of this origin may connect. No origin at all is no browser: allowed."""
        if not origin:
            return True
        asked = _origin(origin)
        if asked is not None and environ is not None and asked == self._own(environ):
            return True
        allowed = self._settings.current.CORS_ORIGINS
        if "*" in allowed or (asked is not None and asked in map(_origin, allowed)):
            return True
        log.warning(
            "a page from %s was refused: add its origin to CORS_ORIGINS or, if that is this server "
            "behind a proxy, name the proxy in SKYSPY_TRUSTED_PROXIES",
            origin[:200],
        )
        return False

    def address(self, environ: Mapping[str, Any]) -> str:
        """The client's address."""
        return client_address(environ.get("REMOTE_ADDR"), environ.get("HTTP_X_FORWARDED_FOR"), self._trusted)

    def over_tls(self, environ: Mapping[str, Any]) -> bool:
        """Whether the client came over TLS, as far as trusted proxies vouch for it."""
        scheme = environ.get("wsgi.url_scheme", "http")
        return came_over_tls(environ.get("REMOTE_ADDR"), scheme, environ.get("HTTP_X_FORWARDED_PROTO"), self._trusted)

    def full(self, total: int, here: int, address: str) -> tuple[str, str] | None:
        """Why one more connection is refused before anything is read of it, as (status, text); None: it is not.

        `total` and `here` count transports, admitted or not yet. The door refuses politely at the
        limits themselves; this stops those who never come as far as the door.
        """
        limits = self._settings.current
        if total >= limits.MAX_CONNECTIONS + limits.MAX_CONNECTIONS // 10 + 10:
            return "503 Service Unavailable", "Server busy"
        if here >= limits.CONNECTIONS_PER_ADDRESS * 2 + 20 and not is_loopback(address):
            return "429 Too Many Requests", "Rate limit exceeded"
        return None

    def pace(self) -> tuple[float, float]:
        """Packets a second, and at once, that one connection may send: each of its four namespaces'
        events, and as many again for joining and leaving."""
        limits = self._settings.current
        return limits.SOCKET_EVENTS_PER_SECOND * 5 + 20, limits.SOCKET_EVENTS_BURST * 5 + 300

    def _own(self, environ: Mapping[str, Any]) -> tuple[str, str, int] | None:
        scheme, host = environ.get("wsgi.url_scheme", "http"), environ.get("HTTP_HOST", "")
        if is_trusted(environ.get("REMOTE_ADDR"), self._trusted):
            # The nearest proxy wrote the last word of each list; what stands before it came from outside.
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", scheme).rpartition(",")[2].strip()
            host = environ.get("HTTP_X_FORWARDED_HOST", host).rpartition(",")[2].strip()
        return _origin(f"{scheme}://{host}")


def _origin(text: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what is no web origin (such as `null`)."""
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        return None
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]
