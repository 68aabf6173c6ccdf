"""One Python client of tests/wire/test_client_table.py, which follows the aircraft as docs/protocol.md says.

Its argument is JSON: {url, transports, token, greeting}. It says what happens as lines of JSON; each line on its standard input asks for its
present state. It runs with old and new versions of python-socketio, so it uses only what both have.
"""

from __future__ import annotations

import json
import sys
import threading
from importlib.metadata import version
from typing import Any

import socketio

GIVEN = json.loads(sys.argv[1])


class Follower:
    """The aircraft as this client knows them. python-socketio calls handlers in threads of their own: one at a time here."""

    def __init__(self) -> None:
        self.client = socketio.Client()
        self.lock = threading.RLock()
        self.epoch: str | None = None
        self.seq = -1
        self.aircraft: dict[str, Any] = {}
        self.asking = False
        self.resumed = True
        for event, handler in {
            "connect": self.connected,
            "connect_error": lambda error: self.say("connect_error", error=error),
            "disconnect": lambda *reason: self.say("disconnect", reason=reason[0] if reason else None),
            "error": lambda error: self.say("error", **error),
            "subscribed": self.subscribed,
            "aircraft:snapshot": self.snapshot,
            "aircraft:delta": self.delta,
            "aircraft:heartbeat": self.heartbeat,
        }.items():
            self.client.on(event, handler)

    def say(self, what: str, **more: Any) -> None:
        with self.lock:
            sys.stdout.write(json.dumps({"what": what, **more}) + "\n")
            sys.stdout.flush()

    def connected(self) -> None:
        with self.lock:
            self.say("connect")
            self.asking = self.resumed = False
            self.ask()

    def subscribed(self, answer: dict[str, Any]) -> None:
        with self.lock:
            self.asking = False
            self.say("subscribed", topics=answer["topics"])

    def snapshot(self, shown: dict[str, Any]) -> None:
        with self.lock:
            if shown["epoch"] == self.epoch and shown["seq"] < self.seq:
                return
            self.epoch, self.seq = shown["epoch"], shown["seq"]
            self.aircraft = {one["hex"]: one for one in shown["aircraft"]}
            self.has_resumed("snapshot")

    def delta(self, delta: dict[str, Any]) -> None:
        with self.lock:
            if delta["epoch"] != self.epoch or delta["prev"] > self.seq:
                self.ask()
                return
            if delta["seq"] <= self.seq:
                return
            for patch in delta["changed"]:
                one = self.aircraft.setdefault(patch["hex"], {})
                one.update(patch)
                for name in [name for name, value in patch.items() if value is None]:
                    del one[name]
            for gone in delta["removed"]:
                self.aircraft.pop(gone["hex"], None)
            self.seq = delta["seq"]
            self.has_resumed("delta")

    def has_resumed(self, by: str) -> None:
        if not self.resumed:
            self.say("resumed", by=by)
        self.resumed = True
        self.say(by)

    def heartbeat(self, beat: dict[str, Any]) -> None:
        with self.lock:
            if beat["seq"] > self.seq:
                self.ask()

    def ask(self) -> None:
        if self.asking:
            return
        self.asking = True
        since = {} if self.epoch is None else {"since": {"epoch": self.epoch, "seq": self.seq}}
        try:
            self.client.emit("subscribe", {"topics": ["aircraft"], "delta": True, **since})
        except socketio.exceptions.SocketIOError:
            self.asking = False  # the connection has just ended

    def state(self) -> None:
        with self.lock:
            try:
                transport = self.client.transport()
            except AttributeError:
                transport = None
            self.say("state", epoch=self.epoch, seq=self.seq, aircraft=list(self.aircraft.values()), transport=transport)


def refused() -> dict[str, Any] | None:
    """What a client with a bad token is told."""
    heard: list[Any] = []
    stranger = socketio.Client(reconnection=False)
    stranger.on("connect_error", heard.append)
    try:
        stranger.connect(GIVEN["url"], auth={"token": "wrong"}, transports=GIVEN["transports"])
    except socketio.exceptions.ConnectionError:
        return heard[0] if heard else None
    stranger.disconnect()
    return None


follower = Follower()
follower.say("version", version=version("python-socketio"))
told = refused() or {}
follower.say("refused", message=told.get("message"), code=(told.get("data") or {}).get("code"))
auth = {"token": GIVEN["token"], **({} if GIVEN["greeting"] else {"greeting": False})}
follower.client.connect(GIVEN["url"], auth=auth, transports=GIVEN["transports"])
for _ in sys.stdin:
    follower.state()
