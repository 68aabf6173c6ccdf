"""S33: what is personal stays with its owner. Positions of drivers: another client tries every way to read one.

The positions here have digits that nothing else in the server has. All that others hear, all that the server answers, writes and
stores is searched for them, as text and as the eight bytes of a number.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.receiver import Receiver, aircraft
from tests.security.asking import ask
from tests.security.conftest import operating
from tests.security.crawl import api, panel, signed_in, things
from tests.wire.raw import Ws
from tests.wire.serving import Operator, Server, eventually

PATH = "/cannonball"
LAT, LON, HEADING, ALTITUDE = 47.5123461, 8.4987653, 123.4567, 1357.9135
SECRETS = ("5123461", "4987653", "23.4567", "1357.91")
NUMBERS = tuple(struct.pack(order, value) for value in (LAT, LON) for order in ("<d", ">d"))
POSITION = {"lat": LAT, "lon": LON, "heading": HEADING, "altitude": ALTITUDE}
NAMESPACES = ("/", PATH, "/acars", "/audio")


def holds_position(data: bytes) -> list[object]:
    """What of the position is in some bytes."""
    return [text for text in SECRETS if text.encode() in data] + [number for number in NUMBERS if number in data]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    one = aircraft(1, flight="EDL12", r="D-HAAA", t="EC35", category="A7", gs=90.0)
    made = Receiver([{**one, "hex": "3dd2a0", "lat": 47.51, "lon": 8.51}, aircraft(2)])
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    """A server that writes everything to its log that it can write."""
    made = Server(tmp_path_factory.mktemp("positions"), SKYSPY_LOG_LEVEL="DEBUG", SKYSPY_FEEDS=receiver.url)
    yield made
    made.stop()
    assert "Traceback" not in made.log()
    assert holds_position(made.log_file.read_bytes()) == []


@pytest.fixture(scope="module")
def operator(server: Server) -> Iterator[Operator]:
    with operating(server, "root") as made:
        made.choose(SOCKET_EVENTS_BURST=10_000, SOCKET_EVENTS_PER_SECOND=1000)
        yield made


class Listener:
    """A client that hears everything a client may hear, in one namespace."""

    def __init__(self, server: Server, namespace: str, token: str | None) -> None:
        self.client = Ws(server)
        self.namespace = namespace
        kind, answer = self.client.join(namespace, None if token is None else {"token": token})
        assert kind == "connect", answer
        self.sid: str = answer["sid"]
        self._asked = 0
        if namespace == "/":
            self.tell("subscribe", {"topics": "all", "delta": True})

    def tell(self, event: str, *payload: object) -> None:
        self._asked += 1
        self.client.tell(event, *payload, namespace=self.namespace, ack=self._asked)

    def hears(self) -> list[tuple[str, Any]]:
        """All that has come, once everything that was sent is acknowledged."""
        self.tell("ping")
        while sum(kind == "ack" for kind, _ in self.client.inbox) < self._asked:
            self.client.inbox.append(self.client.packet())
        return self.client.inbox

    def close(self) -> None:
        self.client.close()


class Victim:
    """A driver: a client that sends its position, as a user or as nobody."""

    def __init__(self, server: Server, token: str | None) -> None:
        self.client = Ws(server)
        self.sid: str = self.client.join(PATH, None if token is None else {"token": token})[1]["sid"]
        self.drive()

    def drive(self) -> Any:
        self.client.tell("position_update", POSITION, namespace=PATH)
        shown = self.client.until("threats")
        assert (shown["position"]["lat"], shown["position"]["lon"]) == (LAT, LON)
        return shown

    def close(self) -> None:
        self.client.close()


def attempts(victim: Victim, user: int) -> Iterator[tuple[str, object]]:
    """Everything a client can send to be given what is another's."""
    sid = victim.sid
    names = {
        "sid": sid, "session_id": sid, "session": sid, "room": sid, "rooms": [sid], "owner": sid, "user_id": user, "user": "ann",
        "to": sid, "skip_sid": None, "namespace": PATH, "audience": sid, "sky": "live",
    }  # fmt: skip
    rooms = [
        sid,
        f"live.cannonball.whole.exact.{sid}",
        f"live.cannonball.whole.exact.{user}",
        "cannonball",
        "live.cannonball.whole.exact",
        PATH,
    ]
    for room in rooms:
        yield "subscribe", {"topics": [room], **names}
        yield "subscribe", {"topics": [room], "since": {"epoch": sid, "seq": 0}, **names}
        for event in ("join", "enter_room", "room", "threats", "session_started", room):
            yield event, room
            yield event, names
    for event in ("get_threats", "set_radius", "ping", "unsubscribe", "threats", "radius_updated", "error"):
        yield event, {"radius_nm": 50, "topics": [], **names}
        yield event, {"radius_nm": 50, "since": {"epoch": sid, "seq": 0}}
    for kind in (
        "cannonball",
        "threats",
        "get_threats",
        "status",
        "aircraft-stats",
        "aircraft-snapshot",
        sid,
        "session",
        "sessions",
    ):
        yield "request", {"type": kind, "request_id": sid, "params": names}
    yield "authenticate", {"token": None, **names}
    yield "authenticate", {"token": sid}


