"""A server that is killed goes on with what was under way: the same visit, and a trail that begins before the kill."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from skyspy.clock import Clock, iso
from skyspy.config import history_url_of
from skyspy.store import Store
from skyspy.store.history import HistoryStore, visits
from skyspy.store.history.segments import of_visit
from skyspy.tracks.segment import unpack
from skyspy.visits import VisitState
from tests.browser.receiver import Plain, Receiver, aircraft
from tests.support.databases import KINDS, database_url
from tests.wire.serving import Operator, Server, eventually

HEX = "4B1805"
WRITES = "this process writes the history"


class Flying(Receiver):
    """A receiver that hears one aircraft, which flies north and turns all the time, so that each of its positions is kept."""

    def document(self) -> Plain:
        now = time.time()
        for one in self.sky:
            one |= {"lat": 47.0 + now % 10_000 / 10_000, "seen_pos": 0.0, "track": now * 20 % 360}
        return super().document()


def asked(server: Server, path: str, key: str) -> dict[str, Any]:
    request = urllib.request.Request(server.url + path, headers={"X-API-Key": key})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def stored(url: str) -> tuple[list[VisitState], list[list[float]]]:
    """The visits in the history of servers that have ended, and the times of the points of each."""
    main = Store(url)
    history = HistoryStore(history_url_of(url), main, Clock())
    history.open()
    found = history.read(visits.recent, time.time())
    tracks = [history.read(of_visit, visits.key_of(state)) for state in found]
    history.close()
    main.close()
    return found, [[point.at for segment in track for point in unpack(segment.data)] for track in tracks]


def last_heard(url: str) -> list[float]:
    """When the aircraft of each stored visit was heard last, of servers that run."""
    main = Store(url)
    history = HistoryStore(history_url_of(url), main, Clock())
    history.open()
    found = history.read(visits.recent, time.time())
    history.close()
    main.close()
    return [state.last for state in found]


def test_after_a_kill_a_visit_goes_on_under_its_id_and_the_trail_begins_before_the_kill(tmp_path: Path) -> None:
    receiver = Flying([aircraft(0, hex=HEX.lower(), flight="SWR1", gs=40.0)])
    first = Server(tmp_path, SKYSPY_FEEDS=receiver.url)
    operator = Operator(tmp_path)
    key = operator.key()
    try:
        assert eventually(lambda: asked(first, f"/api/sightings/?hex={HEX}", key)["sightings"], 30)
        (before,) = asked(first, f"/api/sightings/?hex={HEX}", key)["sightings"]
        at = time.time()
        first.kill()
        second = Server(tmp_path, SKYSPY_FEEDS=receiver.url)
        try:
            assert eventually(lambda: HEX in str(asked(second, "/api/aircraft/", key)), 30)
            assert eventually(lambda: WRITES in second.log(), 30)
            times = [point["timestamp"] for point in asked(second, f"/api/aircraft/{HEX}/trail/", key)["trail"]]
            assert times[0] < iso(at) < times[-1]
        finally:
            second.stop()
        assert "Traceback" not in first.log() + second.log()
        (after,), _ = stored(f"sqlite:///{tmp_path}/instance/skyspy.db")
        assert (f"{after.hex}-{after.start}", iso(after.first), after.ended) == (before["id"], before["first"], False)
        assert after.last > at
    finally:
        first.stop()
        operator.close()
        receiver.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_the_writer_is_frozen_and_then_the_other_killed_and_each_visit_is_there_once_without_a_gap(
    kind: str, tmp_path: Path
) -> None:
    receiver = Flying([aircraft(number, gs=40.0) for number in range(5)])
    with database_url(kind, tmp_path) as url:
        environ = {"SKYSPY_FEEDS": receiver.url, "SKYSPY_DATABASE_URL": url}
        first = Server(tmp_path, app="tests.wire.half_lease:app", **environ)
        second = Server(tmp_path, app="tests.wire.half_lease:app", **environ)
        try:
            assert eventually(lambda: "the history is written by" in second.log())
            # A process that is frozen before it has stored a visit is followed with the other's beginning of it.
            assert eventually(lambda: len(last_heard(url)) == 5)
            frozen, at = first.worker, time.time()
            os.kill(frozen, signal.SIGSTOP)
            try:
                assert eventually(lambda: WRITES in second.log())
                # It begins while the process that wrote before hears nothing.
                receiver.sky.append(aircraft(5, gs=40.0))
                assert eventually(lambda: len(last_heard(url)) == 6)
            finally:
                os.kill(frozen, signal.SIGCONT)
            # What was heard in that time is stored when the first one is back.
            back = time.time()
            assert eventually(lambda: min(last_heard(url)) > back)
            second.kill()
            assert eventually(lambda: first.log().count(WRITES) == 2)
            time.sleep(1.5)
        finally:
            first.stop()
            second.stop()
            receiver.stop()
        states, tracks = stored(url)
    assert sorted(state.hex for state in states) == [f"4B000{number}" for number in range(6)]
    assert [state.first < at for state in sorted(states, key=lambda state: state.hex)] == [True] * 5 + [False]
    assert [gap for track in tracks for before, after in pairwise(track) if (gap := after - before) > 10.0] == []
    assert "Traceback" not in first.log() + second.log()
