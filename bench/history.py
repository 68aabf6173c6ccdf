"""Simulates hours of traffic and measures what the history makes of it, beside a row for each point, in the same run.

    python bench/history.py [--hours 24] [--aircraft 300] [--kind sqlite --kind postgres] [--postgres postgresql:///test]

The aircraft of the simulation are heard every 5 seconds. On each kind of database three stores get the same positions:

- `recorder`: the server's own way: tracker, recorder with its thinning, batches, and the chunks for clients;
- `all points`: the same rows and the same packing with every point, each slot written again once a minute;
- `row per point`: a table with a row for each point, committed every 5 seconds.

Printed are bytes for each stored point (the tracks with their indexes; in all: visits and chunks too) and megabytes a day in all, how long commits took, how
late the event loop's timers were (a greenlet that measures it in this process), and how long it took to read all tracks of the last
24 hours in a box of 1 by 1.5 degrees. Hours pass as fast as the machine can, so the loop is as busy as it can be: at the pace of the
clock it is late less. Autovacuum of Postgres goes by real time, of which there is little here: the bench vacuums what is written anew as often
as autovacuum would by the parameters of the tables, every VACUUM_EVERY steps. Other load on the machine raises all times; the ratios show the difference.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from array import array  # noqa: E402
from collections.abc import Callable, Iterator, Sequence  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from dataclasses import dataclass, field  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import gevent  # noqa: E402
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, NullPool, Table, create_engine, insert, select, text  # noqa: E402

from skyspy import registration  # noqa: E402
from skyspy.clock import Clock  # noqa: E402
from skyspy.config import history_url_of  # noqa: E402
from skyspy.receivers.manager import Receivers  # noqa: E402
from skyspy.simulate.traffic import DEFAULT_CENTRE, Simulation  # noqa: E402
from skyspy.sky import SkyView  # noqa: E402
from skyspy.sky.chunk_maker import ChunkMaker  # noqa: E402
from skyspy.sky.recorder import Recorder  # noqa: E402
from skyspy.store import Store  # noqa: E402
from skyspy.store.history import HistoryStore, segments, visits  # noqa: E402
from skyspy.store.history.segments import SlotTrack, parts_of  # noqa: E402
from skyspy.store.history.visits import Recorded  # noqa: E402
from skyspy.store.registry import Settings  # noqa: E402
from skyspy.tracker import Limits, Tracker  # noqa: E402
from skyspy.tracks.point import TrackPoint, slot_of  # noqa: E402
from skyspy.tracks.segment import Box, unpack  # noqa: E402
from skyspy.visits import VisitState  # noqa: E402
from tests.support.databases import Schema  # noqa: E402

STEP_S = 5
GROUP = 10
"""Aircraft of one simulation: its call is short, so that the bench itself delays no timer for long."""
WRITE_EVERY = 12
"""Steps between two writes of a track with all points: a minute."""
VACUUM_EVERY = 48
"""Steps in which more than the thousand rows are written anew that start an autovacuum: four minutes."""
TICK_S = 0.002
PAUSE_S = 0.0001
IDLE_S = 5.0
START = 1_800_000_000.0
SOUTH, WEST = DEFAULT_CENTRE[0] - 0.5, DEFAULT_CENTRE[1] - 0.75
BOX = Box(SOUTH, SOUTH + 1.0, WEST, WEST + 1.5)
TRACKS = ("segment", "visit", "chunk", "aircraft_seen")

ROWS = MetaData()
POINT = Table(
    "point",
    ROWS,
    Column("visit", Integer, primary_key=True, autoincrement=False),
    Column("t", BigInteger, primary_key=True, autoincrement=False),
    *(Column(name, Integer) for name in ("lat", "lon", "alt", "gs", "track")),
    sqlite_with_rowid=False,
)
"""The smallest form of a row: whole numbers, found by visit."""


class SimulatedClock(Clock):
    """Jumps from step to step, and moves with the machine's clock within one, as long as that takes."""

    def __init__(self) -> None:
        self._at, self._since = 0.0, time.monotonic()

    def step(self, seconds: float) -> None:
        self._at, self._since = self._at + seconds, time.monotonic()

    def steady(self) -> float:
        return self._at + min(time.monotonic() - self._since, 0.9)

    def wall(self) -> float:
        return START + self.steady()