@pytest.mark.parametrize("who", ["nobody", "another user", "the same user", "an administrator"])
@pytest.mark.parametrize("owner", ["ann", None])
def test_s33_no_event_request_room_or_acknowledgement_gives_another_clients_position(
    server: Server, operator: Operator, who: str, owner: str | None
) -> None:
    keys = {"nobody": None, "another user": "bob", "the same user": "ann", "an administrator": "root"}
    operator.user("ann", "viewer"), operator.user("bob", "viewer")
    name = keys[who]
    token = None if name is None else operator.key(name)
    victim = Victim(server, None if owner is None else operator.key(owner))
    listeners = [
        Listener(server, namespace, token) for namespace in NAMESPACES if namespace != "/audio" or who == "an administrator"
    ]
    for listener in listeners:
        for event, payload in attempts(victim, operator.user("ann")):
            listener.tell(event, payload)
        listener.hears()
    assert victim.drive()["position"]["heading"] == HEADING
    for listener in listeners:
        heard = listener.hears()
        assert len(heard) > 20, "it was answered"
        assert holds_position(json.dumps(heard).encode()) == [], listener.namespace
        lists = [payload for kind, payload in heard if kind == "threats"]
        assert {payload["position"] for payload in lists} <= {None}, "a list of its own, without a position"
        listener.close()
    victim.close()


def test_s33_two_namespaces_on_one_connection_share_no_position(server: Server, operator: Operator) -> None:
    victim = Victim(server, operator.key("ann"))
    victim.client.join("/", {"token": operator.key("ann")})
    victim.client.inbox.clear()
    victim.client.tell("subscribe", {"topics": "all"})
    for kind in ("status", "aircraft-snapshot", "aircraft-stats"):
        victim.client.tell("request", {"type": kind, "request_id": 1, "params": {"sid": victim.sid}})
        victim.client.until("response")
    assert holds_position(json.dumps(victim.client.inbox).encode()) == []
    victim.close()


def position_now(client: Ws) -> Any:
    client.tell("get_threats", namespace=PATH)
    return client.until("threats")["position"]


def test_s33_a_position_ends_with_its_session_however_it_comes_again(server: Server, operator: Operator) -> None:
    key = operator.key("ann")
    victim = Victim(server, key)
    assert position_now(victim.client) is not None
    victim.client.send(f"41{PATH},")
    assert victim.client.join(PATH, {"token": key})[0] == "connect"
    assert position_now(victim.client) is None, "the same connection and user, another session"
    victim.close()
    for token in (key, None):
        with Ws(server) as again:
            again.join(PATH, None if token is None else {"token": token, "sid": victim.sid, "session_id": victim.sid})
            assert position_now(again) is None


