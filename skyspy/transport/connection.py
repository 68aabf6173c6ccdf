"""Infrastructure: the client connections of one Socket.IO server, and the registry that counts them.

Invariants: nothing waits for a client. What it does not read is kept up to a bound, then the client is closed;
what it sends above its rate closes it. When its Engine.IO session ends, for whatever reason, its TCP connection ends
within CLOSE_SECONDS, also when the client reads nothing. This file knows bytes, packets and addresses; it does not
know users, namespaces or events.
"""

from __future__ import annotations

import contextlib
import logging
import socket as sockets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gevent

from skyspy.address import Peer, is_loopback, limit_key
from skyspy.cooperate import NextRound, Yielder
from skyspy.transport.farewells import Farewells
from skyspy.transport.frames import POLICY, PROTOCOL_ERROR, BoundedWebSocket
from skyspy.transport.guard import Guard
from skyspy.transport.outbox import Frame, Outbox, SharedFrame, frame_of
from skyspy.transport.pings import Pings
from skyspy.transport.rate_limit import RateLimitedLogger, TokenBucket

log = RateLimitedLogger(logging.getLogger(__name__))

TCP_PER_CONNECTION, TCP_MARGIN = 4, 100
"""TCP connections that one address may have: so many for each one it may be admitted with, and so many more."""
MAX_STALLS = 2
"""Large answers that wait in vain for a client to read, one after the other, before the client is closed."""
CLOSE_SECONDS = 1.0
"""Between the end of a session and the end of its TCP connection: time for the client to read the reason."""

_ENGINE_PACKETS = frozenset("0123456")
_NOT_A_PACKET = "2"
"""Replaces a message that is not text: it decodes to a refused packet, which its namespace answers."""


@dataclass(slots=True)
class Counts:
    """Counters of all connections since the start."""

    opened: int = 0
    slow: int = 0
    flooding: int = 0
    broken: int = 0
    binary: int = 0
    refused: int = 0
    framed: int = 0
    """WebSocket frames that were built: one for a broadcast, however many clients it goes to."""


@dataclass(slots=True)
class ConnectionCounter:
    """How many connections there are, in all and by address (one /64 where it is IPv6)."""

    total: int = 0
    by_address: Counter[str] = field(default_factory=Counter)

    def add(self, peer: Peer, count: int = 1) -> None:
        """Count one more connection of this peer, or one less (-1)."""
        key = limit_key(peer.address)
        self.total += count
        self.by_address[key] += count
        if not self.by_address[key]:
            del self.by_address[key]

    def at(self, address: str) -> int:
        """How many connections the address has."""
        return self.by_address.get(limit_key(address), 0)

    def full(self, peer: Peer, total: int, by_address: int) -> str:
        """The code with which one more connection is refused at these limits, "" where it is not.

        Loopback addresses have no limit of their own.
        """
        if self.total >= total:
            return "overloaded"
        return "rate_limited" if self.at(peer.address) >= by_address and not is_loopback(peer.address) else ""


