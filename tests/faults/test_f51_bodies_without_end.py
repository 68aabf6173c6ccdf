"""F51: chunked request bodies without end, 1200 of them from one address."""

from __future__ import annotations

import contextlib
import resource
import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from skyspy.transport.strict_handler import READ_SECONDS
from tests.conftest import missing
from tests.faults.conftest import watched_health
from tests.wire.serving import Server, eventually

BODIES = 1200
LATE = 15.0
"""Seconds that the last may be late where all end at once and two processors do everything."""
HEAD = b"POST /api/auth/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def many_files() -> Iterator[None]:
    """Room for so many sockets in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < BODIES * 2:
        missing(f"{BODIES * 2} file descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, BODIES * 2), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def drip(clients: list[socket.socket], until: float) -> dict[socket.socket, bytes]:
    """Send each client's body on, a chunk every two seconds; the first bytes of the answers, by client, as far as they came."""
    answers: dict[socket.socket, bytes] = {}
    with selectors.DefaultSelector() as waiting:
        for client in clients:
            waiting.register(client, selectors.EVENT_READ)
        again = 0.0
        while len(answers) < len(clients) and time.monotonic() < until:
            if time.monotonic() >= again:
                again = time.monotonic() + 2.0
                for client in clients:
                    if client not in answers:
                        with contextlib.suppress(OSError):
                            client.send(b"1\r\n \r\n")
            for key, _ in waiting.select(0.2):
                client = key.fileobj
                assert isinstance(client, socket.socket)
                waiting.unregister(client)
                try:
                    answers[client] = client.recv(12)
                except OSError:
                    answers[client] = b""
    return answers


def test_f51_bodies_that_never_end_are_closed_in_their_time_and_health_answers(tmp_path: Path, many_files: None) -> None:
    server = Server(tmp_path)
    files = server.open_sockets()
    with watched_health(server, 0.25) as health:
        began = time.monotonic()
        clients = []
        for _ in range(BODIES):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=30)
            client.sendall(HEAD)
            clients.append(client)
        answers = drip(clients, began + READ_SECONDS + LATE)
    assert len(answers) == BODIES, "each is answered or closed in its time"
    assert set(answers.values()) <= {b"HTTP/1.1 408", b"HTTP/1.1 503", b""}
    assert sum(answer == b"HTTP/1.1 408" for answer in answers.values()) > BODIES * 0.9
    assert set(health.answers) == {200}
    for client in clients:
        client.close()
    assert eventually(lambda: server.open_sockets() <= files)
    server.stop()
    assert "Traceback" not in server.log()
