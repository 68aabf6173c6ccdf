"""What a day of tracks costs: bytes a point, MB, commits, delays of the event loop, and a search; beside a table with a row for each point.

    .venv/bin/python -m bench.history [--hours 24] [--aircraft 300] [--kinds sqlite,postgres]

Simulated aircraft with a position each 5 s, as receivers hear them: on ADS-B's grid of 5 m, at uneven times. Each slot of
a track is written again once a minute, as a running server does, 50 to a commit: whole and thinned. The rows are inserted once a minute too, 500
to a commit. All is written as fast as possible, so the event loop has more to do than in a running server; `idle` is how late it is meanwhile without
work. `postgres` needs the one of the tests.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import random  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections import defaultdict  # noqa: E402
from collections.abc import Callable, Iterator, Sequence  # noqa: E402
from contextlib import ExitStack, contextmanager  # noqa: E402
from math import atan2, cos, degrees, hypot, radians, sin  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402
from sqlalchemy import Connection, func, select, text  # noqa: E402

from skyspy.clock import Clock  # noqa: E402
from skyspy.config import history_url_of  # noqa: E402
from skyspy.cooperate import Yielder  # noqa: E402
from skyspy.sky.chunk_maker import MAKE_AFTER_S, ChunkMaker  # noqa: E402
from skyspy.store import Store  # noqa: E402
from skyspy.store.history import HistoryStore, chunks, segments  # noqa: E402
from skyspy.store.history.schema import SEGMENT  # noqa: E402
from skyspy.store.history.segments import SlotTrack, parts_of  # noqa: E402
from skyspy.tracks.point import SLOT_S, TrackPoint  # noqa: E402
from skyspy.tracks.segment import Box, unpack_columns  # noqa: E402
from skyspy.tracks.thinning import Thinner  # noqa: E402
from tests.support.databases import migrated_url  # noqa: E402
from tests.support.tracks import add_visit  # noqa: E402

AT = 1_764_201_600.0
BOX = Box(47.0, 48.0, 8.0, 9.5)
POINT_S, MINUTES = 5.0, range(60, SLOT_S + 1, 60)
GRID = 6 / 131_072
ROWS = "CREATE TABLE bench_point (visit integer, t bigint, lat integer, lon integer, alt integer, gs integer, track integer, PRIMARY KEY (visit, t))"
INSERT = text("INSERT INTO bench_point VALUES (:visit, :t, :lat, :lon, :alt, :gs, :track)")
SEARCH = text(
    "SELECT visit, t, lat, lon, alt, gs, track FROM bench_point WHERE t >= :since AND t < :until"
    " AND lat BETWEEN :south AND :north AND lon BETWEEN :west AND :east"
)


class BenchClock(Clock):
    """The wall clock of the simulated day."""

    now = AT

    def wall(self) -> float:
        return self.now


class Flight:
    """One visit: straight legs, turns, climbs and descents; 20 to 60 minutes."""

    def __init__(self, number: int, at: float, dice: random.Random) -> None:
        self.number, self.hex, self.start, self.dice = number, f"{number:06X}", int(at), dice
        self.at, self.ends = at, at + dice.uniform(1200, 3600)
        self.lat, self.lon = dice.uniform(45.5, 49.0), dice.uniform(5.0, 11.5)
        self.gs, self.track, self.alt = dice.uniform(100, 480), dice.uniform(0, 360), dice.uniform(2000, 39_000)
        self.turn = self.climb = 0.0

    def points(self, until: float) -> list[TrackPoint]:
        found, dice = [], self.dice
        while self.at < min(until, self.ends):
            step = POINT_S + dice.uniform(-0.3, 0.3)
            if dice.random() < 0.03:
                self.turn = dice.choice((0.0, 0.0, 0.0, 1.0, -1.5))
            if dice.random() < 0.02:
                self.climb = dice.choice((0.0, 0.0, 0.0, 25.0, -20.0))
            self.at += step
            self.track = (self.track + self.turn * step) % 360
            self.alt = min(max(self.alt + self.climb * step, 500.0), 41_000.0)
            self.gs = min(max(self.gs + dice.gauss(0, 0.5), 80.0), 520.0)
            north, east = self.gs * cos(radians(self.track)), self.gs * sin(radians(self.track))
            self.lat += north * step / 216_000
            self.lon += east * step / 216_000 / cos(radians(self.lat))
            lat, lon = round(self.lat / GRID) * GRID, round(self.lon / GRID / 1.46) * GRID * 1.46
            heard = round(east), round(north)
            track = degrees(atan2(*heard)) % 360
            found.append(TrackPoint(self.at, lat, lon, round(self.alt / 25) * 25, False, hypot(*heard), track))
        return found


class Lag:
    """How late a timer of 5 ms is, in ms, by the work that is being measured."""

    def __init__(self) -> None:
        self.work: str | None = None
        self.late: dict[str, list[float]] = defaultdict(list)
        gevent.spawn(self._run)

    def _run(self) -> None:
        while True:
            began, work = time.monotonic(), self.work
            gevent.sleep(0.005)
            if work is not None and work == self.work:
                self.late[work].append((time.monotonic() - began - 0.005) * 1000)

    @contextmanager
    def during(self, work: str) -> Iterator[None]:
        self.work = work
        try:
            yield
        finally:
            self.work = None


class Database:
    """Three histories of one kind of database: whole tracks, thinned ones, and a row for each point."""

    def __init__(self, kind: str, folder: Path, stack: ExitStack, clock: Clock) -> None:
        self.kind, self.took = kind, defaultdict(list)
        self.stores = {name: self._open(folder / name, stack, clock) for name in ("whole", "thinned", "rows")}
        self.stores["rows"].commit_now(lambda c: c.execute(text(ROWS + (" WITHOUT ROWID" if kind == "sqlite" else ""))))
        self.empty = {name: self.size(name) for name in self.stores}
        self.maker = ChunkMaker("live", self.stores["thinned"], clock, lambda: True)

    def _open(self, folder: Path, stack: ExitStack, clock: Clock) -> HistoryStore:
        folder.mkdir()
        url = stack.enter_context(migrated_url(self.kind, folder))
        history = HistoryStore(history_url_of(url), Store(url), clock)
        history.upgrade()
        stack.callback(history.close)
        return history

    def write(self, name: str, fn: Callable[..., object], *args: object) -> None:
        began = time.monotonic()
        self.stores[name].commit_now(fn, *args)
        self.took[name].append((time.monotonic() - began) * 1000)

    def size(self, name: str) -> int:
        """Bytes of the whole database."""

        def measure(connection: Connection) -> int:
            if self.kind == "sqlite":
                pages, free, size = (
                    connection.execute(text(f"PRAGMA {word}")).scalar_one()
                    for word in ("page_count", "freelist_count", "page_size")
                )
                return (pages - free) * size
            of_all = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
            return int(connection.execute(text(of_all)).scalar_one())

        return self.stores[name].read(measure)


def write_rows(connection: Connection, rows: list[dict[str, int]]) -> None:
    connection.execute(INSERT, rows)


def percentile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def write_slot(
    databases: list[Database], lag: Lag, tracks: dict[Flight, list[TrackPoint]], thin: dict[Flight, list[TrackPoint]], slot: int
) -> None:
    """Write one slot of all flights, minute by minute, as often as a server does."""
    yielder = Yielder()
    for name, points_of in (("whole", tracks), ("thinned", thin)):
        for minute in MINUTES:
            until = slot * SLOT_S + minute
            grown = []
            for flight, points in points_of.items():
                some = [point for point in points if point.at < until]
                if some and (minute == SLOT_S or any(point.at >= until - 60 for point in some)):
                    grown.append(SlotTrack(flight.hex, flight.start, slot, parts_of(some)))
                yielder.maybe_yield()
            for database in databases:
                for place in range(0, len(grown), 50):
                    with lag.during(f"{database.kind}, {name}"):
                        database.write(name, segments.write_tracks, grown[place : place + 50])
    for begin in range(slot * SLOT_S, (slot + 1) * SLOT_S, 60):
        rows = []
        for flight, points in tracks.items():
            rows += [row(flight, point) for point in points if begin <= point.at < begin + 60]
            yielder.maybe_yield()
        for database in databases:
            for place in range(0, len(rows), 500):
                with lag.during(f"{database.kind}, rows"):
                    database.write("rows", write_rows, rows[place : place + 500])


def row(flight: Flight, point: TrackPoint) -> dict[str, int]:
    return {
        "visit": flight.number,
        "t": round(point.at * 1000),
        "lat": round(point.lat * 1e5),
        "lon": round(point.lon * 1e5),
        "alt": round((point.alt_baro or 0) / 25),
        "gs": round(point.gs or 0),
        "track": round(point.track or 0),
    }


def search(history: HistoryStore, since: float, until: float) -> int:
    """How many points there are in the box, read as a server does."""
    yielder, found, after = Yielder(), 0, None
    while page := history.read(segments.within, since, until, BOX, after, 200):
        for segment in page:
            columns = unpack_columns(segment.data)
            found += sum(
                4_700_000 <= lat <= 4_800_000 and 800_000 <= lon <= 950_000
                for lat, lon in zip(columns.lats, columns.lons, strict=True)
            )
            yielder.maybe_yield()
        after = page[-1]
    return found


def search_rows(connection: Connection, since: float, until: float) -> int:
    limits = {
        "since": since * 1000,
        "until": until * 1000,
        "south": 4_700_000,
        "north": 4_800_000,
        "west": 800_000,
        "east": 950_000,
    }
    return len(connection.execute(SEARCH, limits).all())


def report(databases: list[Database], lag: Lag, hours: float, points: int, thinned: int, visits: int) -> None:
    print(f"\n{points} points of {visits} visits in {hours:g} h; thinned {thinned} ({points / thinned:.1f} times fewer)")
    print("| store | MB/day | bytes a point | commit p50 / p99 / max ms | loop late p99 / max ms | 24 h in a box |")
    print("|---|---|---|---|---|---|")
    until, idle = AT + hours * 3600, lag.late["idle"]
    print(f"| idle | | | | {percentile(idle, 0.99):.1f} / {max(idle):.0f} | |")
    for database in databases:
        for name, store in database.stores.items():
            size = database.size(name) - database.empty[name]
            took, late = database.took[name], lag.late[f"{database.kind}, {name}"]
            began = time.monotonic()
            with lag.during(f"{database.kind}, search {name}"):
                found = store.read(search_rows, AT, until) if name == "rows" else search(store, AT, until)
            seconds = time.monotonic() - began
            data = (
                0
                if name == "rows"
                else store.read(lambda c: c.execute(select(func.sum(func.length(SEGMENT.c.data)))).scalar_one())
            )
            each = (
                f"{size / points:.1f}" if name == "rows" else f"{int(data) / (points if name == 'whole' else thinned):.2f} (blob)"
            )
            print(
                f"| {database.kind}, {name} | {size / 1e6 * 24 / hours:.1f} | {each} | {percentile(took, 0.5):.1f} / {percentile(took, 0.99):.1f}"
                f" / {max(took):.0f} | {percentile(late, 0.99):.1f} / {max(late, default=0):.0f} | {seconds * 1000:.0f} ms, {found} points |"
            )
        made = database.stores["thinned"].read(chunks.listed, 0, 1 << 40)
        late = lag.late[f"{database.kind}, chunks"]
        total = sum(chunk.bytes for chunk in made)
        print(
            f"{database.kind}: {len(made)} chunks (in the size of `thinned`), {total / max(1, len(made)) / 1e3:.0f} kB each, {total / 1e6 * 24 / hours:.1f} MB/day,"
            f" {total / thinned:.2f} bytes a point; loop late while they are made p99 {percentile(late, 0.99):.1f} ms, max {max(late, default=0):.0f} ms"
        )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--hours", type=float, default=24.0)
    words.add_argument("--aircraft", type=int, default=300)
    words.add_argument("--kinds", default="sqlite,postgres")
    given = words.parse_args()
    dice, clock, lag = random.Random(1), BenchClock(), Lag()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        databases = []
        for kind in given.kinds.split(","):
            (Path(folder) / kind).mkdir()
            databases.append(Database(kind, Path(folder) / kind, stack, clock))
        flights: list[Flight] = []
        thinners: dict[Flight, Thinner] = {}
        number = points = kept = 0
        for slot in range(int(AT // SLOT_S), int(AT // SLOT_S + given.hours * 6)):
            end = (slot + 1) * SLOT_S
            new = []
            while len(flights) < given.aircraft:
                number += 1
                new.append(Flight(number, slot * SLOT_S, dice))
                flights.append(new[-1])
            for database in databases:
                for store in (database.stores["whole"], database.stores["thinned"]):
                    store.commit_now(
                        lambda c, new=new: [add_visit(c, flight.hex, flight.start, flight="SWR12A") for flight in new]
                    )
            tracks = {flight: flight.points(end) for flight in flights}
            thin = {
                flight: [one for one in some if thinners.setdefault(flight, Thinner()).offer(one)]
                for flight, some in tracks.items()
            }
            points += sum(map(len, tracks.values()))
            kept += sum(map(len, thin.values()))
            write_slot(databases, lag, tracks, thin, slot)
            clock.now = end + MAKE_AFTER_S
            for database in databases:
                with lag.during(f"{database.kind}, chunks"):
                    database.maker.run()
            with lag.during("idle"):
                gevent.sleep(0.2)
            flights = [flight for flight in flights if flight.ends > end]
            thinners = {flight: thinners[flight] for flight in flights}
        report(databases, lag, given.hours, points, kept, number)


if __name__ == "__main__":
    main()
