"""The documented client code, run unchanged except for URL and token, and the behavior of its libraries."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import socketio

from skyspy.store import keys
from tests.conftest import ROOT, missing
from tests.support.databases import change
from tests.wire.node import Told, node
from tests.wire.serving import OPERATOR, Operator, Server, eventually

SEED = ROOT.parent / "shared" / "seed"
INDENTS = (
    *(0, 0, 0, 0),  # imports, logging, logger
    *(0, 1, 2, 3, 3, 3, 2, 2, 2, 2),  # class, __init__
    *(1, 2, 2, 3, 3, 2, 2, 3, 2, 2, 3, 2, 2, 3),  # the listeners
    *(1, 2, 3, 3, 3, 3, 2),  # connect
    *(1, 2, 1, 2, 1, 2),  # subscribe, disconnect, wait
    *(0, 0, 0, 0),  # usage
)
"""The indentation of the Python client's lines, which is missing in the document."""


def document() -> str:
    found = sorted(SEED.glob("000_*.txt")) if SEED.is_dir() else []
    if not found:
        missing("the connection document in shared/seed")
    return found[0].read_text(encoding="utf-8")


def pointed_at(text: str, url: str, token: str) -> str:
    """The client with its URL and token replaced; fails if they are not where expected."""
    assert text.count("https://skyspy.example.com") == 1
    assert text.count("your_token") == 1
    return text.replace("https://skyspy.example.com", url).replace("your_token", token)


def javascript() -> str:
    text = document()
    text = text[text.index("import { io } from 'socket.io-client';") :]
    end = "const client = new SkySpy('https://skyspy.example.com', 'your_token');"
    return text[: text.index(end) + len(end)] + "\n"


def python() -> str:
    text = document()
    end = "const client = new SkySpy('https://skyspy.example.com', 'your_token');"
    text = text[text.index(end) + len(end) :]
    lines = text[: text.index("Next Steps")].strip().split("\n")
    assert len(lines) == len(INDENTS)
    return "\n".join("    " * indent + line for indent, line in zip(INDENTS, lines, strict=True)) + "\n"


REPORT = """
const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
client.socket.on('connect', () => say('connect', { transport: client.socket.io.engine.transport.name }));
client.socket.on('aircraft:snapshot', (data) => say('snapshot', { count: data.count, keys: Object.keys(data) }));
client.socket.on('subscribed', (data) => say('subscribed', data));
client.socket.on('aircraft:update', (data) => say('update', { whole: Array.isArray(data) && data.every((a) => a.hex) }));
client.socket.on('error', (data) => say('error', data));
client.socket.on('connect_error', (error) => say('connect_error', { message: error.message, data: error.data, active: client.socket.active }));
client.socket.on('disconnect', (reason) => {
  say('disconnect', { reason, active: client.socket.active });
  setTimeout(() => process.exit(0), 2500);
});
setTimeout(() => process.exit(0), 60000);
"""

STAYS_AWAY = "client.socket.on('connect_error', () => setTimeout(() => process.exit(0), 2500));"
"""Seconds after which the library would have tried again."""


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Any]:
    running: list[subprocess.Popen[str]] = []

    def run(text: str) -> Told:
        made = node(tmp_path, text)
        running.append(made.process)
        return made

    yield run
    for process in running:
        process.kill()
        process.communicate()


def test_the_javascript_client_of_the_document_connects_and_stays_away_when_it_is_sent_away(
    server: Server, operator: Operator, told: Any
) -> None:
    key = operator.made_key("jane")
    client = told(pointed_at(javascript(), server.url, key.text) + REPORT)
    assert client.until("connect")["transport"] == "websocket"
    assert client.until("snapshot")["keys"] == ["aircraft", "count", "timestamp", "epoch", "seq"]
    subscribed = client.until("subscribed")
    assert subscribed["topics"] == subscribed["joined"] == ["aircraft", "safety", "alerts"]
    assert client.until("update")["whole"]
    change(operator, keys.revoke, key.key.id, OPERATOR)
    assert client.until("disconnect") == {"what": "disconnect", "reason": "io server disconnect", "active": False}
    assert client.rest().count("connect") == 1, "it does not come back by itself"
    assert [line["code"] for line in client.lines if line["what"] == "error"] == ["token_revoked"]


def test_the_javascript_client_of_the_document_connects_as_anonymous_with_a_token_that_is_none(server: Server, told: Any) -> None:
    client = told(pointed_at(javascript(), server.url, "your_token") + REPORT)
    subscribed = client.until("subscribed")
    assert (subscribed["topics"], subscribed["denied"]) == (["aircraft", "safety"], ["alerts"])


