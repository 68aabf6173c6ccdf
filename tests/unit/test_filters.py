"""Claims about choosing aircraft (skyspy/filters.py)."""

from __future__ import annotations

import pytest

from skyspy.filters import AircraftFilter, is_empty, matches

SKY = [
    {"hex": "A", "military": True, "category": "A3", "alt_baro": 30_000, "distance_nm": 10.0, "flight": "SWR12"},
    {"hex": "B", "military": False, "category": "A1", "alt_baro": "ground", "distance_nm": 1.0, "flight": "HBABC"},
    {"hex": "C", "flight": "swr99"},
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "ABC"),
        ({"military": True}, "A"),
        ({"military": False}, "BC"),
        ({"category": "a"}, "AB"),
        ({"category": "A3"}, "A"),
        ({"callsign": " swr "}, "AC"),
        ({"min_altitude": 0}, "AB"),
        ({"max_altitude": 0}, "B"),
        ({"min_altitude": 1, "max_altitude": 40_000}, "A"),
        ({"max_distance_nm": 5}, "B"),
        ({"max_distance_nm": 5, "military": True}, ""),
    ],
)
def test_what_is_unknown_matches_no_filter_on_it(asked: dict[str, object], found: str) -> None:
    assert "".join(a["hex"] for a in SKY if matches(a, AircraftFilter(**asked))) == found  # type: ignore[arg-type]
    assert is_empty(AircraftFilter(**asked, limit=5, cursor="A")) == (not asked)  # type: ignore[arg-type]
