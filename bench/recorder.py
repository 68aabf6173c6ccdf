"""Measures what recording costs: the processor time of a round and its longest slice, with many aircraft that all change each second.

    python bench/recorder.py [--aircraft 10000] [--rounds 120]

The sky flies simulated straight tracks; each second every aircraft is heard twice with a new position. Beside it, in the same run, the
processor time of the same seconds' ingest and ticks. The history is a SQLite file in a temporary folder, written as the server
does. Garbage collection is off.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import gc  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from statistics import median, quantiles  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from skyspy import cooperate  # noqa: E402
from skyspy.aircraft import Observation  # noqa: E402
from skyspy.geo import destination  # noqa: E402
from skyspy.sky import recorder as module  # noqa: E402
from tests.support.clock import StillClock  # noqa: E402
from tests.support.world import World  # noqa: E402

HOME = (47.46, 8.55)
SLICES: list[float] = []
"""Processor time of each slice, in seconds."""


class SlicedYielder(cooperate.Yielder):
    """A Yielder that keeps the processor time of each slice, so that other work of the machine does not count."""

    def __init__(self, _: object = None) -> None:
        super().__init__(time.thread_time)

    def maybe_yield(self) -> None:
        began, now = self._resumed_at, time.thread_time()
        if now - began >= cooperate.MAX_BUSY_SECONDS:
            SLICES.append(now - began)
        super().maybe_yield()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aircraft", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=120)
    options = parser.parse_args()
    # A full collection of a large heap takes longer than a slice, wherever it falls.
    gc.disable()
    module.Yielder = SlicedYielder  # type: ignore[misc, assignment]
    fleet = [(f"{0x400000 + n:06X}", n * 137.5 % 360.0, n * 7 % 360 * 1.0, n % 200 + 5.0) for n in range(options.aircraft)]
    starts = [destination(HOME, bearing, distance) for _, bearing, _, distance in fleet]
    with tempfile.TemporaryDirectory() as folder:
        clock = StillClock()
        world = World(Path(folder), clock=clock, SKYSPY_FEEDS="beast://127.0.0.1:1")
        sky, recorder, history = world.skyspy.skies["live"], world.skyspy.recorders["live"], world.skyspy.history
        taking, recording, writing = [], [], []
        for number in range(options.rounds):
            began = time.process_time()
            for (hex_, _, track, _), start in zip(fleet, starts, strict=True):
                turn = (track + number * (hash(hex_) % 3)) % 360
                lat, lon = destination(start, turn, number * 450 / 3600)
                fields = {
                    "lat": round(lat, 6),
                    "lon": round(lon, 6),
                    "alt_baro": 10_000 + number * 25,
                    "gs": 450.0,
                    "track": turn,
                }
                for _ in range(2):
                    sky.ingest(Observation(hex_, clock.steady(), "adsb_icao", fields))
            sky.tick()
            taking.append(time.process_time() - began)
            began = time.process_time()
            recorder.run()
            recording.append(time.process_time() - began)
            clock.pass_by(1.0)
            if number % 5 == 4:
                began = time.process_time()
                history.flush()
                writing.append(time.process_time() - began)
        slices = SLICES
        print(f"{options.aircraft} aircraft, {options.rounds} rounds of a second; ms of processor time per second: median (p95)")
        for name, values in (("ingest and tick", taking), ("recorder", recording)):
            print(f"  {name:16} {median(values) * 1000:8.0f} ({quantiles(values, n=20)[-1] * 1000:.0f})")
        print(f"  {'history batches':16} {sum(writing) / options.rounds * 1000:8.0f}  ({history.status().written} rows)")
        print(f"  slices of the recorder: p50 {median(slices) * 1000:.1f} ms, p99 {quantiles(slices, n=100)[-1] * 1000:.1f} ms,")
        print(f"  longest {max(slices) * 1000:.1f} ms; points in memory {recorder.budget.points}")
        world.close()


if __name__ == "__main__":
    main()
