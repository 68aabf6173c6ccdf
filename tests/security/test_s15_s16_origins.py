"""S15 and S16: another site's page opens no connection and reads no answer, and the panel's cookie authenticates nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.security.asking import Browser, ask
from tests.security.crawl import signed_in
from tests.support.browser_client import AGENT
from tests.wire.raw import Poll, Ws
from tests.wire.serving import Operator, Server

EVIL = {
    "elsewhere": "https://evil.example",
    "null": "null",
    "a longer host": "http://127.0.0.1.evil.example",
    "our host as a user": "http://127.0.0.1@evil.example",
    "another port": "http://127.0.0.1:1",
    "no port": "http://127.0.0.1",
    "another scheme": "https://127.0.0.1:{port}",
    "another name of this machine": "http://localhost:{port}",
    "two at once": "http://127.0.0.1:{port} https://evil.example",
    "a path behind": "http://127.0.0.1:{port}/evil",
    "a file": "file://",
}
ENGINE = "/socket.io/?EIO=4&transport=polling"
PATHS = ("/", "/admin/", "/admin/sign-in/", "/api/aircraft/", "/api/auth/token/", "/api/nothing", "/api/openapi.json",
    "/data/aircraft.json", "/v2/all", "/healthz", "/readyz", "/favicon.ico", ENGINE)  # fmt: skip


@pytest.fixture
def cookie(server: Server, operator: Operator) -> str:
    """The Cookie header of a browser that is signed in to the panel as an administrator."""
    return "; ".join(f"{name}={value}" for name, value in signed_in(server, operator).cookies.items())


@pytest.fixture(autouse=True)
def as_found(operator: Operator) -> Iterator[None]:
    yield
    if operator.settings.current.AUTH_MODE != "hybrid" or operator.settings.current.CORS_ORIGINS:
        operator.choose(AUTH_MODE="hybrid", CORS_ORIGINS=[])


@pytest.mark.parametrize("what", EVIL)
def test_s15_another_sites_page_opens_nothing_with_an_administrators_cookie(server: Server, cookie: str, what: str) -> None:
    origin = EVIL[what].format(port=server.port)
    with Ws(server, Origin=origin, Cookie=cookie, User_Agent=AGENT) as client:
        assert client.status == 403
    answer = ask(server, ENGINE, headers={"Origin": origin, "Cookie": cookie, "User-Agent": AGENT})
    assert (answer.status, "sid" in answer.text) == (403, False)
    # Nor with a session that somebody else opened.
    sid = Poll(server).sid
    for method, body in (("GET", None), ("POST", "40")):
        answer = ask(server, f"{ENGINE}&sid={sid}", method=method, body=body, headers={"Origin": origin})
        assert (answer.status, answer.header("Access-Control-Allow-Origin")) == (403, None)
    with Ws(server, f"EIO=4&transport=websocket&sid={sid}", Origin=origin) as client:
        assert client.status == 403


def test_s15_an_empty_origin_is_no_browsers_and_gets_what_a_program_gets(server: Server, cookie: str) -> None:
    with Ws(server, Origin="", Cookie=cookie, User_Agent=AGENT) as client:
        assert client.join()[0] == "connect"
        client.tell("subscribe", {"topics": ["alerts"]})
        assert client.until("subscribed")["denied"] == ["alerts"]
    # No browser sends it; the panel, which is for browsers, refuses it.
    browser = Browser(server)
    browser.get("/admin/sign-in/")
    assert browser.post("/admin/sign-in/", {"name": "ann", "password": "x"}, Origin="").status == 400


def test_s15_the_panels_cookie_is_no_identity_at_any_socket(server: Server, operator: Operator, cookie: str) -> None:
    with Ws(server, Origin=server.url, Cookie=cookie, User_Agent=AGENT) as client:
        assert client.join()[0] == "connect"
        client.tell("subscribe", {"topics": ["alerts"]})
        assert client.until("subscribed")["denied"] == ["alerts"]
        assert client.join("/audio")[1]["data"]["code"] == "permission_denied"
    operator.choose(AUTH_MODE="private")
    for namespace in ("/", "/audio", "/acars", "/cannonball"):
        with Ws(server, Origin=server.url, Cookie=cookie, User_Agent=AGENT) as client:
            assert client.join(namespace)[1]["data"]["code"] == "token_missing"


def test_s15_the_panels_cookie_is_no_identity_at_the_api(server: Server, operator: Operator, cookie: str) -> None:
    sent = {"Cookie": cookie, "User-Agent": AGENT}
    for path in ("/api/auth/me/", "/api/auth/keys/", "/api/admin/users/", "/api/admin/audit/"):
        answer = ask(server, path, headers=sent)
        assert (answer.status, answer.json()["error"]["code"]) == (401, "token_missing")
    assert ask(server, "/api/admin/users/", send={"name": "sent", "role": "admin"}, headers=sent).status == 401
    operator.choose(AUTH_MODE="private")
    assert ask(server, "/api/aircraft/", headers=sent).status == 401


def test_s15_the_form_token_alone_opens_no_connection_for_the_page(server: Server, operator: Operator, cookie: str) -> None:
    # The page's own live connection asks for a token of its own, and that needs cookie and form token together.
    browser = signed_in(server, operator)
    assert Browser(server).post("/admin/token/", token=browser.token).status == 400
    assert browser.post("/admin/token/", token="").status == 400
    assert browser.post("/admin/token/", Origin="https://evil.example").status == 400
    token = browser.post("/admin/token/", Origin=server.url).json()["token"]
    with Ws(server, Origin=server.url) as client:
        assert client.join("/audio", {"token": token})[0] == "connect"


@pytest.mark.parametrize("path", PATHS)
def test_s16_no_answer_may_be_read_by_another_sites_page(server: Server, cookie: str, path: str) -> None:
    for origin in ("https://evil.example", "null", f"http://127.0.0.1.evil.example:{server.port}"):
        asks = {"Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "authorization"}
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            answer = ask(server, path, method=method, headers={"Origin": origin, "Cookie": cookie, "User-Agent": AGENT, **asks})
            found = {name.lower() for name, _ in answer.headers if name.lower().startswith("access-control-")}
            assert "access-control-allow-origin" not in found, (method, origin, answer.status)
            assert "access-control-allow-credentials" not in found, (method, origin)


def test_s16_a_named_origin_reads_the_api_without_cookies_and_the_panel_not_at_all(server: Server, operator: Operator) -> None:
    operator.choose(CORS_ORIGINS=["https://map.example"])
    for origin, told in (("https://map.example", "https://map.example"), ("https://map.example.evil.example", None)):
        answer = ask(server, "/api/aircraft/", headers={"Origin": origin})
        assert answer.header("Access-Control-Allow-Origin") == told
        assert answer.header("Access-Control-Allow-Credentials") is None
        assert "Origin" in (answer.header("Vary") or "")
    for path in ("/admin/sign-in/", "/admin/", "/"):
        assert ask(server, path, headers={"Origin": "https://map.example"}).header("Access-Control-Allow-Origin") is None
