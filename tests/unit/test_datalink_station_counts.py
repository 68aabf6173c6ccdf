"""Claims about what is counted of each station."""

from __future__ import annotations

from skyspy.datalink.station_counts import StationCounts
from tests.support.datalink import WALL, a_block


def test_each_station_has_counts_of_its_own_with_its_best_level() -> None:
    counts = StationCounts()
    counts.note(a_block(level=-20.0, errors=2), WALL, is_message=True)
    counts.note(a_block(level=-8.5, errors=1), WALL + 5, is_message=True)
    counts.note(a_block(level=-30.0), WALL + 3, is_message=False)
    counts.note(a_block(station="HUT"), WALL, is_message=True)
    counts.note(a_block(link="vdl2"), WALL, is_message=True)
    found = {(key.name, key.link): count for key, count in counts.items()}
    home = found["HOME", "acars"]
    assert (home.messages, home.frames, home.errors, home.level, home.time) == (2, 1, 3, -8.5, WALL + 5)
    assert (found["HUT", "acars"].messages, found["HUT", "acars"].level) == (1, None)
    assert len(counts) == 3


def test_of_too_many_stations_the_one_that_was_heard_the_longest_ago_is_forgotten() -> None:
    counts = StationCounts(most=2)
    for station in ("A", "B", "A", "C"):
        counts.note(a_block(station=station), WALL, is_message=True)
    assert [key.name for key, _ in counts.items()] == ["A", "C"]
    assert counts.left_out == 1
