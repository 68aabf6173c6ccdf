"""Measures which of many areas many aircraft are in: what it costs, and for how long it keeps the hub.

    python bench/airspace.py [--areas 500] [--aircraft 2000] [--rounds 20] [--seed 1]

The areas are of several kinds in one region as large as Europe: circles of 1 to 30 nm, control zones of a few corners, sectors of some
60 corners, coastlines of 2,000, and warnings that cover much of the region. The peer in the same run is a plain crossing count behind a
bounding box, over all areas for each aircraft.

1. Cost: milliseconds of processor time to make the areas, to make the index, and to look up all aircraft; and those of the peer.
2. Pieces: the most processor time between two pauses, while the index is made and while aircraft are looked up.

Exits with 1 where the two do not find the same, or where a lookup keeps the hub for more than 1 ms (the median over the rounds; the most
of all is printed too).
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from itertools import pairwise
from math import cos, pi, sin
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from skyspy.airspace.area_index import AreaIndex
from skyspy.airspace.polygons import area_of, circle
from skyspy.airspace.records import Area
from skyspy.geo import Point, Ring, destination

SOUTH, NORTH, WEST, EAST = 36.0, 60.0, -10.0, 30.0
MAX_PIECE_MS = 1.0


def star(chance: Random, centre: Point, corners: int, radius_nm: float) -> Ring:
    """A ring around a centre whose corners are 70 to 100 % of the radius away."""
    turns = (360.0 * (n + chance.random()) / corners for n in range(corners))
    return tuple(destination(centre, turn, radius_nm * chance.uniform(0.7, 1.0)) for turn in turns)


def coast(chance: Random, centre: Point, corners: int, radius_nm: float) -> Ring:
    """A ring with a fine, crooked edge."""
    shape = [(n, chance.uniform(0.0, 2 * pi)) for n in (2, 3, 5, 11, 47, 101)]
    found = []
    for corner in range(corners):
        turn = 2 * pi * corner / corners
        reach = 1.0 + sum(sin(n * turn + begin) / (2 * n) for n, begin in shape)
        found.append((centre[0] + radius_nm / 120 * reach * cos(turn), centre[1] + radius_nm / 80 * reach * sin(turn)))
    return tuple(found)


def rings(chance: Random, count: int) -> list[Ring]:
    """The outlines of the areas."""
    found: list[Ring] = []
    for number in range(count):
        centre = chance.uniform(SOUTH, NORTH), chance.uniform(WEST, EAST)
        kind = number % 20
        if kind < 8:
            found.append(circle(centre, chance.uniform(1.0, 30.0)))
        elif kind < 14:
            found.append(star(chance, centre, chance.randrange(4, 16), chance.uniform(5.0, 40.0)))
        elif kind < 18:
            found.append(star(chance, centre, 60, chance.uniform(40.0, 150.0)))
        elif kind < 19:
            found.append(coast(chance, centre, 2000, chance.uniform(60.0, 200.0)))
        else:
            found.append(star(chance, ((SOUTH + NORTH) / 2, (WEST + EAST) / 2), 12, chance.uniform(400.0, 900.0)))
    return found


class Pieces:
    """The most processor time between two pauses, in milliseconds; what other processes take in between is not counted."""

    def __init__(self) -> None:
        self.longest, self.count = 0.0, 0
        self._began = time.thread_time()

    def pause(self) -> None:
        self.longest, self.count = max(self.longest, (time.thread_time() - self._began) * 1000), self.count + 1
        self._began = time.thread_time()


def crossing_count(areas: list[tuple[str, Area]], positions: dict[str, Point]) -> dict[str, list[str]]:
    """The peer: each area's box, then its edges."""
    found: dict[str, list[str]] = {}
    edged = [(one, area.box, [*pairwise((*area.rings[0], area.rings[0][0]))]) for one, area in areas]
    for key, (lat, lon) in positions.items():
        for one, (south, west, north, east), edges in edged:
            if south <= lat <= north and west <= lon <= east:
                odd = False
                for (a_lat, a_lon), (b_lat, b_lon) in edges:
                    if (a_lat <= lat) != (b_lat <= lat) and lon < a_lon + (b_lon - a_lon) * (lat - a_lat) / (b_lat - a_lat):
                        odd = not odd
                if odd:
                    found.setdefault(key, []).append(one)
    return found


def milliseconds(began: float) -> float:
    return (time.process_time() - began) * 1000


def main() -> int:
    options = argparse.ArgumentParser()
    for name, number in (("--areas", 500), ("--aircraft", 2000), ("--rounds", 20), ("--seed", 1)):
        options.add_argument(name, type=int, default=number)
    given = options.parse_args()
    chance = Random(given.seed)
    outlines = rings(chance, given.areas)
    positions = {f"{n:06x}": (chance.uniform(SOUTH, NORTH), chance.uniform(WEST, EAST)) for n in range(given.aircraft)}

    began = time.process_time()
    areas = [(f"area {n}", area_of([[outline]])) for n, outline in enumerate(outlines)]
    made = milliseconds(began)
    gc.collect()
    building, began = Pieces(), time.process_time()
    index = AreaIndex(areas, building.pause)
    indexed = milliseconds(began)

    costs, longest, pieces, found = [], [], 0, {}
    for _ in range(given.rounds):
        gc.collect()
        looking, began = Pieces(), time.process_time()
        found = index.inside_each(positions, looking.pause)
        looking.pause()
        costs.append(milliseconds(began))
        longest.append(looking.longest)
        pieces = looking.count
    began = time.process_time()
    expected = crossing_count(areas, positions)
    peer = milliseconds(began)

    hits = sum(map(len, found.values()))
    print(
        f"{given.areas} areas, {sum(len(outline) for outline in outlines):,} corners; {given.aircraft} aircraft, {hits:,} times inside"
    )
    print(
        f"1. areas made in {made:.0f} ms, index in {indexed:.0f} ms; all aircraft in {statistics.median(costs):.1f} ms, peer {peer:.0f} ms"
    )
    middle = statistics.median(longest)
    print(
        f"2. lookup in {pieces} pieces, the longest {middle:.2f} ms (median of {given.rounds} rounds; of all {max(longest):.2f} ms)"
    )
    print(f"   index made in {building.count} pieces, the longest {building.longest:.2f} ms")
    same = found == expected
    if not same:
        print("   the peer finds something else")
    return 0 if same and middle <= MAX_PIECE_MS else 1


if __name__ == "__main__":
    sys.exit(main())
