"""Interfaces: the streams that the sessions of one namespace listen to, and their rooms."""

from __future__ import annotations

import logging
from collections.abc import Collection

from skyspy.presence.sessions import Session
from skyspy.server import Server
from skyspy.sky import Sky
from skyspy.transport.rate_limit import RateLimitedLogger

log = RateLimitedLogger(logging.getLogger(__name__))


class Subscriptions:
    """The listening sessions of the namespace at `path`."""

    def __init__(self, server: Server, path: str) -> None:
        self._skyspy = server
        self._path = path

    def sync(self, session: Session, topics: Collection[str]) -> None:
        """Make the session listen to exactly these topics, and be in exactly the rooms that their streams give it."""
        rooms = self._sky(session).listen(session, topics)
        socketio = self._skyspy.socketio.server
        for room in session.rooms - rooms:
            socketio.leave_room(session.sid, room, namespace=self._path)
        for room in rooms - session.rooms:
            socketio.enter_room(session.sid, room, namespace=self._path)
        session.rooms = rooms

    def leave(self, session: Session) -> None:
        """Make the session listen to no topic: it ended, or moves to another sky or user. Its rooms stay. Never raises."""
        try:
            self._sky(session).listen(session, ())
        except Exception:
            log.exception("a stream failed when a client of %s left it", self._path)

    def show(self, session: Session, topic: str) -> None:
        """Send the session a topic's snapshot."""
        for event in self._sky(session).streams[topic].snapshot(session):
            self._skyspy.broadcast.send(session.sid, event.name, event.payload(session.audience), self._path)

    def show_personal(self, session: Session) -> None:
        """Send the snapshots of its personal topics: the session now belongs to another user."""
        for topic in [topic for topic in session.state if self._sky(session).streams[topic].topic.personal]:
            self.show(session, topic)

    def automatic(self, session: Session) -> set[str]:
        """The topics that every session of this namespace gets without subscribing."""
        return {name for name, stream in self._sky(session).streams.items() if self._path in stream.topic.namespaces}

    def _sky(self, session: Session) -> Sky:
        return self._skyspy.skies[session.sky]
