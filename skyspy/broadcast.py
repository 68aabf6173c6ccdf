"""Tools floor: the one place from which an event leaves for clients.

Law: this is the only file that holds `.emit(`. Whoever has something to say calls `publish` (to a
room) or `send` (to one socket); nobody else touches the Socket.IO server's output. It knows rooms
and sockets by name only: who may be in a room was decided at the door.
"""

from __future__ import annotations

from typing import Any

from flask_socketio import SocketIO


class Broadcast:
    """Sends events through one Socket.IO server. `published` counts payloads, `delivered` their recipients here."""

    def __init__(self, socketio: SocketIO) -> None:
        self._socketio = socketio
        self.published = 0
        self.delivered = 0

    def publish(self, room: str, event: str, payload: object, namespace: str = "/") -> None:
        """Send `payload` to everyone in `room`; encoded once, not at all when nobody is there."""
        listeners = self.listeners(room, namespace)
        if listeners:
            self.published += 1
            self.delivered += listeners
            self._socketio.emit(event, payload, to=room, namespace=namespace)

    def send(self, sid: str, event: str, payload: object, namespace: str = "/") -> None:
        """Send `payload` to one socket; silently nothing when it is gone."""
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
        """Whether a payload for this room is worth making."""
        return self.listeners(room, namespace) > 0
