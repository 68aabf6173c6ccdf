"""S19, S20 and S29 for destinations of alerts: a real server sends tests to real peers, reaches nothing inside for who may not, and tells no secret."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from skyspy import wirejson
from skyspy.notify.apprise_child import INSTALL, is_installed
from tests.security.asking import ask
from tests.security.conftest import operating
from tests.support.notify import Broker, Listener
from tests.wire.serving import Operator, Server, eventually

CANARY = "canary-77ab41"
ADDRESSES = {"ann": "127.0.0.2", "bob": "127.0.0.3", "cyd": "127.0.0.4"}
PATH = "/api/alerts/destinations/"


@dataclass(frozen=True, slots=True)
class Site:
    """A server with full logging; ann and cyd are administrators, who may send to this machine, and bob an operator, who may not."""

    server: Server
    operator: Operator

    def send(self, name: str, path: str, body: object = None) -> tuple[int, Any]:
        # Each user has an address: of one address the API makes one test at a time.
        source = ADDRESSES[name]
        token = self.operator.key(name)
        answer = ask(self.server, path, method="GET" if body is None else "POST", send=body, token=token, source=source)
        return answer.status, wirejson.loads(answer.body) if answer.body else None

    def test(self, name: str, document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Make a destination and test it: what was made, and what became of the test."""
        status, made = self.send(name, PATH, {"name": "mine", **document})
        assert status == 201, made
        status, result = self.send(name, f"{PATH}{made['id']}/test/", {})
        assert status == 200, result
        return made, result


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = Server(tmp_path_factory.mktemp("destinations"), SKYSPY_LOG_LEVEL="DEBUG")
    with operating(server) as operator:
        operator.user("ann", "admin")
        operator.user("bob", "operator")
        operator.user("cyd", "admin")
        yield Site(server, operator)
    server.stop()
    assert CANARY not in server.log()
    assert "Traceback" not in server.log()


class Peer:
    """An HTTP server on threads. It answers POST with `status`, and a Location where one is set; `held`: not before it is set."""

    def __init__(self) -> None:
        self.status, self.location = 200, ""
        self.held: threading.Event | None = None
        self.got: list[tuple[dict[str, str], bytes]] = []
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                peer.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                if peer.held is not None:
                    peer.held.wait(60)
                self.send_response(peer.status)
                if peer.location:
                    self.send_header("Location", peer.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is written."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


def hooked(peer: Peer) -> dict[str, Any]:
    return {"kind": "webhook", "url": f"http://127.0.0.1:{peer.port}/{CANARY}?key={CANARY}"}


def test_a_webhook_of_a_real_server_is_verified_by_another_implementation_and_its_secret_is_shown_once(
    site: Site, peer: Peer
) -> None:
    made, result = site.test("ann", hooked(peer))
    assert (result["ok"], result["status"]) == (True, 200)
    [(headers, body)] = peer.got
    assert Webhook(made["secret"]).verify(body, headers)["type"] == "alert.test"
    shown = [site.send("ann", path)[1] for path in (PATH, f"{PATH}{made['id']}/", "/api/admin/audit/?limit=200")]
    assert CANARY not in str(shown) and made["secret"] not in str(shown)
    assert made["secret"] not in site.server.log()


def test_an_mqtt_broker_gets_a_test_of_a_real_server(site: Site, tmp_path: Path) -> None:
    broker = Broker(tmp_path, "allow_anonymous true")
    heard = Listener(broker, "#", tmp_path)
    document = {"kind": "mqtt", "host": "127.0.0.1", "port": broker.port, "tls": False, "username": "sky", "password": CANARY}
    assert site.test("ann", document)[1]["ok"]
    assert eventually(lambda: heard.messages)
    heard.close()
    broker.stop()


def test_the_process_for_apprise_works_under_the_real_worker(site: Site, peer: Peer) -> None:
    document = {"kind": "apprise", "url": f"json://127.0.0.1:{peer.port}/{CANARY}"}
    result = site.test("ann", document)[1]
    if not is_installed():
        assert result["reason"] == INSTALL
        return
    assert result["ok"] and wirejson.loads(peer.got[0][1])["title"] == "SkySpy test"
    peer.status = 500
    assert site.test("ann", document)[1]["reason"] == "the service answered 500"


def test_s19_who_may_not_manage_settings_saves_no_destination_inside(site: Site, peer: Peer) -> None:
    hosts = ("127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "017700000001", "0", "127.1", "[::ffff:127.0.0.1]", "169.254.169.254",
        "10.0.0.1", "192.168.1.1", "100.64.0.1", "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "0.0.0.0")  # fmt: skip
    for host in hosts:
        for document in (
            {"kind": "webhook", "url": f"http://{host}:{peer.port}/"},
            {"kind": "mqtt", "host": host, "port": peer.port, "tls": False},
        ):
            status, answer = site.send("bob", PATH, {"name": "x", **document})
            assert status == 400, (host, answer)
    for url in (f"json://127.0.0.1:{peer.port}/", "syslog://", "file:///etc/passwd"):
        assert site.send("bob", PATH, {"name": "x", "kind": "apprise", "url": url})[0] == 400
    assert peer.got == []


def test_s19_what_only_a_name_server_or_apprise_can_tell_is_refused_when_it_is_sent(site: Site, peer: Peer) -> None:
    documents: list[dict[str, Any]] = [
        {"kind": "webhook", "url": f"http://{socket.gethostname()}:{peer.port}/"},
        {"kind": "mqtt", "host": socket.gethostname(), "port": peer.port, "tls": False},
    ]
    if is_installed():
        documents += [{"kind": "apprise", "url": f"ntfy://127.0.0.1:{peer.port}/topic"}]
    for document in documents:
        result = site.test("bob", document)[1]
        assert not result["ok"], document
        assert "only who may manage settings" in result["reason"] or "no alert is sent there" in result["reason"], result
    assert peer.got == []


def test_s19_a_redirect_of_a_peer_leads_nowhere(site: Site, peer: Peer) -> None:
    inner = Peer()
    peer.status, peer.location = 307, f"http://127.0.0.1:{inner.port}/{CANARY}"
    result = site.test("ann", hooked(peer))[1]
    assert (result["ok"], result["status"]) == (False, 307)
    if is_installed():
        assert not site.test("ann", {"kind": "apprise", "url": f"json://127.0.0.1:{peer.port}/?redirect=yes"})[1]["ok"]
    assert inner.got == []
    inner.close()


def test_s29_while_a_destination_is_silent_the_server_answers_and_sends_for_others(site: Site, peer: Peer) -> None:
    stuck = Peer()
    stuck.held = threading.Event()
    made = site.send("ann", PATH, {"name": "stuck", **hooked(stuck)})[1]
    waiting = threading.Thread(target=site.send, args=("ann", f"{PATH}{made['id']}/test/", {}), daemon=True)
    waiting.start()
    assert eventually(lambda: stuck.got)
    assert ask(site.server, "/healthz").status == 200
    assert site.test("cyd", hooked(peer))[1]["ok"]
    assert waiting.is_alive()
    stuck.held.set()
    waiting.join(30)
    stuck.close()


def test_s20_no_secret_of_a_destination_is_in_the_database_in_clear(site: Site, peer: Peer) -> None:
    made, _ = site.test("ann", hooked(peer))
    files = [path.read_bytes() for path in (site.server.folder / "instance").glob("*.db*")]
    assert files
    assert not any(CANARY.encode() in text or made["secret"].removeprefix("whsec_").encode() in text for text in files)
