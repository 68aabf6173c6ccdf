"""S18, S20 and S21: untrusted text is escaped, forges no line of the log, and no secret is stored where it can be read
again. One server with full logging, whose receiver is hostile."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import socket
from collections.abc import Iterator
from html import escape
from urllib.parse import quote

import pytest

from tests.browser.receiver import Receiver, aircraft
from tests.security.asking import Answer, Browser, ask
from tests.security.conftest import operating
from tests.security.crawl import panel, signed_in, things
from tests.service.test_pages import Reader
from tests.support.browser_client import AGENT
from tests.wire.raw import Gone, Ws
from tests.wire.serving import PASSWORD, Operator, Server, eventually, mistyped

IMAGE = "<img src=x onerror=alert(1)>"
SVG = "\"'><svg onload=alert(1)>"
FORGED = "a\n2026-01-01 00:00:00,000 INFO skyspy: admin ok\x1b[2J\u2028b"
FEED_PASSWORD = "canary-of-a-feed"
TYPED = "canary that was typed as a password"
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR|CRITICAL) skyspy[\w.]*: \S|\[\d{4}-|    \S")
"""How a line of the log begins: ours, gunicorn's, or a traceback's own indented one."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver([aircraft(1, flight=IMAGE[:8], r=IMAGE, desc=SVG, ownOp=f"</script>{IMAGE}", t="<b>"), aircraft(2)])
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    feed = receiver.url.replace("http://", f"http://op:{FEED_PASSWORD}@")
    made = Server(tmp_path_factory.mktemp("talkative"), SKYSPY_LOG_LEVEL="DEBUG", SKYSPY_FEEDS=feed)
    yield made
    made.stop()
    assert "Traceback" not in made.log()
    assert FEED_PASSWORD not in made.log()


@pytest.fixture(scope="module")
def operator(server: Server) -> Iterator[Operator]:
    with operating(server, "root") as made:
        yield made


# -- S18 ---------------------------------------------------------------------------------------------


def test_s18_markup_from_anywhere_is_text_on_every_page_of_the_panel(server: Server, operator: Operator) -> None:
    browser = signed_in(server, operator)
    found = things(server, operator, "crawled-s18")
    boss = operator.key("root")
    ask(server, "/api/auth/token/", send={"username": IMAGE, "password": "x"})
    Browser(server).sign_in(SVG)
    assert ask(server, "/api/auth/keys/", send={"kind": "live", "name": SVG}, token=operator.jwt("root")).status == 201
    assert ask(server, "/api/admin/roles/", send={"name": "hostile", "says": IMAGE, "permissions": []}, token=boss).status == 201
    assert (
        ask(server, "/api/admin/keys/", send={"user_id": operator.user("root"), "kind": "live", "name": IMAGE}, token=boss).status
        == 201
    )
    odd = Ws(server, User_Agent=f"{IMAGE}/1.0 {SVG}")
    odd.join("/acars")
    shown, hostile = set(), []
    for route, pattern in panel("GET"):
        for query in ("", f"?q={quote(IMAGE)}&search={quote(SVG)}&actor={quote(IMAGE)}&name={quote(SVG)}&like={quote(SVG)}"):
            answer = browser.get(found.path(pattern) + query)
            assert answer.status < 500
            if "text/html" not in (answer.header("Content-Type") or ""):
                continue
            reader = Reader()
            reader.feed(answer.text)
            hostile += [(route.endpoint, query, what) for what in reader.inline]
            hostile += [(route.endpoint, query, where) for where in reader.loads if not where.startswith("/assets/")]
            assert IMAGE not in answer.text and "<svg onload" not in answer.text, route.endpoint
            shown |= {
                text
                for text in (IMAGE, SVG)
                if escape(text) in answer.text
                or escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in answer.text
            }
    assert hostile == []
    assert shown == {IMAGE, SVG}, "it is shown, and as what it is"
    odd.close()
    found.client.close()


def test_s18_what_an_aircraft_says_leaves_as_json_and_as_nothing_that_a_browser_runs(server: Server) -> None:
    path = "/api/aircraft/4B0001/"
    assert eventually(lambda: ask(server, path).status == 200)
    assert eventually(lambda: ask(server, path).json().get("r") is not None)
    for where in (path, "/api/aircraft/", "/data/aircraft.json", "/v2/all", "/api/stats/", "/api/aircraft/%3Cimg%20src=x%3E/"):
        answer = ask(server, where, headers={"Accept": "text/html"})
        assert (answer.header("Content-Type") or "").startswith("application/json"), where
        assert answer.header("X-Content-Type-Options") == "nosniff"
    page = ask(server, "/").text
    assert "onerror" not in page and "4B0001" not in page, "the page brings no data with it"


