"""Positions that were sent over a data link (ADS-C, HFDL, VDL2): rare, from everywhere, some measured minutes ago.

Each is one Observation of the source `adsc`; `pos_at` is when it was measured.
"""

from __future__ import annotations

import pytest

from skyspy.aircraft import Observation
from skyspy.geo import distance_nm
from skyspy.tracker import Limits, Tracker
from skyspy.tracker.gate import freshness
from tests.support.tracker import HEX, T0, heard, shown

HOME = (51.47, -0.46)
MINUTES = 60.0
LIFE_S = 33 * MINUTES
"""Half again the usual 20 minutes between two reports, and some: the issue says 33 minutes."""


@pytest.fixture
def sky() -> Tracker:
    """A tracker as the server makes it: a receiver near London, and its range."""
    return Tracker(Limits(), HOME, "e")


def report(at: float, lat: float, lon: float, pos_at: float | None = None, hex_: str = HEX, **more: object) -> Observation:
    """One message of a data link with a position."""
    return Observation(hex_, at, "adsc", {"lat": lat, "lon": lon, **more}, pos_at)  # type: ignore[dict-item]


def place(tracker: Tracker, now: float) -> tuple[float, float] | None:
    found = shown(tracker, now)
    return (found["lat"], found["lon"]) if "lat" in found else None


def test_one_report_makes_an_aircraft_at_once(sky: Tracker) -> None:
    assert sky.apply(report(T0, 50.0, -30.0, alt_baro=38000), T0)
    delta = sky.take_delta(T0)
    assert delta is not None
    (new,) = delta.new
    assert (new["hex"], new["type"], new["source"], new["lat"], new["lon"], new["alt_baro"]) == (
        HEX,
        "adsc",
        "adsc",
        50.0,
        -30.0,
        38000,
    )


def test_a_single_message_from_the_air_still_makes_none(sky: Tracker) -> None:
    for number, source in enumerate(("adsb_icao", "mode_s", "mlat", "tisb_icao", "other")):
        sky.apply(Observation(f"4CA88{number}", T0, source, {"gs": 300.0}), T0)
    assert sky.take_delta(T0) is None


@pytest.mark.parametrize("measured_before", [0.0, 5 * MINUTES])
def test_an_aircraft_of_one_report_lives_33_minutes_and_not_longer(sky: Tracker, measured_before: float) -> None:
    sky.apply(report(T0, 50.0, -30.0, T0 - measured_before, alt_baro=38000), T0)
    sky.take_delta(T0)
    end = T0 + LIFE_S
    assert place(sky, end - measured_before - 1) == (50.0, -30.0)
    assert shown(sky, end - measured_before - 1)["seen_pos"] == LIFE_S - 1
    # What else it said was heard at T0.
    assert place(sky, end - measured_before) is None
    assert shown(sky, end - 1).get("alt_baro") == 38000 or measured_before == 0.0
    assert shown(sky, end) == {}
    assert (len(sky), sky.held) == (0, 0)


def test_a_report_that_is_older_than_its_life_makes_no_position(sky: Tracker) -> None:
    sky.apply(report(T0, 50.0, -30.0, T0 - LIFE_S), T0)
    assert place(sky, T0) is None


def test_each_report_prolongs_the_life(sky: Tracker) -> None:
    for number in range(5):
        at = T0 + number * 20 * MINUTES
        sky.apply(report(at, 50.0, -30.0 + 4.0 * number, at - 60.0), at)
        assert place(sky, at) == (50.0, -30.0 + 4.0 * number)
    last = T0 + 80 * MINUTES - 60.0
    assert place(sky, last + LIFE_S - 1) == (50.0, -14.0)
    assert shown(sky, last + LIFE_S + 60.0) == {}


def test_a_report_comes_from_beyond_the_range_of_the_receiver_and_other_positions_do_not(sky: Tracker) -> None:
    far = (40.0, -60.0)
    assert distance_nm(HOME, far) > 2000 > Limits().max_range_nm
    sky.apply(report(T0, *far), T0)
    assert place(sky, T0) == far
    for source in ("adsb_icao", "mlat", "other"):
        sky.apply(heard(T0 + 100.0, source, "4CA999", lat=far[0], lon=far[1]), T0 + 100.0)
    assert "lat" not in shown(sky, T0 + 100.0, "4CA999")


def test_reports_of_an_aircraft_without_a_speed_follow_it_over_the_ocean(sky: Tracker) -> None:
    """14 minutes at 480 kt are 112 nautical miles."""
    places = [(50.0, -20.0 - 2.9 * number) for number in range(6)]
    assert 110 < distance_nm(places[0], places[1]) < 114
    for number, (lat, lon) in enumerate(places):
        at = T0 + number * 14 * MINUTES
        sky.apply(report(at, lat, lon, at - 20.0), at)
        assert place(sky, at) == (lat, lon)
    assert sky.refused.total() == 0
    assert [(point.lat, point.lon) for point in sky.trail(HEX)] == places


