"""A recording that is played faster or slower: what came from it ages by its own clock, beside live aircraft that do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from skyspy.aircraft import Observation
from skyspy.geo import destination
from skyspy.timeline import Timeline, time_on
from skyspy.tracker import Limits, Tracker
from tests.support.tracker import HEX, T0, heard, shown

OTHER = "4B1613"


@pytest.fixture
def tracker() -> Tracker:
    return Tracker(Limits(max_range_nm=0), None, "e")


def recorded(at: float, timeline: Timeline, pace: float = 50.0, **fields: Any) -> Observation:
    return replace(heard(at, **fields), timeline=timeline, pace=pace)


# -- the clock -----------------------------------------------------------------------------------


def test_a_timeline_shows_the_steady_clock_until_it_is_set() -> None:
    assert Timeline().at(T0) == T0 == time_on(None, T0)


def test_it_runs_at_its_rate_up_to_where_it_waits_and_never_goes_back() -> None:
    timeline = Timeline()
    timeline.run(T0, 50.0, T0 + 100)
    assert [timeline.at(T0 + s) - T0 for s in (0, 1, 2, 3)] == [0, 50, 100, 100]
    timeline.reach(T0 + 3, T0 + 90)
    assert timeline.at(T0 + 3) == T0 + 100
    timeline.run(T0 + 4, 0.1)
    assert timeline.at(T0 + 14) - T0 == pytest.approx(101)


# -- ages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pace", "wall_s"), [(50.0, 1.2), (1.0, 60.0), (0.5, 120.0)])
def test_an_aircraft_leaves_when_a_minute_of_the_recording_is_over(tracker: Tracker, pace: float, wall_s: float) -> None:
    timeline = Timeline()
    timeline.run(T0, pace)
    tracker.apply(recorded(T0, timeline, pace, alt_baro=1000, lat=47.0, lon=8.0), T0)
    aircraft = shown(tracker, T0 + wall_s * 0.9)
    assert (aircraft["seen"], aircraft["seen_pos"]) == (pytest.approx(54.0), pytest.approx(54.0))
    assert shown(tracker, T0 + wall_s * 1.01) == {}


def test_a_field_expires_by_the_recording_while_others_are_renewed(tracker: Tracker) -> None:
    timeline = Timeline()
    timeline.run(T0, 50.0)
    tracker.apply(recorded(T0, timeline, squawk="1000", alt_baro=1000), T0)
    for step in range(1, 9):
        now = T0 + step * 0.25
        tracker.apply(recorded(now, timeline, alt_baro=1000 + step), now)
        assert ("squawk" in shown(tracker, now)) is (step < 5)


def test_live_aircraft_beside_a_replay_age_by_the_steady_clock(tracker: Tracker) -> None:
    timeline = Timeline()
    timeline.run(T0, 50.0)
    tracker.apply(heard(T0, hex_=OTHER, alt_baro=2000), T0)
    tracker.apply(recorded(T0, timeline, alt_baro=1000), T0)
    assert shown(tracker, T0 + 10) == {}
    assert shown(tracker, T0 + 10, OTHER)["seen"] == 10.0
    assert shown(tracker, T0 + 61, OTHER) == {}


def test_a_replay_that_ended_leaves_its_aircraft_as_long_as_any_other(tracker: Tracker) -> None:
    timeline = Timeline()
    timeline.run(T0, 50.0)
    tracker.apply(recorded(T0 + 1, timeline, alt_baro=1000), T0 + 1)
    timeline.run(T0 + 1, 1.0)
    assert shown(tracker, T0 + 59)["seen"] == 58.0
    assert shown(tracker, T0 + 62) == {}


def test_positions_of_a_fast_replay_are_plausible_by_its_clock(tracker: Tracker) -> None:
    timeline, home = Timeline(), (47.0, 8.0)
    timeline.run(T0, 50.0)
    for step in range(60):
        now = T0 + step * 0.2
        lat, lon = destination(home, 90, 450 * step * 10 / 3600)
        tracker.apply(recorded(now, timeline, lat=lat, lon=lon, gs=450.0, track=90.0), now)
        assert shown(tracker, now)["lon"] == lon
    assert not tracker.refused
    ages = [now - point.at for point in tracker.trail(HEX, now)]
    assert ages[0] == pytest.approx(590.0)
    assert ages[-1] <= 30.0


# -- live and recorded ---------------------------------------------------------------------------


def test_a_live_receiver_takes_a_recorded_aircraft_over_with_the_ages_it_has(tracker: Tracker) -> None:
    timeline = Timeline()
    timeline.run(T0, 50.0)
    tracker.apply(recorded(T0, timeline, squawk="1000", lat=47.0, lon=8.0, nic=8), T0)
    tracker.take_delta(T0)
    tracker.apply(heard(T0 + 0.5, alt_baro=3000), T0 + 0.5)
    aircraft = shown(tracker, T0 + 0.5)
    assert (aircraft["seen_pos"], aircraft["squawk"]) == (25.0, "1000")
    aircraft = shown(tracker, T0 + 36)
    assert ("lat" in aircraft, "squawk" in aircraft, aircraft["alt_baro"]) == (False, False, 3000)
    assert tracker.trail(HEX, T0 + 36)[0].at == pytest.approx(T0 + 0.5 - 25)


def test_a_fast_recording_does_not_touch_an_aircraft_that_is_live(tracker: Tracker) -> None:
    timeline = Timeline()
    timeline.run(T0, 50.0)
    tracker.apply(heard(T0, alt_baro=3000), T0)
    assert not tracker.apply(recorded(T0 + 1, timeline, alt_baro=9000), T0 + 1)
    assert (shown(tracker, T0 + 1)["alt_baro"], tracker.refused["worse"]) == (3000, 1)
    assert tracker.apply(recorded(T0 + 16, timeline, alt_baro=9000), T0 + 16)
    assert shown(tracker, T0 + 16)["alt_baro"] == 9000


def test_an_emergency_squawk_is_confirmed_across_timelines(tracker: Tracker) -> None:
    timeline = Timeline()
    timeline.run(T0, 50.0)
    tracker.apply(recorded(T0 + 1, timeline, squawk="7700"), T0 + 1)
    tracker.apply(heard(T0 + 2, squawk="7700"), T0 + 2)
    assert shown(tracker, T0 + 2)["emergency"] == "general"


def test_an_evicted_aircraft_that_comes_back_live_is_one_change() -> None:
    tracker, timeline = Tracker(Limits(max_range_nm=0, max_aircraft=1), None, "e"), Timeline()
    timeline.run(T0, 50.0)
    tracker.apply(recorded(T0, timeline, lat=47.0, lon=8.0), T0)
    tracker.take_delta(T0)
    tracker.apply(heard(T0 + 1, hex_=OTHER), T0 + 1)
    tracker.apply(heard(T0 + 1, alt_baro=500), T0 + 1)
    delta = tracker.take_delta(T0 + 1)
    assert delta is not None
    assert [entry["hex"] for entry in delta.changed] == [HEX]


def test_checks_of_ended_recordings_take_no_memory(tracker: Tracker) -> None:
    for number in range(50):
        timeline = Timeline()
        timeline.run(T0 + number, 1000.0)
        tracker.apply(recorded(T0 + number, timeline, 1000.0, alt_baro=1000), T0 + number)
        tracker.take_delta(T0 + number + 0.5)
    assert tracker.held == 0
    assert not tracker._schedule._heaps
