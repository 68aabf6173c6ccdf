"""Claims about a server's connections: what a broadcast costs, what reaches a WebSocket, who is counted and who is refused.

A real Socket.IO server with real Engine.IO sessions; only the TCP sockets are fakes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gevent
import gevent.socket
import pytest
from engineio.packet import PING, Packet
from engineio.payload import Payload
from engineio.socket import Socket
from flask import Flask
from flask_socketio import SocketIO
from gevent.event import Event

from skyspy.address import Peer
from skyspy.broadcast import Broadcast
from skyspy.config import load
from skyspy.store.settings import Settings
from skyspy.transport import setup
from skyspy.transport.connection import TCP_MARGIN, TCP_PER_CONNECTION, ClientConnection, Transport
from skyspy.transport.frames import CLOSE, TEXT, BoundedWebSocket, payload_of_server_frame
from skyspy.transport.handler import Handler
from skyspy.transport.outbox import Frame

ROOM = "live.aircraft"


class Choices:
    """The settings, as an operator changes them."""

    def __init__(self) -> None:
        self.current = Settings(MAX_CONNECTIONS=10, CONNECTIONS_PER_ADDRESS=3)


class Quiet:
    """A TCP connection of a client that says nothing and takes everything."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self._gone = Event()
        self.socket = self.rfile = self

    def read(self, _size: int) -> bytes:
        self._gone.wait()
        return b""

    def hang_up(self) -> None:
        self._gone.set()

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def send(self, data: bytes) -> int:
        self.sent += data
        return len(data)

    def settimeout(self, _seconds: float) -> None:
        return

    def shutdown(self, _how: int) -> None:
        self.hang_up()

    def frames(self) -> list[tuple[int, str]]:
        """Opcode and text of every frame that was sent."""
        found, data = [], bytes(self.sent)
        while data:
            size = {126: int.from_bytes(data[2:4], "big"), 127: int.from_bytes(data[2:10], "big")}.get(data[1], data[1])
            head = {126: 4, 127: 10}.get(data[1], 2)
            assert payload_of_server_frame(data[: head + size]) == data[head : head + size]
            found.append((data[0] & 0x0F, data[head : head + size].decode("utf-8", "replace")))
            data = data[head + size :]
        return found


class Place:
    """One Socket.IO server and its connections."""

    def __init__(self) -> None:
        self.settings = Choices()
        socketio = SocketIO()
        config = load({"SKYSPY_SECRET_KEY": "k" * 40, "SKYSPY_TRUSTED_PROXIES": "10.0.0.0/8"})
        socketio.init_app(Flask("place"), **setup.socketio_options(self.settings, config))
        self.registry = setup.install(socketio)
        self.socketio, self.server = socketio, socketio.server
        self.server.on("*", lambda *_: None)
        self.broadcast = Broadcast(socketio)

    def connect(self, address: str = "198.51.100.7", *, websocket: bool = True, **environ: str) -> ClientConnection:
        """A new connection."""
        engine = Socket(self.server.eio, self.server.eio.generate_id())
        engine.connected, engine.upgraded = True, websocket
        self.server.eio.sockets[engine.sid] = engine
        self.server.eio.handlers["connect"](engine.sid, {"REMOTE_ADDR": address, **environ})
        return self.registry.connections[engine.sid]

    def join(self, connection: ClientConnection, room: str = ROOM) -> str:
        """Let the connection into the namespace and a room; returns its Socket.IO id."""
        manager = self.server.manager
        sid: str = manager.connect(connection.sid, "/")
        manager.enter_room(sid, "/", room)
        return sid

    def serve(self, connection: ClientConnection) -> tuple[Quiet, gevent.Greenlet[..., Any]]:
        """Run the connection's WebSocket, as the handler does after the upgrade."""
        tcp = Quiet()
        connection.engine.connected = False
        transport = Transport(self.registry, connection.engine._websocket_handler, connection.engine)
        ws = BoundedWebSocket({}, tcp, setup.MAX_MESSAGE_BYTES)
        return tcp, gevent.spawn(transport, {"wsgi.websocket": ws}, lambda *_: None)


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place()
    yield made
    for connection in list(made.registry.connections.values()):
        connection.close()


def settle() -> None:
    for _ in range(5):
        gevent.sleep(0)


def waiting(connection: ClientConnection) -> list[Any]:
    box = connection.engine.queue
    return [box.get(block=False) for _ in range(box.qsize())]


# -- one broadcast, one frame


