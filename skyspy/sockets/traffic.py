"""Interfaces: the traffic of this process's connections, for the list of live connections."""

from __future__ import annotations

from skyspy.presence.presence import Traffic
from skyspy.transport.connection import ConnectionRegistry


def traffic_of(registry: ConnectionRegistry, eio_sid: str) -> Traffic:
    """The traffic of the connection with this Engine.IO id; zeros if it is closed."""
    connection = registry.get(eio_sid)
    if connection is None:
        return Traffic()
    outbox = connection.engine.queue
    return Traffic(outbox.sent, outbox.sent_bytes, outbox.lag())
