"""Seventeen hours of traffic over Switzerland (842 aircraft, samples of 10 s), where the shared recordings are present."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from skyspy.aircraft import Observation
from tests.support.captures import SHARED

RECORDING: Path = SHARED / "traffic" / "switzerland.json.gz"
BOX = (45.7, 47.9, 5.9, 10.5)
"""South, north, west and east end."""
START = 10_000.0
"""Steady seconds at which it begins."""


def seconds() -> Iterator[tuple[float, list[Observation]]]:
    """The observations of each sample, with its time in steady seconds."""
    rows = orjson.loads(gzip.decompress(RECORDING.read_bytes()))
    by_time: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_time.setdefault(row["timestamp"], []).append(row)
    first = min(by_time)
    for stamp in sorted(by_time):
        at = START + (stamp - first) / 1000
        yield at, [_observation(row, at) for row in by_time[stamp]]


def _observation(row: dict[str, Any], at: float) -> Observation:
    fields: dict[str, Any] = {
        "flight": row["callsign"],
        "lat": round(row["latitude"], 6),
        "lon": round(row["longitude"], 6),
        "alt_baro": round(row["altitude"]),
        "gs": round(row["groundspeed"], 1),
        "track": round(row["track"], 2),
        "baro_rate": round(row["vertical_rate"]),
    }
    return Observation(row["icao24"].upper(), at, "adsb_icao", fields, at, 2)
