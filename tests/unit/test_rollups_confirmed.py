"""Only positions that others of the same aircraft confirm count: no wrong one does, wherever it is and however often it is sent."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from skyspy.rollups.confirmed import MAX_GAP_S, MIN_RUN_S, Reading
from tests.support.flights import counted, outbound, reading


def test_all_positions_of_a_run_count_from_its_first_one() -> None:
    flight = outbound(90.0, 50.0, 30)
    assert counted(flight) == flight


def test_nothing_counts_before_ten_seconds_or_before_three_positions() -> None:
    flight = outbound(90.0, 50.0, 30)
    assert counted(flight[: int(MIN_RUN_S / 2)]) == []
    assert counted(outbound(90.0, 50.0, 2, every_s=20.0)) == []
    assert len(counted(outbound(90.0, 50.0, 3, every_s=5.0))) == 3


def test_a_wrong_position_in_a_flight_does_not_count_and_the_flight_does() -> None:
    flight = outbound(90.0, 50.0, 60)
    ghost = reading(41.0, 200.0, 380.0)
    with_ghost = [*flight[:21], ghost, *flight[21:]]
    assert counted(with_ghost) == flight


def test_the_first_position_of_an_aircraft_may_be_the_wrong_one() -> None:
    flight = outbound(90.0, 50.0, 30)
    assert counted([reading(-1.0, 270.0, 300.0), *flight]) == flight


def test_a_wrong_position_that_is_sent_again_and_again_is_no_evidence() -> None:
    assert counted(reading(float(at), 10.0, 390.0) for at in range(100)) == []


def test_positions_on_both_sides_of_a_long_silence_do_not_confirm_each_other() -> None:
    assert counted(outbound(90.0, 50.0, 10, every_s=MAX_GAP_S + 1.0)) == []


@given(st.lists(st.tuples(st.floats(0, 359), st.floats(150, 400)), max_size=20), st.integers(0, 50))
def test_wrong_positions_anywhere_among_those_of_a_flight_never_count(ghosts: list[tuple[float, float]], first: int) -> None:
    """Each is alone between two true ones, far from the flight and from the other wrong ones around it."""
    flight = outbound(0.0, 10.0, 120)
    mixed: list[Reading] = []
    number = count()
    for place, one in enumerate(flight):
        mixed.append(one)
        if place >= first and (next(number) % 3 == 0) and ghosts:
            bearing, nm = ghosts[place % len(ghosts)]
            mixed.append(reading(one.at + 0.5, bearing, nm))
    assert set(counted(mixed)) <= set(flight)
