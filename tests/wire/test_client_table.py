"""Every client library with every transport, all at once against one server with 600 aircraft: what each gets, as a table.

The clients run unchanged libraries and follow the aircraft as docs/protocol.md says (tests/wire/clients/). What they hold is
compared with the receiver's own values, not with the server's.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from skyspy.store import keys
from tests.browser.receiver import Plain, Receiver, aircraft
from tests.conftest import missing
from tests.support.databases import change
from tests.wire.client_rows import CLAIMS, NAMES, Row, lacks, table
from tests.wire.serving import OPERATOR, Operator, Server, eventually

AIRCRAFT, LEAVING, RETURNING = 600, 20, 10
STOPPED_SECONDS = 60.0
SILENT_SECONDS = 15
"""After so long without a word an aircraft is removed, so that some leave and come back while the clients are stopped."""
STEPS: dict[str, tuple[float, float]] = {
    "alt_baro": (10_000, 25), "alt_geom": (10_200, 25), "baro_rate": (64, 64), "geom_rate": (128, 64), "gs": (300, 0.5),
    "ias": (250, 1), "tas": (310, 1), "mach": (0.5, 0.001), "track": (10, 0.1), "roll": (1, 0.1), "mag_heading": (12, 0.1),
    "true_heading": (14, 0.1), "wd": (20, 1), "ws": (30, 1), "oat": (-40, 1),
}  # fmt: skip
"""The fields that change with every answer of the receiver: first value and step, which begins anew after 60 answers."""
COMPARED = (*STEPS, "lat", "lon", "flight", "squawk", "r", "t")

pytestmark = pytest.mark.timeout(420)


class Source(Receiver):
    """Its 600 aircraft change until they are frozen."""

    def __init__(self) -> None:
        self.frozen = False
        self.step = 0
        self._lock = threading.Lock()
        place = [(round(47 + number / 600, 4), round(8 + number % 37 / 50, 4)) for number in range(AIRCRAFT)]
        super().__init__([aircraft(n, flight=f"TST{n}", lat=lat, lon=lon) for n, (lat, lon) in enumerate(place)])

    def document(self) -> Plain:
        with self._lock:
            self.answers += 1
            self.step += not self.frozen
            for number, one in enumerate(self.sky):
                one["messages"] += 7
                one["lat"] = round(one["lat"] + 0.001 * (not self.frozen), 4)
                for name, (first, step) in STEPS.items():
                    one[name] = round(first + step * ((self.step + number) % 60), 3)
            return {"now": time.time(), "messages": 1000 * self.answers, "aircraft": [dict(one) for one in self.sky]}

    def truth(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            return {one["hex"].upper(): {name: one.get(name) for name in COMPARED} for one in self.sky}

    def leave(self) -> list[Plain]:
        """The last aircraft are heard no more."""
        with self._lock:
            self.sky, gone = self.sky[:-LEAVING], self.sky[-LEAVING:]
        return gone

    def come_back(self, gone: list[Plain]) -> None:
        """Some of them are heard again, without a field that they had."""
        with self._lock:
            self.sky = self.sky + [{name: value for name, value in one.items() if name != "squawk"} for one in gone[:RETURNING]]


class Play:
    """The one server and its clients, taken through everything in turn. Each step fills a column of the table."""

    def __init__(self, server: Server, operator: Operator, source: Source, rows: list[Row]) -> None:
        self.server, self.operator, self.source, self.rows = server, operator, source, rows
        self.closed_as_slow = ""

    def each(self, claim: str, check: Callable[[Row], str]) -> None:
        """Fill a column: "ok" with what the check says, or why it failed."""
        for row in self.rows:
            try:
                row.cells[claim] = f"ok {check(row)}".strip()
            except (AssertionError, TimeoutError, OSError) as wrong:
                row.cells[claim] = f"FAILED; {wrong}; {row.summary(0)}"

    def begin(self) -> None:
        for row in self.rows:
            row.key = self.operator.made_key()
            row.start(self.server.url)
        deadline = time.monotonic() + 60

        def refused(row: Row) -> str:
            told = row.until("refused", deadline)
            assert (told["message"], told["code"]) == ("Invalid token", "token_invalid"), told
            return ""

        def subscribed(row: Row) -> str:
            assert row.until("subscribed", deadline)["topics"] == ["aircraft"]
            row.until("snapshot", deadline)
            return ""

        def connected(row: Row) -> str:
            row.until("connect", deadline)
            wanted = "websocket" if row.transport == "upgrade" else row.transport
            assert eventually(lambda: row.state(deadline)["transport"] == wanted), row.state(deadline)["transport"]
            version = row.said("version")
            assert version is None or version["version"].startswith(row.package.split()[1])
            return ""

        self.each("refusal", refused)
        self.each("subscribe", subscribed)
        self.each("connect", connected)
        self.each("delta", lambda row: str(row.until("delta", deadline) and ""))

    def holds_the_truth(self, row: Row, deadline: float) -> None:
        """Wait until the client holds what the receiver says, but look at least once: the rows share a deadline."""
        while (wrong := self.compare(row.state(time.monotonic() + 10))) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert not wrong, wrong

    def compare(self, state: dict[str, Any]) -> str:
        """What a client's state has that is not so; "" where it is true."""
        truth = self.source.truth()
        held = {one["hex"]: {name: one.get(name) for name in COMPARED} for one in state["aircraft"]}
        if held == truth:
            return ""
        differ = [(hex_, held[hex_], truth[hex_]) for hex_ in held.keys() & truth.keys() if held[hex_] != truth[hex_]]
        return (
            f"{len(held)} of {len(truth)} aircraft, {len(differ)} differ: {differ[:1]} {sorted(held.keys() ^ truth.keys())[:3]}"
        )

    def stop_for_a_minute(self) -> None:
        marks = {id(row): row.mark() for row in self.rows}
        self.signal(signal.SIGSTOP)
        gone = self.source.leave()
        time.sleep(STOPPED_SECONDS / 2)
        self.source.come_back(gone)
        time.sleep(STOPPED_SECONDS / 2)
        before = len(self.server.log())
        self.signal(signal.SIGCONT)
        time.sleep(4)
        self.source.frozen = True
        deadline = time.monotonic() + 50

        def true_again(row: Row) -> str:
            self.holds_the_truth(row, deadline)
            told = [line for line in row.told[marks[id(row)] :] if line["what"] == "resumed"]
            assert len(told) <= 1, f"it came back {len(told)} times: {row.summary(marks[id(row)])}"
            return f"by {told[0]['by']}" if told else "never away"

        self.each("60 s stopped", true_again)
        self.closed_as_slow = "".join(re.findall(r".*closing slow client.*", self.server.log()[before:]))

    def signal(self, which: signal.Signals) -> None:
        for row in self.rows:
            assert row.process is not None
            os.kill(row.process.pid, which)

    def kill_the_worker(self) -> None:
        marks = {id(row): row.mark() for row in self.rows}
        self.source.frozen = False
        os.kill(self.server.worker, signal.SIGKILL)
        deadline = time.monotonic() + 50
        with contextlib.suppress(TimeoutError):
            for row in self.rows:
                row.until("connect", deadline, marks[id(row)])
        self.source.frozen = True
        self.each("kill -9", lambda row: self.back_after_the_kill(row, deadline, marks[id(row)]))

    def back_after_the_kill(self, row: Row, deadline: float, mark: int) -> str:
        by: str = row.until("resumed", deadline, mark)["by"]
        assert by == "snapshot", "another epoch: nothing is remembered"
        self.holds_the_truth(row, deadline)
        return f"by {by}"

    def evict(self) -> None:
        marks = {id(row): row.mark() for row in self.rows}
        for row in self.rows:
            change(self.operator, keys.revoke, row.key.key.id, OPERATOR)
        deadline = time.monotonic() + 30

        def told(row: Row) -> str:
            assert row.until("error", deadline, marks[id(row)])["code"] == "token_revoked"
            reason: str | None = row.until("disconnect", deadline, marks[id(row)])["reason"]
            assert reason in ("io server disconnect", "server disconnect", None), reason
            return ""

        self.each("eviction", told)
        time.sleep(3)  # twice the time after which each library would have tried again
        for row in self.rows:
            tried = row.said("connect", marks[id(row)]) or row.said("connect_error", marks[id(row)])
            if tried:
                row.cells["eviction"] = f"FAILED; it tried again {tried}"


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """The whole play, played once."""
    source = Source()
    server = Server(
        tmp_path_factory.mktemp("table"),
        SKYSPY_FEEDS=source.url,
        WS_REJECT_INVALID_TOKENS="true",
        AIRCRAFT_TIMEOUT_SECONDS=str(SILENT_SECONDS),
    )
    operator = Operator(server.folder)
    rows = [Row(library, transport) for library, transport in NAMES if lacks(library) is None]
    made = Play(server, operator, source, rows)
    try:
        made.begin()
        made.stop_for_a_minute()
        made.kill_the_worker()
        made.evict()
        yield made
    finally:
        for row in rows:
            row.end()
        server.stop()
        operator.close()
        source.stop()