def test_a_report_that_no_aircraft_could_have_flown_to_is_refused(sky: Tracker) -> None:
    sky.apply(report(T0, 50.0, -20.0), T0)
    sky.apply(report(T0 + 5 * MINUTES, 10.0, 100.0), T0 + 5 * MINUTES)
    assert place(sky, T0 + 5 * MINUTES) == (50.0, -20.0)
    assert sky.refused["jump"] == 1


@pytest.mark.parametrize("age", [0.0, 1.0, 14.9])
def test_a_report_does_not_replace_a_fresh_position_of_ads_b(sky: Tracker, age: float) -> None:
    sky.apply(heard(T0, lat=51.0, lon=-2.0, alt_baro=30000), T0)
    sky.apply(report(T0 + age, 51.1, -2.1, alt_baro=31000), T0 + age)
    found = shown(sky, T0 + age)
    assert (found["lat"], found["lon"], found["alt_baro"], found["type"]) == (51.0, -2.0, 30000, "adsb_icao")


@pytest.mark.parametrize("silent", [16.0, 40.0, 59.0])
def test_a_report_that_was_measured_before_never_replaces_a_newer_position(sky: Tracker, silent: float) -> None:
    sky.apply(heard(T0, lat=51.0, lon=-2.0), T0)
    sky.apply(report(T0 + silent, 50.9, -2.0, T0 - 1.0), T0 + silent)
    assert place(sky, T0 + silent) == (51.0, -2.0)
    assert sky.refused["late"] == 1


def test_a_report_goes_on_where_ads_b_ends_and_lives_its_own_life(sky: Tracker) -> None:
    sky.apply(heard(T0, lat=51.0, lon=-8.0, gs=480.0, track=270.0, squawk="2000"), T0)
    sky.apply(report(T0 + 50.0, 51.0, -8.16, T0 + 45.0), T0 + 50.0)
    assert place(sky, T0 + 50.0) == (51.0, -8.16)
    later = shown(sky, T0 + 20 * MINUTES)
    assert (later["lat"], later["lon"]) == (51.0, -8.16)
    assert {"gs", "track", "squawk"}.isdisjoint(later)
    assert shown(sky, T0 + 45.0 + LIFE_S) == {}


def test_ads_b_takes_over_at_once_and_the_aircraft_then_ends_with_it(sky: Tracker) -> None:
    sky.apply(report(T0, 51.0, -10.0, T0 - 3 * MINUTES, alt_baro=38000), T0)
    sky.apply(heard(T0 + 1, lat=51.3, lon=-9.4, alt_baro=37000), T0 + 1)
    found = shown(sky, T0 + 1)
    assert (found["lat"], found["lon"], found["alt_baro"], found["type"]) == (51.3, -9.4, 37000, "adsb_icao")
    assert shown(sky, T0 + 61) == {}


def test_messages_without_a_position_leave_the_reported_one(sky: Tracker) -> None:
    sky.apply(report(T0, 51.0, -10.0), T0)
    for second in range(0, 600, 10):
        sky.apply(heard(T0 + second, gs=450.0, squawk="2000"), T0 + second)
    assert place(sky, T0 + 600) == (51.0, -10.0)
    assert place(sky, T0 + 700) == (51.0, -10.0)


def test_the_same_report_through_two_stations_changes_nothing(sky: Tracker) -> None:
    sky.apply(report(T0, 51.0, -10.0, T0 - 100.0), T0)
    sky.apply(report(T0 + 4.0, 51.0, -10.0, T0 - 100.0), T0 + 4.0)
    found = shown(sky, T0 + 4.0)
    assert (found["lat"], found["seen_pos"]) == (51.0, 104.0)
    aircraft = sky.states()[0]
    assert freshness(aircraft.position, T0 - 100.0 + LIFE_S, Limits()) == "expired"


def test_mlat_does_not_replace_a_fresh_report_and_does_replace_an_old_one(sky: Tracker) -> None:
    sky.apply(report(T0, 51.0, -2.0), T0)
    sky.apply(heard(T0 + 5, "mlat", lat=51.0, lon=-2.01), T0 + 5)
    assert place(sky, T0 + 5) == (51.0, -2.0)
    sky.apply(heard(T0 + 30, "mlat", lat=51.0, lon=-2.1), T0 + 30)
    assert place(sky, T0 + 30) == (51.0, -2.1)