class ClientConnection:
    """One Engine.IO session and the TCP connections it uses now (a polling client may have two).

    `peer` is the other end, `admitted` the ids of the Socket.IO sessions admitted over it, `open_polls` how many GETs
    wait for packets, `is_posting` whether a POST is being read or handled, `ended` whether the Engine.IO session is over, `is_answering` whether a large answer is being made for it.
    """

    __slots__ = (
        "_bucket", "_registry", "admitted", "empty_since", "ended", "engine", "is_answering", "is_posting", "open_polls", "peer", "sid",
        "tcp_sockets", "yielder",
    )  # fmt: skip

    def __init__(self, registry: ConnectionRegistry, engine: Any, peer: Peer) -> None:
        self._registry = registry
        self.engine = engine
        self.sid: str = engine.sid
        self.peer = peer
        self.admitted: set[str] = set()
        self.tcp_sockets: set[Any] = set()
        self.open_polls = 0
        self.ended = self.is_answering = self.is_posting = False
        self.empty_since: float | None = None
        """Steady seconds since which no session is admitted over it; None while one is."""
        self.yielder = Yielder(turns=NextRound())
        self._bucket = TokenBucket(registry.guard.packet_rate()[1])

    @property
    def takes_frames(self) -> bool:
        """Whether the client reads from a WebSocket now, rather than by polling."""
        return bool(self.engine.upgraded)

    def frame(self, packet: Any) -> Frame | SharedFrame:
        """The packet's frame, built for the first client that it goes to."""
        built, is_new = frame_of(packet)
        self._registry.counts.framed += is_new
        return built

    def take_packet(self) -> bool:
        """Count one packet from the client; False when it is over the client's rate."""
        return self._bucket.take(*self._registry.guard.packet_rate())

    def wait_until_read(self, seconds: float) -> bool:
        """Wait until the client has read most of what was sent to it; False where it does not, or has left. A client that goes
        on asking and does not read is closed."""
        queue = self.engine.queue
        if not self.ended and not queue.wait_until_read(seconds) and queue.stalls >= MAX_STALLS and not self.ended:
            self.close_slow(queue.qsize(), queue.unread_bytes)
        return not self.ended and not queue.stalls

    def close_slow(self, packets: int, size: int) -> None:
        """Close a client that does not read, in another greenlet: the caller is in the middle of a broadcast."""
        self._registry.counts.slow += 1
        log.warning("closing slow client %s: %d packets, %d bytes wait for it", self.peer.address, packets, size)
        gevent.spawn(self.close)

    def close_flooding(self) -> None:
        """Close a client that sends above its rate."""
        self._registry.counts.flooding += 1
        log.warning("closing %s: it sends more than it may", self.peer.address)
        self.close()

    def close(self) -> None:
        """End the session and its TCP connections now. Never raises, never waits."""
        self.close_session("server disconnect")
        self.shut_sockets()

    def finish(self) -> None:
        """End the session as `close` does, but answer a poll that waits with what waits for it and Engine.IO's CLOSE."""
        if self.takes_frames:
            self.close()
        else:
            self.close_session("server disconnect", abort=False)

    def unread(self) -> bytes:
        """What a client that polls has not read yet, as its next poll would get it; b"" where there is nothing."""
        waiting = [] if self.takes_frames else self.engine.queue.newest()
        return b"\x1e".join(packet.encode(b64=True).encode("utf-8") for packet in waiting)

    def close_session(self, reason: str, *, abort: bool = True) -> None:
        """End the Engine.IO session; its disconnect hook ends the TCP connections CLOSE_SECONDS later.

        Without `abort` the client is sent Engine.IO's CLOSE.
        """
        try:
            self.engine.close(wait=False, abort=abort, reason=reason)
        except Exception:
            log.exception("closing a session failed")

    def shut_sockets(self) -> None:
        """End the TCP connections, also those that a greenlet is reading or writing."""
        for tcp in list(self.tcp_sockets):
            with contextlib.suppress(OSError):
                tcp.shutdown(sockets.SHUT_RDWR)

    def release(self) -> None:
        """Shut what is left, and end the cycle with the session and its outbox: without a search for garbage they are freed."""
        self.shut_sockets()
        self.engine.queue.connection = None


class Transport:
    """The WebSocket driver that Engine.IO calls (wait, send, close), over the frames of `frames.py`."""

    def __init__(self, registry: ConnectionRegistry, handler: Callable[[Transport], object], engine: Any) -> None:
        self._registry = registry
        self._handler = handler
        self._engine = engine
        self._ws: BoundedWebSocket | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        """Run the session until the WebSocket closes, then close both."""
        ws, connection = environ.get("wsgi.websocket"), self._registry.get(self._engine.sid)
        if ws is None or connection is None:
            start_response("400 Bad Request", [("Content-Type", "text/plain"), ("Content-Length", "0")])
            return []
        self._ws = ws
        tcp = ws.handler.socket
        connection.tcp_sockets.add(tcp)
        crashed = False
        try:
            self._handler(self)
        except Exception:
            crashed = True
            log.exception("a WebSocket session crashed")
        finally:
            # After a failed upgrade the polling session goes on; in all other cases the session ends here.
            if crashed or self._engine.upgraded or self._engine.upgrading or not self._engine.connected:
                connection.close_session("transport close")
            ws.close()
            connection.tcp_sockets.discard(tcp)
        return []

    def wait(self) -> str | None:
        """The next Engine.IO packet; None when the client has left or must be disconnected."""
        connection = self._registry.get(self._engine.sid)
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
            # The packet that announced this attachment was answered; the client may go on without it.
            self._registry.counts.binary += 1
            if not connection.take_packet():
                ws.close(POLICY, "too many packets")
                return None

    def send(self, message: str | bytes | SharedFrame) -> None:
        """Send one packet, or one frame as it is; raises when that is impossible."""
        if self._ws is None:
            return
        if isinstance(message, Frame):
            self._ws.send_frame(message)
            self._engine.queue.written(len(message))
        elif isinstance(message, SharedFrame):
            self._ws.send_frame(*message)
            self._engine.queue.written(message.size)
        else:
            self._ws.send(message)

    def close(self) -> None:
        """Send a close frame."""
        if self._ws is not None:
            self._ws.close()


