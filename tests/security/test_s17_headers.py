"""S17: every answer of the server carries the headers, whichever part made it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.security.asking import Answer, Browser, ask
from tests.wire.serving import Operator, Server

ENGINE = "/socket.io/?EIO=4&transport=polling"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
EVIL = {"Origin": "https://evil.example"}
PLAIN: dict[str, tuple[int, str, str, dict[str, str]]] = {
    "the map": (200, "GET", "/", {}),
    "the panel's door": (200, "GET", "/admin/sign-in/", {}),
    "the panel without a sign-in": (303, "GET", "/admin/", {}),
    "a form without a token": (400, "POST", "/admin/sign-in/", {}),
    "a page that is none": (404, "GET", "/admin/nothing/", {}),
    "the wrong method": (405, "POST", "/healthz", {}),
    "a style": (200, "GET", "/favicon.ico", {}),
    "a style that is none": (404, "GET", "/assets/x/nothing.css", {}),
    "the API": (200, "GET", "/api/aircraft/", {}),
    "the API without a token": (401, "GET", "/api/auth/me/", {}),
    "the API's page": (200, "GET", "/api/docs/", {}),
    "a preflight": (200, "OPTIONS", "/api/aircraft/", EVIL),
    "health": (200, "GET", "/healthz", {}),
    "readsb's file": (200, "GET", "/data/aircraft.json", {}),
}
SOCKETS: dict[str, tuple[int, str, str, dict[str, str]]] = {
    "opened": (200, "GET", ENGINE, {}),
    "no query": (400, "GET", "/socket.io/", {}),
    "JSONP": (400, "GET", ENGINE + "&j=0", {}),
    "an old version": (400, "GET", "/socket.io/?EIO=3&transport=polling", {}),
    "a session that is none": (400, "GET", ENGINE + "&sid=nothing", {}),
    "a method that is none": (405, "PUT", ENGINE + "&sid=nothing", {}),
    "a preflight": (200, "OPTIONS", ENGINE, {}),
    "another origin": (403, "GET", ENGINE, EVIL),
    "another origin's preflight": (403, "OPTIONS", ENGINE, EVIL),
    "a WebSocket elsewhere": (404, "GET", "/healthz", UPGRADE),
    "another version of WebSocket": (
        426,
        "GET",
        "/socket.io/?EIO=4&transport=websocket",
        UPGRADE | {"Sec-WebSocket-Version": "8"},
    ),
    "another origin's WebSocket": (403, "GET", "/socket.io/?EIO=4&transport=websocket", UPGRADE | EVIL),
    "a body without a length": (411, "POST", ENGINE, {"Transfer-Encoding": "chunked"}),
    "a body that is too long": (413, "POST", ENGINE, {"Content-Length": "70000"}),
}


def assert_carried(answer: Answer) -> None:
    """Assert that an answer has every header once, and that its policy forbids inline scripts and styles."""
    policy = dict(part.strip().split(" ", 1) for part in str(answer.header("Content-Security-Policy")).split(";"))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in str(policy)
    expected = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    assert {name: answer.every(name) for name in expected} == {name: [value] for name, value in expected.items()}
    assert len(answer.every("Content-Security-Policy")) == len(answer.every("Cache-Control")) == 1
    assert answer.header("Strict-Transport-Security") is None


@pytest.mark.parametrize("what", PLAIN)
def test_s17_every_kind_of_answer_carries_the_headers(server: Server, operator: Operator, what: str) -> None:
    status, method, path, headers = PLAIN[what]
    answer = ask(server, path, method=method, headers=headers)
    assert answer.status == status
    assert_carried(answer)


@pytest.mark.parametrize("what", SOCKETS)
def test_s17_what_the_sockets_answer_carries_them_too_and_is_kept_by_nobody(server: Server, what: str) -> None:
    status, method, path, headers = SOCKETS[what]
    answer = ask(server, path, method=method, headers=headers)
    assert answer.status == status
    assert_carried(answer)
    assert answer.header("Cache-Control") == "no-store"


def raw(server: Server, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall(sent)
        got = b""
        while data := line.recv(65536):
            got += data
    return got


def test_s17_what_is_no_http_request_is_answered_with_them(server: Server) -> None:
    head = raw(server, b"nonsense\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    for header in (b"Content-Security-Policy: default-src", b"X-Content-Type-Options: nosniff", b"Cache-Control: no-store"):
        assert head.count(header) == 1, header


def test_s17_a_client_that_is_too_slow_is_answered_with_them(server: Server) -> None:
    head = raw(server, b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert head.startswith(b"HTTP/1.1 408")
    assert head.count(b"X-Content-Type-Options: nosniff") == 1


def test_s17_pages_behind_a_sign_in_carry_them_and_are_kept_by_nobody(server: Server, operator: Operator) -> None:
    operator.user("root")
    browser = Browser(server)
    browser.sign_in("root")
    for path in ("/admin/", "/admin/profile/", "/admin/users/", "/admin/keys/", "/admin/audit/", "/admin/audit/log.csv"):
        answer = browser.get(path)
        assert_carried(answer)
        assert answer.header("Cache-Control") == "no-store", path


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server behind a proxy on this machine."""
    made = Server(tmp_path_factory.mktemp("proxied"), SKYSPY_TRUSTED_PROXIES="127.0.0.1")
    yield made
    made.stop()


@pytest.mark.parametrize("path", ["/", "/api/auth/me/", "/admin/sign-in/", ENGINE, "/socket.io/"])
def test_s17_behind_tls_every_answer_asks_for_tls_for_ever(proxied: Server, path: str) -> None:
    assert ask(proxied, path, headers={"X-Forwarded-Proto": "https"}).header("Strict-Transport-Security") == "max-age=31536000"
    assert ask(proxied, path, headers={"X-Forwarded-Proto": "https, http"}).header("Strict-Transport-Security") is None
