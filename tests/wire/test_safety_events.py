"""Safety events from a receiver's report to the sockets of two processes: in time, once, and not again after kills and takeovers."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skyspy.clock import Clock
from skyspy.config import history_url_of
from skyspy.safety.events import SafetyEvent
from skyspy.store import Store
from skyspy.store.history import HistoryStore, safety_events
from tests.support.databases import KINDS, database_url
from tests.wire.conflict import Arrived, Client, Flight, Reporter, waited
from tests.wire.serving import Server, eventually

HERE = (47.5, 8.5)
APART_S = 3.0
"""Two receptions of an emergency squawk confirm it so far apart."""
WITHIN_S, ELSEWHERE_S = 1.5, 2.0
"""From the report to a socket of the process that writes, and from there to one of another process."""
PAUSE_S = 3.0
"""By how much a machine that other work shares may be late."""
TAKEOVER_S = 30.0
REPORTS = 4
FIELDS = {
    *("id", "event_type", "severity", "hex", "hex_2", "callsign", "callsign_2", "lat", "lon", "message", "details"),
    *("acknowledged_by", "started", "updated", "resolved"),
}


class Site:
    """A receiver, servers on one database, and what its history holds."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.reporter = Reporter()
        self.servers: list[Server] = []
        self.clients: list[Client] = []
        self._environ = {"SKYSPY_DATABASE_URL": url, "SKYSPY_FEEDS": self.reporter.url}
        self._url = url

    def start(self) -> tuple[Server, Client]:
        """A server, and a client of it that listens."""
        server = Server(self.folder, **self._environ)
        self.servers.append(server)
        self.clients.append(Client(server))
        return server, self.clients[-1]

    def stored(self) -> list[SafetyEvent]:
        """The stored events, the newest first."""
        main = Store(self._url)
        history = HistoryStore(history_url_of(self._url), main, Clock())
        history.open()
        found = history.read(safety_events.page, safety_events.EventSearch(), None, 100)
        history.close()
        main.close()
        return found

    def close(self) -> None:
        for client in self.clients:
            client.close()
        for server in self.servers:
            server.end()
        for server in self.servers:
            server.stop()
        self.reporter.close()


@contextmanager
def site_on(kind: str, folder: Path) -> Iterator[Site]:
    with database_url(kind, folder) as url:
        made = Site(folder, url)
        try:
            yield made
        finally:
            made.close()


def only(client: Client, name: str, event_type: str) -> Arrived:
    """What arrived at the client once."""
    [arrived] = client.named(name, event_type)
    return arrived


def arrived_in_time(client: Client, name: str, event_type: str, since: float, within_s: float) -> float:
    """Seconds from `since` until it arrived."""
    assert waited(lambda: client.named(name, event_type), since + within_s + PAUSE_S - time.monotonic()), name
    return client.named(name, event_type)[0].at - since


def squawking(code: str) -> Flight:
    return Flight("4B1805", HERE, 90, 300, 20_000, flight="SWR100", squawk=code)


@pytest.mark.parametrize("kind", KINDS)
def test_an_emergency_arrives_in_time_in_both_processes_and_goes_on_over_kills_and_takeovers(kind: str, tmp_path: Path) -> None:
    with site_on(kind, tmp_path) as site:
        writer, here = site.start()
        other, there = site.start()
        assert eventually(lambda: "the history is written by" in other.log())
        site.reporter.report(squawking("1000"))
        time.sleep(0.5)

        # The second look.
        site.reporter.report(squawking("7700"))
        time.sleep(APART_S)
        assert here.arrived == there.arrived == []
        at = site.reporter.report(squawking("7700"))
        took = arrived_in_time(here, "event", "squawk_emergency", at, WITHIN_S)
        elsewhere = arrived_in_time(there, "event", "squawk_emergency", at, WITHIN_S + ELSEWHERE_S)
        print(f"{kind}: 7700 at the writer after {took:.2f} s, at the other process after {elsewhere:.2f} s")
        event = only(here, "event", "squawk_emergency").payload
        assert set(event) == FIELDS
        assert (event["hex"], event["callsign"], event["severity"], event["resolved"]) == ("4B1805", "SWR100", "critical", None)
        assert event == only(there, "event", "squawk_emergency").payload

        # The writer is killed, another takes over.
        site.reporter.fly(squawking("7700"))
        writer.kill()
        assert eventually(lambda: "this process writes the history" in other.log(), TAKEOVER_S)
        time.sleep(2.0)
        # A restart, and the next takeover.
        again, back = site.start()
        assert [shown["id"] for shown in back.snapshots[0]["events"]] in ([], [event["id"]])
        other.kill()
        assert eventually(lambda: "this process writes the history" in again.log(), TAKEOVER_S)
        time.sleep(2.0)
        assert [arrived.payload["id"] for arrived in there.arrived if arrived.name == "safety:event"] == [event["id"]]
        assert [arrived for arrived in back.arrived if arrived.name == "safety:event"] == []

        # It ends once.
        site.reporter.fly(squawking("1000"))
        assert eventually(lambda: back.named("event_resolved", "squawk_emergency"))
        ended = [
            arrived.payload["id"]
            for client in (here, there, back)
            for arrived in client.named("event_resolved", "squawk_emergency")
        ]
        assert ended == [event["id"]]
        assert [(one.id, one.is_open) for one in site.stored()] == [(event["id"], False)]


