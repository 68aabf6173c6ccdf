"""Claims about tracks as lines on a map: no line crosses the antimeridian, and none ends before it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from skyspy.tracks.lines import lines
from skyspy.tracks.point import TrackPoint


def point(at: float, lat: float, lon: float) -> TrackPoint:
    return TrackPoint(at, lat, lon, 1000, False, 250.0, 90.0)


def test_a_track_that_stays_on_one_side_is_one_line() -> None:
    track = [point(n, 47.0, 8.0 + n) for n in range(5)]
    assert lines(track) == [track]
    assert lines([]) == []
    assert lines(track[:1]) == [track[:1]]


def test_a_line_ends_and_the_next_begins_where_the_way_meets_the_antimeridian() -> None:
    east, west = point(100.0, 10.0, 179.0), point(140.0, 14.0, -177.0)
    assert lines([east, west]) == [[east, point(110.0, 11.0, 180.0)], [point(110.0, 11.0, -180.0), west]]
    assert lines([west, east])[0][-1].lon == -180.0
    assert lines([east, west, east])[1][0].lon == -180.0


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), max_size=30))
def test_no_line_is_longer_than_half_the_world_and_no_point_is_lost(places: list[tuple[float, float]]) -> None:
    track = [point(float(n), lat, lon) for n, (lat, lon) in enumerate(places)]
    drawn = lines(track)
    assert [p for line in drawn for p in line if p in track] == track or any(abs(p.lon) == 180.0 for p in track)
    for line in drawn:
        assert all(abs(b.lon - a.lon) <= 180.0 for a, b in pairwise(line))
        assert len(line) > 1 or len(track) == 1
        assert all(-90 <= p.lat <= 90 and -180 <= p.lon <= 180 for p in line)
