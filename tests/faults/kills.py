"""Kills a server that records many aircraft with SIGKILL at random moments, and looks at what is stored after each one.

    python -m tests.faults.kills [--kills 100] [--aircraft 300] [--seed 1]

Each server is a fork of this process on the same SQLite files: the whole application without its web server, hearing `aircraft`
aircraft each second, one of them new. Waits are shortened (a visit is written after 0.4 s, a batch every 0.1 s, the lease is taken over
after 0.3 s), so that most moments fall into a write. One kill in four comes while the server starts: as it opens and upgrades the
files, takes the lease, or reads what is stored. What a reader saw committed before a kill must be there after it.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
import select  # noqa: E402
import signal  # noqa: E402
import sqlite3  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from dataclasses import dataclass, field  # noqa: E402
from itertools import pairwise  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402

from skyspy import app as application  # noqa: E402
from skyspy.aircraft import Observation  # noqa: E402
from skyspy.app import Components, create_app  # noqa: E402
from skyspy.config import HISTORY_FILE  # noqa: E402
from skyspy.server import server_of  # noqa: E402
from skyspy.sky import recorded, recorder  # noqa: E402
from skyspy.store.history import store, visits  # noqa: E402
from skyspy.store.history.writer import LeaseTimes  # noqa: E402
from skyspy.tracks.segment import SegmentError, unpack  # noqa: E402

sleep = monkey.get_original("time", "sleep")
READY_S, STARTING_S = 0.6, 1.5
"""The kill comes within so many seconds after a server has written, or after its start where it is killed as it starts."""
STARTING_EACH = 4
PRINT_EACH = 5
FIRST_HEX = 0x400000
MAX_START_S = 60.0


@dataclass
class Stored:
    """What a reader finds committed: per visit when its aircraft was last heard, per visit and slot the last time of its track."""

    visits: dict[tuple[str, int], float] = field(default_factory=dict)
    tracks: dict[tuple[str, int, int], int] = field(default_factory=dict)


@dataclass
class Report:
    """`moments` counts what was going on at the kills; `faults` are lines about what was lost or broken."""

    kills: int = 0
    visits: int = 0
    segments: int = 0
    points: int = 0
    longest_gap_s: float = 0.0
    moments: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def described(self) -> str:
        return (
            f"{self.kills} kills ({dict(self.moments)}), {self.visits} visits, {self.segments} segments, {self.points} points,"
            f" longest gap in a slot {self.longest_gap_s:.1f} s, {len(self.faults)} faults"
        )


def serve(folder: Path, aircraft: int, began: float, ready: int) -> None:
    """Record until killed. `began`: when the first server started, wall seconds. Writes a byte to the descriptor `ready` once visits are written."""
    recorder.NOTE_S = 0.1
    recorded.WRITE_S = recorder.WRITE_S = recorder.EAGER_WRITE_S = 0.4  # type: ignore[attr-defined]
    store.FLUSH_SECONDS = store.MIN_FLUSH_PERIOD_S = 0.1
    environ = {"SKYSPY_INSTANCE": str(folder), "SKYSPY_FEEDS": "beast://127.0.0.1:9", "SKYSPY_LOG_LEVEL": "error"}
    app = create_app(environ, components=Components(lease=LeaseTimes(0.05, 0.1, 0.3)))
    application.start(app)
    server = server_of(app)
    sky, clock = server.skies["live"], server.clock
    is_ready, started = False, clock.wall()
    while True:
        at = clock.wall()
        # One more each second; all of before are heard again by each process, so each has one visit.
        for index in range(aircraft + int(at - began)):
            # It flies north and reports east: each of its positions is kept.
            fields = {
                "lat": 47.0 + at % 1000 / 720,
                "lon": 8.0 + index / 1e4,
                "alt_baro": 1000 + index,
                "gs": 300.0,
                "track": 90.0,
            }
            for _ in range(2):
                sky.ingest(Observation(f"{FIRST_HEX + index:06X}", clock.steady(), "adsb_icao", fields))
        if not is_ready and any(state.last > started for state in server.history.read(visits.recent, at)):
            is_ready = os.write(ready, b".") == 1
        gevent.sleep(0.2)


def run(folder: Path, kills: int, aircraft: int, seed: int) -> Report:
    """Kill so many servers, and say what was found."""
    report, chance, known = Report(), random.Random(seed), Stored()
    path, began = folder / HISTORY_FILE, time.time()
    for number in range(kills):
        while_starting = number % STARTING_EACH == STARTING_EACH - 1
        ready, child_end = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                serve(folder, aircraft, began, child_end)
            finally:
                os._exit(1)
        os.close(child_end)
        try:
            if while_starting:
                sleep(chance.uniform(0.0, STARTING_S))
            elif select.select([ready], [], [], MAX_START_S)[0] and os.read(ready, 1):
                sleep(chance.uniform(0.0, READY_S))
            else:
                report.faults.append("a server did not come up again")
                break
            acknowledged = read(path)
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(ready)
        report.kills += 1
        report.moments["as it started"] += while_starting
        report.moments["with a journal"] += Path(f"{path}-wal").exists()
        # What was found after the kills before is acknowledged too.
        compare(known, acknowledged, report)
        known = check(path, acknowledged, report)
        if report.kills % PRINT_EACH == 0:
            print(f"{time.time() - began:6.1f} s: {report.described()}", flush=True)
    if len(known.visits) < aircraft:
        report.faults.append(f"only {len(known.visits)} visits were stored")
    return report


def read(path: Path) -> Stored:
    """What is committed now."""
    with sqlite3.connect(path, timeout=10.0) as direct:
        visits = {(hex_, start): last for hex_, start, last in direct.execute("SELECT hex, start, last FROM visit")}
        query = "SELECT hex, start, slot, max(t1) FROM segment JOIN visit ON visit.id = visit_id GROUP BY hex, start, slot"
        tracks = {(hex_, start, slot): t1 for hex_, start, slot, t1 in direct.execute(query)}
    direct.close()
    return Stored(visits, tracks)


def compare(acknowledged: Stored, found: Stored, report: Report) -> None:
    """Note what was there and is not any more."""
    faults = report.faults
    faults += [f"visit {key} is lost" for key, last in acknowledged.visits.items() if found.visits.get(key, 0.0) < last]
    faults += [f"track {key} is lost" for key, t1 in acknowledged.tracks.items() if found.tracks.get(key, 0) < t1]


def check(path: Path, acknowledged: Stored, report: Report) -> Stored:
    """Compare what is stored with what was acknowledged, and with itself; return it."""
    found, faults = read(path), report.faults
    compare(acknowledged, found, report)
    faults += [f"{hex_} has {count} visits" for hex_, count in Counter(hex_ for hex_, _ in found.visits).items() if count > 1]
    with sqlite3.connect(path, timeout=10.0) as direct:
        (integrity,) = direct.execute("PRAGMA integrity_check").fetchone()
        seen = dict(direct.execute("SELECT hex, visits FROM aircraft_seen").fetchall())
        rows = direct.execute("SELECT points, data FROM segment").fetchall()
        orphans = direct.execute("SELECT count(*) FROM segment WHERE visit_id NOT IN (SELECT id FROM visit)").fetchone()[0]
    direct.close()
    if integrity != "ok":
        faults.append(f"integrity_check: {integrity}")
    if seen != dict(Counter(hex_ for hex_, _ in found.visits)):
        faults.append("aircraft_seen counts other visits than there are")
    if orphans:
        faults.append(f"{orphans} segments have no visit")
    report.visits, report.segments, report.points = len(found.visits), len(rows), 0
    for points, data in rows:
        try:
            times = [point.at for point in unpack(data)]
        except SegmentError as error:
            faults.append(f"a segment cannot be read: {error}")
            continue
        report.points += len(times)
        if len(times) != points or times != sorted(set(times)):
            faults.append("a segment has other points than its row says, or not in order")
        report.longest_gap_s = max([report.longest_gap_s, *(later - earlier for earlier, later in pairwise(times))])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--aircraft", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = run(Path(folder), options.kills, options.aircraft, options.seed)
    print(f"{report.described()}, in {time.monotonic() - began:.0f} s")
    for fault in report.faults[:20]:
        print("FAULT", fault)
    print("nothing that was acknowledged is lost" if not report.faults else f"{len(report.faults)} faults")
    return bool(report.faults)


if __name__ == "__main__":
    raise SystemExit(main())
