"""Claims about connections that have ended: nothing of one is left, without a search for garbage.

A real server on loopback, as gunicorn's worker has it, and clients on plain sockets.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from engineio.socket import Socket
from flask import Flask
from flask_socketio import SocketIO
from gevent import socket
from gevent.pywsgi import WSGIServer

from skyspy.config import load
from skyspy.store.settings import Settings
from skyspy.transport import connection as connections
from skyspy.transport import setup
from skyspy.transport.connection import ClientConnection
from skyspy.transport.frames import BoundedWebSocket
from skyspy.transport.handler import Handler
from skyspy.transport.outbox import Outbox

KINDS = (ClientConnection, Outbox, Socket, BoundedWebSocket, Handler)
CLIENTS = 5
UPGRADE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
POLL = b"GET /socket.io/?EIO=4&transport=polling%s HTTP/1.1\r\nHost: x\r\n\r\n"


class Serving:
    """One Socket.IO server that listens."""

    def __init__(self) -> None:
        self.before: list[object] = []
        socketio, app = SocketIO(), Flask("ended")
        settings = SimpleNamespace(current=Settings())
        socketio.init_app(app, **setup.socketio_options(settings, load({"SKYSPY_SECRET_KEY": "k" * 40})))
        self.registry = setup.install(socketio)
        # Its sweep keeps the session that it looked at last.
        socketio.server.eio.start_service_task = False
        socketio.server.on("connect", lambda *_: None)
        worker: Any = SimpleNamespace(wsgi=SimpleNamespace(extensions={"socketio": socketio}), sockets=[])
        setup.configure_worker(worker)
        self.server = WSGIServer(("127.0.0.1", 0), app.wsgi_app, handler_class=worker.wsgi_handler, log=None)
        self.server.start()

    def ask(self, request: bytes, mark: bytes) -> tuple[socket.socket, bytes]:
        """A connection that has sent this, and what came until the mark."""
        made = socket.create_connection(self.server.address, timeout=5.0)
        made.sendall(request)
        answer = b""
        while mark not in answer:
            answer += made.recv(4096)
        return made, answer


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    monkeypatch.setattr(connections, "CLOSE_SECONDS", 0.01)
    made = Serving()
    gc.collect()
    gc.disable()
    # What other tests of this process have kept. It is held, so that nothing new has the address of one of these.
    made.before = connection_objects()
    yield made
    gc.enable()
    made.server.stop()


def connection_objects() -> list[object]:
    """Every object of a connection in this process."""
    return [one for one in gc.get_objects() if isinstance(one, KINDS)]


def left(serving: Serving) -> Counter[str]:
    """How many objects of a connection there are of those that this server made."""
    before = {id(one) for one in serving.before}
    return Counter(
        kind.__name__ for one in connection_objects() if id(one) not in before for kind in KINDS if isinstance(one, kind)
    )


def none_is_left(serving: Serving) -> bool:
    """Whether all are gone, soon."""
    for _ in range(100):
        if not left(serving):
            return True
        gevent.sleep(0.01)
    return False


def test_nothing_of_a_websocket_is_left_when_its_client_has_gone(serving: Serving) -> None:
    clients = [serving.ask(UPGRADE, b'"sid"')[0] for _ in range(CLIENTS)]
    assert left(serving) == dict.fromkeys([kind.__name__ for kind in KINDS], CLIENTS)
    assert len(serving.registry.pings) == CLIENTS
    for client in clients:
        client.close()
    assert none_is_left(serving), left(serving)
    assert len(serving.registry.pings) == 0


def test_nothing_of_a_client_that_polls_is_left_when_its_session_has_ended(serving: Serving) -> None:
    for _ in range(CLIENTS):
        client, answer = serving.ask(POLL % b"", b"}")
        sid = answer.split(b'"sid":"')[1].split(b'"')[0]
        polling, _ = serving.ask(POLL.replace(b"GET", b"POST") % (b"&sid=" + sid), b"HTTP/1.1 411")
        client.close()
        polling.close()
    assert none_is_left(serving), left(serving)
