"""Behind a real nginx with the project's deploy/nginx.conf: TLS, a path prefix, two processes, sticky polling."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
import socketio

from skyspy.store import audit
from tests.support.browser_client import PASSWORD
from tests.wire.nginx import PREFIX, Browser, Nginx
from tests.wire.node import Told, node
from tests.wire.serving import Operator, Server, eventually

PROXY = {"SKYSPY_TRUSTED_PROXIES": "127.0.0.1"}
HERE, THERE = "127.0.1.1", "127.0.2.1"
"""Two clients. ip_hash looks at the first three numbers of an address, so it may send them to different processes."""

POLLING = f"{PREFIX}/socket.io/?EIO=4&transport=polling"
UPGRADE = {
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

CLIENT = """
import fs from 'node:fs';
import https from 'node:https';
import { io } from 'socket.io-client';
const [url, path, localAddress, ca, transports] = process.argv.slice(2);
const agent = new https.Agent({ localAddress, ca: fs.readFileSync(ca) });
const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
const socket = io(url, { path, agent, transports: transports.split(','), reconnection: false });
let deltas = 0;
socket.io.on('open', () => {
  say('open', { transport: socket.io.engine.transport.name });
  socket.io.engine.on('upgrade', (transport) => say('upgrade', { transport: transport.name }));
});
socket.on('connect', () => socket.emit('subscribe', { topics: ['aircraft'], delta: true }));
socket.on('connect_error', (error) => say('error', { message: error.message }));
socket.on('disconnect', (reason) => say('error', { message: reason }));
socket.on('aircraft:snapshot', (data) => say('snapshot', { count: data.count }));
socket.on('aircraft:delta', () => (deltas += 1) === 2 && say('moves'));
"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two processes on one database, behind a proxy on this machine."""
    folder = tmp_path_factory.mktemp("proxied")
    both = Server(folder, wait=False, **PROXY), Server(folder, wait=False, **PROXY)
    for server in both:
        server.wait()
    yield both
    for server in both:
        server.end()
    for server in both:
        server.stop()
        assert "Traceback" not in server.log()


@pytest.fixture(scope="module")
def operator(pair: tuple[Server, Server]) -> Iterator[Operator]:
    made = Operator(pair[0].folder)
    made.user("root")
    yield made
    made.close()


class Proxies:
    """Makes nginxes, and ends them after the test."""

    def __init__(self, folder: Path, pair: tuple[Server, Server]) -> None:
        self._folder = folder
        self._pair = pair
        self._made: list[Nginx] = []

    def __call__(self, changes: Mapping[str, str] | None = None, processes: int = 2) -> Nginx:
        folder = self._folder / f"nginx{len(self._made)}"
        folder.mkdir()
        self._made.append(Nginx(folder, self._pair[:processes], changes))
        return self._made[-1]

    def stop(self) -> None:
        for nginx in self._made:
            nginx.stop()
            assert nginx.errors() == ""


@pytest.fixture
def proxies(tmp_path: Path, pair: tuple[Server, Server]) -> Iterator[Proxies]:
    made = Proxies(tmp_path, pair)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, pair: tuple[Server, Server]) -> Iterator[Nginx]:
    """The file as it is."""
    made = Nginx(tmp_path_factory.mktemp("nginx"), pair)
    yield made
    made.stop()
    assert made.errors() == ""


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Any]:
    running: list[subprocess.Popen[str]] = []

    def run(nginx: Nginx, source: str, transports: str, prefix: str = PREFIX) -> Told:
        folder = tmp_path / f"client{len(running)}"
        folder.mkdir()
        made = node(folder, CLIENT, nginx.origin, f"{prefix}/socket.io", source, str(nginx.certificate), transports)
        running.append(made.process)
        return made

    yield run
    for process in running:
        process.kill()
        process.communicate()


# -- sockets


