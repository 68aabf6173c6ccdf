"""Measures the tracker: applying one second's data of 10,000 aircraft, and computing the changes.

    python bench/tracker.py [--aircraft 10000] [--rounds 15]

In every round each aircraft has one observation with the usual fields of readsb; position, altitude, speed, track and
signal strength change. For comparison, each round also runs a baseline: one dict per aircraft, `update`, then a comparison of
every aircraft with a deep copy of its last state. The baseline expires nothing, ranks no sources and accepts every position.
Printed are milliseconds as median (minimum to maximum), and memory per aircraft. On a machine with other load, processor time
is more reliable than wall time; both are printed.
"""

from __future__ import annotations

import argparse
import copy
import gc
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from math import cos, radians, sin
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from skyspy.aircraft import Observation
from skyspy.tracker import Limits, Tracker

TARGET_MS = 100.0
REFERENCE = (47.5, 8.5)
STEADY: dict[str, Any] = {
    "r": "HB-JCA", "t": "BCS3", "desc": "AIRBUS A-220-300", "ownOp": "An operator", "year": "2019", "dbFlags": 0, "category": "A3",
    "alt_geom": 36450, "baro_rate": -64, "geom_rate": -32, "squawk": "3471", "emergency": "none", "nav_qnh": 1013.6,
    "nav_altitude_mcp": 36000, "nav_heading": 66.09, "nav_modes": ("autopilot", "althold", "tcas"), "nic": 8, "rc": 186, "version": 2,
    "nic_baro": 1, "nac_p": 10, "nac_v": 2, "sil": 3, "sil_type": "perhour", "gva": 2, "sda": 2, "alert": 0, "spi": 0,
}  # fmt: skip


class Traffic:
    """Aircraft in straight flight, and a receiver's observations of them each second."""

    def __init__(self, count: int) -> None:
        chance = random.Random(1)
        self._planes = [
            [
                f"{0x4B0000 + n * 7:06X}",
                chance.uniform(45, 50),
                chance.uniform(5, 12),
                chance.uniform(90, 500),
                chance.uniform(0, 360),
            ]
            for n in range(count)
        ]
        self._chance = chance

    def second(self, now: float) -> list[Observation]:
        """One new Observation per aircraft, heard within half a second before `now`."""
        heard = []
        for plane in self._planes:
            hex_, lat, lon, gs, track = plane
            plane[1] = lat + gs / 3600 / 60 * cos(radians(track))
            plane[2] = lon + gs / 3600 / 60 * sin(radians(track)) / cos(radians(lat))
            plane[4] = (track + self._chance.uniform(-1, 1)) % 360
            fields = {
                "flight": f"SWR{hex_[3:]}", **STEADY, "lat": round(plane[1], 6), "lon": round(plane[2], 6), "gs": round(gs, 1),
                "track": round(plane[4], 2), "alt_baro": 36000 + round(now) % 60 * 25,
                "rssi": round(self._chance.uniform(-30, -3), 1),
            }  # fmt: skip
            heard.append(Observation(str(hex_), now - self._chance.random() * 0.5, "adsb_icao", fields, now - 0.5, 3))
        return heard


class Naive:
    """The baseline: one dict per aircraft, and a deep copy of the last state to compare with."""

    def __init__(self) -> None:
        self.current: dict[str, dict[str, Any]] = {}
        self.last: dict[str, dict[str, Any]] = {}

    def apply(self, obs: Observation) -> None:
        self.current.setdefault(obs.hex, {}).update(obs.fields)

    def delta(self) -> list[dict[str, Any]]:
        changed = []
        for hex_, current in self.current.items():
            last = self.last.get(hex_, {})
            if current != last:
                changed.append({"hex": hex_, **{name: value for name, value in current.items() if last.get(name) != value}})
                self.last[hex_] = copy.deepcopy(current)
        return changed


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def row(name: str, figures: list[float]) -> str:
    return f"{name:<34}{statistics.median(figures):8.1f} ms  ({min(figures):.1f} to {max(figures):.1f})"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--aircraft", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=15)
    given = options.parse_args()
    traffic = Traffic(given.aircraft)
    warm = [traffic.second(now) for now in (1000.0, 1001.0)]
    tracker, naive = Tracker(Limits(), REFERENCE, "bench"), Naive()
    gc.collect()
    before = resident()
    for now, heard in zip((1000.0, 1001.0), warm, strict=True):
        for obs in heard:
            tracker.apply(obs, now)
        tracker.take_delta(now)
    gc.collect()
    per_aircraft = (resident() - before) / given.aircraft
    for heard in warm:
        for obs in heard:
            naive.apply(obs)
    naive.delta()

    figures: dict[str, list[float]] = {name: [] for name in ("apply", "delta", "sum", "processor", "snapshot", "quiet", "naive")}
    for number in range(given.rounds):
        now = 1002.0 + number
        heard = traffic.second(now)

        def apply(heard: list[Observation] = heard, now: float = now) -> None:
            take = tracker.apply
            for obs in heard:
                take(obs, now)

        def naively(heard: list[Observation] = heard) -> None:
            for obs in heard:
                naive.apply(obs)
            if len(naive.delta()) != given.aircraft:
                raise SystemExit("the baseline missed a change")

        taken: list[Any] = []
        began = time.process_time()
        figures["apply"].append(milliseconds(apply))
        figures["delta"].append(milliseconds(lambda now=now, taken=taken: taken.append(tracker.take_delta(now))))
        figures["sum"].append(figures["apply"][-1] + figures["delta"][-1])
        figures["processor"].append((time.process_time() - began) * 1000)
        if taken[0] is None or len(taken[0].changed) != given.aircraft:
            raise SystemExit("the tracker missed a change")
        taken.clear()
        figures["snapshot"].append(milliseconds(lambda now=now: tracker.snapshot(now)))
        figures["quiet"].append(milliseconds(lambda now=now: tracker.take_delta(now + 0.1)))
        figures["naive"].append(milliseconds(naively))

    print(f"{given.aircraft} aircraft, {len(STEADY) + 7} fields each, {given.rounds} rounds")
    print(row("apply one second's data", figures["apply"]))
    print(row("take_delta, everything changed", figures["delta"]))
    print(row(f"both (target {TARGET_MS:.0f})", figures["sum"]))
    print(row("both, processor time", figures["processor"]))
    print(row("take_delta, nothing changed", figures["quiet"]))
    print(row("snapshot", figures["snapshot"]))
    print(row("naive update and deep compare", figures["naive"]))
    ratios = [naive_ms / ours for naive_ms, ours in zip(figures["naive"], figures["sum"], strict=True)]
    print(f"naive / tracker, round by round: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"memory per aircraft: {per_aircraft / 1024:.1f} KiB (the observations of two seconds came before it)")


if __name__ == "__main__":
    main()
