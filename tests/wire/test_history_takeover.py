"""F56: of several processes on one database, the one that writes the history is killed, frozen for a while, or stopped."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import select, text

from skyspy.clock import Clock
from skyspy.config import history_url_of
from skyspy.store import Store
from skyspy.store.history import HistoryStore, lease
from skyspy.store.history.schema import SEGMENT, VISIT
from skyspy.store.history.statistics import minutes
from skyspy.tracks.segment import unpack
from tests.support.databases import KINDS, database_url
from tests.wire.circling import AIRCRAFT, Circling
from tests.wire.serving import Server, eventually

FROZEN_S = 20.0
TAKEOVER_S = 10.0
MAX_GAP_S = 10.0


class Second(NamedTuple):
    """A second, the process that wrote it, and the fence under which that was."""

    second: int
    written_by: int
    fence: int


class Site:
    """Three servers on one database, and what its history holds."""

    def __init__(self, folder: Path, url: str) -> None:
        self.history = HistoryStore(history_url_of(url), Store(url), Clock())
        self.receiver = Circling()
        environ = {"SKYSPY_DATABASE_URL": url, "SKYSPY_FEEDS": self.receiver.url}
        app = "tests.wire.history_seconds:app"
        self.servers = [Server(folder, app=app, **environ)]
        self.servers += [Server(folder, wait=False, app=app, **environ) for _ in range(2)]
        self.history.upgrade()

    def lease(self) -> lease.Lease:
        found = self.history.read(lease.look)
        assert found is not None
        return found

    def writer(self, *others: Server) -> Server:
        """Another process than these that holds the lease, after a while at most."""
        pids = {str(server.worker): server for server in self.servers if server not in others and server.process.poll() is None}
        assert eventually(lambda: self._holder() in pids, TAKEOVER_S)
        return pids[self._holder()]

    def _holder(self) -> str:
        """The process id of the holder of the lease; nothing where it was released and not taken yet."""
        holder = self.lease().holder
        return "" if holder is None else holder.split()[1]

    def seconds(self) -> list[Second]:
        query = text("SELECT second, seen_by, fence FROM toy_second ORDER BY second")
        return self.history.read(lambda c: [Second(*row) for row in c.execute(query)])

    def visits(self) -> list[tuple[str, float, float]]:
        """Hex, first and last of each stored visit, in order."""
        query = select(VISIT.c.hex, VISIT.c.first, VISIT.c.last).order_by(VISIT.c.hex, VISIT.c.first)
        return self.history.read(lambda c: [(row.hex, row.first, row.last) for row in c.execute(query)])

    def times(self) -> dict[str, list[float]]:
        """When each stored point was, by hex, in order."""
        query = select(VISIT.c.hex, SEGMENT.c.data).join_from(SEGMENT, VISIT, SEGMENT.c.visit_id == VISIT.c.id)
        found: dict[str, list[float]] = {}
        for row in self.history.read(lambda c: list(c.execute(query))):
            found.setdefault(row.hex, []).extend(point.at for point in unpack(row.data))
        return {hex_: sorted(times) for hex_, times in found.items()}

    def close(self) -> None:
        for server in self.servers:
            server.end()
        for server in self.servers:
            server.stop()
        self.receiver.close()
        self.history.close()


@contextmanager
def site_on(kind: str, folder: Path) -> Iterator[Site]:
    with database_url(kind, folder) as url:
        made = Site(folder, url)
        try:
            yield made
        finally:
            made.close()


def freeze(worker: int, url: str) -> None:
    """Stop a process where it holds no lock of an SQLite file, which nobody could take from it."""
    while True:
        os.kill(worker, signal.SIGSTOP)
        if not url.startswith("sqlite"):
            return
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0.05, isolation_level=None)) as file:
            try:
                file.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(worker, signal.SIGCONT)
                time.sleep(0.1)
            else:
                return


@pytest.mark.parametrize("kind", KINDS)
def test_f56_whatever_ends_the_writer_of_the_history_another_goes_on_without_a_gap_and_a_frozen_one_writes_no_more(
    kind: str, tmp_path: Path
) -> None:
    with site_on(kind, tmp_path) as site:
        first, *others = site.servers
        for server in others:
            server.wait()
            assert eventually(lambda server=server: "the history is written by" in server.log())
        all_there = time.time()
        # All of them have seen seconds and aircraft of their own.
        time.sleep(3.0)
        assert site.writer() is first

        first.kill()
        frozen = site.writer()
        assert eventually(lambda: site.seconds()[-1].fence == 2)

        worker, began = frozen.worker, time.monotonic()
        freeze(worker, site.history.url.render_as_string())
        try:
            last = site.writer(frozen)
            assert eventually(lambda: site.seconds()[-1].fence == 3)
            by_frozen = [row for row in site.seconds() if row.fence == 2]
            time.sleep(max(0.0, FROZEN_S - (time.monotonic() - began)))
        finally:
            os.kill(worker, signal.SIGCONT)
        follows = f"the history is written by process {last.worker} on "
        assert eventually(lambda: follows in frozen.log().rpartition("(fence 2)")[2])
        # All that was due while it was frozen is done by now.
        time.sleep(2.0)
        assert (site.writer(), site.lease().fence) == (last, 3)
        rows = site.seconds()
        assert [row for row in rows if row.fence == 2] == by_frozen
        assert {row.written_by for row in rows if row.fence == 3} == {last.worker}

        last.stop()
        assert site.writer() is frozen
        assert eventually(lambda: site.seconds()[-1].fence == 4)
        frozen.stop()
        rows, visits, times = site.seconds(), site.visits(), site.times()
        kept = [row.minute for row in site.history.read(minutes, 0, 10**9)]
    # What the second one wrote in its few seconds, the third one saw and wrote, too.
    assert {row.fence for row in rows} - {2} == {1, 3, 4}
    assert max(later.second - earlier.second for earlier, later in pairwise(rows)) <= MAX_GAP_S / 2
    # A minute that nobody has finished is written at the stop.
    assert kept == list(range(rows[0].second // 60, rows[-1].second // 60 + 1))
    assert len({hex_ for hex_, _, _ in visits}) == len(visits) == len(times) == AIRCRAFT, "each aircraft has one visit"
    for hex_, began_at, ended_at in visits:
        assert began_at <= rows[0].second + MAX_GAP_S
        assert ended_at >= rows[-1].second - MAX_GAP_S
        # Before all three were there, only the first one knew what it had not yet written when it was killed.
        gaps = [later - earlier for earlier, later in pairwise([*times[hex_], ended_at]) if later > all_there + MAX_GAP_S]
        assert max(gaps) <= MAX_GAP_S, times[hex_]
    for server in site.servers:
        assert "Traceback" not in server.log()