def test_s18_no_cell_of_the_exported_log_is_a_formula(server: Server, operator: Operator) -> None:
    for name in ("=1+1", "@SUM(A1)", "+1", "-1", "\t=1", "=cmd|'/C calc'!A0"):
        ask(server, "/api/auth/token/", send={"username": name, "password": "x"})
        ask(server, "/api/admin/users/", send={"name": name, "role": "viewer", "password": PASSWORD}, token=operator.key("root"))
        Browser(server).sign_in(name)
    answer = signed_in(server, operator).get("/admin/audit/log.csv")
    assert "attachment" in (answer.header("Content-Disposition") or "")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert len(rows) > 10
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert any("=1+1" in cell or "+1" in cell for row in rows for cell in row)


# -- S21 ---------------------------------------------------------------------------------------------


def test_s21_nothing_that_a_stranger_sends_forges_a_line(server: Server, operator: Operator) -> None:
    in_path = quote(FORGED)
    ask(server, "/api/auth/token/", send={"username": FORGED, "password": FORGED})
    Browser(server).sign_in(FORGED)
    for path in (f"/{in_path}", f"/api/aircraft/{in_path}/?token=x", f"/admin/{in_path}/", f"/admin/sign-in/?next={in_path}"):
        ask(server, path, headers={"User-Agent": "a\x9b2J", "Referer": "b\x9b2J", "Origin": "https://c\x9b2J"})
    for control, status in (("\x1b", 400), ("\x9b", 403)):
        with Ws(server, Origin=f"https://evil{control}[2J.example") as client:
            assert client.status == status
    with Ws(server, f"EIO=4&transport=websocket&token={in_path}", User_Agent="x\x9b2J") as client:
        client.join("/" + FORGED.replace(",", ""), {"token": FORGED})
        client.join("/", {"token": FORGED})
        client.tell(FORGED, {"a": FORGED})
        client.tell("subscribe", {"topics": [FORGED]})
        client.tell("request", {"type": FORGED, "request_id": FORGED})
        client.until("error")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(b"GET /\x1b[2J\r2026-01-01 00:00:00,000 INFO skyspy: admin ok HTTP/1.1\r\nHost: \x1b[2J\r\n\r\n")
        line.recv(1000)
    lines = [line for line in server.log().split("\n") if line]
    assert [line for line in lines if not LINE.match(line)] == []
    assert [line for line in lines if not line.isprintable()] == []
    for row in ask(server, "/api/admin/audit/?limit=200", token=operator.key("root")).json()["entries"]:
        assert all(str(row[name]).isprintable() for name in ("actor", "object", "action", "address")), row


# -- S20 ---------------------------------------------------------------------------------------------


