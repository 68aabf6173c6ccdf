"""Recorded flights are where they were: a landing at Amsterdam, and nobody on an approach far above the Alps."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from skyspy.airports import OnFinal, on_final
from tests.support.airports import shipped

FOLDER = Path(__file__).parents[3] / "shared/data/traffic"


def approaches(name: str, every: int = 1) -> list[tuple[dict[str, Any], OnFinal]]:
    """What of a recording is on final approach, of each so many rows one. It names no QNH."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"needs the recorded data ../shared/data/traffic/{name}")
    rows = orjson.loads(gzip.decompress(path.read_bytes()))
    whole = [
        row for row in rows[::every] if all(row.get(key) is not None for key in ("latitude", "longitude", "track", "altitude"))
    ]
    found = [(row, on_final(shipped(), (row["latitude"], row["longitude"]), row["track"], row["altitude"])) for row in whole]
    return [(row, approach) for row, approach in found if approach is not None]


def test_a_recorded_landing_is_on_one_approach_down_to_the_threshold() -> None:
    found = approaches("belevingsvlucht.json.gz")
    assert {(approach.airport.ident, approach.end.ident) for _, approach in found} == {("EHAM", "06")}
    near = [approach for _, approach in found if approach.distance_nm < 5]
    assert len(near) > 100
    assert all(abs(approach.across_nm) < 0.03 for approach in near)
    # Altitudes are in steps of 25 ft: nearer the angle says little.
    assert all(2.5 < approach.glide_deg < 4.0 for approach in near if approach.distance_nm > 1)
    assert min(approach.distance_nm for approach in near) < 0.1


def test_recorded_traffic_en_route_is_on_no_approach() -> None:
    assert approaches("switzerland.json.gz", every=33) == [], "4,200 places of some 840 aircraft"