@pytest.mark.parametrize("kind", ["another user", "the sandbox"])
def test_s33_a_socket_that_becomes_another_users_or_skys_knows_no_position(server: Server, operator: Operator, kind: str) -> None:
    victim = Victim(server, operator.key("ann"))
    token = operator.key("bob") if kind == "another user" else operator.key("ann", kind="test")
    victim.client.tell("authenticate", {"token": token}, namespace=PATH)
    victim.client.until("authenticated")
    assert position_now(victim.client) is None
    victim.client.tell("authenticate", {"token": operator.key("ann")}, namespace=PATH)
    victim.client.until("authenticated")
    assert position_now(victim.client) is None, "nor does it come back"
    victim.close()


def test_s33_no_page_no_resource_and_no_metric_shows_a_position(server: Server, operator: Operator) -> None:
    operator.choose(METRICS_PUBLIC=True)
    victim = Victim(server, operator.key("ann"))
    found, browser = things(server, operator, "crawled-s33"), signed_in(server, operator)
    pages = 0
    for _, pattern in panel("GET"):
        answer = browser.get(found.path(pattern))
        assert holds_position(answer.body) == [], pattern
        pages += answer.status == 200
    for pattern in sorted(api("GET")):
        answer = ask(server, found.path(pattern), token=operator.key("root"))
        assert holds_position(answer.body) == [], pattern
        pages += answer.status == 200
    for path in (
        "/metrics",
        "/healthz",
        "/readyz",
        "/data/aircraft.json",
        "/data/receiver.json",
        "/v2/all",
        f"/v2/point/{LAT:.2f}/{LON:.2f}/50",
    ):
        answer = ask(server, path, token=operator.key("root"))
        assert holds_position(answer.body) == [], path
        pages += answer.status == 200
    assert pages > 40
    victim.drive()
    found.client.close()
    victim.close()


def test_s33_no_file_of_the_server_and_no_line_of_its_log_holds_a_position(server: Server, operator: Operator) -> None:
    victim = Victim(server, operator.key("ann"))
    for position in (
        {**POSITION, "lat": f"{LAT}"},
        {**POSITION, "heading": f"{HEADING}"},
        [LAT, LON],
        f"{LAT} {LON}",
        {**POSITION, "lat": LAT + 90},
    ):
        victim.client.tell("position_update", position, namespace=PATH)
        assert holds_position(json.dumps(victim.client.until("error")).encode()) == []
    victim.client.send(f'42{PATH},["position_update",{{"lat":{LAT},"lon":{LON}')
    victim.client.tell("connect", POSITION, namespace=PATH)
    victim.client.tell("unknown", POSITION, namespace=PATH)
    time.sleep(2.5)  # presence is written once a second
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert any(path.name == "skyspy.db" for path in files)
    assert any(path.name == "history.sqlite3" for path in files)
    assert [(path.name, found) for path in files if (found := holds_position(path.read_bytes()))] == []
    victim.close()


def test_s33_the_search_would_find_a_position() -> None:
    assert len(holds_position(json.dumps(POSITION).encode())) == len(SECRETS)
    assert holds_position(struct.pack(">d", LAT)) == [struct.pack(">d", LAT)]


def test_s33_whoever_polls_the_address_of_another_is_refused(server: Server, operator: Operator) -> None:
    victim = Victim(server, operator.key("ann"))
    opened = victim.client.opened["sid"]
    for method, body in (("GET", None), ("POST", f'42{PATH},["get_threats"]')):
        answer = ask(server, f"/socket.io/?EIO=4&transport=polling&sid={victim.sid}", method=method, body=body)
        assert answer.status == 400, "the id of a session is not the id of a connection"
        assert holds_position(answer.body) == []
    assert opened != victim.sid
    assert eventually(lambda: position_now(victim.client) is not None)
    victim.close()