def test_s20_no_secret_is_in_the_log_in_an_error_or_in_anything_that_is_read_later(server: Server, operator: Operator) -> None:
    seen: list[Answer] = []

    def sent(path: str, **how: object) -> Answer:
        answer = ask(server, path, **how)  # type: ignore[arg-type]
        seen.append(answer)
        return answer

    grant = ask(server, "/api/auth/token/", send={"username": "root", "password": PASSWORD}).json()
    root, access = signed_in(server, operator), grant["access"]
    key = ask(server, "/api/auth/keys/", send={"kind": "live", "name": "canary"}, token=access).json()
    turned = ask(server, f"/api/auth/keys/{key['details']['id']}/rotate/", send={"overlap": 60}, token=access).json()["key"]
    made = ask(server, "/api/admin/users/", send={"name": "invited", "role": "viewer"}, token=access).json()
    secrets = {
        "password": PASSWORD,
        "typed": TYPED,
        "feed": FEED_PASSWORD,
        "access": access,
        "refresh": grant["refresh"],
        "key": key["key"],
        "rotated": turned,
        "mistyped": mistyped(turned),
        "invitation": made["invitation"],
        "cookie": root.cookies["skyspy_panel"],
        "form token": root.token,
        "server": (server.folder / "instance" / "secret_key").read_text().strip(),
        "signature": access.rpartition(".")[2],
        "tail": turned[-20:],
    }

    # Right and wrong, in every place of a credential.
    for name in ("root", "nobody", TYPED):
        sent("/api/auth/token/", send={"username": name, "password": TYPED})
        sent(
            "/api/auth/token/",
            body=f'{{"username": "{name}", "password": "{TYPED}"',
            headers={"Content-Type": "application/json"},
        )
        sent("/api/auth/token/", form={"username": name, "password": TYPED})
        sent("/api/auth/token/", send={"username": name, "password": TYPED, "more": TYPED})
    for text in (access, turned, secrets["mistyped"], grant["refresh"], made["invitation"], access[:-3], TYPED):
        word = quote(text)
        for path in ("/api/auth/me/", "/api/admin/nothing/", "/api/aircraft/nothing/"):
            sent(f"{path}?token={word}&api_key={word}&x={word}")
            sent(path, headers={"X-API-Key": text[:-1]})
            sent(path, token=text + "x")
            sent(path, headers={"Authorization": f"Token {text}"})
        sent("/api/auth/token/refresh/", send={"refresh": text + "x"})
        sent("/api/auth/token/revoke/", send={"token": text + "x"})
        sent(f"/socket.io/?EIO=4&transport=polling&token={word}", headers={"Referer": f"{server.url}/?token={word}"})
        sent(f"/socket.io/?EIO=3&transport=polling&token={word}")
        with Ws(server, f"EIO=4&transport=websocket&token={word}") as client:
            client.join("/", {"token": text + "x"})
            for event in ("authenticate", "subscribe", "request", "nonsense"):
                client.tell(event, {"token": text + "x", "topics": {text: 1}, "type": {"t": text}})
            client.send('42["authenticate",{"token":"' + text)
            with contextlib.suppress(Gone, TimeoutError):
                client.ended(0.3)
            assert not [secret for secret in secrets.values() if secret in str(client.inbox)]
    for path in (
        f"/admin/invite/{made['invitation']}x/",
        f"/admin/reset/{made['invitation']}/",
        f"/admin/nothing/?x={quote(TYPED)}",
    ):
        seen.append(Browser(server).get(path))
    stranger = Browser(server)
    seen.append(stranger.sign_in("root", TYPED))
    stranger.sign_in(TYPED, TYPED)
    seen.append(root.post("/admin/profile/password/", {"current": TYPED, "password": TYPED, "again": TYPED + "x"}))
    # Two forms keep what was typed for whoever typed it, the name and the address of a receiver: only what comes later counts.
    root.post("/admin/feeds/try/", {"url": f"http://op:{FEED_PASSWORD}@127.0.0.1:1/data/aircraft.json"})
    root.post("/admin/feeds/add/", {"url": f"beast://op:{FEED_PASSWORD}@127.0.0.1:2"})
    sent("/api/admin/feeds/", send={"url": f"beast://op:{FEED_PASSWORD}@127.0.0.1:1"}, token=access)
    sent("/api/admin/feeds/", send={"url": f"gopher://op:{FEED_PASSWORD}@127.0.0.1:1"}, token=access)
    sent("/api/admin/feeds/check/", send={"url": f"http://op:{FEED_PASSWORD}@127.0.0.1:1/x"}, token=access)

    # What is looked at afterwards.
    for path in ("/api/feeds/", "/api/admin/feeds/", "/api/admin/keys/", "/api/auth/keys/", "/api/auth/me/", "/api/admin/users/",
        "/api/admin/live/", "/api/admin/settings/", "/api/admin/audit/?limit=500", "/readyz", "/healthz", "/metrics", "/"):  # fmt: skip
        sent(path, token=access)
    look = signed_in(server, operator)
    pages = [look.get(path) for path in ("/admin/", "/admin/audit/", "/admin/audit/log.csv", "/admin/live/", "/admin/keys/?whose=all",
        "/admin/feeds/", "/admin/health/", "/admin/profile/", f"/admin/keys/{key['details']['id']}/")]  # fmt: skip
    hits = {name for name, secret in secrets.items() for answer in (*seen, *pages) if secret in answer.text}
    # The page a form is in holds the token of its very session.
    assert hits - {"form token"} == set()
    log = server.log()
    assert len(log) > 1000
    assert {name for name, secret in secrets.items() if secret in log or quote(secret) in log} == set()
    assert AGENT not in log, "nor what browsers say of themselves"
