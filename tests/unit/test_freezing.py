"""Claims about freezing tracked aircraft into states for rules (skyspy/tracker/freezing.py)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skyspy.aircraft_state import AircraftState
from skyspy.timeline import Timeline
from skyspy.tracker import Tracker
from skyspy.tracker.freezing import Freezer
from tests.support.tracker import HEX, T0, heard


def test_a_value_goes_with_the_time_of_its_own_reception_before_the_next_delta_too(tracker: Tracker) -> None:
    tracker.apply(heard(T0, squawk="7700", lat=47.0, lon=8.0, baro_rate=640), T0)
    tracker.take_delta(T0)
    freezer = Freezer(tracker)
    first = freezer.freeze(T0)[HEX]
    assert (first.squawk, first.squawk_at, first.point, first.pos_at, first.rate) == ("7700", T0, (47.0, 8.0), T0, 640)
    tracker.apply(heard(T0 + 4, squawk="7701", lat=47.002, lon=8.002, geom_rate=1280), T0 + 4)
    state = freezer.freeze(T0 + 4)[HEX]
    assert (state.squawk, state.squawk_at) == ("7701", T0 + 4)
    assert (state.point, state.pos_at) == ((47.002, 8.002), T0 + 4)
    assert (state.rate, state.rate_at) == (640, T0)


def test_a_value_that_has_expired_is_not_known(tracker: Tracker) -> None:
    tracker.apply(heard(T0, squawk="7700", acas_ra={"advisory": "Climb"}), T0)
    tracker.take_delta(T0)
    state = Freezer(tracker).freeze(T0)[HEX]
    assert (state.acas_ra, state.acas_ra_at) == ({"advisory": "Climb"}, T0)
    tracker.apply(heard(T0 + 16, alt_baro=9000), T0 + 16)
    tracker.take_delta(T0 + 16)
    state = Freezer(tracker).freeze(T0 + 16)[HEX]
    assert (state.acas_ra, state.acas_ra_at, state.squawk, state.alt_baro) == (None, None, "7700", 9000)


def test_an_aircraft_that_was_not_heard_again_is_frozen_once(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=9000), T0)
    tracker.take_delta(T0)
    freezer = Freezer(tracker)
    first = freezer.freeze(T0)[HEX]
    assert freezer.freeze(T0 + 1)[HEX] is first
    tracker.apply(heard(T0 + 2, alt_baro=9000), T0 + 2)
    assert freezer.freeze(T0 + 2)[HEX].alt_at == T0 + 2


# -- the ground, and what is not known ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("altitude", "on_ground", "feet"), [("ground", True, None), (0, False, 0), (-500, False, -500), (9000, False, 9000)]
)
def test_an_aircraft_on_the_ground_has_no_altitude_and_sea_level_is_not_the_ground(
    tracker: Tracker, altitude: int | str, on_ground: bool, feet: int | None
) -> None:
    tracker.apply(heard(T0, alt_baro=altitude), T0)
    tracker.take_delta(T0)
    state = Freezer(tracker).freeze(T0)[HEX]
    assert (state.on_ground, state.alt_baro, state.alt_at) == (on_ground, feet, T0)


def test_without_an_altitude_it_is_not_known_whether_an_aircraft_is_on_the_ground(tracker: Tracker) -> None:
    tracker.apply(heard(T0, gs=5.0, lat=47.0, lon=8.0, alt_geom=0, baro_rate=0), T0)
    tracker.take_delta(T0)
    state = Freezer(tracker).freeze(T0)[HEX]
    assert (state.on_ground, state.alt_baro, state.alt_at) == (None, None, None)


def test_the_ground_that_was_received_before_a_gap_is_not_known_after_it(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro="ground", squawk="1000"), T0)
    freezer, at = Freezer(tracker), T0 + 300
    for now in (T0 + 30, T0 + 60, T0 + 90, T0 + 120, T0 + 150, T0 + 180, T0 + 210, T0 + 240, T0 + 270, at):
        tracker.apply(heard(now, squawk="1000"), now)
        tracker.take_delta(now)
    state = freezer.freeze(at)[HEX]
    assert (state.on_ground, state.alt_baro, state.alt_at, state.squawk_at) == (None, None, None, at)


MAY_BE_MISSING = [
    name for name in AircraftState._fields if name not in ("hex", "heard_at", "military", "source", "source_at", "country_code")
]


def test_of_an_aircraft_that_sent_nothing_but_its_address_nothing_is_known(tracker: Tracker) -> None:
    tracker.apply(heard(T0), T0)
    tracker.take_delta(T0)
    state = Freezer(tracker).freeze(T0)[HEX]
    assert {name: value for name in MAY_BE_MISSING if (value := getattr(state, name)) is not None} == {}
    assert (state.hex, state.heard_at, state.military) == (HEX, T0, False)


def test_a_position_is_known_whole_or_not_at_all_and_its_time_goes_with_it(tracker: Tracker) -> None:
    tracker.apply(heard(T0, lat=47.0, lon=8.0, alt_baro=9000), T0)
    tracker.take_delta(T0)
    freezer = Freezer(tracker)
    assert freezer.freeze(T0)[HEX].pos_at == T0
    for now in (T0 + second for second in range(20, 400, 20)):
        tracker.apply(heard(now, alt_baro=9000), now)
        tracker.take_delta(now)
    state = freezer.freeze(T0 + 380)[HEX]
    assert (state.lat, state.lon, state.pos_at, state.point, state.alt_at) == (None, None, None, None, T0 + 380)


# -- a recording ---------------------------------------------------------------------------------------


def test_times_of_a_recording_are_as_long_ago_on_the_steady_clock_as_on_its_own(tracker: Tracker) -> None:
    timeline = Timeline()
    timeline.run(T0, 50.0)
    fields = {"alt_baro": 9000, "lat": 47.0, "lon": 8.0, "squawk": "1000", "baro_rate": 640, "nic": 8, "emergency": "none"}
    tracker.apply(replace(heard(T0, **fields), timeline=timeline, pace=50.0), T0)
    tracker.take_delta(T0)
    now = T0 + 0.2
    state = Freezer(tracker).freeze(now)[HEX]
    times = (
        state.heard_at,
        state.pos_at,
        state.alt_at,
        state.squawk_at,
        state.rate_at,
        state.quality_at,
        state.emergency_at,
        state.source_at,
    )
    assert times == pytest.approx([now - 10] * 8), "10 s of the recording have passed"


def test_while_a_recording_waits_nothing_of_its_aircraft_looks_as_if_it_were_received_again(tracker: Tracker) -> None:
    timeline = Timeline()
    timeline.reach(T0, T0)
    tracker.apply(replace(heard(T0, alt_baro=9000), timeline=timeline), T0)
    tracker.take_delta(T0)
    freezer = Freezer(tracker)
    first = freezer.freeze(T0)[HEX]
    assert freezer.freeze(T0 + 30)[HEX] is first


def test_an_aircraft_that_is_gone_is_not_frozen_and_one_that_returns_is_another(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=9000), T0)
    tracker.take_delta(T0)
    freezer = Freezer(tracker)
    first = freezer.freeze(T0)[HEX]
    tracker.take_delta(T0 + 3600)
    assert freezer.freeze(T0 + 3600) == {}
    tracker.apply(heard(T0 + 3601, squawk="1000"), T0 + 3601)
    tracker.take_delta(T0 + 3601)
    again = freezer.freeze(T0 + 3601)[HEX]
    assert (first.alt_baro, again.alt_baro) == (9000, None)
