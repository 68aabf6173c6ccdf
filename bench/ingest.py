"""Measures ingest speed: Beast bytes through framing, decoding and tracking, in messages per second per core.

    python bench/ingest.py [--frames 100000] [--runs 5] [--read 4096]

Input is the recorded flight in ../shared/data if it exists, otherwise synthetic traffic of 250 aircraft. Bytes arrive in
reads of the given size, at the recorded times. For comparison, rs1090 alone decodes the same frames in the same run, without
framing, pairing, cleaning or tracking: the upper limit while rs1090 decodes the bits. Printed are messages per second of
processor time as median (minimum to maximum).
"""

from __future__ import annotations

import argparse
import gzip
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import rs1090  # noqa: E402

from skyspy.decode import Context  # noqa: E402
from skyspy.decode.beast import Beast  # noqa: E402
from tests.support.mode_s import beast, traffic  # noqa: E402

try:
    from skyspy.tracker import Limits, Tracker
except ImportError:  # a version of SkySpy without the tracker
    Tracker = None  # type: ignore[assignment, misc]

TARGET = 20_000
RECORDED = ROOT.parent / "shared" / "data" / "rs1090" / "long_flight.csv.gz"
TICK_S = 0.1


def load(most: int) -> tuple[str, tuple[float, float], list[tuple[float, str, bytes]]]:
    """A description of the input, its receiver's location, and at most `most` frames: time, hex digits, Beast bytes."""
    if RECORDED.exists():
        with gzip.open(RECORDED, "rt", encoding="ascii") as lines:
            rows = [line.strip().split(",") for line in lines][:most]
        heard = [(float(at), row[18:], bytes.fromhex(row)) for at, row in rows]
        frames = [(at, frame, raw[:2] + raw[2:].replace(b"\x1a", b"\x1a\x1a")) for at, frame, raw in heard]
        return f"recorded: {RECORDED.name}", (48.73, 2.38), frames
    made = traffic(250, most / 1700)[:most]
    return "synthetic: 250 aircraft (no ../shared/data here)", (47.5, 8.5), [(at, frame, beast(frame)) for at, frame in made]


def reads(frames: list[tuple[float, str, bytes]], size: int) -> list[tuple[float, bytes]]:
    """The stream in reads of at least `size` bytes, each with the time of its last frame."""
    result: list[tuple[float, bytes]] = []
    held, waiting = [], 0
    for at, _, raw in frames:
        held.append(raw)
        waiting += len(raw)
        if waiting >= size:
            result.append((at, b"".join(held)))
            held, waiting = [], 0
    if held:
        result.append((frames[-1][0], b"".join(held)))
    return result


def framing(stream: list[tuple[float, bytes]], _: tuple[float, float]) -> None:
    decoder = Beast(Context())
    for _at, data in stream:
        decoder.split_frames(data)


def decoding(stream: list[tuple[float, bytes]], place: tuple[float, float]) -> None:
    decoder = Beast(Context(place))
    for at, data in stream:
        decoder.feed(data, at)


def tracking(stream: list[tuple[float, bytes]], place: tuple[float, float]) -> None:
    decoder, tracker = Beast(Context(place)), Tracker(Limits(), place, "bench")
    due = 0.0
    for at, data in stream:
        for observation in decoder.feed(data, at):
            tracker.apply(observation, at)
        if at >= due:
            tracker.take_delta(at)
            due = at + TICK_S


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--read", type=int, default=4096, help="bytes per read")
    options = parser.parse_args()
    what, place, frames = load(options.frames)
    stream = reads(frames, options.read)
    digits = [frame for _, frame, _ in frames]
    per_read = max(1, len(digits) // len(stream))

    def peer() -> None:
        for first in range(0, len(digits), per_read):
            rs1090.decode(digits[first : first + per_read])

    stages: dict[str, Callable[[], None]] = {
        "framing": lambda: framing(stream, place),
        "framing + decode": lambda: decoding(stream, place),
        "framing + decode + tracker": lambda: tracking(stream, place),
        "peer: rs1090 alone": peer,
    }
    if Tracker is None:
        del stages["framing + decode + tracker"]
    rates: dict[str, list[float]] = {name: [] for name in stages}
    for _ in range(options.runs):
        for name, stage in stages.items():
            began = time.process_time()
            stage()
            rates[name].append(len(frames) / (time.process_time() - began))
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(
        f"{what}; {len(frames)} frames, reads of {options.read} bytes ({per_read} frames), {options.runs} runs, load {busy:.1f}"
    )
    for name, rate in rates.items():
        print(f"  {name:28} {statistics.median(rate):>10,.0f} messages/s   ({min(rate):,.0f} to {max(rate):,.0f})")
    last = [name for name in stages if name.startswith("framing")][-1]
    reached = statistics.median(rates[last])
    ceiling = statistics.median(rates["peer: rs1090 alone"])
    print(f"  {last}: {reached / ceiling:.2f} of the peer; target {TARGET:,}: {'met' if reached >= TARGET else 'MISSED'}")
    return 0 if reached >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
