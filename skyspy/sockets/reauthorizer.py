"""Live sessions get the rights they have now.

The watcher tells when the version moved; every session of this process then gets the answer it would get if it connected now:
out, or in with the rights it has now. Sessions whose token ran out are ended, and connections without a session are closed.

While the database cannot be read no new client is admitted, and connected clients stay: the last answer about them was good,
and disconnecting everyone because a disk is slow would turn each hiccup of the database into an outage. What needs no database
is done all the same: a mode that closed ends the anonymous sessions. The rest follows as soon as the database answers.
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
"""How long a connection may stay over which nobody is admitted: refused, gone, or never asked."""
TURN = 25
"""Sessions that are reauthorized before other greenlets run."""


class Reauthorizer:
    """Gives this process's live sessions the rights they have now."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._socketio = server.socketio.server
        self._registry: ConnectionRegistry = registry_of(self._socketio)

    def subscribe(self, watcher: Watcher) -> None:
        """Act at each poll, and on each new version from the one that is in force now."""
        watcher.on_poll("disconnecting whom an operator ended", self.disconnect_pending)
        watcher.on_version("reauthorizing sessions", self.reauthorize, self._server.settings.current.version)
        watcher.on_poll("ending expired sessions", self.end_expired)
        watcher.on_poll("closing connections without a session", self.close_empty)

    # -- what an operator changed --------------------------------------------------------------

    def disconnect_pending(self) -> None:
        for sid, code, message in self._server.sessions.take_pending_disconnects():
            session = self._server.sessions.get(sid)
            if session is not None:
                self._namespace(session).evict(session, code, message)

    def reauthorize(self, settings: Settings) -> bool:
        """Judge every live session under these settings and the accounts as they are now.

        False when the accounts could not be read; what could be judged without them was.
        """
        strangers = [session for session in self._server.sessions if not session.principal.identified]
        self._each(strangers, lambda session: self._settle(session, None, settings))
        refs = {session.principal.ref for session in self._server.sessions if session.principal.identified}
        if not refs:
            return True
        try:
            found = self._server.tokens.reauthorize(refs)
        except StoreError as error:
            log.warning("live sockets are judged later, their accounts cannot be read now: %s", error)
            return False
        # Who came or renewed his token while the accounts were read was judged at the door, by this version.
        known = [session for session in self._server.sessions if session.principal.ref in found]
        self._each(known, lambda session: self._settle(session, found.get(session.principal.ref), settings))
        return True

    def _each(self, sessions: list[Session], act: Callable[[Session], None]) -> None:
        for count, session in enumerate(sessions, start=1):
            if self._server.sessions.get(session.sid) is session:
                act(session)
            if count % TURN == 0:
                gevent.sleep(PAUSE_SECONDS)

    def _settle(self, session: Session, found: Principal | TokenError | None, settings: Settings) -> None:
        """Act on what became of a session's identity: gone, another, or (None) there never was one."""
        namespace = self._namespace(session)
        if isinstance(found, TokenError):
            # Also in modes that admit anonymous clients: it came with an identity, and is told that it has none any more.
            namespace.evict(session, found.code, found.message)
            return
        if found is None and session.principal.identified:
            return
        if found is not None and not found.allowed_from(session.address):
            namespace.evict(session, "permission_denied")
            return
        becomes = namespace.impact(session, found or session.token_error, settings)
        if becomes.principal is None:
            namespace.evict(session, becomes.code, becomes.message)
        else:
            namespace.reauthorize(session, becomes.principal, becomes.lost)

    def _namespace(self, session: Session) -> BaseNamespace:
        namespace = self._socketio.namespace_handlers[session.namespace]
        assert isinstance(namespace, BaseNamespace)  # noqa: S101 - app.py registers nothing else
        return namespace

    # -- what time changed ---------------------------------------------------------------------

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
