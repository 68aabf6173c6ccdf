"""Loitering and flying back and forth: long in a small area, or to and fro on one line; both begin and end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from skyspy.aircraft_state import AircraftState
from skyspy.geo import destination
from skyspy.movements import (
    BACK_AND_FORTH,
    BACK_AND_FORTH_ENDED,
    CIRCLING,
    LOITERING,
    LOITERING_ENDED,
)
from tests.support.airports import airport, packed
from tests.unit.movements.flights import HEX, Flight, Log

CENTRE = (47.0, 8.0)


def eights(flight: Flight, seconds: float, seconds_each: float = 120.0) -> Iterator[AircraftState]:
    """Figures of eight: their turns cancel, and so they are no circling."""
    for n in range(round(seconds / seconds_each)):
        yield from flight.fly(seconds_each, (3.0 if n % 2 else -3.0) * 120 / seconds_each)


def there_and_back(flight: Flight, legs: int, nm: float = 4.0, survey: bool = False) -> Iterator[AircraftState]:
    """Legs of `nm`, each followed by a turn of half a circle: to the left, and in a survey to alternate sides, for the next line."""
    for n in range(legs):
        yield from flight.fly(nm / flight.gs * 3600)
        yield from flight.fly(60, 3.0 if survey and n % 2 else -3.0)


# -- loitering -------------------------------------------------------------------------------------


def test_a_quarter_of_an_hour_in_a_small_area_is_loitering() -> None:
    log, flight = Log(), Flight(gs=100)
    log.see(eights(flight, 960))
    assert log.kinds == [LOITERING]
    details = log.said[0].details
    assert 900 <= details["duration_s"] <= 960  # type: ignore[operator]
    assert details["radius_nm"] < 2  # type: ignore[operator]
    assert details["path_nm"] == pytest.approx(25, abs=2)
    assert log.movements.current(HEX) == {LOITERING}


def test_fourteen_minutes_are_none() -> None:
    log = Log()
    log.see(eights(Flight(gs=100), 840))
    assert log.said == []


def test_a_larger_area_is_none() -> None:
    log = Log()
    # Eights of 12 minutes each way: 3.2 nm from the middle at their ends.
    log.see(eights(Flight(gs=100), 2880, 720))
    assert LOITERING not in log.kinds


def test_a_straight_flight_is_none_however_slow() -> None:
    log = Log()
    log.see(Flight(gs=20).fly(2400))
    assert log.said == []


def test_what_hovers_or_stands_with_an_altitude_is_none() -> None:
    log = Log()
    log.see(Flight(gs=0, more={"type_class": "H2T"}).fly(1800))
    assert log.said == []


def test_near_an_airport_below_300_feet_and_for_gliders_it_is_none() -> None:
    near = Log(packed([airport("NEAR", destination(CENTRE, 45, 1.0))]))
    near.see(eights(Flight(gs=100), 1200))
    low = Log()
    low.see(eights(Flight(gs=100, alt=200), 1200))
    glider = Log()
    glider.see(eights(Flight(gs=60, more={"category": "B1"}), 1200))
    assert near.said == low.said == glider.said == []


def test_a_gap_of_more_than_a_minute_is_time_in_which_it_may_have_been_elsewhere() -> None:
    log, flight = Log(), Flight(gs=100)
    for _ in range(4):
        log.see(eights(flight, 480))
        flight.at += 90
    assert log.said == []


def test_loitering_ends_when_it_flies_away() -> None:
    log, flight = Log(), Flight(gs=100)
    log.see(eights(flight, 960))
    log.see(flight.fly(600))
    assert log.kinds == [LOITERING, LOITERING_ENDED]
    assert log.said[1].details["ended_by"] == "changed"
    assert log.movements.current(HEX) == frozenset()


def test_loitering_for_an_hour_is_said_once() -> None:
    log = Log()
    log.see(eights(Flight(gs=100), 3600))
    assert log.kinds == [LOITERING]


def test_loitering_ends_on_the_ground() -> None:
    log, flight = Log(), Flight(gs=100, more={"type_class": "H1T"})
    log.see(eights(flight, 960))
    flight.on_ground, flight.gs = True, 0
    log.see(flight.fly(10))
    assert [said.details["ended_by"] for said in log.said if said.kind == LOITERING_ENDED] == ["ground"]


# -- back and forth --------------------------------------------------------------------------------


def test_three_reversals_on_one_line_are_back_and_forth() -> None:
    log = Log()
    log.see(there_and_back(Flight(track=30), 5))
    assert log.kinds == [BACK_AND_FORTH]
    details = log.said[0].details
    assert details["reversals"] == 3
    assert details["axis_deg"] == pytest.approx(30, abs=8)
    assert details["leg_nm"] == pytest.approx(4.0, abs=0.8)
    assert log.movements.current(HEX) == {BACK_AND_FORTH}


def test_two_reversals_are_none() -> None:
    log = Log()
    log.see(there_and_back(Flight(), 3))
    assert log.said == []


def test_legs_shorter_than_two_miles_are_none() -> None:
    log = Log()
    log.see(there_and_back(Flight(), 6, nm=1.0))
    assert BACK_AND_FORTH not in log.kinds


def test_the_parallel_lines_of_a_survey_are_back_and_forth_and_those_of_far_lines_are_none() -> None:
    near, far = Log(), Log()
    near.see(there_and_back(Flight(gs=150), 5, nm=6.0, survey=True))
    # Turns of 7 minutes: the next line is more than 5 nm away.
    flight = Flight(gs=150)
    for n in range(6):
        far.see(flight.fly(144))
        far.see(flight.fly(400, 0.45 if n % 2 else -0.45))
    assert near.kinds == [BACK_AND_FORTH]
    assert BACK_AND_FORTH not in far.kinds


def test_a_zigzag_is_none() -> None:
    log, flight = Log(), Flight()
    for n in range(10):
        log.see(flight.fly(150))
        log.see(flight.fly(40, 3.0 if n % 2 else -3.0))
    assert log.said == []


def test_a_square_is_no_back_and_forth() -> None:
    log, flight = Log(), Flight()
    for _ in range(8):
        log.see(flight.fly(120))
        log.see(flight.fly(30, 3.0))
    assert BACK_AND_FORTH not in log.kinds


def test_back_and_forth_ends_when_it_flies_on_and_when_it_is_lost() -> None:
    left, lost, aside = Log(), Log(), Log()
    flight = Flight()
    left.see(there_and_back(flight, 5, nm=7))
    left.see(flight.fly(600))
    assert left.kinds == [BACK_AND_FORTH, BACK_AND_FORTH_ENDED]
    flight = Flight()
    aside.see(there_and_back(flight, 5, nm=7))
    aside.see(flight.fly(30, 3.0))
    aside.see(flight.fly(150))
    assert aside.kinds == [BACK_AND_FORTH, BACK_AND_FORTH_ENDED]
    lost.see(there_and_back(Flight(), 5, nm=7))
    lost.nothing(60)
    assert lost.kinds == [BACK_AND_FORTH, BACK_AND_FORTH_ENDED]
    assert lost.said[1].details["ended_by"] == "lost"


def test_reversals_across_a_gap_do_not_count() -> None:
    log, flight = Log(), Flight()
    for _ in range(6):
        log.see(flight.fly(120))
        flight.at += 70
        flight.track += 180
    assert log.said == []


def test_in_the_traffic_pattern_of_an_airport_nothing_is_back_and_forth() -> None:
    log = Log(packed([airport("NEAR", destination(CENTRE, 30, 2.0))]))
    log.see(there_and_back(Flight(track=30), 8, nm=3.5))
    assert log.kinds == []


def test_a_holding_is_circling_and_not_back_and_forth_for_its_legs_are_on_two_lines() -> None:
    log, flight = Log(), Flight(gs=210, alt=12000)
    for _ in range(8):
        log.see(flight.fly(60))
        log.see(flight.fly(60, 3.0))
    assert CIRCLING in log.kinds
    assert BACK_AND_FORTH not in log.kinds