def conflict(ahead_s: float) -> tuple[Flight, Flight]:
    """Two airliners at one level, head-on, that meet HERE so many seconds from now. Their addresses differ in more than one bit."""
    off = ahead_s * 450 / 3600 / 60 / math.cos(math.radians(HERE[0]))
    west, east = (HERE[0], HERE[1] - off), (HERE[0], HERE[1] + off)
    return (
        Flight("4B1810", west, 90, 450, 31_000, flight="SWR10", type="adsb_icao"),
        Flight("4B1816", east, 270, 450, 31_000, flight="EZY11", type="adsb_icao"),
    )


def advised(**advisory: object) -> Flight:
    return Flight("4B1820", (46.5, 7.0), 0, 400, 33_000, flight="SWR20", **advisory)


ADVISORY = {"df_type": 17, "advisory": "Climb", "ARA": "1100000", "RAT": "0", "MTE": "0", "RAC": "0000"}


def test_a_conflict_and_a_resolution_advisory_arrive_in_time_with_their_fields_and_resolved(tmp_path: Path) -> None:
    with site_on("sqlite", tmp_path) as site:
        _, here = site.start()
        other, there = site.start()
        assert eventually(lambda: "the history is written by" in other.log())
        # An aircraft is listed with its second report; the rule looks at two positions and altitudes from then on.
        pair = conflict(28)
        for _ in range(REPORTS):
            at = site.reporter.report(*pair)
            time.sleep(0.0 if here.arrived else 1.2)
        took = arrived_in_time(here, "event", "proximity", at, WITHIN_S)
        elsewhere = arrived_in_time(there, "event", "proximity", at, WITHIN_S + ELSEWHERE_S)
        print(f"proximity at the writer after {took:.2f} s, at the other process after {elsewhere:.2f} s")
        event = only(here, "event", "proximity").payload
        assert set(event) == FIELDS
        assert (event["hex"], event["hex_2"]) == ("4B1810", "4B1816")
        assert (event["callsign"], event["callsign_2"]) == ("SWR10", "EZY11")
        assert abs(event["lat"] - HERE[0]) < 0.1
        assert abs(event["lon"] - HERE[1]) < 0.2

        # An advisory, which counts with its first reception in an extended squitter.
        site.reporter.report(advised())
        time.sleep(1.5)
        at = site.reporter.report(advised(acas_ra=ADVISORY))
        took = arrived_in_time(here, "event", "tcas_ra", at, WITHIN_S)
        elsewhere = arrived_in_time(there, "event", "tcas_ra", at, WITHIN_S + ELSEWHERE_S)
        print(f"tcas_ra at the writer after {took:.2f} s, at the other process after {elsewhere:.2f} s")
        event = only(here, "event", "tcas_ra").payload
        assert (event["hex"], event["callsign"], event["severity"]) == ("4B1820", "SWR20", "critical")

        # Nothing more is reported: both end, once, in both processes.
        for client in (here, there):
            for event_type in ("proximity", "tcas_ra"):
                assert waited(lambda c=client, t=event_type: c.named("event_resolved", t), 60), event_type
                assert only(client, "event", event_type).payload["id"] == only(client, "event_resolved", event_type).payload["id"]
        assert {(one.event_type, one.is_open) for one in site.stored()} == {("proximity", False), ("tcas_ra", False)}
