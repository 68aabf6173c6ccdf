"""Infrastructure: installs the transport on a Socket.IO server (app.py) and on a worker (gunicorn.conf.py).

Invariants: what a client can do before it is identified is bounded by the modules that this one installs.
It imports neither Flask nor the store.
"""

from __future__ import annotations

import socket as sockets
import sys
from typing import Any

import gevent
from engineio.payload import Payload

from skyspy import wirejson
from skyspy.config import Config
from skyspy.transport.connection import ConnectionRegistry
from skyspy.transport.guard import Guard, SettingsSource
from skyspy.transport.handler import Handler
from skyspy.transport.http import MAX_PACKETS
from skyspy.transport.hub_errors import configure_hub, raise_descriptor_limit
from skyspy.transport.packets import Packet

MAX_MESSAGE_BYTES = 64 * 1024
PING_SECONDS, PING_TIMEOUT_SECONDS = 10, 8
SEND_BUFFER_BYTES = 64 * 1024
SWITCH_SECONDS = 0.0005
"""How long a native thread that computes keeps the interpreter's lock while the event loop waits for it. Python's own 5 ms, for each
of several waits, would be a large part of what a client waits for an answer while a document of 10,000 aircraft is decoded."""
UNACKNOWLEDGED_MS = 10_000
"""How long the kernel keeps a connection whose peer acknowledges nothing, or keeps its window closed."""

OPTIONS: dict[str, Any] = {
    "async_mode": "gevent",
    "json": wirejson,
    "serializer": Packet,
    # One event after the other per client: a flooding client delays only itself, and order is kept.
    "async_handlers": False,
    "always_connect": False,
    "manage_session": False,
    "transports": ["polling", "websocket"],
    "max_http_buffer_size": MAX_MESSAGE_BYTES,
    "ping_interval": PING_SECONDS,
    "ping_timeout": PING_TIMEOUT_SECONDS,
    "http_compression": True,
    # Tokens are sent in the auth object: no page needs cookies here, so none may send them.
    "cors_credentials": False,
}


def socketio_options(settings: SettingsSource, config: Config) -> dict[str, Any]:
    """The Socket.IO server's options."""
    return {**OPTIONS, "cors_allowed_origins": Guard(settings, config.trusted_proxies, config.hosts)}


def install(socketio: Any) -> ConnectionRegistry:
    """Put bounded queues, rate limits and the disconnect hooks on a Socket.IO server made with `socketio_options`."""
    guard = socketio.server.eio.cors_allowed_origins
    if not isinstance(guard, Guard):
        raise TypeError("the server was not made with setup.socketio_options")
    # Its own bound is 16; beyond it Engine.IO drops all packets of a polling body and answers 200.
    Payload.max_decode_packets = MAX_PACKETS
    registry = ConnectionRegistry(socketio.server, guard)
    socketio.server.eio.registry = registry
    return registry


def registry_of(server: Any) -> ConnectionRegistry:
    """The registry that `install` put on this Socket.IO server."""
    registry = server.eio.registry
    assert isinstance(registry, ConnectionRegistry)  # noqa: S101 - a programming error
    return registry


def configure_worker(worker: Any) -> None:
    """Set the handler of a gunicorn worker, the socket options that connections inherit from its listeners, its process's limit of
    file descriptors, and how long native threads hold up its event loop."""
    raise_descriptor_limit()
    sys.setswitchinterval(SWITCH_SECONDS)
    configure_hub(gevent.get_hub())
    socketio = worker.wsgi.extensions["socketio"]
    parts = {
        "registry": registry_of(socketio.server),
        "mount": socketio.sockio_mw.engineio_path,
        "limit": MAX_MESSAGE_BYTES,
        "idle_seconds": float(PING_SECONDS + PING_TIMEOUT_SECONDS + 2),
    }
    worker.wsgi_handler = type("WorkerHandler", (Handler,), parts)
    for listener in worker.sockets:
        listener.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, SEND_BUFFER_BYTES)
        if listener.family in (sockets.AF_INET, sockets.AF_INET6):
            listener.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
            if hasattr(sockets, "TCP_USER_TIMEOUT"):
                listener.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
