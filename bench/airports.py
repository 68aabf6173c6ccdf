"""Measures airports: reading the table, and finding what is near.

    python bench/airports.py [--places 1000]

Beside each measure stands a plain way to the same answer, in the same run: reading rows of text into records, and comparing a
position with every airport. Printed are milliseconds or microseconds of processor time (the least of several runs), memory, and how many times
longer the plain way takes.
"""

from __future__ import annotations

import argparse
import csv
import gc
import io
import random
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from skyspy.airports import Airport, Airports, on_final, on_runway
from skyspy.geo import Point, distance_nm
from skyspy.store.airport_table import PATH

ROUNDS = 5


def least(work: Callable[[], object]) -> float:
    """The least processor time of ROUNDS runs, in seconds."""
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def memory(work: Callable[[], object]) -> float:
    """MB that the result of `work` holds."""
    gc.collect()
    tracemalloc.start()
    kept = work()
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    del kept
    return held


def as_rows(airports: Airports) -> bytes:
    """The airports (without their runways) as compressed CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(
        (a.ident, a.icao, a.iata, a.name, a.country, a.kind, a.lat, a.lon, a.elevation_ft or 0) for a in airports
    )
    return zlib.compress(text.getvalue().encode())


def from_rows(data: bytes) -> list[Airport]:
    rows = csv.reader(io.StringIO(zlib.decompress(data).decode()))
    return [Airport(*row[:6], float(row[6]), float(row[7]), int(row[8])) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--places", type=int, default=1000)
    count = parser.parse_args().places
    data = PATH.read_bytes()
    airports = Airports(data)
    rows = as_rows(airports)
    print(f"{len(airports):,} airports, {airports.runway_count:,} runways, {len(data):,} bytes")
    ours, plain = least(lambda: Airports(data)), least(lambda: from_rows(rows))
    print(f"read: {ours * 1e3:.1f} ms; rows without runways {plain * 1e3:.0f} ms ({plain / ours:.0f} times)")
    print(f"memory: {memory(lambda: Airports(data)):.1f} MB; rows without runways {memory(lambda: from_rows(rows)):.1f} MB")

    chance = random.Random(1)
    places = [(chance.uniform(32, 55), chance.choice((chance.uniform(-118, -75), chance.uniform(-2, 20)))) for _ in range(count)]
    everything = [(airport.point, airport.ident) for airport in airports]

    def compared(point: Point) -> str:
        return min((distance_nm(point, place), ident) for place, ident in everything)[1]

    few = places[:5]
    assert [compared(point) for point in few] == [near.airport.ident for point in few if (near := airports.nearest(point))]
    ours = least(lambda: [airports.nearest(point) for point in places]) / count
    plain = least(lambda: [compared(point) for point in few]) / len(few)
    print(f"nearest: {ours * 1e6:.0f} us; compared with all {plain * 1e6:,.0f} us ({plain / ours:,.0f} times)")
    for name, work in (
        ("on final", lambda: [on_final(airports, point, 90.0, 3000.0, 1013.25) for point in places]),
        ("on runway", lambda: [on_runway(airports, point, 90.0) for point in places]),
    ):
        print(f"{name}: {least(work) / count * 1e6:.0f} us")


if __name__ == "__main__":
    main()
