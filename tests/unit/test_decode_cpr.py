"""CPR: positions from pairs and from single halves, and when there is none."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skyspy.decode.cpr import AIRBORNE_WINDOW_S, MAX_REFERENCE_AGE_S, CprDecoder, global_position, local_position, zones_at
from skyspy.geo import Point, distance_nm
from tests.support.mode_s import cpr

ZURICH = (47.458, 8.548)


def fly(state: CprDecoder, place: Point, odd: bool, now: float) -> Point | None:
    return state.add_airborne(cpr(*place, odd), odd, now)


def near(a: Point | None, b: Point, nm: float = 0.01) -> bool:
    return a is not None and distance_nm(a, b) < nm


@pytest.mark.parametrize(
    ("lat", "zones"),
    [(0, 59), (10.4, 59), (10.5, 58), (-47.4, 40), (59.9, 30), (60.1, 29), (86.9, 2), (87, 2), (87.1, 1), (90, 1)],
)
def test_the_number_of_longitude_zones_falls_towards_the_poles(lat: float, zones: int) -> None:
    assert zones_at(lat) == zones


def test_a_known_pair_gives_its_published_position() -> None:
    # Frames 8D40621D58C382D690C8AC2863A7 (even) and 8D40621D58C386435CC412692AD6 (odd), the even one newer.
    assert near(global_position((93000, 51372), (74158, 50194), False), (52.2572, 3.91937))


@given(st.floats(-89, 89), st.floats(-180, 180))
def test_a_pair_from_anywhere_is_read_back(lat: float, lon: float) -> None:
    even, odd = cpr(lat, lon, False), cpr(lat, lon, True)
    for newest_odd in (False, True):
        place = global_position(even, odd, newest_odd)
        # Near the edge of a zone, rounding can put the two halves in different zones.
        assume(place is not None)
        assert near(place, (lat, lon))


@given(st.floats(-85, 85), st.floats(-180, 180), st.floats(-2, 2), st.floats(-2, 2), st.booleans())
def test_half_a_position_is_read_against_a_point_nearby(lat: float, lon: float, north: float, east: float, odd: bool) -> None:
    reference = (max(-85.0, min(85.0, lat + north)), (lon + east + 180) % 360 - 180)
    assert near(local_position(cpr(lat, lon, odd), odd, False, reference), (lat, lon), 0.02)


@pytest.mark.parametrize("place", [ZURICH, (-33.946, 151.177), (40.64, -73.78), (-54.8, -68.3), (1.36, 103.99), (64.13, -21.94)])
def test_a_surface_pair_is_read_at_the_receiver_it_was_heard_by(place: Point) -> None:
    even, odd = cpr(*place, False, surface=True), cpr(*place, True, surface=True)
    receiver = (place[0] + 0.2, place[1] - 0.2)
    assert near(global_position(even, odd, True, receiver), place)
    state = CprDecoder()
    assert state.add_surface(even, False, 0.0, receiver, False) is None
    assert near(state.add_surface(odd, True, 1.0, receiver, False), place)


def test_one_half_alone_gives_no_position() -> None:
    state = CprDecoder()
    assert fly(state, ZURICH, False, 0.0) is None
    assert fly(state, ZURICH, False, 1.0) is None


def test_halves_too_far_apart_in_time_are_no_pair() -> None:
    state = CprDecoder()
    fly(state, ZURICH, False, 0.0)
    assert fly(state, ZURICH, True, AIRBORNE_WINDOW_S + 0.1) is None
    assert near(fly(state, ZURICH, False, AIRBORNE_WINDOW_S + 0.6), ZURICH)


def test_halves_from_different_latitude_zones_are_no_pair() -> None:
    # The number of longitude zones decreases at 48.16 degrees; one half is from each side.
    below, above = (48.155, 8.5), (48.165, 8.5)
    assert zones_at(below[0]) != zones_at(above[0])
    assert global_position(cpr(*below, False), cpr(*above, True), True) is None


def test_a_surface_half_and_an_airborne_one_are_no_pair() -> None:
    state = CprDecoder()
    state.add_surface(cpr(*ZURICH, False, surface=True), False, 0.0, ZURICH, True)
    assert fly(state, ZURICH, True, 1.0) is None
    assert near(fly(state, ZURICH, False, 1.5), ZURICH)


def test_a_surface_position_needs_the_receivers_or_a_last_position() -> None:
    even, odd = cpr(*ZURICH, False, surface=True), cpr(*ZURICH, True, surface=True)
    lost = CprDecoder()
    lost.add_surface(even, False, 0.0, None, True)
    assert lost.add_surface(odd, True, 1.0, None, True) is None
    landed = CprDecoder()
    fly(landed, (47.5, 8.5), False, 0.0)
    fly(landed, (47.5, 8.5), True, 0.5)
    landed.add_surface(even, False, 60.0, None, True)
    assert near(landed.add_surface(odd, True, 61.0, None, True), ZURICH)


def test_surface_halves_of_a_slow_aircraft_may_be_further_apart_in_time() -> None:
    even, odd = cpr(*ZURICH, False, surface=True), cpr(*ZURICH, True, surface=True)
    for slow in (False, True):
        state = CprDecoder()
        state.add_surface(even, False, 0.0, ZURICH, slow)
        assert (state.add_surface(odd, True, 40.0, ZURICH, slow) is not None) == slow


def test_after_a_first_position_single_halves_are_enough() -> None:
    state = CprDecoder()
    fly(state, ZURICH, False, 0.0)
    fly(state, ZURICH, True, 0.5)
    later = (47.6, 8.6)
    assert near(fly(state, later, True, 60.0), later)


def test_a_half_that_contradicts_the_last_position_is_rejected() -> None:
    state = CprDecoder()
    fly(state, ZURICH, False, 0.0)
    fly(state, ZURICH, True, 0.5)
    assert fly(state, (52.1, 3.4), False, 1.0) is None


def test_one_damaged_half_costs_two_positions_at_most() -> None:
    state = CprDecoder()
    fly(state, ZURICH, False, 0.0)
    fly(state, ZURICH, True, 0.5)
    assert fly(state, (51.0, 1.0), False, 1.0) is None
    results = [fly(state, ZURICH, odd, 1.5 + 0.5 * n) for n, odd in enumerate((True, False, True, False))]
    assert [place is not None for place in results][1:] == [True, True, True] or [place is not None for place in results][2:] == [
        True,
        True,
    ]
    assert all(place is None or near(place, ZURICH) for place in results)


def test_a_wrong_zone_is_corrected_after_repeated_contradictions() -> None:
    state = CprDecoder()
    # As after a pair of halves from two places that happened to decode to a position in a wrong zone.
    state._accept((47.458, 8.548 + 360.0 / 40), 0.0)
    results = [fly(state, ZURICH, odd, 0.5 * n) for n, odd in enumerate((False, True) * 6)]
    assert near(results[-1], ZURICH)
    assert sum(place is not None and not near(place, ZURICH) for place in results) <= 1


def test_after_ten_minutes_of_silence_a_new_pair_is_needed() -> None:
    state = CprDecoder()
    fly(state, ZURICH, False, 0.0)
    fly(state, ZURICH, True, 0.5)
    assert fly(state, ZURICH, True, MAX_REFERENCE_AGE_S + 1.0) is None
    assert near(fly(state, ZURICH, False, MAX_REFERENCE_AGE_S + 1.5), ZURICH)


@given(
    st.lists(
        st.tuples(st.integers(0, 131071), st.integers(0, 131071), st.booleans(), st.booleans(), st.floats(0, 5)), max_size=30
    )
)
def test_any_halves_give_points_on_earth_or_none(halves: list[tuple[int, int, bool, bool, float]]) -> None:
    state, now = CprDecoder(), 0.0
    for y, x, odd, surface, wait in halves:
        now += wait
        place = state.add_surface((y, x), odd, now, ZURICH, False) if surface else state.add_airborne((y, x), odd, now)
        if place is not None:
            assert -90 <= place[0] <= 90
            assert -180 <= place[1] <= 180
