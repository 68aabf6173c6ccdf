"""A position that is sent again: when it is a new one, and what it does to its age, to others and to the next one."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.geo import destination
from skyspy.tracker import Limits, Tracker
from tests.support.tracker import T0, heard, shown

HOME = (47.0, 8.0)


def at_home(at: float, **more: Any) -> Any:
    return heard(at, lat=HOME[0], lon=HOME[1], **more)


@pytest.fixture
def tracker() -> Tracker:
    return Tracker(Limits(max_range_nm=0), None, "e")


def test_a_moving_aircraft_ages_from_the_first_time_its_position_is_sent(tracker: Tracker) -> None:
    for second in range(30):
        assert tracker.apply(at_home(T0 + second, gs=450.0, alt_baro=30000 - second), T0 + second)
    aircraft = shown(tracker, T0 + 29)
    assert (aircraft["seen_pos"], aircraft["seen"], aircraft["alt_baro"]) == (29.0, 0.0, 29971)


@pytest.mark.parametrize("more", [{"gs": 0.0}, {"gs": 9.0}, {"alt_baro": "ground"}, {}])
def test_one_that_stands_or_is_not_known_to_move_is_where_it_was_said_last(tracker: Tracker, more: dict[str, Any]) -> None:
    for second in range(100):
        tracker.apply(at_home(T0 + second, **more), T0 + second)
        tracker.take_delta(T0 + second)
    assert shown(tracker, T0 + 99)["seen_pos"] == 0.0


def test_one_of_unknown_speed_that_has_moved_ages_from_the_first_time(tracker: Tracker) -> None:
    there = destination(HOME, 90, 0.2)
    tracker.apply(at_home(T0), T0)
    for second in range(2, 20):
        tracker.apply(heard(T0 + second, lat=there[0], lon=there[1]), T0 + second)
    assert shown(tracker, T0 + 20)["seen_pos"] == 18.0


def test_a_source_that_dates_its_positions_is_believed_where_the_speed_is_not_known(tracker: Tracker) -> None:
    there = destination(HOME, 90, 0.2)
    tracker.apply(at_home(T0), T0)
    tracker.apply(heard(T0 + 2, lat=there[0], lon=there[1], pos_at=T0 + 2), T0 + 2)
    tracker.apply(heard(T0 + 9, lat=there[0], lon=there[1], pos_at=T0 + 8), T0 + 9)
    assert shown(tracker, T0 + 9)["seen_pos"] == 1.0


@pytest.mark.parametrize("frozen_s", [5, 20, 50, 58])
@pytest.mark.parametrize("tells", [True, False])
def test_a_source_that_catches_up_is_believed(tracker: Tracker, frozen_s: int, tells: bool) -> None:
    motion = {"gs": 480.0, "track": 90.0} if tells else {}
    for second in range(frozen_s):
        tracker.apply(at_home(T0 + second, **motion), T0 + second)
    lat, lon = destination(HOME, 90, 480 * frozen_s / 3600)
    tracker.apply(heard(T0 + frozen_s, lat=lat, lon=lon, **motion), T0 + frozen_s)
    assert (shown(tracker, T0 + frozen_s)["lat"], sum(tracker.refused.values())) == (lat, 0)


def test_a_false_position_after_a_long_repeat_is_refused(tracker: Tracker) -> None:
    for second in range(40):
        tracker.apply(at_home(T0 + second, gs=450.0, track=90.0), T0 + second)
    for bearing in (0.0, 180.0, 270.0):
        lat, lon = destination(HOME, bearing, 6.0)
        tracker.apply(heard(T0 + 40 + bearing / 1000, lat=lat, lon=lon, gs=450.0, track=90.0), T0 + 41)
        assert shown(tracker, T0 + 41)["lat"] == HOME[0]


def test_a_repeat_of_an_expired_position_brings_nothing_back_and_counts_as_no_refusal(tracker: Tracker) -> None:
    for second in range(0, 200, 2):
        tracker.apply(at_home(T0 + second, gs=450.0, nic=8), T0 + second)
        tracker.take_delta(T0 + second)
    aircraft = shown(tracker, T0 + 198)
    assert {"lat", "lon", "nic", "seen_pos"} & set(aircraft) == set()
    assert not tracker.refused


def test_a_better_source_that_says_the_same_keeps_a_worse_one_out(tracker: Tracker) -> None:
    tracker.apply(at_home(T0, source="mlat", gs=450.0, track=90.0), T0)
    tracker.apply(at_home(T0 + 1, gs=450.0, track=90.0), T0 + 1)
    lat, lon = destination(HOME, 90, 0.2)
    tracker.apply(heard(T0 + 2, source="mlat", lat=lat, lon=lon), T0 + 2)
    assert shown(tracker, T0 + 2)["lat"] == HOME[0]
    assert tracker.refused["worse"] == 1


def test_a_wrong_place_that_is_repeated_replaces_nothing(tracker: Tracker) -> None:
    tracker.apply(at_home(T0, gs=450.0, track=90.0), T0)
    for second in range(1, 12):
        tracker.apply(heard(T0 + second, lat=40.0, lon=3.0, gs=450.0, track=90.0), T0 + second)
    assert shown(tracker, T0 + 12)["lat"] == HOME[0]


def test_a_place_where_the_aircraft_stands_replaces_a_wrong_one(tracker: Tracker) -> None:
    tracker.apply(at_home(T0, gs=0.0), T0)
    for second in range(1, 5):
        tracker.apply(heard(T0 + second, lat=40.0, lon=3.0, gs=0.0), T0 + second)
    assert shown(tracker, T0 + 5)["lat"] == 40.0


def test_an_evicted_aircraft_that_comes_back_at_once_keeps_the_age_of_its_position() -> None:
    tracker = Tracker(Limits(max_range_nm=0, max_aircraft=1), None, "e")
    tracker.apply(at_home(T0, gs=450.0), T0)
    tracker.take_delta(T0)
    tracker.apply(heard(T0 + 5, hex_="ABCDEF"), T0 + 5)
    tracker.apply(at_home(T0 + 6, gs=450.0), T0 + 6)
    assert shown(tracker, T0 + 6)["seen_pos"] == 6.0


# -- what a refused position takes with it -------------------------------------------------------


def test_altitude_and_speed_of_a_refused_position_are_kept_if_they_can_follow(tracker: Tracker) -> None:
    tracker.apply(at_home(T0, gs=450.0, track=90.0, alt_baro=30000, alt_geom=30900), T0)
    tracker.apply(heard(T0 + 2, lat=40.0, lon=3.0, gs=455.0, track=92.0, alt_baro=30100, alt_geom=31000), T0 + 2)
    aircraft = shown(tracker, T0 + 2)
    assert [aircraft[name] for name in ("lat", "gs", "track", "alt_baro", "alt_geom")] == [HOME[0], 455.0, 92.0, 30100, 31000]


@pytest.mark.parametrize("wrong", [{"alt_baro": 2000}, {"alt_geom": 2000}, {"gs": 90.0}, {"alt_baro": "ground"}])
def test_one_of_them_that_cannot_follow_shows_another_aircraft(tracker: Tracker, wrong: dict[str, Any]) -> None:
    motion: dict[str, Any] = {"gs": 450.0, "track": 90.0, "alt_baro": 30000, "alt_geom": 30900}
    tracker.apply(at_home(T0, **motion), T0)
    changed = {**motion, "track": 95.0, **wrong}
    tracker.apply(heard(T0 + 2, lat=40.0, lon=3.0, squawk="2000", **changed), T0 + 2)
    aircraft = shown(tracker, T0 + 2)
    assert {name: aircraft[name] for name in motion} == motion
    assert aircraft["squawk"] == "2000"


def test_what_is_not_known_yet_comes_with_a_refused_position(tracker: Tracker) -> None:
    tracker.apply(at_home(T0), T0)
    tracker.apply(heard(T0 + 1, lat=40.0, lon=3.0, alt_baro=30000), T0 + 1)
    assert (shown(tracker, T0 + 1)["lat"], shown(tracker, T0 + 1)["alt_baro"]) == (HOME[0], 30000)
