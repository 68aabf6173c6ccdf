"""`/cannonball` with the real clients: python-socketio and socket.io-client, over websocket and polling, before a receiver with a police
helicopter."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import socketio

from tests.browser.receiver import Plain, Receiver, aircraft
from tests.wire.node import node
from tests.wire.raw import Ws
from tests.wire.serving import Server, eventually

PATH = "/cannonball"
HERE = {"lat": 47.5, "lon": 8.5}
POLICE = "3DD2A0"


def police() -> Plain:
    """A police helicopter, half a mile north of HERE."""
    return {
        **aircraft(1, flight="EDL12", r="D-HAAA", t="EC35", category="A7", gs=0.0, track=90.0),
        "hex": POLICE.lower(),
        "lat": 47.5 + 0.5 / 60,
        "lon": 8.5,
    }


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver([police(), aircraft(2, lat=47.5, lon=8.5, flight="ICE123", t="B38M")])
    yield made
    made.stop()


@pytest.fixture(scope="module")
def patrolled(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("patrolled"), SKYSPY_FEEDS=receiver.url)
    yield made
    made.stop()
    assert "Traceback" not in made.log()


class Display:
    """A mobile display with python-socketio."""

    def __init__(self, server: Server, transport: str = "websocket") -> None:
        self.client = socketio.Client(reconnection=False)
        self.heard: list[tuple[str, Any]] = []
        for event in ("session_started", "threats", "radius_updated", "error"):
            self.client.on(event, lambda payload, event=event: self.heard.append((event, payload)), namespace=PATH)
        self.client.connect(server.url, namespaces=[PATH], transports=[transport])
        assert eventually(lambda: self.got("session_started"))

    def got(self, event: str) -> list[Any]:
        return [payload for name, payload in self.heard if name == event]

    def call(self, event: str, payload: object = None) -> Any:
        return self.client.call(event, payload, namespace=PATH, timeout=20)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_python_client_drives_towards_a_police_helicopter(patrolled: Server, transport: str) -> None:
    display = Display(patrolled, transport)
    try:
        greeting = display.got("session_started")[0]
        assert greeting["session_id"] == display.client.get_sid(PATH)
        assert display.call("get_threats")["position"] is None
        assert eventually(lambda: time.sleep(0.25) or display.call("position_update", HERE)["count"] == 1)
        assert eventually(lambda: display.got("threats")[-1]["count"] == 1)
        shown = display.got("threats")[-1]
        assert (shown["threat_level"], shown["position"]["lat"]) == ("critical", 47.5)
        threat = shown["aircraft"][0]
        assert (threat["hex"], threat["callsign"], threat["category"]) == (POLICE, "EDL12", "police")
        assert threat["distance_nm"] == pytest.approx(0.5, abs=0.02)
        assert display.call("set_radius", {"radius_nm": 100}) == {"radius_nm": 100.0}
        assert display.call("set_radius", {"radius_nm": 1000})["code"] == "bad_payload"
        assert display.call("position_update", {"lat": "47.5", "lon": 8.5})["code"] == "bad_payload"
        assert eventually(lambda: len(display.got("error")) == 2)
        assert eventually(lambda: display.got("radius_updated") == [{"radius_nm": 100.0}])
    finally:
        display.client.disconnect()


CLIENT = """
import { io } from 'socket.io-client';
const socket = io(`${process.argv[2]}/cannonball`, { transports: JSON.parse(process.argv[3]) });
const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
let drives;
socket.on('session_started', ({ session_id, default_radius_nm }) => {
  say('session_started', { mine: session_id === socket.id, default_radius_nm });
  socket.emit('position_update', { lat: 95, lon: 8.5 }, (answer) => say('refused', { code: answer.code }));
  drives = setInterval(() => socket.emit('position_update', { lat: 47.5, lon: 8.5, heading: 10 }), 210);
});
socket.on('error', ({ code }) => say('error', { code }));
socket.on('threats', (threats) => {
  if (threats.count === 0 || drives === null) return;
  clearInterval(drives);
  drives = null;
  say('threats', { threats });
  socket.emit('set_radius', { radius_nm: 5 });
});
socket.on('radius_updated', (radius) => {
  say('radius_updated', radius);
  socket.disconnect();
});
"""


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]])
def test_a_javascript_client_drives_towards_a_police_helicopter(patrolled: Server, tmp_path: Path, transports: list[str]) -> None:
    client = node(tmp_path, CLIENT, patrolled.url, json.dumps(transports))
    assert client.until("session_started") == {"what": "session_started", "mine": True, "default_radius_nm": 10}
    threats = client.until("threats")["threats"]
    assert client.until("radius_updated") == {"what": "radius_updated", "radius_nm": 5}
    client.rest()
    assert sorted(line["code"] for line in client.lines if "code" in line) == ["bad_payload", "bad_payload"]
    assert [(threat["hex"], threat["threat_level"]) for threat in threats["aircraft"]] == [(POLICE, "critical")]
    assert threats["position"] == {"lat": 47.5, "lon": 8.5, "heading": 10, "altitude": None}


def test_a_threat_that_comes_and_one_that_moves_are_shown_without_asking(patrolled: Server, receiver: Receiver) -> None:
    display = Display(patrolled)
    try:
        display.call("position_update", HERE)
        assert eventually(lambda: display.got("threats")[-1]["count"] == 1)
        receiver.sky.append({**police(), "hex": "3dd2a5", "flight": "BPO77", "lat": 47.5, "lon": 8.55})
        assert eventually(lambda: display.got("threats")[-1]["count"] == 2)
        assert [row["hex"] for row in display.got("threats")[-1]["aircraft"]] == [POLICE, "3DD2A5"]
        receiver.sky.pop()
    finally:
        display.client.disconnect()


def test_forty_positions_a_second_give_five_lists_a_second_and_no_error(patrolled: Server) -> None:
    with Ws(patrolled) as client:
        client.join(PATH)
        client.until("session_started")
        began = time.monotonic()
        for step in range(57):
            client.tell("position_update", {"lat": 47.5 + step / 1000, "lon": 8.5}, namespace=PATH)
            time.sleep(0.025)
        last = None
        while last is None or last["position"]["lat"] < 47.5 + 56 / 1000 - 1e-9:
            last = client.until("threats")
        took = time.monotonic() - began
        lists = 1 + sum(kind == "threats" for kind, _ in client.inbox)
        assert lists <= took * 5 + 2, (lists, took)
        assert not [data for kind, data in client.inbox if kind == "error"]
