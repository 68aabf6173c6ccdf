"""Measures how long other writes of the history wait while old rows are deleted, beside the same writes alone, in the same run.

    python bench/history_prune.py [--rows 100000] [--kind sqlite --kind postgres] [--postgres postgresql:///test]

A greenlet commits a batch of 30 visits each 50 ms, first alone, then while a deletion of so many segments runs in slices, then
while one statement deletes as many at once, as a peer. Printed are the milliseconds of those commits and of the deletions.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import gevent  # noqa: E402
from sqlalchemy import delete, insert  # noqa: E402

from bench.history import databases, opened, quantile  # noqa: E402
from skyspy.clock import Clock  # noqa: E402
from skyspy.store import Connection, StoreError  # noqa: E402
from skyspy.store.history import HistoryStore  # noqa: E402
from skyspy.store.history.kinds import KINDS  # noqa: E402
from skyspy.store.history.retention import Deletion  # noqa: E402
from skyspy.store.history.schema import SEGMENT  # noqa: E402
from skyspy.store.history.visits import write_visits  # noqa: E402
from skyspy.visits import VisitState  # noqa: E402

PER_SLOT = 300
ALONE_S = 10.0


def fill(history: HistoryStore, rows: int) -> None:
    """Old segments."""

    def one_slot(connection: Connection, slot: int) -> None:
        box = {"south": 0, "north": 1, "west": 0, "east": 1, "points": 20, "fence": 0, "part": 0}
        times = {"slot": slot, "t0": slot * 600_000, "t1": slot * 600_000 + 1}
        values = [box | times | {"visit_id": number, "data": os.urandom(300)} for number in range(PER_SLOT)]
        connection.execute(insert(SEGMENT), values)

    for slot in range(rows // PER_SLOT):
        history.maintain(one_slot, slot)


class Writer:
    """Commits a batch again and again."""

    def __init__(self, history: HistoryStore) -> None:
        self.history, self.commits, self.refused = history, list[float](), 0
        self._greenlet = gevent.spawn(self._run)

    def _run(self) -> None:
        while True:
            now = time.time()
            states = [VisitState(f"{number:06x}", 1_800_000_000, now - 60, now, demo=False) for number in range(30)]
            began = time.perf_counter()
            try:
                self.history.maintain(write_visits, states)
            except StoreError:
                self.refused += 1
            self.commits.append((time.perf_counter() - began) * 1000)
            gevent.sleep(0.05)

    def stop(self) -> None:
        self._greenlet.kill()

    def take(self) -> str:
        commits, self.commits = self.commits, []
        shown = ", ".join(f"{name} {quantile(commits, share):.1f}" for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)))
        refused, self.refused = self.refused, 0
        return f"{len(commits)} commits, ms: {shown}; refused {refused}"


def measure(kind: str, postgres: str, rows: int) -> None:
    with databases(kind, postgres) as urls:
        history = opened(urls[0], Clock(), [])
        fill(history, rows)
        writer = Writer(history)
        gevent.sleep(ALONE_S)
        print(f"{kind}, {rows} rows")
        print(f"  alone:      {writer.take()}")
        segments = next(one for one in KINDS if one.table is SEGMENT)

        def in_slices() -> None:
            Deletion(history, Clock(), lambda: True).older(segments, time.time())

        def at_once() -> None:
            history.maintain(lambda connection: connection.execute(delete(SEGMENT)).rowcount)

        cases: tuple[tuple[str, Callable[[], None]], ...] = (("in slices", in_slices), ("at once", at_once))
        for name, work in cases:
            if name == "at once":
                fill(history, rows)
                writer.take()
            began = time.perf_counter()
            work()
            gevent.sleep(0.2)
            print(f"  {name + ':':11} {writer.take()}; the deletion took {time.perf_counter() - began:.1f} s")
        writer.stop()
        history.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--kind", action="append", choices=("sqlite", "postgres"))
    arguments.add_argument("--postgres", default="postgresql:///test")
    chosen = arguments.parse_args()
    for kind in chosen.kind or ("sqlite", "postgres"):
        measure(kind, chosen.postgres, chosen.rows)


if __name__ == "__main__":
    main()
