"""Hostile and broken clients do not affect other clients."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import socket
from collections.abc import Iterator

import pytest

from tests.wire.autobahn import CASES
from tests.wire.raw import Gone, Poll, Ws, mask
from tests.wire.serving import Operator, Server, eventually

GIGABYTES_10 = 10 * 2**30


@pytest.fixture
def witness(server: Server) -> Iterator[Ws]:
    """A well-behaved client, which must not be affected."""
    client = Ws(server)
    client.join()
    yield client
    assert client.alive()
    client.close()


FRAMES: dict[str, tuple[bytes, set[int | None]]] = {
    "10 GB declared": (mask(b"x" * 100, declared=GIGABYTES_10), {1009}),
    "2^63 declared": (mask(b"x" * 100, declared=2**63), {1009}),
    "65 KB": (mask(b"4" * 66_000), {1009}),
    "1 MB": (mask(b"4" * 1_000_000), {1009}),
    "fragments over the limit": (mask(b"4" * 40_000, 0x01) + mask(b"4" * 40_000, 0x00), {1009}),
    "fragments without end": (mask(b"4", 0x01) + mask(b"", 0x00) * 5000, {1009}),
    "unmasked": (mask(b"3", masked=False), {1002}),
    "pings without end": (mask(b"", 0x89) * 2000, {1008}),
    "empty packet": (mask(b""), {1002}),
    "x": (mask(b"x"), {1002}),
    "9": (mask(b"9"), {1002}),
    "bad base64": (mask(b"b!!!"), {1002}),
    "an Arabic digit": (mask("٤".encode()), {1002}),
}


@pytest.mark.parametrize("name", sorted(FRAMES))
def test_s28_a_hostile_frame_ends_its_own_connection_and_no_other(server: Server, witness: Ws, name: str) -> None:
    data, codes = FRAMES[name]
    files = server.open_sockets()
    with Ws(server) as client:
        client.join()
        with contextlib.suppress(OSError):  # the server may be faster
            client.socket.sendall(data)
        assert client.ended() in codes
        assert eventually(lambda: server.open_sockets() <= files)


ANSWERED = {
    "4{": "bad_packet",
    "4": "bad_packet",
    "4null": "bad_packet",
    '4"text"': "bad_packet",
    "42": "bad_packet",
    "42{}": "bad_packet",
    "42[]": "bad_packet",
    '42["' + "n" * 100 + '"]': "bad_packet",
    "42" + "1" * 101 + '["ping"]': "bad_packet",
    "42" + "[" * 60_000: "bad_packet",
    "4" + "[" * 60_000: "bad_packet",
    '42["ping",' + '{"a":' * 10_000: "bad_packet",
    "44": "bad_packet",
    "47": "bad_packet",
    "45999999-": "binary_refused",
    '4599999999-["x"]': "binary_refused",
    '451-["subscribe",{"_placeholder":true,"num":0}]': "binary_refused",
    '461-["x"]': "binary_refused",
    '42["connect",{}]': "reserved_event",
    '42["disconnect","x"]': "reserved_event",
    '42["newListener"]': "reserved_event",
    '42["subscribe",[1]]': "bad_payload",
    '42["subscribe",7]': "bad_payload",
    '42["subscribe",{"topics":' + json.dumps([f"t{n}" for n in range(6000)]) + "}]": "bad_payload",
    '42["subscribe",{"topics":[["aircraft"]]}]': "bad_payload",
    '42["request",{"type":"nonsense"}]': "unknown_request",
}


@pytest.mark.parametrize("packet", ANSWERED, ids=lambda p: p[:24])
def test_s28_a_malformed_packet_is_answered_and_the_client_lives(server: Server, packet: str) -> None:
    with Ws(server) as client:
        client.join()
        client.send(packet)
        assert client.until("error")["code"] == ANSWERED[packet]
        assert client.alive()


IGNORED = [
    "0",
    "2",
    "5",
    "6",
    "43[1]",
    "431[1]",
    '42/audio,["ping"]',
    '42/nowhere,["ping"]',
    "41/nowhere,",
    '42["nonsense"]',
    "3",
]


def test_what_means_nothing_is_ignored(server: Server) -> None:
    with Ws(server) as client:
        client.join()
        for packet in IGNORED:
            client.send(packet)
        client.socket.sendall(mask(b"\x00\x01\x02", 0x82) * 20)
        assert client.alive()
        client.send("40/nowhere,")
        assert client.until("refused") == {"message": "Invalid namespace", "data": {"code": "unknown_namespace"}}
        assert [kind for kind, _ in client.inbox if kind not in ("aircraft:snapshot", "pong")] == []


def test_s28_memory_stays_flat_under_a_thousand_hostile_connections(server: Server, witness: Ws) -> None:
    frames = [data for data, _ in FRAMES.values() if len(data) < 100_000]
    frames += [b"".join(case.sends) for case in CASES.values() if case.ends in (1002, 1007)]
    seed = random.Random(7)
    files, before = server.open_sockets(), 0.0
    for number in range(1000):
        if number == 200:
            before = server.rss_mb()  # after the first ones all lazy initialization is done
        with Ws(server) as client:
            if number % 2:
                client.join()
            with contextlib.suppress(OSError):
                client.socket.sendall(frames[number % len(frames)] if number % 3 else os.urandom(seed.randrange(2000)))
        if number % 100 == 0:
            assert witness.alive()
    # The allocator settles at about 30 MB more than at the start, and stays there over many thousands.
    assert server.rss_mb() - before < 40
    assert eventually(lambda: server.open_sockets() <= files)


def test_s28_a_flood_of_events_is_cut_off_with_a_reason(server: Server, witness: Ws) -> None:
    with Ws(server) as client:
        client.join()
        flood = mask(b'42["nonsense"]') * 200
        with pytest.raises((Gone, OSError)):
            for _ in range(100):
                client.socket.sendall(flood)
            client.until("disconnect")
            assert any(kind == "error" and data["code"] == "rate_limited" for kind, data in client.inbox)
            client.ended()
            raise Gone(None)
    assert witness.alive()


def test_s28_joining_and_leaving_without_end_is_cut_off(server: Server, witness: Ws) -> None:
    with Ws(server) as client, pytest.raises((Gone, OSError)):
        client.socket.sendall((mask(b"40") + mask(b"41")) * 5000)
        while True:
            client.packet(3.0)


def test_s28_the_server_bears_requests_that_never_end(server: Server, witness: Ws) -> None:
    files = server.open_sockets()
    halves = []
    for text in (
        b"",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX",
        b"POST /api/auth/token/ HTTP/1.1\r\nContent-Length: 50\r\n\r\n{",
    ):
        half = socket.create_connection(("127.0.0.1", server.port))
        half.sendall(text)
        halves.append(half)
    big = socket.create_connection(("127.0.0.1", server.port))
    big.sendall(b"POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 1000)
    assert big.recv(100).startswith(b"HTTP/1.1 413")
    answers = []
    for half in halves:
        half.settimeout(40)
        answers.append(half.recv(100)[9:12])
    # A client that sent nothing gets no answer.
    assert answers == [b"", b"408", b"408", b"408"]
    for half in (*halves, big):
        half.close()
    assert eventually(lambda: server.open_sockets() <= files)


HANDSHAKES = {
    "another path": ({"path": "/"}, 404),
    "the API": ({"path": "/api/aircraft/"}, 404),
    "an evil origin": ({"Origin": "https://evil.example"}, 403),
    "the null origin": ({"Origin": "null"}, 403),
    "another port": ({"Origin": "http://127.0.0.1:1"}, 403),
    "a longer name": ({"Origin": "http://127.0.0.1.evil.example"}, 403),
    "HTTP/1.0": ({"version": "HTTP/1.0"}, 400),
    "an old version": ({"Sec_WebSocket_Version": "8"}, 426),
    "no version": ({"Sec_WebSocket_Version": ""}, 426),
    "no key": ({"Sec_WebSocket_Key": ""}, 400),
    "a bad key": ({"Sec_WebSocket_Key": "short"}, 400),
    "Engine.IO 3": ({"query": "EIO=3&transport=websocket"}, 400),
    "polling": ({"query": "EIO=4&transport=polling"}, 400),
    "no query": ({"query": ""}, 400),
    "an unknown session": ({"query": "EIO=4&transport=websocket&sid=nobody"}, 400),
    "JSONP": ({"query": "EIO=4&transport=websocket&j=1"}, 400),
    "a forwarded host from no proxy": (
        {"Origin": "https://evil.example", "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https"},
        403,
    ),
}


@pytest.mark.parametrize("name", sorted(HANDSHAKES))
def test_s15_a_handshake_that_cannot_be_answered_with_a_websocket_gets_http(server: Server, name: str) -> None:
    how, status = HANDSHAKES[name]
    with Ws(server, **how) as client:  # type: ignore[arg-type]
        assert client.status == status


def handshake(server: Server, origin: str) -> int:
    with Ws(server, Origin=origin) as client:
        return client.status


def test_s16_pages_of_this_server_and_of_named_origins_may_connect(server: Server, operator: Operator) -> None:
    with Ws(server, Origin=server.url) as client:
        assert client.status == 101
    operator.choose(CORS_ORIGINS=["https://map.example"])
    assert eventually(lambda: handshake(server, "https://map.example") == 101)
    with Ws(server, Origin="http://map.example") as client:
        assert client.status == 403
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for origin, allowed in (("https://map.example", "https://map.example"), ("https://evil.example", None)):
        connection.request("GET", "/socket.io/?EIO=4&transport=polling", headers={"Origin": origin})
        answer = connection.getresponse()
        answer.read()
        assert answer.getheader("Access-Control-Allow-Origin") == allowed
        assert answer.getheader("Access-Control-Allow-Credentials") is None
        assert answer.status == (200 if allowed else 403)
        connection.close()
    connection.close()
    operator.choose(CORS_ORIGINS=[])


# -- polling -------------------------------------------------------------------------------------


def test_polling_works_by_itself(server: Server) -> None:
    client = Poll(server)
    assert client.post(b"40") == (200, b"OK")
    body = client.get()[1]
    while b"aircraft:snapshot" not in body:
        body += client.get()[1]
    assert body.startswith(b"40{")
    assert client.post(b'42["ping"]\x1e42["ping"]')[0] == 200
    assert client.get()[1].count(b'42["pong"') >= 1
    assert client.post(b"1")[0] == 200
    assert client.get()[0] == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"4" * 70_000, 413),
        (b"4" * 1_000_001, 413),
        (b"\x1e".join([b'42["ping"]'] * 257), 400),
        (b"x", 400),
        (b"", 400),
        (b"4\xff\xfe", 400),
        (b"d=4", 400),
        (b"42[]\x1e\x1e42[]", 400),
    ],
    ids=lambda value: f"{value[:8]!r} of {len(value)}" if isinstance(value, bytes) else None,
)
def test_s28_a_hostile_polling_body_is_refused_and_its_session_ends(server: Server, body: bytes, status: int) -> None:
    client = Poll(server)
    client.post(b"40")
    assert client.post(body)[0] == status
    assert client.get()[0] == 400
    assert client.post(b'42["ping"]')[0] == 400


def test_s28_polling_attachments_are_dropped_and_their_header_answered(server: Server) -> None:
    client = Poll(server)
    client.post(b"40")
    assert client.post(b'451-["x",{"_placeholder":true,"num":0}]\x1ebAAAA')[0] == 200
    body = client.get()[1]
    while b"binary_refused" not in body:
        body += client.get()[1]
    assert client.post(b'42["ping"]')[0] == 200


def test_s28_two_polls_at_once_end_the_session_and_the_first_is_answered(server: Server) -> None:
    client = Poll(server)
    client.post(b"40")
    while client.get()[1].count(b"aircraft:snapshot") == 0:
        pass
    first = socket.create_connection(("127.0.0.1", server.port))
    first.sendall(f"GET /socket.io/?EIO=4&transport=polling&sid={client.sid} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    # Connections are accepted in their order, so the first is waiting when the second comes.
    assert client.get()[0] == 400
    first.settimeout(10)
    answer = http.client.HTTPResponse(first)
    answer.begin()
    assert (answer.status, answer.read()) == (200, b"1")
    assert client.get()[0] == 400
    first.close()


# -- clients that do not read --------------------------------------------------------------------


@pytest.fixture
def eager(operator: Operator) -> Iterator[None]:
    """Raise the rate limits, so that a client can request much at once."""
    operator.choose(SOCKET_EVENTS_PER_SECOND=1000, SOCKET_EVENTS_BURST=10_000)
    yield
    operator.choose(SOCKET_EVENTS_PER_SECOND=20, SOCKET_EVENTS_BURST=60)


ASK = mask(b'42["request",{"type":"aircraft-snapshot"}]')


def test_s28_a_client_that_does_not_read_is_closed_as_slow(server: Server, witness: Ws, eager: None) -> None:
    files, before = server.open_sockets(), server.rss_mb()
    stuck = [Ws(server, receive_buffer=4096) for _ in range(10)]
    for client in stuck:
        client.join()
        client.socket.sendall(ASK * 300)
    assert eventually(lambda: server.open_sockets() <= files, 60), "each is closed without ever having read"
    assert witness.alive()
    assert server.rss_mb() - before < 120
    for client in stuck:
        client.close()


def test_a_slow_client_is_named_in_the_log_once(server: Server, eager: None) -> None:
    client = Ws(server, receive_buffer=4096)
    client.join()
    client.socket.sendall(ASK * 2000)
    assert eventually(lambda: "closing slow client 127.0.0.1" in server.log(), 60)
    client.close()


def test_s20_the_log_holds_no_query_string_and_no_traceback(server: Server) -> None:
    with Ws(server, "EIO=4&transport=websocket&secret=canary-in-the-url") as client:
        client.join()
    http.client.HTTPConnection("127.0.0.1", server.port).request("GET", "/api/aircraft/?secret=canary-in-the-url")
    broken = socket.create_connection(("127.0.0.1", server.port))
    broken.sendall(b"canary-in-the-url ? HTTP/9.9\r\n\r\n")
    broken.settimeout(5)
    assert broken.recv(100).startswith(b"HTTP/1.1 400")
    broken.close()
    assert "canary-in-the-url" not in server.log()
    assert "Traceback" not in server.log()
