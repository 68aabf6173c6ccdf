"""Doors: one client's line, from the server's queue to its TCP connection.

Law: nothing waits for a client. What it does not read is kept up to a bound and then it is closed;
what it sends is taken at a pace and no faster; whenever its Engine.IO session ends, for whatever
reason, its TCP connection ends within CLOSE_SECONDS, also when it reads nothing. The line knows
bytes and packets; who the client is and what it may see is the door's business.
"""

from __future__ import annotations

import contextlib
import logging
import socket as sockets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from gevent.queue import JoinableQueue

from skyspy.address import limit_key
from skyspy.transport.frames import POLICY, PROTOCOL_ERROR, BoundedWebSocket
from skyspy.transport.guard import Guard
from skyspy.transport.rate_limit import RateLimitedLogger, TokenBucket

log = RateLimitedLogger(logging.getLogger(__name__))

CLOSE_SECONDS = 1.0
"""Between the end of a session and the end of its TCP connection: time to read the reason."""
MAX_WAITING_PACKETS, MAX_WAITING_BYTES = 8192, 4 * 1024 * 1024
"""What may wait for one client. One snapshot may be larger: the bound is on what waits before it."""

_ENGINE_PACKETS = frozenset("0123456")
_NOT_A_PACKET = "2"
"""Handed on in place of a message that is none: it decodes to a refused packet, which its door answers."""


@dataclass(slots=True)
class Counts:
    """What the wire had to do, since the start."""

    opened: int = 0
    slow: int = 0
    flooding: int = 0
    broken: int = 0
    binary: int = 0
    refused: int = 0