class Late:
    """How late the event loop's timers are, in milliseconds."""

    def __init__(self) -> None:
        self.found = array("d")
        self._greenlet = gevent.spawn(self._run)

    def _run(self) -> None:
        while True:
            began = time.perf_counter()
            gevent.sleep(TICK_S)
            self.found.append((time.perf_counter() - began - TICK_S) * 1000)

    def stop(self) -> None:
        self._greenlet.kill()


@dataclass
class Measured:
    """One store: points it was offered and holds, its bytes, milliseconds of each commit, and of the query (with what it found)."""

    name: str
    offered: int = 0
    stored: int = 0
    bytes: int = 0
    track_bytes: int = 0
    commits: list[float] = field(default_factory=list)
    query_ms: float = 0.0
    found: int = 0


def timed(store: Store, commits: list[float]) -> None:
    """Note the milliseconds of each write of a store."""
    write = store.write

    def measured(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return write(fn, *args, **kwargs)
        finally:
            commits.append((time.perf_counter() - began) * 1000)

    store.write = measured  # type: ignore[method-assign]


class Traffic:
    """The simulated aircraft, in groups."""

    def __init__(self, aircraft: int) -> None:
        self._groups = [Simulation(seed, GROUP) for seed in range(max(1, aircraft // GROUP))]

    def step(self, clock: SimulatedClock, heard: Callable[[Any], None]) -> None:
        """Let each aircraft be heard once."""
        until = clock.wall()
        for group in self._groups:
            for observation in group.observations(until - STEP_S, until, clock.steady()):
                heard(observation)
            gevent.sleep(PAUSE_S)


class AllPoints:
    """Tracks with every point, in the history's own rows."""

    def __init__(self, history: HistoryStore) -> None:
        self.history = history
        self._tracks: dict[tuple[str, int], tuple[VisitState, dict[int, list[TrackPoint]], list[int]]] = {}
        self._step = 0

    def add(self, state: VisitState, point: TrackPoint) -> None:
        key = (state.hex, state.start)
        if key not in self._tracks:
            self._tracks[key] = (state, {}, [len(self._tracks) % WRITE_EVERY, self._step])
        _, slots, last = self._tracks[key]
        self._tracks[key] = (state, slots, last)
        last[1] = self._step
        slots.setdefault(slot_of(point.at), []).append(point)

    def write(self, *, all_of_them: bool = False) -> None:
        """Hand over what is due."""
        self._step += 1
        for key, (state, slots, (turn, last)) in list(self._tracks.items()):
            if not all_of_them and self._step % WRITE_EVERY != turn:
                continue
            tracks = tuple(SlotTrack(*key, slot, parts_of(points)) for slot, points in slots.items())
            self.history.enqueue(visits.write_recorded, Recorded(state, tracks))
            for slot in sorted(slots)[:-1]:
                del slots[slot]
            if self._step - last > 10 * WRITE_EVERY:
                del self._tracks[key]
            gevent.sleep(PAUSE_S)
        self.history.flush()


class RowPerPoint:
    """A row for each point."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._ids: dict[tuple[str, int], int] = {}
        self._rows: list[dict[str, int | None]] = []

    def add(self, state: VisitState, point: TrackPoint) -> None:
        visit = self._ids.setdefault((state.hex, state.start), len(self._ids))
        speed, track = (None if value is None else round(value * 10) for value in (point.gs, point.track))
        self._rows.append(
            {
                "visit": visit,
                "t": round(point.at * 1000),
                "lat": round(point.lat * 1e5),
                "lon": round(point.lon * 1e5),
                "alt": point.alt_baro,
                "gs": speed,
                "track": track,
            }
        )

    def write(self) -> None:
        rows, self._rows = self._rows, []
        unique = list({(row["visit"], row["t"]): row for row in rows}.values())
        if unique:
            self.store.write(_insert_points, unique)


def _insert_points(connection: Connection, rows: list[dict[str, int | None]]) -> None:
    connection.execute(insert(POINT), rows)


@contextmanager
def databases(kind: str, postgres: str) -> Iterator[list[str]]:
    """The addresses of three empty databases."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(dir=".") as folder:
            for name in "abc":
                (Path(folder) / name).mkdir()
            yield [f"sqlite:///{folder}/{name}/skyspy.db" for name in "abc"]
        return
    schemas = [Schema(postgres) for _ in "abc"]
    try:
        yield [schema.url for schema in schemas]
    finally:
        for schema in schemas:
            schema.drop()


def opened(url: str, clock: Clock, commits: list[float]) -> HistoryStore:
    main = Store(url)
    main.upgrade()
    history = HistoryStore(history_url_of(url), main, clock)
    history.upgrade()
    timed(history._store, commits)
    return history


def vacuum(history: HistoryStore) -> None:
    """What autovacuum does."""
    if history.url.get_backend_name() == "postgresql":
        engine = create_engine(history.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text("VACUUM visit, segment"))


def table_bytes(connection: Connection, tables: Sequence[str]) -> int:
    """The bytes of these tables with their indexes."""
    if connection.dialect.name == "sqlite":
        names = ", ".join(f"'{name}'" for name in tables)
        query = f"SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_schema WHERE tbl_name IN ({names}))"
        return int(connection.execute(text(query)).scalar_one())
    return sum(int(connection.execute(text(f"SELECT pg_total_relation_size('{name}')")).scalar_one()) for name in tables)


def in_box_of_segments(history: HistoryStore, end: float) -> int:
    """The points of the last 24 hours in the box."""
    found, after = 0, None
    while page := history.read(segments.within, end - 86_400, end, BOX, after):
        for segment in page:
            found += sum(BOX.south <= p.lat <= BOX.north and BOX.west <= p.lon <= BOX.east for p in unpack(segment.data))
        after = page[-1]
    return found


def in_box_of_rows(store: Store, end: float) -> int:
    south, north, west, east = (round(edge * 1e5) for edge in BOX)

    def rows(connection: Connection) -> int:
        p = POINT.c
        these = (p.t >= (end - 86_400) * 1000) & (p.lat.between(south, north)) & (p.lon.between(west, east))
        return len(connection.execute(select(p.visit, p.t, p.lat, p.lon, p.alt, p.gs, p.track).where(these)).all())

    return store.read(rows)


def run(kind: str, postgres: str, hours: float, aircraft: int) -> tuple[list[Measured], Late, float]:
    """Record so many hours; returns the measurements of the three stores, the timers, and the seconds that it took."""
    clock = SimulatedClock()
    results = [Measured("recorder"), Measured("all points"), Measured("row per point")]
    with databases(kind, postgres) as urls:
        history, every = (opened(url, clock, result.commits) for url, result in zip(urls[:2], results[:2], strict=True))
        rows = RowPerPoint(Store(urls[2]))
        rows.store.write(POINT.create)
        timed(rows.store, results[2].commits)
        view = SkyView(
            "live",
            clock,
            Settings,
            Tracker(Limits(), DEFAULT_CENTRE, "bench", registration.describe),
            Receivers((), clock, DEFAULT_CENTRE),
            DEFAULT_CENTRE,
        )
        recorder, chunks, full = Recorder(view, history), ChunkMaker("live", history, clock, lambda: True), AllPoints(every)
        traffic, late, began = Traffic(aircraft), Late(), time.perf_counter()
        noted: dict[str, float] = {}
        for step in range(round(hours * 3600 / STEP_S)):
            heard: dict[str, None] = {}

            def take(observation: Any, heard: dict[str, None] = heard) -> None:
                view.tracker.apply(observation, clock.steady())
                heard[observation.hex] = None

            for second in range(STEP_S):
                clock.step(1.0)
                if second == 0:
                    traffic.step(clock, take)
                view.tracker.take_delta(clock.steady())
                recorder.run()
                gevent.sleep(PAUSE_S)
            for found in view.tracker.states():
                state = recorder.visit(found.hex) if found.hex in heard else None
                if state is None or "lat" not in found.public or noted.get(found.hex) == found.position.at:
                    continue
                noted[found.hex] = found.position.at
                fields = found.public
                altitude: Any = fields.get("alt_baro")
                at = found.position.at + START
                point = TrackPoint(
                    at,
                    found.position.lat,
                    found.position.lon,
                    altitude if isinstance(altitude, int) else None,
                    altitude == "ground",
                    fields.get("gs"),  # type: ignore[arg-type]
                    fields.get("track"),  # type: ignore[arg-type]
                )
                full.add(state, point)
                rows.add(state, point)
                results[0].offered += 1
                if results[0].offered % 20 == 0:
                    gevent.sleep(PAUSE_S)
            full.write()
            rows.write()
            history.round()
            chunks.run()
            if step % VACUUM_EVERY == VACUUM_EVERY - 1:
                vacuum(history)
                vacuum(every)
        recorder.stop()
        history.flush()
        full.write(all_of_them=True)
        late.stop()
        took = time.perf_counter() - began
        finish(results, history, every, rows.store, clock.wall())
        for store in (history, every, rows.store):
            store.close()
    return results, late, took


def finish(results: list[Measured], history: HistoryStore, every: HistoryStore, rows: Store, end: float) -> None:
    """Measure sizes and the query."""
    for result, read, tables in zip(
        results, (history.read, every.read, rows.read), (TRACKS, TRACKS[:2], ("point",)), strict=True
    ):
        result.offered = results[0].offered
        result.bytes, result.track_bytes = read(table_bytes, tables), read(table_bytes, tables[:1])
        stored = "SELECT sum(points) FROM segment" if "segment" in tables else "SELECT count(*) FROM point"
        result.stored = int(read(lambda c, stored=stored: c.execute(text(stored)).scalar_one()))
        began = time.perf_counter()
        if result.name == "row per point":
            result.found = in_box_of_rows(rows, end)
        else:
            result.found = in_box_of_segments(history if result.name == "recorder" else every, end)
        result.query_ms = (time.perf_counter() - began) * 1000
        if "segment" in tables:
            parts = {name: read(table_bytes, (name,)) for name in tables}
            print(f"    {result.name}: " + ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in parts.items()))


def quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def show(kind: str, hours: float, results: list[Measured], late: Late, took: float) -> None:
    """Print one kind of database."""
    offered = results[0].offered
    print(f"{kind}: {hours:g} hours in {took:.0f} s, {offered} points, {late.found.buffer_info()[1]} timers")
    heads = ("points", "B/point", "B/point in all", "MB/day", "commit p50", "p99", "max ms", "box ms", "found")
    print(f"  {'store':14}" + "".join(f" {head:>14}" for head in heads))
    for one in results:
        stored = max(1, one.stored)
        sizes = [one.track_bytes / stored, one.bytes / stored, one.bytes / 1e6 * 24 / hours]
        commits = [quantile(one.commits, share) for share in (0.5, 0.99, 1.0)]
        shown = [f"{one.stored}", *(f"{number:.2f}" for number in (*sizes, *commits)), f"{one.query_ms:.0f}", f"{one.found}"]
        print(f"  {one.name:14}" + "".join(f" {cell:>14}" for cell in shown))
    rows = results[2]
    for one in results[:2]:
        print(f"  {one.name} is {rows.bytes / max(1, one.bytes):.1f} times smaller than a row for each point")
    print(
        f"  timers late: p50 {quantile(late.found, 0.5):.1f}, p99 {quantile(late.found, 0.99):.1f}, max {max(late.found):.1f} ms"
    )


def idle() -> None:
    """Print how late timers are in a process that does nothing else: what the machine adds."""
    late = Late()
    gevent.sleep(IDLE_S)
    late.stop()
    print(
        f"idle: timers late p50 {quantile(late.found, 0.5):.1f}, p99 {quantile(late.found, 0.99):.1f}, max {max(late.found):.1f} ms"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--hours", type=float, default=24.0)
    arguments.add_argument("--aircraft", type=int, default=300)
    arguments.add_argument("--kind", action="append", choices=("sqlite", "postgres"))
    arguments.add_argument("--postgres", default="postgresql:///test")
    chosen = arguments.parse_args()
    idle()
    for kind in chosen.kind or ("sqlite", "postgres"):
        show(kind, chosen.hours, *run(kind, chosen.postgres, chosen.hours, chosen.aircraft))


if __name__ == "__main__":
    main()
