"""Infrastructure: the only module that sends events to clients.

Invariants: this is the only file that calls `.emit(`. Events are sent with `publish` (to a room) or `send` (to one socket), and an
event that has no row for its namespace is refused before anything is sent. It knows rooms and sockets by name only; the
stream of a room decides which sessions are in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_socketio import SocketIO

from skyspy.topics import EVENTS, Event


class UndeclaredEventError(LookupError):
    """An event has no row in the table of events: a programming error."""


class Broadcast:
    """Sends events through one Socket.IO server. `published` counts payloads, `delivered` their recipients here. `events` are the
    rows of the events that may be sent."""

    def __init__(self, socketio: SocketIO, events: Iterable[Event] = EVENTS) -> None:
        self._socketio = socketio
        self._declared = frozenset((row.namespace, row.name) for row in events if row.sender == "server")
        self.published = 0
        self.delivered = 0

    def publish(self, room: str, event: str, payload: object, namespace: str = "/") -> None:
        """Send `payload` to every socket in `room`. Encoded once, or not at all if the room is empty. Raises UndeclaredEventError."""
        self._check(event, namespace)
        listeners = self.listeners(room, namespace)
        if listeners:
            self.published += 1
            self.delivered += listeners
            self._socketio.emit(event, payload, to=room, namespace=namespace)

    def send(self, sid: str, event: str, payload: object, namespace: str = "/") -> None:
        """Send `payload` to one socket; does nothing if it has left. Raises UndeclaredEventError."""
        self._check(event, namespace)
        if self.listeners(sid, namespace):
            self.published += 1
            self.delivered += 1
            self._socketio.emit(event, payload, to=sid, namespace=namespace)

    def listeners(self, room: str, namespace: str = "/") -> int:
        """How many sockets of this process are in the room."""
        rooms: dict[str, Any] = self._socketio.server.manager.rooms.get(namespace, {})
        members = rooms.get(room)
        return len(members) if members else 0

    def has_listeners(self, room: str, namespace: str = "/") -> bool:
        """Whether any socket of this process is in the room."""
        return self.listeners(room, namespace) > 0

    def _check(self, event: str, namespace: str) -> None:
        if (namespace, event) not in self._declared and ("*", event) not in self._declared:
            raise UndeclaredEventError(
                f"the server sends no event {event!r} in {namespace}: it has no row in the table of events"
            )
