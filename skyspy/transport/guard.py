"""Infrastructure: the host names that are answered, the origins that may connect, and the limits on connections and packets that the settings give.

Invariants: a browser's page may connect from this server's own origin and from those in CORS_ORIGINS; a client
other than a browser sends no Origin and is admitted by its token alone. Tokens are not checked here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any, Protocol

from skyspy.address import Network, Peer, canonical_origin, enter_prefix, is_trusted, peer_of
from skyspy.hosts import is_allowed_host
from skyspy.transport.rate_limit import RateLimitedLogger

WsgiApplication = Callable[[Any, Any], Iterable[bytes]]

log = RateLimitedLogger(logging.getLogger(__name__))

PROBES = ("/healthz", "/readyz")
"""Paths that are answered under every host name: a supervisor asks for them by address."""


class Limits(Protocol):
    """The settings that connections depend on."""

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
    """Checks origins, and gives the limits. The Socket.IO server takes it as its `cors_allowed_origins`."""

    def __init__(self, settings: SettingsSource, trusted: tuple[Network, ...], listed: frozenset[str] = frozenset()) -> None:
        self._settings = settings
        self._trusted = trusted
        self._hosts = listed

    def __call__(self, origin: str | None, environ: MutableMapping[str, Any] | None = None) -> bool:
        """Whether a page of this origin may connect. A request without an origin is not a browser's, and is allowed."""
        if not origin:
            return True
        normalized = canonical_origin(origin)
        if normalized is not None and environ is not None and normalized == self.peer(environ).origin:
            return True
        allowed = self.limits.CORS_ORIGINS
        if normalized is not None and normalized in map(canonical_origin, allowed):
            return True
        log.warning(
            "a page from %s was refused: add its origin to CORS_ORIGINS or, if that is this server "
            "behind a proxy, name the proxy in SKYSPY_TRUSTED_PROXIES",
            origin[:200],
        )
        return False

    @property
    def limits(self) -> Limits:
        """The settings as last read."""
        return self._settings.current

    def peer(self, environ: MutableMapping[str, Any]) -> Peer:
        """The other end of a request."""
        return peer_of(environ, self._trusted)

    def answers_to(self, environ: MutableMapping[str, Any]) -> bool:
        """Whether the request is addressed to a host name that the operator listed, or asks for a health check."""
        path = str(environ.get("PATH_INFO", "")).rstrip("/")
        return path in PROBES or is_allowed_host(self.peer(environ).origin, self._hosts)

    def enter(self, environ: MutableMapping[str, Any]) -> None:
        """Move the path prefix of a request, if a trusted proxy names one, to where Flask looks for it."""
        if ignored := enter_prefix(environ, self._trusted):
            log.warning("the X-Forwarded-Prefix from %s is ignored: %s", environ.get("REMOTE_ADDR"), ignored)

    def entering(self, application: WsgiApplication) -> WsgiApplication:
        """The WSGI application, with `enter` before it."""

        def enter_and_serve(environ: MutableMapping[str, Any], start_response: Any) -> Iterable[bytes]:
            self.enter(environ)
            return application(environ, start_response)

        return enter_and_serve

    def is_proxy(self, address: str) -> bool:
        """Whether the address is a trusted proxy's."""
        return is_trusted(address, self._trusted)

    def packet_rate(self) -> tuple[float, float]:
        """Packets a second, and at once, that one connection may send: the events of each of its four namespaces,
        and as many again for joining and leaving."""
        limits = self.limits
        return limits.SOCKET_EVENTS_PER_SECOND * 5 + 20, limits.SOCKET_EVENTS_BURST * 5 + 300
