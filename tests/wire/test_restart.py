"""A server that is killed goes on with what was under way: the same visit, and a trail that begins before the kill."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

from skyspy.clock import Clock, iso
from skyspy.config import HISTORY_FILE
from skyspy.store import Store
from skyspy.store.history import HistoryStore, visits
from skyspy.visits import VisitState
from tests.browser.receiver import Plain, Receiver, aircraft
from tests.wire.serving import Operator, Server, eventually

HEX = "4B1805"


class Flying(Receiver):
    """A receiver that hears one aircraft, which flies north and turns all the time, so that each of its positions is kept."""

    def document(self) -> Plain:
        now = time.time()
        for one in self.sky:
            one |= {"lat": 47.0 + now % 10_000 / 10_000, "seen_pos": 0.0, "track": now * 20 % 360}
        return super().document()


def killed(server: Server) -> None:
    """Kill the server and its worker at once."""
    worker = server.worker
    server.process.kill()
    os.kill(worker, signal.SIGKILL)
    server.process.wait()


def asked(server: Server, path: str, key: str) -> dict[str, Any]:
    request = urllib.request.Request(server.url + path, headers={"X-API-Key": key})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def stored(folder: Path) -> list[VisitState]:
    """The visits in the history of a server that has ended."""
    main = Store(f"sqlite:///{folder}/instance/skyspy.db")
    history = HistoryStore(f"sqlite:///{folder}/instance/{HISTORY_FILE}", main, Clock())
    history.open()
    found = history.read(visits.recent, time.time())
    history.close()
    main.close()
    return found


def test_after_a_kill_a_visit_goes_on_under_its_id_and_the_trail_begins_before_the_kill(tmp_path: Path) -> None:
    receiver = Flying([aircraft(0, hex=HEX.lower(), flight="SWR1", gs=40.0)])
    first = Server(tmp_path, SKYSPY_FEEDS=receiver.url)
    operator = Operator(tmp_path)
    key = operator.key()
    try:
        assert eventually(lambda: asked(first, f"/api/sightings/?hex={HEX}", key)["sightings"], 30)
        (before,) = asked(first, f"/api/sightings/?hex={HEX}", key)["sightings"]
        at = time.time()
        killed(first)
        second = Server(tmp_path, SKYSPY_FEEDS=receiver.url)
        try:
            assert eventually(lambda: HEX in str(asked(second, "/api/aircraft/", key)), 30)
            assert eventually(lambda: "this process writes the history" in second.log(), 30)
            times = [point["timestamp"] for point in asked(second, f"/api/aircraft/{HEX}/trail/", key)["trail"]]
            assert times[0] < iso(at) < times[-1]
        finally:
            second.stop()
        assert "Traceback" not in first.log() + second.log()
        (after,) = stored(tmp_path)
        assert (f"{after.hex}-{after.start}", iso(after.first), after.ended) == (before["id"], before["first"], False)
        assert after.last > at
    finally:
        first.stop()
        operator.close()
        receiver.stop()
