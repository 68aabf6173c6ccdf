"""Claims about distance, level and trend between a driver and an aircraft (skyspy/threats/encounter.py)."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.geo import Point, destination, distance_nm
from skyspy.threats import encounter
from skyspy.threats.encounter import (
    APPROACHING,
    CRITICAL,
    HIGH,
    LEVELS,
    LOW,
    MEDIUM,
    RECEDING,
    STABLE,
    Driver,
    Motion,
    closing_kt,
    highest,
    level_by_distance,
    level_of,
    motion_of,
    place_at,
    trend_of,
)
from tests.unit.threats.states import aircraft

HERE: Point = (47.0, 8.0)
NOW = 105.0
PLACES: list[Point] = [HERE, (0.0, 0.0), (10.0, 179.999), (-33.0, -179.999), (89.5, 20.0)]


def level_at(distance: float, trend: str = STABLE) -> str:
    return level_of(level_by_distance(distance), trend)


def driven(course: float, speed_kt: float, seconds: int = 5, start: Point = HERE, **more: Any) -> Driver:
    """A driver who has driven like this for some seconds, with a position each second."""
    driver = Driver()
    for second in range(seconds + 1):
        driver.move(destination(start, course, speed_kt * second / 3600.0), 100.0 + second, **more)
    return driver


@pytest.mark.parametrize(
    ("distance", "level"),
    [(0.0, CRITICAL), (0.99, CRITICAL), (1.0, HIGH), (2.99, HIGH), (3.0, MEDIUM), (4.99, MEDIUM), (5.0, LOW), (80.0, LOW)],
)
def test_the_level_follows_from_the_distance(distance: float, level: str) -> None:
    assert level_at(distance) == level_at(distance, APPROACHING) == level


def test_the_level_is_one_step_lower_while_it_recedes_and_never_below_low() -> None:
    assert [level_at(distance, RECEDING) for distance in (0.5, 2.0, 4.0, 9.0)] == [HIGH, MEDIUM, LOW, LOW]


def test_a_level_does_not_change_to_and_fro_at_an_edge() -> None:
    level, seen = 0, []
    for distance in (1.05, 0.98, 1.02, 0.97, 1.05, 1.09, 0.99, 1.12, 1.05, 1.02, 0.99):
        level = level_by_distance(distance, level)
        seen.append(LEVELS[level])
    assert seen == [HIGH, *[CRITICAL] * 6, HIGH, HIGH, HIGH, CRITICAL]


def test_a_level_that_falls_by_two_edges_at_once_falls_to_where_it_belongs() -> None:
    assert LEVELS[level_by_distance(4.0, LEVELS.index(CRITICAL))] == MEDIUM
    assert LEVELS[level_by_distance(40.0, LEVELS.index(CRITICAL))] == LOW


def test_the_level_of_a_list_is_the_highest_and_of_no_list_none() -> None:
    assert highest([LOW, HIGH, MEDIUM]) == HIGH
    assert highest([]) is None


@pytest.mark.parametrize("there", PLACES)
@pytest.mark.parametrize("bearing", [0.0, 45.0, 90.0, 200.0, 359.0])
def test_the_closing_speed_is_the_change_of_the_distance(there: Point, bearing: float) -> None:
    plane = destination(there, bearing, 4.0)
    for drives, flies in ((Motion(60.0, 30.0), Motion(90.0, 250.0)), (Motion(0.0, 0.0), Motion(120.0, bearing)), (Motion(70.0, bearing), Motion(0.0, 0.0))):  # fmt: skip
        second = 1 / 3600.0
        later = distance_nm(
            destination(there, drives.course, drives.speed_kt * second),
            destination(plane, flies.course, flies.speed_kt * second),
        )
        lost = (distance_nm(there, plane) - later) / second
        assert closing_kt(there, drives, plane, flies) == pytest.approx(lost, abs=1.0)


def test_both_motions_count_for_the_trend() -> None:
    plane = destination(HERE, 0.0, 3.0)
    away = Motion(60.0, 0.0)
    assert trend_of(None, closing_kt(HERE, None, plane, away)) == RECEDING
    assert trend_of(None, closing_kt(HERE, Motion(60.0, 0.0), plane, away)) == STABLE, "the driver keeps up with it"
    assert trend_of(None, closing_kt(HERE, Motion(100.0, 0.0), plane, away)) == APPROACHING


def test_a_trend_does_not_change_to_and_fro_at_the_dead_band() -> None:
    trend, seen = None, []
    for closing in (14.0, 16.0, 14.0, 9.0, 16.0, 7.0, 9.0, -14.0, -16.0, -9.0, -7.0, -9.0):
        trend = trend_of(trend, closing)
        seen.append(trend)
    assert seen == [STABLE, *[APPROACHING] * 4, STABLE, STABLE, STABLE, RECEDING, RECEDING, STABLE, STABLE]


def test_a_trend_turns_around_at_once() -> None:
    assert trend_of(APPROACHING, -20.0) == RECEDING
    assert trend_of(RECEDING, 20.0) == APPROACHING


def test_a_motion_that_is_not_known_is_stable_and_not_taken_for_none() -> None:
    assert trend_of(APPROACHING, None) == STABLE
    assert trend_of(None, 80.0, driver_is_known=False) == STABLE, "a driver could outweigh it"
    assert trend_of(None, 120.0, driver_is_known=False) == APPROACHING
    assert trend_of(None, -120.0, driver_is_known=False) == RECEDING


@pytest.mark.parametrize("there", PLACES)
def test_a_drivers_motion_follows_from_the_positions(there: Point) -> None:
    motion = driven(70.0, 60.0, start=there).motion(NOW)
    assert motion is not None
    assert motion.speed_kt == pytest.approx(60.0, abs=0.5)
    if abs(there[0]) < 80:
        assert motion.course == pytest.approx(70.0, abs=0.5)


def test_a_driver_without_two_positions_a_second_apart_has_no_motion() -> None:
    driver = Driver()
    assert driver.motion(NOW) is None
    driver.move(HERE, 100.0)
    assert driver.motion(NOW) is None, "which is not the same as standing still"
    driver.move((47.0001, 8.0), 100.4)
    assert driver.motion(NOW) is None
    driver.move((47.0003, 8.0), 101.2)
    assert driver.motion(NOW) is not None


def test_five_positions_a_second_with_errors_of_five_metres_give_a_steady_motion() -> None:
    driver = Driver()
    for step in range(60):
        exact = destination(HERE, 90.0, 50.0 * step * 0.2 / 3600.0)
        driver.move(destination(exact, step * 137.0 % 360.0, 0.0027), 100.0 + step * 0.2)
        motion = driver.motion(driver.at)
        if step > 25:
            assert motion is not None
            assert motion.speed_kt == pytest.approx(50.0, abs=6.0)
            assert motion.course == pytest.approx(90.0, abs=8.0)


def test_a_heading_counts_where_it_fits_the_way_and_not_where_it_does_not() -> None:
    fits, turned = driven(90.0, 50.0, heading=80.0).motion(NOW), driven(90.0, 50.0, heading=200.0).motion(NOW)
    assert fits is not None
    assert turned is not None
    assert (fits.course, round(turned.course)) == (80.0, 90)
    across = driven(355.0, 50.0, heading=10.0).motion(NOW)
    assert across is not None
    assert across.course == 10.0, "north lies between"


def test_a_position_that_is_not_renewed_for_ten_seconds_is_a_place() -> None:
    driver = driven(90.0, 50.0)
    still_drives = driver.motion(NOW + 9.9)
    assert still_drives is not None
    assert still_drives.speed_kt > 49.0
    assert driver.motion(NOW + 10.1) == Motion(0.0, 0.0)
    once = Driver()
    once.move(HERE, NOW)
    assert once.motion(NOW + 5.0) is None
    assert once.motion(NOW + 10.1) == Motion(0.0, 0.0)


def test_a_jump_and_a_pause_give_no_motion() -> None:
    driver = driven(90.0, 50.0)
    driver.move((48.0, 8.0), 106.0)
    assert driver.motion(NOW) is None, "60 nm in a second"
    paused = driven(90.0, 50.0)
    paused.move(HERE, 200.0)
    assert paused.motion(NOW) is None


def test_what_is_kept_of_a_driver_is_bounded_forgotten_and_has_no_text_form() -> None:
    driver = driven(90.0, 50.0, seconds=1000, altitude=1234.5)
    assert len(driver._past) <= 13
    assert "47" not in repr(driver)
    assert "1234" not in f"{driver}"
    driver.forget()
    assert (driver.point, driver.heading, driver.altitude, driver.motion(NOW)) == (None, None, None, None)
    assert not driver._past


def test_an_aircrafts_motion_is_what_it_says_else_what_its_positions_say() -> None:
    assert motion_of(aircraft(gs=90.0, track=45.0)) == Motion(90.0, 45.0)
    before = aircraft(lat=47.0, lon=8.0, pos_at=100.0)
    north = destination(HERE, 0.0, 0.25)
    motion = motion_of(aircraft(lat=north[0], lon=north[1], pos_at=110.0), before)
    assert motion is not None
    assert motion.speed_kt == pytest.approx(90.0, abs=0.1)
    assert motion.course == pytest.approx(0.0, abs=0.1)


def test_an_aircraft_of_which_neither_is_known_has_no_motion() -> None:
    here = aircraft(lat=47.0, lon=8.0, pos_at=100.0)
    assert motion_of(here) is None
    assert motion_of(here, here) is None, "the same position"
    assert motion_of(aircraft(lat=47.1, lon=8.0, pos_at=300.0), here) is None, "positions too far apart"
    assert motion_of(aircraft(gs=90.0)) is None
    assert motion_of(aircraft(), aircraft()) is None


def test_an_aircraft_is_moved_by_the_age_of_its_position_and_by_ten_seconds_at_most() -> None:
    flies = Motion(120.0, 90.0)
    assert distance_nm(HERE, place_at(HERE, flies, 3.0)) == pytest.approx(0.1, abs=0.001)
    assert place_at(HERE, flies, 40.0) == place_at(HERE, flies, encounter.MAX_AHEAD_S)
    assert place_at(HERE, flies, -1.0) == place_at(HERE, None, 5.0) == HERE
