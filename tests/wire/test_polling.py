"""What a client that polls may rely on: answers that its library takes, and the reason why it is sent away."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator

import pytest
import socketio

from tests.wire.raw import Poll
from tests.wire.serving import Operator, Server, eventually


@pytest.fixture(autouse=True)
def as_found(operator: Operator) -> Iterator[None]:
    yield
    operator.choose(AUTH_MODE="hybrid")


def test_a_poll_is_answered_with_sixteen_packets_at_most_and_the_rest_follows(server: Server) -> None:
    client = Poll(server)
    client.post(b"40")
    client.until(b"aircraft:snapshot")
    for _ in range(3):
        assert client.post(b"\x1e".join([b'42["ping"]'] * 12)) == (200, b"OK")
    bodies: list[bytes] = []
    while sum(body.count(b'["pong"') for body in bodies) < 36:
        bodies.append(client.get()[1])
    assert max(len(body.split(b"\x1e")) for body in bodies) == 16


def test_a_poll_is_answered_with_64_kb_at_most_or_one_packet(server: Server) -> None:
    client = Poll(server)
    client.post(b"40")
    size = len(client.until(b"aircraft:snapshot"))
    assert eventually(lambda: client.post(b'42["request",{"type":"aircraft-snapshot"}]')[0] == 200)
    for _ in range(14):
        client.post(b'42["request",{"type":"aircraft-snapshot"}]')
    bodies: list[bytes] = []
    while sum(body.count(b'["response"') for body in bodies) < 15:
        bodies.append(client.get()[1])
    assert sum(map(len, bodies)) > 64_000 > size, "together they are too large for one poll"
    assert all(len(body) <= 64_100 or b"\x1e" not in body for body in bodies)


def test_a_python_client_that_only_polls_gets_many_answers_at_once(server: Server) -> None:
    client = socketio.Client(reconnection=False)
    pongs: list[object] = []
    client.on("pong", pongs.append)
    client.connect(server.url, transports=["polling"])
    for _ in range(50):
        client.emit("ping")
    assert eventually(lambda: len(pongs) == 50)
    assert client.connected
    client.disconnect()


@pytest.mark.parametrize("waits", [0.0, 3.0, 15.0])
def test_s24_a_poller_that_is_away_hears_why_it_is_evicted_on_its_next_poll(
    server: Server, operator: Operator, waits: float
) -> None:
    client = Poll(server)
    client.post(b"40")
    client.until(b"aircraft:snapshot")
    operator.choose(AUTH_MODE="private")
    time.sleep(2.0 + waits)
    status, body = client.request("GET", Origin=server.url)
    assert status == 200
    packets = body.split(b"\x1e")
    assert packets[-1] == b"41"
    assert packets[-2].startswith(b'42["error",{"code":"token_missing"')
    assert len(packets) <= 16
    assert client.get()[0] == 400, "it is told once"


def test_a_farewell_may_be_read_by_the_page_that_polls(server: Server, operator: Operator) -> None:
    client = Poll(server)
    client.post(b"40")
    client.until(b"aircraft:snapshot")
    operator.choose(AUTH_MODE="private")
    time.sleep(2.0)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", f"/socket.io/?EIO=4&transport=polling&sid={client.sid}", headers={"Origin": server.url})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Access-Control-Allow-Origin")) == (200, server.url)
    assert b"token_missing" in answer.read()
    connection.close()


def test_s24_a_poll_that_waits_is_answered_when_its_session_ends(server: Server, operator: Operator) -> None:
    client = Poll(server)
    client.post(b"40/acars,")
    assert client.get()[1].startswith(b"40/acars,{")
    operator.choose(AUTH_MODE="private")
    assert b"token_missing" in client.until(b"41/acars,")
    assert client.get() == (200, b"1")
    assert client.get()[0] == 400


def begun_post(client: Poll, body: bytes) -> socket.socket:
    """A POST of these packets, all of it sent but its last byte."""
    head = f"POST /socket.io/?EIO=4&transport=polling&sid={client.sid} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    begun = socket.create_connection(("127.0.0.1", client.server.port), timeout=10)
    begun.sendall(head.encode() + body[:-1])
    return begun


def test_s28_two_posts_at_once_end_the_session(server: Server) -> None:
    client = Poll(server)
    client.post(b"40/acars,")
    assert client.get()[1].startswith(b"40/acars,{")
    with contextlib.closing(begun_post(client, b'42/acars,["ping"]')) as first:
        # Connections are accepted in their order, so the first is being read when the second comes.
        assert client.post(b'42/acars,["ping"]') == (400, b"two POSTs at once")
        assert client.get()[0] == 400
        first.sendall(b"]")
        answer = http.client.HTTPResponse(first)
        answer.begin()
        assert answer.status == 400


def test_posts_one_after_another_leave_the_session_as_it_is(server: Server) -> None:
    client = Poll(server)
    client.post(b"40/acars,")
    assert client.get()[1].startswith(b"40/acars,{")
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as kept_alive:
        for _ in range(40):
            kept_alive.request("POST", f"/socket.io/?EIO=4&transport=polling&sid={client.sid}", b"3")
            answer = kept_alive.getresponse()
            assert (answer.status, answer.read()) == (200, b"OK")
    assert client.post(b"3") == (200, b"OK")
