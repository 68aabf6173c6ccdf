"""F56: of two processes on one database, the one that writes the history is frozen and goes on later, then the other one is killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import text

from skyspy.clock import Clock
from skyspy.config import history_url_of
from skyspy.store import Store
from skyspy.store.history import HistoryStore, lease
from skyspy.store.history.statistics import minutes
from tests.support.databases import KINDS, database_url
from tests.wire.serving import Server, eventually

FROZEN_S = 20.0
TAKEOVER_S = 10.0


class Second(NamedTuple):
    second: int
    seen_by: int
    fence: int


class Site:
    """Two servers on one database, and what its history holds."""

    def __init__(self, folder: Path, url: str) -> None:
        main = Store(url)
        self.history = HistoryStore(history_url_of(url), main, Clock())
        environ = {"SKYSPY_DATABASE_URL": url, "SKYSPY_FEEDS": "demo://?aircraft=3"}
        self.servers = []
        for _ in range(2):
            self.servers.append(Server(folder, app="tests.wire.history_seconds:app", **environ))
        self.history.upgrade()

    def writer(self) -> str | None:
        """The process that holds the lease: its pid."""
        found = self.history.read(lease.look)
        return None if found is None or found.holder is None else found.holder.split()[1]

    def fence(self) -> int:
        found = self.history.read(lease.look)
        assert found is not None
        return found.fence

    def seconds(self) -> list[Second]:
        query = text("SELECT second, seen_by, fence FROM toy_second ORDER BY second")
        return self.history.read(lambda c: [Second(*row) for row in c.execute(query)])

    def taken_by(self, server: Server) -> bool:
        pid = str(server.worker)
        return eventually(lambda: self.writer() == pid, TAKEOVER_S)

    def close(self) -> None:
        for server in self.servers:
            server.end()
        for server in self.servers:
            server.stop()
        self.history.close()


@contextmanager
def site_on(kind: str, folder: Path) -> Iterator[Site]:
    with database_url(kind, folder) as url:
        made = Site(folder, url)
        try:
            yield made
        finally:
            made.close()


def kill(server: Server) -> None:
    """Kill it and its worker, which its master would replace."""
    worker = server.worker
    server.process.kill()
    os.kill(worker, signal.SIGKILL)
    server.process.wait()


@pytest.mark.parametrize("kind", KINDS)
def test_f56_when_the_writer_of_the_history_is_frozen_or_killed_the_other_goes_on_and_it_writes_no_more(
    kind: str, tmp_path: Path
) -> None:
    with site_on(kind, tmp_path) as site:
        first, second = site.servers
        assert site.taken_by(first)
        assert eventually(lambda: "the history is written by" in second.log())
        # It has seen seconds of its own.
        time.sleep(2.0)

        frozen, began = first.worker, time.monotonic()
        os.kill(frozen, signal.SIGSTOP)
        try:
            assert site.taken_by(second)
            assert eventually(lambda: site.seconds()[-1].fence == 2)
            by_first = [row for row in site.seconds() if row.fence == 1]
            time.sleep(max(0.0, FROZEN_S - (time.monotonic() - began)))
        finally:
            os.kill(frozen, signal.SIGCONT)
        follows = f"the history is written by process {second.worker} on "
        assert eventually(lambda: follows in first.log().rpartition("fence 1")[2])
        # All that was due while it was frozen is done by now.
        time.sleep(2.0)
        assert (site.writer(), site.fence()) == (str(second.worker), 2)
        since = site.seconds()
        assert [row for row in since if row.fence == 1] == by_first
        assert {row.seen_by for row in since if row.fence == 2} == {second.worker}

        kill(second)
        assert site.taken_by(first)
        assert eventually(lambda: site.seconds()[-1].fence == 3)
        first.stop()
        rows, kept = site.seconds(), [row.minute for row in site.history.read(minutes, 0, 10**9)]
    gaps = [later.second - earlier.second for earlier, later in pairwise(rows)]
    assert max(gaps) <= 5, rows
    assert {row.fence for row in rows} == {1, 2, 3}
    # A minute that nobody has finished is written at the stop.
    assert kept == list(range(rows[0].second // 60, rows[-1].second // 60 + 1))
    for server in site.servers:
        assert "Traceback" not in server.log()
