"""Captures for the decoders' golden files: ours in tests/data, recordings of others in ../shared/data where present.

    python -m tests.support.captures        writes the golden files of all captures that are here

Read the difference before committing it: a golden file is what we promise to make of a recording.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skyspy.aircraft import Observation
from skyspy.decode import FORMATS, Context, DecodeError
from tests.support.machine import CAPTURES as RECORDINGS
from tests.support.machine import ROOT

OURS = ROOT / "tests" / "data"
SHARED = RECORDINGS
GOLDEN = OURS / "golden"

Reads = Iterator[tuple[float, bytes]]


def whole(*paths: Path) -> Reads:
    """Each file in one read, ten seconds apart."""
    for index, path in enumerate(paths):
        data = path.read_bytes()
        yield 1000.0 + 10.0 * index, gzip.decompress(data) if path.suffix == ".gz" else data


def pieces(path: Path, size: int = 4096, seconds: float = 0.1) -> Reads:
    """One file in reads of `size` bytes, so many seconds apart."""
    ((_, data),) = whole(path)
    for index, start in enumerate(range(0, len(data), size)):
        yield 1000.0 + seconds * index, data[start : start + size]


def recorded_beast(path: Path, seconds: float = 0.1) -> Reads:
    """A CSV of times and frames as the Beast stream it was, read every so many seconds."""
    held, since = b"", None
    with gzip.open(path, "rt", encoding="ascii") as lines:
        for line in lines:
            stamp, _, digits = line.strip().partition(",")
            at, raw = float(stamp), bytes.fromhex(digits)
            if since is not None and at - since > seconds:
                yield since, held
                held, since = b"", None
            since = at if since is None else since
            held += raw[:2] + raw[2:].replace(b"\x1a", b"\x1a\x1a")
    if since is not None:
        yield since, held


@dataclass(frozen=True, slots=True)
class Capture:
    """A recording, its format, and how it is fed; `at` is where its receiver stood, where that is known."""

    name: str
    format: str
    files: tuple[Path, ...]
    reads: Callable[..., Reads]
    at: tuple[float, float] | None = None

    @property
    def golden(self) -> Path:
        return GOLDEN / f"decode_{self.name}.json"

    @property
    def missing(self) -> str:
        return ", ".join(str(path) for path in self.files if not path.exists())


LONG = "long_flight"
"""A capture that takes seconds to decode: it is for tests/service."""


def _shared(folder: str, *names: str) -> tuple[Path, ...]:
    return tuple(SHARED / folder / name for name in names)


_FUZZED = ("0d66cf89fb3057", "1726512f38ae65", "22dd6595b64966", "438bc558945088", "445194cdb1618b", "5e1e7bb14327af")

CAPTURES: tuple[Capture, ...] = (
    Capture(LONG, "beast", _shared("rs1090", "long_flight.csv.gz"), recorded_beast, (48.73, 2.38)),
    Capture("sample_dump1090", "beast", _shared("traffic", "sample_dump1090.bin"), pieces),
    *(Capture(f"fuzzed_beast_{name}", "beast", _shared("adsb-tools", f"beast.{name}.bin"), pieces) for name in _FUZZED),
    Capture("fuzzed_avr", "avr", _shared("adsb-tools", "airspy_adsb.avr.txt"), pieces),
    Capture(
        "readsb_aircraft",
        "aircraft.json",
        _shared("sdre-rust-adsb-parser", "aircraft_1.json", "aircraft_2.json", "aircraft_3.json"),
        whole,
    ),
    *(
        Capture(f"readsb_aircraft_{n}", "aircraft.json", _shared("sdre-rust-adsb-parser", f"aircraft_{n}.json"), whole)
        for n in (1, 2, 3)
    ),
    Capture("readsb_lines", "json", _shared("sdre-rust-adsb-parser", "json_1.json"), pieces),
    Capture("dump1090_fa", "aircraft.json", _shared("dump1090-exporter", "aircraft.json"), whole),
    Capture("sbs1_msgs", "sbs", _shared("sbs1-npm", "msgs.txt"), pieces),
    Capture("basestation", "sbs", _shared("vrs", "SampleMessages.txt"), pieces),
    Capture("dump978_raw", "uat", _shared("dump978", "sample-data.txt.gz"), pieces),
    Capture("own_dump978", "uat", (OURS / "dump978.jsonl",), pieces),
    Capture("own_skyaware978", "aircraft.json", (OURS / "skyaware978.json",), whole),
    Capture("own_untidy", "aircraft.json", (OURS / "untidy_aircraft.json",), whole),
    Capture("own_sbs", "sbs", (OURS / "sbs.txt",), pieces),
    Capture("own_avr", "avr", (OURS / "avr.txt",), pieces, (47.45, 8.56)),
)


def observed(capture: Capture) -> tuple[list[Observation], dict[str, int]]:
    """Everything a capture says, and the decoder's counters."""
    decoder = FORMATS[capture.format].make(Context(capture.at))
    result: list[Observation] = []
    broken = 0
    for now, data in capture.reads(*capture.files):
        try:
            result += decoder.feed(data, now)
        except DecodeError:
            broken += 1
    counters = decoder.counters
    return result, {"messages": counters.messages, "bad": counters.bad, "skipped": counters.skipped, "broken": broken}


def summary(observations: list[Observation], counts: dict[str, int]) -> dict[str, Any]:
    """What is promised of a capture: counts, the area its positions lie in, and how often each field is known."""
    placed = [o.fields for o in observations if "lat" in o.fields]
    area = {}
    if placed:
        lats, lons = [float(str(f["lat"])) for f in placed], [float(str(f["lon"])) for f in placed]
        area = {"south": min(lats), "north": max(lats), "west": min(lons), "east": max(lons)}
    return {
        **counts,
        "observations": len(observations),
        "aircraft": len({o.hex for o in observations}),
        "positions": len(placed),
        "aircraft_with_position": len({o.hex for o in observations if "lat" in o.fields}),
        "area": area,
        "sources": dict(sorted(Counter(o.source for o in observations).items())),
        "fields": dict(sorted(Counter(name for o in observations for name in o.fields).items())),
    }


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for capture in CAPTURES:
        if capture.missing:
            print(f"{capture.name}: not here: {capture.missing}")
            continue
        capture.golden.write_text(json.dumps(summary(*observed(capture)), indent=1) + "\n", encoding="utf-8")
        print(f"{capture.name}: written")


if __name__ == "__main__":
    main()