def test_a_broadcast_is_framed_once_and_every_websocket_holds_the_same_bytes(place: Place) -> None:
    clients = [place.connect(f"198.51.100.{number}") for number in range(40)]
    polling = [place.connect(f"203.0.113.{number}", websocket=False) for number in range(5)]
    for client in [*clients, *polling]:
        place.join(client)
    for seq in range(3):
        place.broadcast.publish(ROOM, "aircraft:update", {"seq": seq, "flight": "Zürich ✈"})
    assert place.registry.counts.framed == 3
    of_each = [waiting(client) for client in clients]
    for seq in range(3):
        shared = {id(items[seq]) for items in of_each}
        assert len(shared) == 1
        assert isinstance(of_each[0][seq], Frame)
        assert payload_of_server_frame(of_each[0][seq]).decode() == f'42["aircraft:update",{{"seq":{seq},"flight":"Zürich ✈"}}]'
    texts = Payload(waiting(polling[0])).encode().split("\x1e")
    assert texts == [payload_of_server_frame(frame).decode() for frame in of_each[0]]


def test_what_goes_to_one_client_waits_for_it_alone(place: Place) -> None:
    one, other = place.connect(), place.connect()
    sid = place.join(one)
    place.join(other)
    place.broadcast.send(sid, "subscribed", {"topics": []})
    assert [payload_of_server_frame(frame) for frame in waiting(one)] == [b'42["subscribed",{"topics":[]}]']
    assert waiting(other) == []


def test_a_websocket_gets_broadcasts_pings_acknowledgements_and_the_end_in_their_order(place: Place) -> None:
    client = place.connect()
    tcp, session = place.serve(client)
    settle()
    place.join(client)
    place.broadcast.publish(ROOM, "stats:update", {"text": "é" * 100})
    client.engine.send(Packet(PING))
    place.server._send_packet(client.sid, place.server.packet_class(3, data=[{"ok": True}], namespace="/", id=7))
    settle()
    client.engine.close(wait=False)
    settle()
    tcp.hang_up()
    session.join(2)
    texts = ['42["stats:update",{"text":"' + "é" * 100 + '"}]', "2", '437[{"ok":true}]', "1"]
    frames = tcp.frames()
    assert frames[:4] == [(TEXT, text) for text in texts]
    assert [opcode for opcode, _ in frames[4:]] == [CLOSE]
    assert client.ended and place.registry.connections == {}


def test_s28_a_client_that_does_not_read_is_closed_and_nobody_else(place: Place) -> None:
    stuck, reads = place.connect("198.51.100.1"), place.connect("198.51.100.2")
    for client in (stuck, reads):
        place.join(client)
    for _ in range(60):
        place.broadcast.publish(ROOM, "stats:update", {"data": "x" * 100_000})
        waiting(reads)
    settle()
    assert place.registry.counts.slow == 1
    assert (stuck.ended, reads.ended) == (True, False)


# -- who is counted, who is refused


def test_every_connection_has_one_peer_that_trusted_proxies_vouch_for(place: Place) -> None:
    proxied = place.connect("10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9", HTTP_X_FORWARDED_PROTO="https", HTTP_HOST="sky")
    assert proxied.peer == Peer("203.0.113.9", True, "https://sky")
    assert (place.registry.open.at("203.0.113.9"), place.registry.open.at("10.0.0.1")) == (1, 0)


def test_a_connection_counts_once_however_many_sessions_it_carries_and_not_after_its_last(place: Place) -> None:
    registry, connection = place.registry, place.connect()
    for sid in ("a", "b"):
        registry.session_admitted(connection, sid)
    assert (registry.admitted.total, registry.admitted.at("198.51.100.7")) == (1, 1)
    registry.session_left(connection.sid, "a")
    assert registry.admitted.total == 1
    registry.close_unused(connection.sid)
    assert not connection.ended, "the other session uses it still"
    registry.session_left(connection.sid, "b")
    registry.session_left(connection.sid, "b")
    assert registry.admitted.total == 0
    registry.close_unused(connection.sid)
    assert connection.ended


def test_nothing_is_left_of_connections_that_ended(place: Place) -> None:
    registry = place.registry
    connections = [place.connect(f"198.51.100.{number % 5}") for number in range(30)]
    for connection in connections[::2]:
        registry.session_admitted(connection, connection.sid)
    for connection in connections:
        connection.close()
        registry.session_left(connection.sid, connection.sid)
    assert registry.connections == {}
    for tally in (registry.open, registry.admitted):
        assert (tally.total, dict(tally.by_address)) == (0, {})


def test_the_limit_on_connections_is_said_politely_first_and_hard_above_it(place: Place) -> None:
    registry = place.registry
    newcomer = place.connect("203.0.113.200")
    for number in range(10):
        assert registry.refusal_to_admit(newcomer) == ""
        registry.session_admitted(place.connect(f"198.51.100.{number}"), f"s{number}")
    assert registry.refusal_to_admit(newcomer) == "overloaded"
    assert registry.refusal_to_admit(registry.connections[next(iter(registry.connections))]) == "overloaded"
    assert registry.refusal_to_open(Peer("203.0.113.1")) == "", "it may connect, and be told"
    for number in range(10):
        place.connect(f"192.0.2.{number}")
    assert registry.refusal_to_open(Peer("203.0.113.1")) == "overloaded"
    assert registry.refusal_to_open(Peer("127.0.0.1")) == "overloaded", "loopback counts like anybody in all"