def test_polling_clients_that_upgrade_stay_at_their_process(nginx: Nginx, told: Any) -> None:
    clients = {source: told(nginx, source, "polling,websocket") for source in (HERE, THERE)}
    for client in clients.values():
        assert client.until("open")["transport"] == "polling"
        assert client.until("upgrade")["transport"] == "websocket"
        client.until("moves")
        assert "error" not in [line["what"] for line in client.lines]
        client.process.kill()
    for source in clients:
        assert eventually(lambda source=source: 101 in [row.status for row in nginx.served("/socket.io/", source)])
        assert {row.status for row in nginx.served("/socket.io/", source)} == {200, 101}
    here, there = (nginx.processes("/socket.io/", source) for source in clients)
    assert len(here) == len(there) == 1
    assert here != there, "both processes serve"


def test_a_client_that_only_polls_stays_at_its_process(nginx: Nginx, told: Any) -> None:
    for source in ("127.0.3.1", "127.0.4.1"):
        client = told(nginx, source, "polling")
        client.until("moves")
        client.process.kill()
        assert len(nginx.processes("/socket.io/", source)) == 1
    assert nginx.processes("/socket.io/", "127.0.3.1") != nginx.processes("/socket.io/", "127.0.4.1")


def test_the_python_client_upgrades_below_the_prefix(nginx: Nginx) -> None:
    session = requests.Session()
    # Not the certificates that this machine is told to use.
    session.trust_env, session.verify = False, str(nginx.certificate)
    client, seen = socketio.Client(http_session=session, reconnection=False), []
    client.on("aircraft:snapshot", lambda payload: seen.append(payload["count"]))
    client.connect(nginx.origin, socketio_path=f"{PREFIX}/socket.io", auth={})
    try:
        client.emit("subscribe", {"topics": ["aircraft"]})
        assert eventually(lambda: seen and client.transport() == "websocket")
    finally:
        client.disconnect()


def test_clients_of_websocket_alone_need_no_stickiness(proxies: Proxies, told: Any) -> None:
    turns = proxies({"    ip_hash;\n": ""})
    clients = [told(turns, HERE, "websocket") for _ in range(4)]
    for client in clients:
        client.until("moves")
        client.process.kill()
    assert eventually(lambda: len(turns.served("/socket.io/", HERE)) == 4)
    assert [row.status for row in turns.served("/socket.io/", HERE)] == [101] * 4
    assert len(turns.processes("/socket.io/", HERE)) == 2


def test_a_client_that_polls_is_lost_without_stickiness(proxies: Proxies) -> None:
    turns = proxies({"    ip_hash;\n": ""})
    sid = json.loads(turns.ask(POLLING).body[1:])["sid"]
    statuses = [turns.ask(f"{POLLING}&sid={sid}", body="40").status for _ in range(2)]
    assert sorted(statuses) == [200, 400], "the other process does not know the session"


def test_an_upgrade_without_connection_is_a_400(proxies: Proxies) -> None:
    wrong = proxies({"        proxy_set_header Connection $skyspy_connection;\n": ""})
    opened = wrong.ask(f"{PREFIX}/socket.io/?EIO=4&transport=websocket", headers=UPGRADE)
    assert (opened.status, opened.text) == (400, "not a WebSocket upgrade")
    sid = json.loads(wrong.ask(POLLING).body[1:])["sid"]
    assert wrong.ask(f"{POLLING}&sid={sid}".replace("polling", "websocket"), headers=UPGRADE).status == 400
    # The session is untouched, and goes on by polling.
    assert wrong.ask(f"{POLLING}&sid={sid}", body="40").status == 200
    assert wrong.ask(f"{POLLING}&sid={sid}").text.startswith('40{"sid"')


def test_a_page_of_another_origin_opens_no_socket(nginx: Nginx) -> None:
    assert nginx.ask(POLLING, headers={"Origin": nginx.origin}).status == 200
    assert nginx.ask(POLLING, headers={"Origin": "https://evil.example"}).status == 403


# -- pages

ADDRESS = re.compile(r'(?:href|src|action|formaction|data-part|data-renew|data-socketio-path)="([^"#]+)')