class ConnectionRegistry:
    """Every connection of one Socket.IO server, how many there are, and the hooks by which the server reports them.

    `open` counts all connections, `admitted` those over which at least one Socket.IO session is admitted, `accepted` TCP
    connections. The limits on them are applied here: with a code when a session is to be admitted, with a margin when a connection
    opens, and with a wider one when TCP connects.
    """

    def __init__(self, server: Any, guard: Guard) -> None:
        self.guard = guard
        self.counts = Counts()
        self.connections: dict[str, ClientConnection] = {}
        self.open, self.admitted, self.accepted = ConnectionCounter(), ConnectionCounter(), ConnectionCounter()
        self._farewells, self.pings = Farewells(), Pings(server.eio)
        self._eio = server.eio
        # Socket.IO's own handlers, which the hooks below call.
        self._inner = dict(self._eio.handlers)
        self._eio.on("connect", self._connected)
        self._eio.on("disconnect", self._disconnected)
        self._eio.on("message", self._message)
        self._eio.create_queue = Outbox
        self._eio._async = {**self._eio._async, "websocket": self._transport}

    def get(self, eio_sid: str) -> ClientConnection | None:
        """The connection of an Engine.IO session; None when it has ended."""
        return self.connections.get(eio_sid)

    def refusal_to_open(self, peer: Peer) -> str:
        """The code for refusing one more connection before anything is read of it, "" where it is not refused.

        The margin lets those above the limits of `refusal_to_admit` connect and learn why they are not admitted.
        """
        limits = self.guard.limits
        return self.open.full(
            peer, limits.MAX_CONNECTIONS + limits.MAX_CONNECTIONS // 10 + 10, limits.CONNECTIONS_PER_ADDRESS * 2 + 20
        )

    def accept(self, address: str) -> bool:
        """Count one more TCP connection from this address; False, uncounted, where the address has too many.

        A client that polls uses two, and browsers open six for a page. Loopback and trusted proxies are not limited.
        """
        limit = self.guard.limits.CONNECTIONS_PER_ADDRESS * TCP_PER_CONNECTION + TCP_MARGIN
        if self.accepted.at(address) >= limit and not is_loopback(address) and not self.guard.is_proxy(address):
            return False
        self.accepted.add(Peer(address))
        return True

    def release_accepted(self, address: str) -> None:
        """Note that a TCP connection that was accepted has ended."""
        self.accepted.add(Peer(address), -1)

    def refusal_to_admit(self, connection: ClientConnection) -> str:
        """The code for refusing a session over this connection, "" where it is not refused.

        A connection with a session counts once, however many more sessions it carries.
        """
        limits = self.guard.limits
        if connection.admitted:
            return ""
        return self.admitted.full(connection.peer, limits.MAX_CONNECTIONS, limits.CONNECTIONS_PER_ADDRESS)

    def session_admitted(self, connection: ClientConnection, sid: str) -> None:
        """Note that a Socket.IO session was admitted over this connection."""
        if not connection.admitted:
            self.admitted.add(connection.peer)
        connection.admitted.add(sid)

    def session_left(self, eio_sid: str, sid: str) -> None:
        """Note that a Socket.IO session has left, if its connection has not ended before."""
        connection = self.connections.get(eio_sid)
        if connection is not None and sid in connection.admitted:
            connection.admitted.discard(sid)
            if not connection.admitted:
                self.admitted.add(connection.peer, -1)

    def close_unused(self, eio_sid: str) -> None:
        """Close a connection that has no admitted session left. What a client that polls has not read, the reason among it, is
        kept for its next poll."""
        connection = self.connections.get(eio_sid)
        if connection is not None and not connection.admitted:
            if unread := connection.unread():
                self._farewells.keep(eio_sid, unread)
            connection.finish()

    def farewell(self, eio_sid: str, environ: dict[str, Any]) -> tuple[bytes, list[tuple[str, str]]] | None:
        """The last polling body of an ended session and its CORS headers; it is given out once. None where there is none."""
        body = self._farewells.take(eio_sid)
        return None if body is None else (body, self._eio._cors_headers(environ))

    def _transport(self, handler: Any, _server: Any) -> Transport:
        # Engine.IO hands the driver a bound method of the session that the WebSocket belongs to.
        return Transport(self, handler, handler.__self__)

    def _connected(self, eio_sid: str, environ: dict[str, Any]) -> object:
        engine = self._eio.sockets[eio_sid]
        connection = ClientConnection(self, engine, self.guard.peer(environ))
        self.connections[eio_sid] = engine.queue.connection = connection
        self.open.add(connection.peer)
        self.counts.opened += 1
        return self._inner["connect"](eio_sid, environ)

    def _disconnected(self, eio_sid: str, reason: str) -> None:
        connection = self.connections.pop(eio_sid, None)
        self.pings.end(eio_sid)
        if connection is not None:
            connection.ended = True
            self.open.add(connection.peer, -1)
            if connection.admitted:
                self.admitted.add(connection.peer, -1)
        try:
            self._inner["disconnect"](eio_sid, reason)
        except Exception:
            log.exception("a disconnect handler crashed")
        # Engine.IO would keep a closed session listed until its next sweep.
        self._eio.sockets.pop(eio_sid, None)
        if connection is not None:
            gevent.spawn_later(CLOSE_SECONDS, connection.release)

    def _message(self, eio_sid: str, data: object) -> None:
        connection = self.connections.get(eio_sid)
        if connection is None:
            return
        if not connection.take_packet():
            connection.close_flooding()
            return
        if not connection.takes_frames:
            # One polling body may have many packets, and nothing else waits between them.
            connection.yielder.maybe_yield()
        if isinstance(data, bytes):
            self.counts.binary += 1
            return
        try:
            self._inner["message"](eio_sid, data if isinstance(data, str) and data else _NOT_A_PACKET)
        except Exception:
            self.counts.broken += 1
            log.exception("handling a packet crashed")
