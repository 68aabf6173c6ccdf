"""Which points of a track are kept."""

from __future__ import annotations

import pytest

from skyspy.geo import destination
from skyspy.tracks.point import TrackPoint
from skyspy.tracks.thinning import Thinner

FIRST = TrackPoint(1000.0, 47.0, 8.0, 10_000, False, 360.0, 90.0)


def later(seconds: float, off_m: float = 0.0, **changed: object) -> TrackPoint:
    """The point where FIRST flies straight on for so long, so many metres to its left."""
    expected = destination((FIRST.lat, FIRST.lon), 90.0, 360.0 * seconds / 3600)
    lat, lon = destination(expected, 0.0, off_m / 1852)
    return FIRST._replace(at=FIRST.at + seconds, lat=lat, lon=lon, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("point", "is_kept"),
    [
        (later(29), False),
        (later(30), True),
        (later(10, off_m=38), False),
        (later(10, off_m=42), True),
        (later(10, alt_baro=10_099), False),
        (later(10, alt_baro=10_100), True),
        (later(10, alt_baro=9_900), True),
        (later(10, alt_baro=None), False),
        (later(10, on_ground=True), True),
        (later(10, gs=None, track=None), False),
        (later(0, off_m=500), False),
        (later(-10, off_m=500), False),
        (later(-30), True),
    ],
)
def test_a_point_is_kept_when_dead_reckoning_misses_it(point: TrackPoint, is_kept: bool) -> None:
    thinner = Thinner()
    assert thinner.offer(FIRST)
    assert thinner.offer(point) == is_kept
    assert thinner.kept == (point if is_kept else FIRST)


def test_without_a_speed_the_aircraft_is_expected_where_it_was() -> None:
    still = FIRST._replace(gs=None)
    for off_m, is_kept in ((38, False), (42, True)):
        thinner = Thinner(still)
        lat, lon = destination((still.lat, still.lon), 200.0, off_m / 1852)
        assert thinner.offer(still._replace(at=1001.0, lat=lat, lon=lon)) == is_kept


def test_an_altitude_that_becomes_known_is_kept() -> None:
    assert Thinner(FIRST._replace(alt_baro=None)).offer(later(5))


def test_straight_flight_over_the_pole_and_the_antimeridian_is_thinned_like_any_other() -> None:
    for start in ((89.99, 0.0), (0.0, 179.999)):
        first = FIRST._replace(lat=start[0], lon=start[1], track=0.0 if start[0] > 1 else 90.0)
        lat, lon = destination(start, first.track or 0.0, 360.0 * 20 / 3600)
        assert not Thinner(first).offer(first._replace(at=1020.0, lat=lat, lon=lon))


def test_the_newest_skipped_point_is_known_until_one_is_kept() -> None:
    thinner = Thinner(FIRST)
    assert not thinner.offer(later(5))
    assert thinner.skipped == later(5)
    thinner.offer(later(31))
    assert thinner.skipped is None
