"""Clients of a server that speak Socket.IO packets by hand, in memory.

Nothing listens on a port: what a client says goes through the server's own decoding into the namespaces, what
the server says is collected on its way into the client's queue.
"""

from __future__ import annotations

import json
from typing import Any

import gevent

from skyspy.server import Server
from skyspy.transport.outbox import Outbox

NAMESPACES = ("/", "/audio", "/cannonball", "/acars")


class Clients:
    """The clients of one server."""

    def __init__(self, skyspy: Server) -> None:
        self.skyspy = skyspy
        self.server = skyspy.socketio.server
        self.peers: dict[str, Peer] = {}
        eio = self.server.eio
        eio.send = self._deliver
        eio.send_packet = lambda sid, packet: self._deliver(sid, packet.data)

    def _deliver(self, eio_sid: str, data: object) -> None:
        if eio_sid in self.peers:
            self.peers[eio_sid].heard(data)


class FakeEngine:
    """An Engine.IO session: what the wire's farewell needs of it."""

    def __init__(self, clients: Clients, sid: str) -> None:
        self.clients = clients
        self.sid = sid
        self.queue = Outbox()
        self.closed = False
        self.upgraded = True

    def close(self, wait: bool = True, abort: bool = False, reason: str = "") -> None:
        if not self.closed:
            self.closed = True
            self.clients.server.eio.handlers["disconnect"](self.sid, reason)


class Peer:
    """One client on one transport. `inbox` holds (namespace, event, payload); `acks` and `refusals` likewise."""

    made = 0

    def __init__(self, clients: Clients, environ: dict[str, str]) -> None:
        Peer.made += 1
        self.clients = clients
        self.eio_sid = f"eio{Peer.made}"
        self.inbox: list[tuple[str, str, Any]] = []
        self.acks: dict[int, Any] = {}
        self.refusals: dict[str, Any] = {}
        self.sids: dict[str, str] = {}
        self.gone: list[str] = []
        self.order: list[str] = []
        self.packets: list[object] = []
        """Each packet as it was put into the client's queue: text, or Parts."""
        clients.peers[self.eio_sid] = self
        self.engine = FakeEngine(clients, self.eio_sid)
        clients.server.eio.sockets[self.eio_sid] = self.engine
        self._handlers = clients.server.eio.handlers
        self._handlers["connect"](self.eio_sid, {"REMOTE_ADDR": "198.51.100.7", "QUERY_STRING": "EIO=4", **environ})

    def heard(self, packet: object) -> None:
        data = str(packet)
        self.packets.append(packet)
        kind, rest = data[0], data[1:]
        namespace = "/"
        if rest.startswith("/"):
            namespace, _, rest = rest.partition(",")
        digits = len(rest) - len(rest.lstrip("0123456789"))
        ident, body = rest[:digits], json.loads(rest[digits:]) if rest[digits:] else None
        if kind == "0":
            self.sids[namespace] = body["sid"]
            self.order.append("connect")
        elif kind == "1":
            self.gone.append(namespace)
            self.order.append("disconnect")
        elif kind == "2":
            self.inbox.append((namespace, body[0], body[1] if len(body) > 1 else None))
            self.order.append(body[0])
        elif kind == "3":
            self.acks[int(ident)] = body
        elif kind == "4":
            self.refusals[namespace] = body

    def say(self, packet: object) -> None:
        """Send one raw packet, then let everybody run."""
        self._handlers["message"](self.eio_sid, packet)
        turn()

    def join(self, namespace: str = "/", auth: object = None) -> Peer:
        prefix = "" if namespace == "/" else f"{namespace},"
        self.say("0" + prefix + ("" if auth is None else json.dumps(auth)))
        return self

    def tell(self, event: str, *payload: object, namespace: str = "/", ack: int | None = None) -> Any:
        """Send an event; returns its acknowledgement's first argument when `ack` was given."""
        prefix = "" if namespace == "/" else f"{namespace},"
        self.say("2" + prefix + ("" if ack is None else str(ack)) + json.dumps([event, *payload]))
        return self.acks.get(ack, [None])[0] if ack is not None else None

    def leave(self) -> None:
        self.engine.close(reason="transport close")

    def got(self, event: str, namespace: str = "/") -> list[Any]:
        return [payload for where, name, payload in self.inbox if (where, name) == (namespace, event)]

    def forget(self) -> None:
        self.inbox.clear()

    @property
    def session(self) -> Any:
        return self.clients.skyspy.sessions.get(self.sids["/"])


def turn() -> None:
    """Let spawned greenlets run."""
    for _ in range(3):
        gevent.sleep(0)


def ask(peer: Peer, kind: str, **params: Any) -> Any:
    """The data of the answer to a `request`, or the whole error."""
    answer = peer.tell("request", {"type": kind, "request_id": 7, "params": params}, ack=1)
    return answer["data"] if answer.get("type") == "response" else answer