def links(answer_text: str) -> set[str]:
    """The addresses in a page."""
    return {unescape(found) for found in ADDRESS.findall(answer_text)}


def walk(browser: Browser, *first: str) -> set[str]:
    """Follow every link from these paths on, as far as GET goes; the addresses seen. Fails at one outside the prefix."""
    seen: set[str] = set()
    waiting = [browser.prefix + path for path in first]
    while waiting:
        address = waiting.pop().partition("#")[0]
        # A list's filters and pages: one of each kind is enough.
        if address in seen or ("?" in address and address.partition("?")[0] in seen):
            continue
        seen.add(address)
        assert address.startswith(browser.prefix + "/"), f"{address} leads out of the prefix"
        answer = browser.get(address.removeprefix(browser.prefix))
        # 405: the address of a form.
        assert answer.status in (200, 303, 405), f"{address}: {answer.status}"
        found = {answer.header("Location") or ""} if answer.status == 303 else links(browser.page(answer))
        waiting += [one for one in sorted(found) if one and not one.endswith("/socket.io")]
    return seen


def test_every_link_of_every_page_works_below_the_prefix(nginx: Nginx, operator: Operator, told: Any) -> None:
    operator.key("root")
    told(nginx, HERE, "websocket").until("moves")
    browser = Browser(nginx)
    assert browser.sign_in("root").header("Location") == f"{PREFIX}/admin/"
    seen = walk(browser, "/", "/admin/")
    pages = ("/api/docs/", "/api/openapi.json", "/data/aircraft.json", "/admin/users/1/", "/admin/keys/1/", "/admin/roles/role/admin/",
             "/admin/live/", "/admin/feeds/", "/admin/access/", "/admin/health/", "/admin/audit/log.csv", "/admin/dashboard/parts/")  # fmt: skip
    assert {PREFIX + page for page in pages} - seen == set()
    assert any(address.startswith(f"{PREFIX}/admin/live/one/") for address in seen)
    assert any(re.fullmatch(rf"{PREFIX}/assets/[0-9a-f]+/js/main\.js", address) for address in seen)