def test_the_limit_of_one_address_counts_a_whole_ipv6_subscriber_and_no_loopback(place: Place) -> None:
    registry = place.registry
    place.settings.current = Settings(MAX_CONNECTIONS=10_000, CONNECTIONS_PER_ADDRESS=3)
    for number in range(3):
        registry.session_admitted(place.connect(f"2001:db8::{number}"), f"six{number}")
        registry.session_admitted(place.connect("127.0.0.1"), f"here{number}")
    assert registry.refusal_to_admit(place.connect("2001:db8::ffff")) == "rate_limited"
    assert registry.refusal_to_admit(place.connect("2001:db8:0:1::1")) == ""
    assert registry.refusal_to_admit(place.connect("127.0.0.1")) == ""
    first = next(iter(registry.connections.values()))
    assert registry.refusal_to_admit(first) == "", "another session over a connection that counts already"
    for _ in range(26):
        assert registry.refusal_to_open(Peer("198.51.100.7")) == ""
        place.connect()
        place.connect("127.0.0.1")
    assert registry.refusal_to_open(Peer("198.51.100.7")) == "rate_limited"
    assert registry.refusal_to_open(Peer("127.0.0.1")) == ""


def test_s16_a_page_of_another_origin_is_refused_and_one_of_this_server_is_not(place: Place) -> None:
    guard = place.registry.guard
    here = {"REMOTE_ADDR": "198.51.100.7", "HTTP_HOST": "sky.example:8000", "wsgi.url_scheme": "http"}
    assert guard(None, here)
    assert guard("http://sky.example:8000", dict(here))
    assert not guard("https://sky.example:8000", dict(here))
    assert not guard("http://evil.example", dict(here, HTTP_X_FORWARDED_HOST="evil.example")), "no trusted proxy says so"
    assert not guard("null", dict(here, HTTP_HOST=""))
    place.settings.current = Settings(CORS_ORIGINS=("https://map.example",))
    assert guard("https://MAP.example:443", dict(here))


def test_closing_a_connection_never_raises(place: Place) -> None:
    crashing = SimpleNamespace(sid="x", close=lambda **_: 1 / 0)
    ClientConnection(place.registry, crashing, Peer("198.51.100.7")).close()


# -- TCP connections


class Listener:
    """What a Handler needs of gunicorn's server: no request ever reaches it here."""

    log = None


def tcp(place: Place, address: str) -> tuple[Any, gevent.Greenlet[..., Any]]:
    """The client's end of a TCP connection from this address, and what serves the other end."""
    ours, theirs = gevent.socket.socketpair()
    kind = type("PlaceHandler", (Handler,), {"registry": place.registry})
    return ours, gevent.spawn(kind(theirs, (address, 4711), Listener()).handle)


def refused(ours: Any) -> bool:
    ours.settimeout(0.2)
    try:
        return bool(ours.recv(12) == b"HTTP/1.1 429")
    except TimeoutError:
        return False


def test_s28_one_address_has_a_limited_number_of_tcp_connections(place: Place) -> None:
    place.settings.current = Settings(MAX_CONNECTIONS=10, CONNECTIONS_PER_ADDRESS=3)
    most = 3 * TCP_PER_CONNECTION + TCP_MARGIN
    held = [tcp(place, "198.51.100.7") for _ in range(most)]
    settle()
    assert refused(tcp(place, "198.51.100.7")[0])
    assert not refused(tcp(place, "198.51.100.8")[0])
    held[0][0].close()
    held[0][1].join(2)
    assert not refused(tcp(place, "198.51.100.7")[0]), "one has gone"
    gevent.killall([greenlet for _, greenlet in held])


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3"])
def test_s28_loopback_and_trusted_proxies_have_as_many_tcp_connections_as_they_need(place: Place, address: str) -> None:
    held = [tcp(place, address) for _ in range(3 * TCP_PER_CONNECTION + TCP_MARGIN + 20)]
    settle()
    assert not refused(held[-1][0])
    gevent.killall([greenlet for _, greenlet in held])
    assert place.registry.accepted.total == 0


def test_in_a_worker_the_event_loop_waits_half_a_millisecond_for_a_native_thread_that_computes(place: Place) -> None:
    before = sys.getswitchinterval()
    try:
        setup.configure_worker(SimpleNamespace(wsgi=SimpleNamespace(extensions={"socketio": place.socketio}), sockets=[]))
        assert sys.getswitchinterval() <= 0.0005
    finally:
        sys.setswitchinterval(before)
