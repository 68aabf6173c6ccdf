"""Interfaces: applies the present settings and accounts to live sessions.

At each new version every session of this process gets the verdict that a new connection would get now: it is evicted, or keeps what
it may still see. Sessions whose token expired are evicted, and connections without a session are closed.

While the database cannot be read no new client is admitted, and connected clients stay: their last verdict was good, and disconnecting
all of them because a disk is slow would turn a short failure of the database into an outage. What needs no database still happens: a
mode that now refuses anonymous clients evicts them. The rest follows when the database answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import gevent

from skyspy.auth.principal import Principal, TokenError
from skyspy.cooperate import PAUSE_SECONDS
from skyspy.presence.sessions import Session
from skyspy.server import Server
from skyspy.sockets.base import BaseNamespace
from skyspy.store import StoreError
from skyspy.store.settings import Settings
from skyspy.transport.connection import ConnectionRegistry
from skyspy.transport.rate_limit import RateLimitedLogger
from skyspy.transport.setup import registry_of
from skyspy.watcher import Watcher

log = RateLimitedLogger(logging.getLogger(__name__))

EMPTY_SECONDS = 10.0
"""Seconds that a connection without an admitted session may stay open."""
SESSIONS_PER_YIELD = 25
"""Sessions that are reauthorized between two yields to other greenlets."""


class Reauthorizer:
    """Reauthorizes this process's live sessions. Its methods are called by the watcher."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._socketio = server.socketio.server
        self._registry: ConnectionRegistry = registry_of(self._socketio)

    def subscribe(self, watcher: Watcher) -> None:
        """Register with the watcher, for every poll and for every version after the present one."""
        watcher.on_poll("disconnecting whom an operator ended", self.disconnect_pending)
        watcher.on_version("reauthorizing sessions", self.reauthorize, self._server.settings.current.version)
        watcher.on_poll("ending expired sessions", self.end_expired)
        watcher.on_poll("closing connections without a session", self.close_empty)

    # -- changes by operators --------------------------------------------------------------

    def disconnect_pending(self) -> None:
        for sid, code, message in self._server.sessions.take_pending_disconnects():
            session = self._server.sessions.get(sid)
            if session is not None:
                self._namespace(session).evict(session, code, message)

    def reauthorize(self, settings: Settings) -> bool:
        """Reauthorize every live session under these settings and the accounts as they are now.

        False when the accounts could not be read; anonymous sessions were reauthorized all the same.
        """
        anonymous = [session for session in self._server.sessions if not session.principal.identified]
        self._for_each(anonymous, lambda session: self._apply(session, None, settings))
        refs = {session.principal.ref for session in self._server.sessions if session.principal.identified}
        if not refs:
            return True
        try:
            found = self._server.tokens.reauthorize(refs)
        except StoreError as error:
            log.warning("live sessions are reauthorized later, their accounts cannot be read now: %s", error)
            return False
        # Sessions that connected or renewed their token during that read were authorized under this version already.
        identified = [session for session in self._server.sessions if session.principal.ref in found]
        self._for_each(identified, lambda session: self._apply(session, found.get(session.principal.ref), settings))
        return True

    def _for_each(self, sessions: list[Session], act: Callable[[Session], None]) -> None:
        for count, session in enumerate(sessions, start=1):
            if self._server.sessions.get(session.sid) is session:
                act(session)
            if count % SESSIONS_PER_YIELD == 0:
                gevent.sleep(PAUSE_SECONDS)

    def _apply(self, session: Session, found: Principal | TokenError | None, settings: Settings) -> None:
        """Apply a session's present identity: a token error, a principal, or None for an anonymous session."""
        namespace = self._namespace(session)
        if isinstance(found, TokenError):
            # Also in modes that admit anonymous clients: a client that sent a token learns that it is no longer valid.
            namespace.evict(session, found.code, found.message)
            return
        if found is None and session.principal.identified:
            return
        if found is not None and not found.allowed_from(session.address):
            namespace.evict(session, "permission_denied")
            return
        impact = namespace.impact(session, found or session.token_error, settings)
        if impact.principal is None:
            namespace.evict(session, impact.code, impact.message)
        else:
            namespace.reauthorize(session, impact.principal, impact.lost)

    def _namespace(self, session: Session) -> BaseNamespace:
        namespace = self._socketio.namespace_handlers[session.namespace]
        assert isinstance(namespace, BaseNamespace)  # noqa: S101 - app.py registers nothing else
        return namespace

    # -- expiry ---------------------------------------------------------------------

    def end_expired(self) -> None:
        now = self._server.clock.wall()
        for session in self._server.sessions:
            ends = session.principal.expires_at
            if ends is not None and ends <= now:
                self._namespace(session).evict(session, "token_expired")

    def close_empty(self) -> None:
        now = self._server.clock.steady()
        for connection in list(self._registry.connections.values()):
            if connection.admitted:
                connection.empty_since = None
            elif connection.empty_since is None:
                connection.empty_since = now
            elif now - connection.empty_since >= EMPTY_SECONDS:
                connection.close()
