"""Doors: the one who judges again.

Law: what an operator changes is in force on every live socket of this process within two seconds.
LOOK_SECONDS after a change at the latest this greenlet sees that the version in the database has
moved, and gives every session the verdict it would get at the door now: out, or in with the rights
it has now. It also sees out whose token has run out, and closes lines over which nobody was admitted.

When the database cannot be read, nobody new is admitted (the door sees to that) and those who are in
stay in: their last verdict was good, and throwing everybody out because a disk is slow would make
every hiccup of the database an outage. What is already known is acted on all the same: a mode that
closed sends the anonymous away without asking the accounts. The verdicts are made up for as soon as
the database answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import gevent

from skyspy.auth.policy import TokenOutcome, decide
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

log = RateLimitedLogger(logging.getLogger(__name__))

LOOK_SECONDS = 0.5
EMPTY_SECONDS = 10.0
"""How long a connection may stay over which nobody is admitted: refused, gone, or never asked."""
TURN = 25
"""Sessions judged before other greenlets get their turn."""


class Reauthorizer:
    """Judges this process's live sessions again. `look` is one round; `start` repeats it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._socketio = server.socketio.server
        self._registry: ConnectionRegistry = registry_of(self._socketio)
        self._judged = server.settings.current.version
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def start(self) -> None:
        """Look every LOOK_SECONDS from now on."""
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """Look no more."""
        if self._greenlet is not None:
            self._greenlet.kill()

    def _run(self) -> None:
        while True:
            gevent.sleep(LOOK_SECONDS)
            try:
                self.look()
            except Exception:
                log.exception("judging live sockets failed; the next round follows")

    def look(self) -> None:
        """One round: whom an operator sent away, settings and accounts, expired tokens, empty lines."""
        self._dismiss()
        self._follow()
        self._expire()
        self._sweep()

    # -- what an operator changed --------------------------------------------------------------

    def _dismiss(self) -> None:
        for sid, code, message in self._server.sessions.take_farewells():
            session = self._server.sessions.get(sid)
            if session is not None:
                self._door(session).evict(session, code, message)

    def _follow(self) -> None:
        try:
            settings = self._server.settings.fresh(0.0)
        except StoreError as error:
            log.warning("live sockets keep the rights they have while the database cannot be read: %s", error)
            return
        if settings.version != self._judged and self.rejudge(settings):
            self._judged = settings.version

    def rejudge(self, settings: Settings) -> bool:
        """Judge every live session under these settings and the accounts as they are now.

        False when the accounts could not be read; what could be judged without them was.
        """
        strangers = [session for session in self._server.sessions if not session.principal.identified]
        self._each(strangers, lambda session: self._settle(session, None, settings))
        refs = {session.principal.ref for session in self._server.sessions if session.principal.identified}
        if not refs:
            return True
        try:
            found = self._server.tokens.rejudge(refs)
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
        door = self._door(session)
        if isinstance(found, TokenError):
            # Also where strangers are welcome: it came as somebody, and must hear that it no longer is.
            door.evict(session, found.code, found.message)
            return
        if found is None and session.principal.identified:
            return
        if found is not None and not found.welcome_from(session.address):
            door.evict(session, "permission_denied")
            return
        verdict = decide(TokenOutcome(found, session.token_error), settings, door.row.permission)
        if verdict.principal is None:
            door.evict(session, verdict.code, verdict.message)
        else:
            door.renew(session, verdict.principal, settings)

    def _door(self, session: Session) -> BaseNamespace:
        door = self._socketio.namespace_handlers[session.namespace]
        assert isinstance(door, BaseNamespace)  # noqa: S101 - app.py registers nothing else
        return door

    # -- what time changed ---------------------------------------------------------------------

    def _expire(self) -> None:
        now = self._server.clock.wall()
        for session in self._server.sessions:
            ends = session.principal.expires_at
            if ends is not None and ends <= now:
                self._door(session).evict(session, "token_expired")

    def _sweep(self) -> None:
        now, live = self._server.clock.steady(), self._server.sessions
        for connection in list(self._registry.connections.values()):
            if live.has_transport(connection.sid):
                connection.empty_since = None
            elif connection.empty_since is None:
                connection.empty_since = now
            elif now - connection.empty_since >= EMPTY_SECONDS:
                connection.end()
