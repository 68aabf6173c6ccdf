"""The HTTP API on a real server: chunked bodies, persistent connections, compressed answers."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from collections.abc import Iterator

import pytest

from tests.wire.serving import Server, eventually

JSON = {"Content-Type": "application/json"}
LOGIN = b'{"username": "a", "password": "b"}'


@pytest.fixture
def line(server: Server) -> Iterator[http.client.HTTPConnection]:
    made = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    yield made
    made.close()


def ask(
    line: http.client.HTTPConnection, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    line.request(method, path, body, headers, encode_chunked=hasattr(body, "__next__"))  # type: ignore[arg-type]
    answer = line.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


@pytest.mark.parametrize("size", [64 * 1024 + 1, 200_000])
def test_a_body_in_chunks_that_is_too_large_is_not_taken_for_a_shorter_one(line: http.client.HTTPConnection, size: int) -> None:
    chunks = iter([LOGIN, b" " * (size - len(LOGIN))])
    status, _, body = ask(line, "POST", "/api/auth/token/", chunks, **JSON, **{"Transfer-Encoding": "chunked"})
    assert (status, json.loads(body)["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("head", ["Content-Length: 500000", "Transfer-Encoding: chunked"])
def test_a_client_that_still_sends_a_body_that_was_refused_reads_why(server: Server, head: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client, client.makefile("rb") as answer:
        client.sendall(f"POST /api/auth/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{head}\r\n\r\n".encode())
        client.sendall(f"{100_000:x}\r\n".encode() + b" " * 100_000 + b"\r\n")
        assert answer.readline().split()[1] == b"413"
        for _ in range(20):
            client.sendall(b" " * 10_000)
            time.sleep(0.01)
        assert b"too_large" in answer.read()


def test_a_body_in_chunks_is_read_whole(line: http.client.HTTPConnection) -> None:
    chunks = iter([LOGIN[:10], LOGIN[10:], b" " * 60_000])
    status, _, body = ask(line, "POST", "/api/auth/token/", chunks, **JSON, **{"Transfer-Encoding": "chunked"})
    assert (status, json.loads(body)["error"]["code"]) == (401, "invalid_credentials")


def test_a_refused_body_spoils_nothing_for_the_next_request(line: http.client.HTTPConnection) -> None:
    assert ask(line, "POST", "/api/auth/keys/", b"x" * 30_000, **JSON)[0] == 401
    assert ask(line, "GET", "/healthz")[0] == 200


def test_a_large_list_is_compressed_off_the_loop_and_whole(server: Server, line: http.client.HTTPConnection) -> None:
    assert eventually(lambda: json.loads(ask(line, "GET", "/v2/all")[2])["total"] > 30, 30)
    status, headers, body = ask(line, "GET", "/data/aircraft.json", **{"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert len(json.loads(gzip.decompress(body))["aircraft"]) > 30


def test_readiness_turns_good_once_a_feed_is_up(line: http.client.HTTPConnection) -> None:
    assert eventually(lambda: ask(line, "GET", "/readyz")[0] == 200, 30)