def test_the_javascript_client_hears_why_it_is_refused_and_does_not_try_again(
    server: Server, operator: Operator, told: Any
) -> None:
    operator.choose(WS_REJECT_INVALID_TOKENS=True)
    client = told(pointed_at(javascript(), server.url, "sk_live_wrong") + REPORT + STAYS_AWAY)
    assert client.until("connect_error") == {
        "what": "connect_error",
        "message": "Invalid token",
        "data": {"code": "token_invalid"},
        "active": False,
    }
    assert client.rest() == ["connect_error"]
    operator.choose(WS_REJECT_INVALID_TOKENS=False)


def test_a_javascript_client_that_begins_with_polling_is_upgraded(server: Server, told: Any) -> None:
    client = told(
        f"""
        import {{ io }} from 'socket.io-client';
        const socket = io('{server.url}');
        const say = (what, more = {{}}) => console.log(JSON.stringify({{ what, ...more }}));
        socket.io.on('open', () => say('open', {{ transport: socket.io.engine.transport.name }}));
        socket.io.engine.on('upgrade', async (transport) => {{
          say('upgrade', {{ transport: transport.name }});
          say('pong', await socket.timeout(20000).emitWithAck('ping'));
          process.exit(0);
        }});
        setTimeout(() => process.exit(1), 60000);
        """
    )
    assert client.until("open")["transport"] == "polling"
    assert client.until("upgrade")["transport"] == "websocket"
    assert client.until("pong")["timestamp"].endswith("Z")


PYTHON_REPORT = """
import json, sys, threading, time
def say(what, **more): sys.stdout.write(json.dumps({"what": what, **more}) + chr(10)); sys.stdout.flush()
_Client = socketio.Client
class Client(_Client):
    def _trigger_event(self, event, namespace, *args):
        if event in ("connect", "disconnect", "subscribed", "aircraft:snapshot", "error"):
            first = args[0] if args else None
            say(event, topics=first.get("topics") if isinstance(first, dict) else first, code=first.get("code") if isinstance(first, dict) else None)
        return super()._trigger_event(event, namespace, *args)
socketio.Client = Client
"""


def test_the_python_client_of_the_document_connects_and_stays_away_when_it_is_sent_away(
    server: Server, operator: Operator, tmp_path: Path
) -> None:
    key = operator.made_key("paul")
    script = tmp_path / "client.py"
    own = pointed_at(python(), server.url, key.text)
    imports, rest = own.split("logging.basicConfig", 1)
    script.write_text(imports + PYTHON_REPORT + "logging.basicConfig" + rest + "\nsay('waited')\n", encoding="utf-8")
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        client = Told(process)
        client.until("connect")
        client.until("subscribed")
        assert {"aircraft", "safety", "alerts"} == set(client.lines[-1]["topics"])
        if "aircraft:snapshot" not in [line["what"] for line in client.lines]:
            client.until("aircraft:snapshot")
        change(operator, keys.revoke, key.key.id, OPERATOR)
        assert client.until("error")["code"] == "token_revoked"
        assert client.until("disconnect")["topics"] == "server disconnect"
        assert client.rest()[-1] == "waited", "wait() returns, and with it the program"
        assert client.rest().count("connect") == 1, "it does not come back by itself"
    finally:
        process.kill()
        process.communicate()


def test_a_python_client_that_begins_with_polling_is_upgraded(server: Server) -> None:
    client = socketio.Client()
    got: list[Any] = []
    client.on("aircraft:snapshot", got.append)
    client.connect(server.url)
    assert client.transport() == "websocket"
    assert eventually(lambda: len(got) == 1)
    assert client.call("ping", timeout=20)["timestamp"]
    client.disconnect()


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], None])
def test_a_python_client_hears_why_it_is_refused(server: Server, operator: Operator, transports: list[str] | None) -> None:
    operator.choose(AUTH_MODE="private")
    client = socketio.Client(reconnection=False)
    heard: list[Any] = []
    client.on("connect_error", heard.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(server.url, auth={"token": "wrong"}, transports=transports)
    operator.choose(AUTH_MODE="hybrid")
    assert heard[0] == {"message": "Invalid token", "data": {"code": "token_invalid"}}
    time.sleep(0.1)


def test_four_namespaces_share_one_connection(server: Server, operator: Operator) -> None:
    client = socketio.Client()
    greetings: list[str] = []
    for namespace, event in (("/", "aircraft:snapshot"), ("/audio", "audio:snapshot"), ("/cannonball", "session_started")):
        client.on(event, lambda _, event=event: greetings.append(event), namespace=namespace)
    client.connect(
        server.url, auth={"token": operator.key()}, namespaces=["/", "/audio", "/cannonball", "/acars"], transports=["websocket"]
    )
    assert eventually(lambda: len(greetings) == 3)
    client.disconnect()