def test_a_sign_in_leads_back_and_the_cookie_is_named_after_the_prefix(nginx: Nginx, operator: Operator) -> None:
    browser = Browser(nginx)
    door = browser.get("/admin/users/").header("Location")
    assert door == f"{PREFIX}/admin/sign-in/?next=%2Fadmin%2Fusers%2F"
    path = door.removeprefix(PREFIX)
    browser.get(path)
    answer = browser.post(path, {"name": "root", "password": PASSWORD}, Origin=nginx.origin)
    assert (answer.status, answer.header("Location")) == (303, f"{PREFIX}/admin/users/")
    assert browser.get("/admin/users/").status == 200
    for line in browser.set_cookies:
        assert re.match(r"__Host-skyspy_(panel|device)_[0-9a-f]{8}=", line)
        attributes = {attribute for attribute in line.split("; ")[1:] if not attribute.startswith(("Expires=", "Max-Age="))}
        assert attributes == {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"}
    browser.get("/admin/users/")
    assert browser.post("/admin/sign-out/", Origin=nginx.origin).header("Location") == f"{PREFIX}/admin/sign-in/"
    assert not browser.is_in()


def test_a_one_time_link_is_below_the_prefix_and_in_no_log(nginx: Nginx, pair: tuple[Server, Server], operator: Operator) -> None:
    browser = Browser(nginx)
    browser.sign_in("root")
    browser.get("/admin/users/new/")
    made = browser.post("/admin/users/new/", {"name": "newcomer", "role": "viewer", "way": "link"}).text
    link = re.search(rf"{nginx.origin}{PREFIX}(/admin/invite/[^\s<]+)", made)
    assert link is not None
    newcomer = Browser(nginx)
    assert newcomer.get(link[1]).status == 200
    answer = newcomer.post(link[1], {"password": PASSWORD, "again": PASSWORD})
    assert (answer.status, (answer.header("Location") or "")[: len(PREFIX)]) == (303, PREFIX)
    newcomer.sign_in("newcomer")
    assert newcomer.is_in()
    assert link[1] not in nginx.log_file.read_text() + nginx.errors() + pair[0].log() + pair[1].log()
    assert nginx.served("/admin/profile/"), "other pages are logged"


def test_the_api_names_its_place_and_its_errors_do(nginx: Nginx) -> None:
    assert nginx.ask(f"{PREFIX}/api/openapi.json").json()["servers"] == [{"url": PREFIX}]
    assert f"; {PREFIX}/api/docs/ lists" in nginx.ask(f"{PREFIX}/api/nowhere").json()["error"]["message"]
    assert nginx.ask(f"{PREFIX}/v2/all").status == 200


def test_a_body_that_is_too_large_is_refused_by_skyspy_itself(nginx: Nginx) -> None:
    answer = nginx.ask(f"{PREFIX}/api/auth/token/", body="x" * 70_000, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.json()["error"]["code"]) == (413, "too_large")


def test_limits_and_the_audit_log_see_the_clients_address(nginx: Nginx, operator: Operator) -> None:
    body = json.dumps({"username": "nobody", "password": "x"})
    sent = {"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Prefix": "/evil"}
    for source in (HERE, THERE):
        assert nginx.ask(f"{PREFIX}/api/auth/token/", body=body, headers=sent, source=source).status == 401
        assert operator.store.read(audit.page, 1, action="login.failed")[0].address == source
    assert "/evil" not in nginx.ask(f"{PREFIX}/", headers=sent).text, "nginx replaces what the client says"


def test_without_tls_a_client_is_sent_to_tls(nginx: Nginx) -> None:
    answer = requests.get(f"http://127.0.0.1:{nginx.plain_port}{PREFIX}/?a=b", timeout=30, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://127.0.0.1{PREFIX}/?a=b")


# -- other ways to set it up


def test_a_proxy_that_leaves_the_prefix_on_the_path_serves_the_same(proxies: Proxies, operator: Operator, told: Any) -> None:
    whole = proxies({"proxy_pass http://skyspy/;": "proxy_pass http://skyspy;"})
    browser = Browser(whole)
    assert browser.sign_in("root").header("Location") == f"{PREFIX}/admin/"
    assert all(browser.get(path).status == 200 for path in ("/", "/admin/users/", "/api/docs/", "/data/aircraft.json"))
    (script,) = (one for one in links(browser.get("/").text) if one.endswith("main.js"))
    assert browser.get(script.removeprefix(PREFIX)).status == 200
    told(whole, HERE, "polling,websocket").until("upgrade")


def test_at_the_root_nothing_has_a_prefix(proxies: Proxies, operator: Operator, told: Any) -> None:
    root = proxies(
        {"location /skyspy/ {": "location / {", "X-Forwarded-Prefix /skyspy;": 'X-Forwarded-Prefix "";'},
    )
    browser = Browser(root, prefix="")
    assert browser.sign_in("root").header("Location") == "/admin/"
    assert set(browser.cookies) == {"__Host-skyspy_panel", "__Host-skyspy_device"}, "browsers that are signed in stay so"
    assert PREFIX + "/" not in browser.get("/").text
    told(root, HERE, "polling,websocket", "").until("upgrade")


def test_s27_a_prefix_that_no_trusted_proxy_says_is_ignored_and_logged_sparingly(pair: tuple[Server, Server]) -> None:
    server = pair[0]
    session = requests.Session()
    for said in ("//evil.example", "/..", "evil", "/a b"):
        page = session.get(f"{server.url}/", headers={"X-Forwarded-Prefix": said}, timeout=30).text
        assert 'data-root=""' in page, said
    for _ in range(40):
        session.get(f"{server.url}/healthz", headers={"X-Forwarded-Prefix": "/a//b"}, timeout=30)
    lines = [line for line in server.log().splitlines() if "X-Forwarded-Prefix" in line]
    assert 1 <= len(lines) < 20 and "such as /skyspy" in lines[0]
