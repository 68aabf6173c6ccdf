"""What an aircraft database of 500,000 aircraft costs: importing it, memory and time of look-ups; beside a dict of the same rows.

    .venv/bin/python -m bench.aircraft_db [ROWS]

Each part runs in a process of its own; memory is the growth of its resident set.
"""

from __future__ import annotations

import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from skyspy.services.aircraft_lists import import_list, pieces_of
from skyspy.store import aircraft_file
from skyspy.store.aircraft_db import MAX_REMEMBERED, AircraftDb

ROWS = 500_000
LOOKED_UP = 50_000
FIRST = 0x400000


def rss_mb() -> float:
    """Resident memory of this process, MB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e6


def make(path: Path, rows: int) -> None:
    """A list of as many different aircraft, as OpenSky's has them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("icao24", "registration", "typecode", "manufacturername", "model", "operator", "built"))
        for number in range(rows):
            address = f"{FIRST + number * 7 % 0x400000:06x}"
            writer.writerow(
                (
                    address,
                    f"X-{number:06}",
                    f"B{number % 900:03}",
                    "Maker",
                    f"Model {number}",
                    f"Owner {number}",
                    1970 + number % 50,
                )
            )


def import_it(folder: Path) -> None:
    """Import the list; prints time and the growth of the peak."""
    before, began = rss_mb(), time.monotonic()
    with pieces_of(str(folder / "list.csv")) as pieces:
        done = import_list(folder / aircraft_file.FILE, "list.csv", pieces, None, 1.0, lambda _: None)
    took = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    size = (folder / aircraft_file.FILE).stat().st_size / 1e6
    print(f"import: {done.aircraft} aircraft in {took:.1f} s, peak +{peak - before:.1f} MB, file {size:.1f} MB")


def look_up(folder: Path) -> None:
    """Look aircraft up, in the batches in which a sky does."""
    database = AircraftDb(folder / aircraft_file.FILE)
    hexes = [f"{FIRST + number:06X}" for number in random.Random(1).sample(range(0x400000), LOOKED_UP)]
    before = rss_mb()
    database.refresh()
    began = time.monotonic()
    for start in range(0, LOOKED_UP, 500):
        database.find(hexes[start : start + 500])
    took = time.monotonic() - began
    print(
        f"database: {took / LOOKED_UP * 1e6:.1f} us an aircraft, {database.known} of {LOOKED_UP} known, {MAX_REMEMBERED} remembered,"
        f" memory +{rss_mb() - before:.1f} MB"
    )


def as_dict(folder: Path) -> None:
    """The same in a dict of all rows."""
    before = rss_mb()
    with (folder / "list.csv").open(encoding="utf-8", newline="") as file:
        known = {
            row[0].upper(): {"r": row[1], "t": row[2], "desc": f"{row[3]} {row[4]}", "ownOp": row[5]} for row in csv.reader(file)
        }
    print(f"dict: {len(known) - 1} rows, memory +{rss_mb() - before:.1f} MB")


PARTS = {part.__name__: part for part in (import_it, look_up, as_dict)}


def main() -> None:
    """Make the list and run each part."""
    if len(sys.argv) == 3:
        PARTS[sys.argv[1]](Path(sys.argv[2]))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder, "list.csv"), rows)
        for name in PARTS:
            subprocess.run([sys.executable, "-m", "bench.aircraft_db", name, folder], check=True)


if __name__ == "__main__":
    main()