class Outbox(JoinableQueue[Any]):
    """One client's waiting packets. `put` never blocks; over the bound the client is closed as slow."""

    def __init__(self) -> None:
        super().__init__()
        self.connection: ClientConnection | None = None
        self.waiting_bytes = 0
        self.sent = 0
        """Packets the client's transport has taken since it connected, and how many characters they had."""
        self.sent_bytes = 0
        self._over = False
        self._behind_since: float | None = None

    def lag(self) -> float:
        """For how many seconds something has been waiting for the client to read."""
        return 0.0 if self._behind_since is None else max(0.0, time.monotonic() - self._behind_since)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ARG002 - the queue's own signature
        """Take a packet, or None for the end."""
        if item is not None:
            if self._over:
                return
            if self.waiting_bytes > MAX_WAITING_BYTES or self.qsize() >= MAX_WAITING_PACKETS:
                self._over = True
                if self.connection is not None:
                    self.connection.too_slow(self.qsize(), self.waiting_bytes)
                return
            self.waiting_bytes += _size(item)
            if self._behind_since is None:
                self._behind_since = time.monotonic()
        super().put(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """The oldest packet."""
        item = super().get(block, timeout)
        if item is not None:
            size = _size(item)
            self.waiting_bytes -= size
            self.sent += 1
            self.sent_bytes += size
            if self.empty():
                self._behind_since = None
        return item

    def join(self, timeout: float | None = None) -> bool:  # noqa: ARG002
        """Engine.IO waits here for a client to have read everything, which some never do. Nobody waits."""
        return True


def _size(item: Any) -> int:
    data = item.data
    return len(data) if isinstance(data, str) else 64


class ClientConnection:
    """One Engine.IO session and the TCP connections it speaks through now (a polling client may have two)."""

    __slots__ = ("_bucket", "_registry", "address", "empty_since", "ended", "engine", "polls", "raws", "sid")

    def __init__(self, registry: ConnectionRegistry, engine: Any, address: str) -> None:
        self._registry = registry
        self.engine = engine
        self.sid: str = engine.sid
        self.address = address
        self.raws: set[Any] = set()
        self.polls = 0
        self.ended = False
        self.empty_since: float | None = None
        """Steady seconds since when it was seen with nobody admitted over it; None while somebody is."""
        self._bucket = TokenBucket(registry.guard.pace()[1])

    def takes(self) -> bool:
        """Whether one more packet is within the client's pace."""
        return self._bucket.take(*self._registry.guard.pace())

    def too_slow(self, packets: int, size: int) -> None:
        """The client does not read: end it, from a greenlet of its own, since a broadcast is under way here."""
        self._registry.counts.slow += 1
        log.warning("closing slow client %s: %d packets, %d bytes wait for it", self.address, packets, size)
        gevent.spawn(self.end)

    def flooding(self) -> None:
        """The client sends faster than its pace: end it."""
        self._registry.counts.flooding += 1
        log.warning("closing %s: it sends more than it may", self.address)
        self.end()

    def end(self) -> None:
        """End the session and its TCP connections now. Never raises, never waits."""
        self.close_session("server disconnect")
        self.shut()

    def close_session(self, reason: str) -> None:
        """End the Engine.IO session, whose farewell hook sees to the TCP connection."""
        try:
            self.engine.close(wait=False, abort=True, reason=reason)
        except Exception:
            log.exception("closing a session failed")

    def shut(self) -> None:
        """End the TCP connections, whoever is reading or writing on them."""
        for raw in list(self.raws):
            with contextlib.suppress(OSError):
                raw.shutdown(sockets.SHUT_RDWR)


class Transport:
    """What Engine.IO runs for a WebSocket: the driver's wait, send and close over our own frames."""

    def __init__(self, registry: ConnectionRegistry, handler: Callable[[Transport], object], engine: Any) -> None:
        self._registry = registry
        self._handler = handler
        self._engine = engine
        self._ws: BoundedWebSocket | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        """Run the session until the WebSocket closes; afterwards nothing of it is left."""
        ws, connection = environ.get("wsgi.websocket"), self._registry.connections.get(self._engine.sid)
        if ws is None or connection is None:
            start_response("400 Bad Request", [("Content-Type", "text/plain"), ("Content-Length", "0")])
            return []
        self._ws = ws
        raw = ws.handler.socket
        connection.raws.add(raw)
        crashed = False
        try:
            self._handler(self)
        except Exception:
            crashed = True
            log.exception("a WebSocket session crashed")
        finally:
            # A failed try to upgrade leaves the polling session as it was; all else ends here.
            if crashed or self._engine.upgraded or self._engine.upgrading or not self._engine.connected:
                connection.close_session("transport close")
            ws.close()
            connection.raws.discard(raw)
        return []

    def wait(self) -> str | None:
        """The next Engine.IO packet; None when the client is gone or has to go."""
        connection = self._registry.connections.get(self._engine.sid)
        if self._ws is None or connection is None:
            return None
        packet = self._next(self._ws, connection)
        if packet is None and self._engine.upgraded:
            # At once: Engine.IO would first wait for its writer, which may be stuck on this very client.
            connection.close_session("transport close")
        return packet

    def _next(self, ws: BoundedWebSocket, connection: ClientConnection) -> str | None:
        while True:
            message = ws.receive()
            if message is None or (isinstance(message, str) and message[:1] in _ENGINE_PACKETS):
                return message
            if isinstance(message, str):
                self._registry.counts.broken += 1
                ws.close(PROTOCOL_ERROR, "not an Engine.IO packet")
                return None
            # The header that announced this attachment was answered; the client may live on without it.
            self._registry.counts.binary += 1
            if not connection.takes():
                ws.close(POLICY, "too many packets")
                return None

    def send(self, message: str | bytes) -> None:
        """Send one packet; raises when that is impossible."""
        if self._ws is not None:
            self._ws.send(message)

    def close(self) -> None:
        """Say goodbye on the WebSocket."""
        if self._ws is not None:
            self._ws.close()


class ConnectionRegistry:
    """Every line of one Socket.IO server, and the hooks through which it takes part in their lives."""

    def __init__(self, server: Any, guard: Guard) -> None:
        self.guard = guard
        self.counts = Counts()
        self.connections: dict[str, ClientConnection] = {}
        self._eio = server.eio
        self._here: dict[str, int] = {}
        # Socket.IO's own handlers: ours run around them.
        self._inner = dict(self._eio.handlers)
        self._eio.on("connect", self._connected)
        self._eio.on("disconnect", self._disconnected)
        self._eio.on("message", self._message)
        self._eio.create_queue = Outbox
        self._eio._async = {**self._eio._async, "websocket": self._transport}

    def here(self, address: str) -> int:
        """How many lines this address has open."""
        return self._here.get(limit_key(address), 0)

    def _transport(self, handler: Any, _server: Any) -> Transport:
        # Engine.IO hands the driver a bound method; the session it is bound to is what the line is about.
        return Transport(self, handler, handler.__self__)

    def _connected(self, eio_sid: str, environ: dict[str, Any]) -> object:
        engine = self._eio.sockets[eio_sid]
        connection = ClientConnection(self, engine, self.guard.address(environ))
        self.connections[eio_sid] = engine.queue.connection = connection
        self._here[limit_key(connection.address)] = self.here(connection.address) + 1
        self.counts.opened += 1
        return self._inner["connect"](eio_sid, environ)

    def _disconnected(self, eio_sid: str, reason: str) -> None:
        connection = self.connections.pop(eio_sid, None)
        try:
            self._inner["disconnect"](eio_sid, reason)
        except Exception:
            log.exception("a disconnect handler crashed")
        # Engine.IO would keep a closed session listed until its next sweep.
        self._eio.sockets.pop(eio_sid, None)
        if connection is not None:
            connection.ended = True
            left = self.here(connection.address) - 1
            if left > 0:
                self._here[limit_key(connection.address)] = left
            else:
                self._here.pop(limit_key(connection.address), None)
            gevent.spawn_later(CLOSE_SECONDS, connection.shut)

    def _message(self, eio_sid: str, data: object) -> None:
        connection = self.connections.get(eio_sid)
        if connection is None:
            return
        if not connection.takes():
            connection.flooding()
            return
        if isinstance(data, bytes):
            self.counts.binary += 1
            return
        try:
            self._inner["message"](eio_sid, data if isinstance(data, str) and data else _NOT_A_PACKET)
        except Exception:
            self.counts.broken += 1
            log.exception("handling a packet crashed")
