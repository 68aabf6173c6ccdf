"""Doors: what this process tells the others of who is connected here, and hears from them of whom to send away.

Law: nothing is written while nobody looks. A poll reads two numbers; while somebody wants the
list this process's rows are written every PUBLISH_SECONDS, and once nobody does they are taken away. An
eviction goes to the judge, who says the reason and ends the connection; it means whoever had come before it was heard of
here, so that nobody who was there is missed, and no clock is asked.
"""

from __future__ import annotations

import logging

from skyspy.presence.sessions import Session
from skyspy.server import Server
from skyspy.services.live import CODE, MESSAGE, is_meant, row_of
from skyspy.store import StoreError, presence
from skyspy.store.presence import Eviction, Row
from skyspy.transport.connection import ConnectionRegistry
from skyspy.transport.rate_limit import RateLimitedLogger
from skyspy.transport.setup import registry_of
from skyspy.watcher import Watcher

log = RateLimitedLogger(logging.getLogger(__name__))

PUBLISH_SECONDS = 2.0


class Presence:
    """This process's part in the common list. `poll` is one round."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._registry: ConnectionRegistry = registry_of(server.socketio.server)
        self.process = server.sessions.process
        self._taken: int | None = None
        self._published: float | None = None

    def subscribe(self, watcher: Watcher) -> None:
        """Poll with the watcher."""
        watcher.on_poll("the list of live connections", self.poll)

    def start(self) -> None:
        """Nothing to begin: the watcher polls."""

    def stop(self) -> None:
        """Take this process's rows away."""
        try:
            self._withdraw()
        except StoreError as error:
            log.warning("the list of live connections is left to age: %s", error)

    def poll(self) -> None:
        """One round: evictions, then the list where it is wanted. Raises StoreError."""
        store, now = self._server.store, self._server.clock.wall()
        if self._taken is None:
            # What was said before this process was up was not meant for its clients.
            self._taken = store.read(presence.last_eviction)
            self._server.sessions.hear(self._taken)
        news = store.read(presence.news, self._taken)
        for eviction in news.evictions:
            self._send_away(eviction)
            self._taken = eviction.id
            self._server.sessions.hear(eviction.id)
        if now >= news.wanted_until:
            self._withdraw()
        elif self._published is None or now - self._published >= PUBLISH_SECONDS or now < self._published:
            rows = [self._row(session) for session in self._server.sessions]
            store.write(presence.publish, self.process, rows, now)
            self._published = now

    def _withdraw(self) -> None:
        if self._published is not None:
            self._server.store.write(presence.withdraw, self.process, self._server.clock.wall())
            self._published = None

    def _send_away(self, eviction: Eviction) -> None:
        for session in self._server.sessions:
            if session.heard < eviction.id and is_meant(row_of(self.process, session), eviction.what, eviction.target):
                self._server.sessions.send_away(session, CODE, MESSAGE)

    def _row(self, session: Session) -> Row:
        connection = self._registry.connections.get(session.eio_sid)
        if connection is None:
            return row_of(self.process, session)
        outbox = connection.engine.queue
        return row_of(self.process, session, outbox.sent, outbox.sent_bytes, outbox.lag())