@pytest.mark.parametrize(("library", "transport"), NAMES, ids=[f"{library} {transport}" for library, transport in NAMES])
def test_every_client_library_gets_all_that_is_promised(library: str, transport: str, request: pytest.FixtureRequest) -> None:
    if lack := lacks(library):
        missing(lack)
    play: Play = request.getfixturevalue("play")
    [row] = [row for row in play.rows if (row.package, row.transport) == (library, transport)]
    wrong = {claim: row.cells.get(claim) for claim in CLAIMS if not row.cells.get(claim, "").startswith("ok")}
    assert not wrong, wrong


def test_f54_clients_that_stop_for_a_minute_come_back_with_a_true_sky(play: Play) -> None:
    assert [row.cells["60 s stopped"] for row in play.rows if not row.cells["60 s stopped"].startswith("ok")] == []
    assert play.closed_as_slow == "", "once a client reads it is never slow"


def test_the_table_is_printed(play: Play, record_property: Callable[[str, object], None]) -> None:
    """The controller of the test run prints it at the end (tests/conftest.py)."""
    record_property("table", table(play.rows))
    assert len(table(play.rows).splitlines()) == len(play.rows) + 1


def test_the_server_failed_nowhere(play: Play) -> None:
    assert "Traceback" not in play.server.log()
