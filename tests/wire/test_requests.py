"""Requests as strangers, other clients and badly configured proxies send them: what is no request is a 400 and costs a limited time."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import os
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from skyspy.transport.strict_handler import READ_SECONDS
from tests.wire.raw import Poll
from tests.wire.serving import Server, eventually

LATE = 4.0
"""Seconds that an end may come late on a crowded machine."""


class Raw:
    """One TCP connection."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port))
        self.socket.settimeout(30)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers with lower-case names and body of the next response; status 0 where the connection ends first."""
        response = http.client.HTTPResponse(self.socket)
        try:
            response.begin()
        except (http.client.HTTPException, ConnectionError):
            return 0, {}, b""
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def raw(server: Server) -> Iterator[Raw]:
    made = Raw(server)
    yield made
    made.close()


# -- one deadline, whatever frames the body


SLOW = {
    "chunk by chunk": (b"Transfer-Encoding: chunked", b"1\r\n \r\n"),
    "within a chunk": (b"Transfer-Encoding: chunked", b""),
    "a length": (b"Content-Length: 60000", b" "),
    "a length and an upgrade": (b"Content-Length: 60000\r\nConnection: Upgrade\r\nUpgrade: websocket", b" "),
    "chunks and an upgrade": (b"Transfer-Encoding: chunked\r\nConnection: upgrade", b"1\r\n \r\n"),
}


def test_s28_a_body_that_drips_ends_at_the_deadline_however_it_is_framed(server: Server) -> None:
    connections = {name: Raw(server) for name in SLOW}
    began = time.monotonic()
    for name, connection in connections.items():
        head, first = SLOW[name]
        connection.send(b"POST /api/auth/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + head + b"\r\n\r\n")
        connection.send(first or b"ffff\r\n")
    while time.monotonic() - began < READ_SECONDS - 1:
        time.sleep(0.5)
        for name, connection in connections.items():
            connection.send(SLOW[name][1] or b" ")
    for name, connection in connections.items():
        connection.socket.settimeout(LATE + 1)
        assert connection.answer()[0] == 408, name
        connection.close()
    assert READ_SECONDS - 1 < time.monotonic() - began < READ_SECONDS + LATE


def test_s28_headers_and_body_share_the_deadline(raw: Raw) -> None:
    began = time.monotonic()
    raw.send(b"POST /api/auth/token/ HTTP/1.1\r\n")
    time.sleep(READ_SECONDS * 0.7)
    raw.send(b"Host: x\r\nContent-Length: 100\r\n\r\n{")
    assert raw.answer()[0] == 408
    assert time.monotonic() - began < READ_SECONDS + LATE


def test_a_connection_that_was_idle_has_the_whole_time_for_its_next_request(raw: Raw) -> None:
    raw.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert raw.answer()[0] == 200
    time.sleep(READ_SECONDS * 0.8)
    raw.send(b"POST /api/auth/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{")
    time.sleep(READ_SECONDS * 0.5)
    raw.send(b"}")
    assert raw.answer()[0] == 400


CHUNKED = b"POST /api/auth/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\n",
        b"-1\r\n",
        b"+1\r\n \r\n0\r\n\r\n",
        b"0x1\r\n \r\n0\r\n\r\n",
        b"1\n \n0\n\n",
        b"1\r\n  \r\n0\r\n\r\n",
        b"1;" + b"x" * 1000 + b"\r\n \r\n0\r\n\r\n",
        b"fffffffff\r\n",
        b"0\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
        b"0\r\nA : b\r\n\r\n",
    ],
    ids=lambda body: str(body[:12]),
)
def test_s28_chunks_that_are_none_are_refused(raw: Raw, body: bytes) -> None:
    with contextlib.suppress(OSError):
        raw.send(CHUNKED + body)
    assert raw.answer()[0] == 400


def test_chunks_with_extensions_and_trailers_are_read_and_the_connection_goes_on(raw: Raw) -> None:
    for _ in range(2):
        raw.send(CHUNKED + b'1;a=b\r\n[\r\n1 ; c="d"\r\n]\r\n0\r\nDigest: x\r\n\r\n')
        status, headers, body = raw.answer()
        assert (status, json.loads(body)["error"]["code"]) == (400, "bad_request")
        assert "connection" not in headers


def test_s28_chunks_without_end_do_not_stop_the_server(server: Server, raw: Raw) -> None:
    raw.send(CHUNKED)
    raw.socket.settimeout(1.0)
    with contextlib.suppress(OSError):
        for _ in range(20):
            raw.send(b"1\r\n \r\n" * 1000)
    with Raw(server).socket as other:
        other.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        other.settimeout(2.0)
        assert other.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("path", ["/api/auth/token/", "/admin/sign-in/"])
def test_a_large_body_is_refused_by_its_length_unread(raw: Raw, path: str) -> None:
    raw.send(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n".encode())
    status, headers, _ = raw.answer()
    assert (status, headers["connection"]) == (413, "close")


# -- descriptors


def test_s28_the_limit_of_open_files_is_raised_and_running_out_is_one_line(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(200, hard), hard))
    try:
        server = Server(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        assert resource.prlimit(server.worker, resource.RLIMIT_NOFILE) == (hard, hard)
        used = len(list(Path(f"/proc/{server.worker}/fd").iterdir()))
        resource.prlimit(server.worker, resource.RLIMIT_NOFILE, (used + 10, hard))
        idle = [Raw(server) for _ in range(40)]
        assert eventually(lambda: "no file descriptors are left" in server.log())
        time.sleep(2.0)
        for connection in idle:
            connection.close()
        assert eventually(lambda: healthy(server))
        lines = server.log()
        assert lines.count("no file descriptors are left") == 1
        assert "Traceback" not in lines
        assert os.strerror(errno.EMFILE) not in lines
    finally:
        server.stop()


def healthy(server: Server) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


# -- strict parsing


GET = b"GET /healthz HTTP/1.1\r\n"
MALFORMED = {
    "space before the colon": GET + b"Host : x\r\n\r\n",
    "NUL in a value": GET + b"Host: x\r\nA: b\x00c\r\n\r\n",
    "CR in a value": GET + b"Host: x\r\nA: b\rc\r\n\r\n",
    "folded": GET + b"Host: x\r\nA: b\r\n c\r\n\r\n",
    "folded at once": GET + b" Host: x\r\n\r\n",
    "no colon": GET + b"Host: x\r\nA\r\n\r\n",
    "no name": GET + b"Host: x\r\n: b\r\n\r\n",
    "a name with a separator": GET + b"Host: x\r\nA(b): c\r\n\r\n",
    "two hosts": GET + b"Host: x\r\nHost: y\r\n\r\n",
    "a signed length": b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
    "a length with a gap": b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1_0\r\n\r\nhellohello",
    "two lengths": b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello",
    "a length and chunks": b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another coding": b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /healthz HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a tab in the request line": b"GET\t/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n",
    "HTTP/1.+1": b"GET /healthz HTTP/1.+1\r\nHost: x\r\n\r\n",
    "too many headers": GET + b"A: b\r\n" * 200 + b"\r\n",
    "too large headers": GET + (b"A: " + b"b" * 9000 + b"\r\n") * 10 + b"\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_s28_what_another_server_may_read_differently_is_a_400(raw: Raw, name: str) -> None:
    with contextlib.suppress(OSError):
        raw.send(MALFORMED[name])
    status, headers, _ = raw.answer()
    assert (status, headers["connection"]) == (400, "close")


@pytest.mark.parametrize(
    "request_",
    [
        GET + b"Host: x\r\nA:b\r\nEmpty:\r\nB:\tc d \r\nC: \xe4\r\n\r\n",
        b"GET /healthz HTTP/1.0\r\n\r\n",
        b"GET /healthz HTTP/1.1\nHost: x\n\n",
    ],
    ids=["values", "HTTP/1.0", "line feeds"],
)
def test_what_is_a_request_is_served(raw: Raw, request_: bytes) -> None:
    raw.send(request_)
    assert raw.answer()[0] == 200


@pytest.mark.parametrize("path", ["/healthz", "/socket.io/?EIO=4&transport=polling", "/nothing"])
@pytest.mark.parametrize("value", ["close", "Close", "close, TE", "TE,close"])
def test_a_connection_that_is_to_close_is_answered_with_close(raw: Raw, value: str, path: str) -> None:
    raw.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: {value}\r\n\r\n".encode())
    assert raw.answer()[1]["connection"] == "close"
    assert raw.socket.recv(1) == b""


# -- upgrades


UPGRADE = {"Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}


def ask(server: Server, query: str, method: str = "GET", **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, f"/socket.io/?{query}", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_an_upgrade_that_a_proxy_spoiled_is_a_400_and_takes_no_packet(server: Server) -> None:
    assert ask(server, "EIO=4&transport=websocket", **UPGRADE) == 400
    assert ask(server, "EIO=4&transport=websocket") == 400
    client = Poll(server)
    client.post(b"40")
    for headers in (UPGRADE, {}, {**UPGRADE, "Connection": "keep-alive"}):
        assert ask(server, f"EIO=4&transport=websocket&sid={client.sid}", **headers) == 400
    assert ask(server, f"EIO=4&transport=websocket&sid={client.sid}", "POST") == 400
    assert client.get()[1].startswith(b"40{"), "the session has its packets"
    assert "Traceback" not in server.log()
