"""Landed and departed: received on both sides, twice, at an airport; a helicopter elsewhere where it is slow. Never for want of a signal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from skyspy.aircraft_state import AircraftState
from skyspy.airports.records import FEET_PER_NM, runway_between
from skyspy.geo import destination
from skyspy.movements import DEPARTED, ENTERED_AIRPORT, KINDS, LANDED, LEFT_AIRPORT
from tests.support.airports import airport, packed
from tests.unit.movements.flights import FAR, HEX, Flight, Log

THRESHOLD = (47.0, 8.0)
NM = 9000 / FEET_PER_NM
RUNWAY = runway_between(("09", "27"), (THRESHOLD, destination(THRESHOLD, 90, NM)), 9000, 150, (500, 500))
FIELD = packed([airport("TEST", destination(THRESHOLD, 90, NM / 2), "medium", elevation_ft=500, runways=(RUNWAY,))])
BARE = packed([airport("BARE", destination(THRESHOLD, 90, NM / 2), "small", elevation_ft=500)])
"""An airport of which no runway is known."""
HELICOPTER = {"type_class": "H2T"}


def ground_facts(log: Log) -> list[tuple[str, str | None, str | None]]:
    return [(said.kind, said.airport, said.runway) for said in log.said if said.kind in {LANDED, DEPARTED}]


def approaching(**more: Any) -> Flight:
    """Four miles before the threshold of 09, on the 3 degree path."""
    return Flight(*destination(THRESHOLD, 270, 4.0), track=90, gs=140, alt=500 + 1270, **more)


def approach(flight: Flight) -> Iterator[AircraftState]:
    """To 0.1 nm behind the threshold."""
    yield from flight.fly(104, climb=-12.3)
    flight.alt = 500
    yield from flight.fly(2)


def roll(flight: Flight, seconds: float = 20) -> Iterator[AircraftState]:
    flight.on_ground, flight.gs = True, 100
    yield from flight.fly(seconds)


def climb_out(flight: Flight, seconds: float = 30) -> Iterator[AircraftState]:
    flight.on_ground, flight.gs, flight.alt = False, 140, 550
    yield from flight.fly(seconds, climb=30)


def landing(log: Log, flight: Flight) -> Log:
    log.see(approach(flight))
    log.see(roll(flight))
    return log


def test_a_landing_is_said_once_with_its_airport_and_runway() -> None:
    log = landing(Log(FIELD), approaching())
    assert ground_facts(log) == [(LANDED, "TEST", "09")]
    log.see(Flight(*destination(THRESHOLD, 90, 0.5), on_ground=True, gs=0, at=log.now, more={"track": None}).fly(300))
    assert ground_facts(log) == [(LANDED, "TEST", "09")]


def test_its_time_is_that_of_the_first_reception_on_the_ground() -> None:
    flight, log = approaching(), Log(FIELD)
    log.see(approach(flight))
    last_in_the_air = flight.at
    log.see(roll(flight))
    assert next(said for said in log.said if said.kind == LANDED).at == last_in_the_air + 1


def test_one_reception_on_the_ground_is_no_landing() -> None:
    flight, log = approaching(), Log(FIELD)
    log.see(approach(flight))
    log.see(roll(flight, 1))
    log.see(climb_out(flight))
    assert ground_facts(log) == []


def test_one_reception_that_is_looked_at_many_times_is_no_landing() -> None:
    flight, log = approaching(), Log(FIELD)
    log.see(approach(flight))
    flight.on_ground = True
    at = flight.at + 1
    for _ in range(20):
        flight.at += 1
        log.see([flight.state()._replace(alt_at=at, lat=None, lon=None, pos_at=None)])
    assert ground_facts(log) == []


def test_a_signal_that_is_lost_above_the_runway_is_no_landing() -> None:
    flight, log = approaching(), Log(FIELD)
    log.see(approach(flight))
    for _ in range(20):
        log.nothing(10)
    assert ground_facts(log) == []
    assert [said.kind for said in log.said if said.kind == LEFT_AIRPORT] == []


def test_a_missing_altitude_is_no_landing() -> None:
    flight, log = approaching(), Log(FIELD)
    log.see(approach(flight))
    flight.on_ground, flight.alt, flight.gs = None, None, 30
    log.see(flight.fly(120))
    assert ground_facts(log) == []


def test_lost_on_the_approach_and_heard_on_the_ground_minutes_later_has_landed() -> None:
    flight, log = approaching(), Log(FIELD)
    log.see(flight.fly(60, climb=-12))
    log.nothing(60)
    log.nothing(120)
    flight.to(destination(THRESHOLD, 90, 0.7))
    flight.at, flight.on_ground, flight.gs = flight.at + 200, True, 15
    flight.track = 0.0
    log.see(flight.fly(10))
    # It taxies: the runway is that of the approach, unless that was too long ago.
    assert ground_facts(log) == [(LANDED, "TEST", None)]


def test_lost_on_the_approach_for_less_than_two_minutes_the_approach_tells_the_runway() -> None:
    flight, log = approaching(), Log(FIELD)
    log.see(flight.fly(60, climb=-12))
    flight.to(destination(destination(THRESHOLD, 90, 0.7), 0, 0.2))
    flight.at, flight.on_ground, flight.gs, flight.track = flight.at + 50, True, 15, 0.0
    log.see(flight.fly(10))
    assert ground_facts(log) == [(LANDED, "TEST", "09")]


def test_heard_on_the_ground_more_than_ten_minutes_later_nothing_is_known_of_before() -> None:
    flight, log = approaching(), Log(FIELD)
    log.see(approach(flight))
    log.nothing(60)
    log.nothing(600)
    flight.at += 700
    log.see(roll(flight))
    assert ground_facts(log) == []
    assert len(log.movements) == 1


def test_what_is_first_heard_on_the_ground_has_not_landed() -> None:
    log = Log(FIELD)
    log.see(roll(Flight(*THRESHOLD, track=90)))
    assert ground_facts(log) == []


def test_a_departure_has_its_airport_and_runway() -> None:
    flight, log = Flight(*destination(THRESHOLD, 90, 0.2), track=90), Log(FIELD)
    log.see(roll(flight))
    log.see(climb_out(flight))
    assert ground_facts(log) == [(DEPARTED, "TEST", "09")]
    assert log.said[-1].details == {"ground_s": None, "touch_and_go": False}


def test_a_departure_to_the_other_side_is_on_the_other_end() -> None:
    flight, log = Flight(*destination(THRESHOLD, 90, NM - 0.2), track=270), Log(FIELD)
    log.see(roll(flight))
    log.see(climb_out(flight))
    assert ground_facts(log) == [(DEPARTED, "TEST", "27")]


def test_what_is_first_heard_in_the_air_has_not_departed() -> None:
    flight, log = Flight(*THRESHOLD, track=90), Log(FIELD)
    log.see(climb_out(flight))
    assert ground_facts(log) == []


def test_taxiing_across_a_runway_before_a_loss_tells_no_runway() -> None:
    flight, log = Flight(*destination(THRESHOLD, 90, 0.7), track=0, gs=12, on_ground=True), Log(FIELD)
    log.see(flight.fly(10))
    flight.to(destination(THRESHOLD, 120, 6.0))
    flight.at, flight.on_ground, flight.gs, flight.alt = flight.at + 200, False, 180, 2500
    log.see(flight.fly(10))
    assert ground_facts(log) == [(DEPARTED, "TEST", None)]


def test_a_touch_and_go_is_a_landing_and_a_departure_marked_so() -> None:
    flight, log = approaching(), Log(FIELD)
    log.see(approach(flight))
    log.see(roll(flight, 10))
    log.see(climb_out(flight))
    assert ground_facts(log) == [(LANDED, "TEST", "09"), (DEPARTED, "TEST", "09")]
    assert log.said[-1].details == {"ground_s": 10.0, "touch_and_go": True}


def test_a_departure_after_a_turnaround_is_no_touch_and_go() -> None:
    flight = approaching()
    log = landing(Log(FIELD), flight)
    flight.gs = 0
    log.see(flight.fly(1800))
    flight.to(destination(THRESHOLD, 90, 0.2))
    log.see(roll(flight))
    log.see(climb_out(flight))
    assert ground_facts(log)[1:] == [(DEPARTED, "TEST", "09")]
    details = next(said for said in log.said if said.kind == DEPARTED).details
    assert details["touch_and_go"] is False
    assert details["ground_s"] == pytest.approx(1840, abs=2)


def test_a_go_around_is_neither_landing_nor_departure() -> None:
    flight, log = approaching(), Log(FIELD)
    log.see(flight.fly(100, climb=-12))
    log.see(flight.fly(120, climb=25))
    assert ground_facts(log) == []


def test_a_landing_where_no_runway_is_known_has_the_airport_alone() -> None:
    assert ground_facts(landing(Log(BARE), approaching())) == [(LANDED, "BARE", None)]


def test_an_aeroplane_on_the_ground_far_from_every_airport_has_not_landed() -> None:
    flight = approaching()
    log = landing(Log(FAR), flight)
    log.see(climb_out(flight))
    assert ground_facts(log) == []


def test_without_a_table_of_airports_nothing_lands() -> None:
    assert landing(Log(None), approaching()).said == []


@pytest.mark.parametrize(("gs", "facts"), [(10.0, [(LANDED, None, None)]), (0.0, [(LANDED, None, None)]), (90.0, []), (None, [])])
def test_a_helicopter_lands_at_a_hospital_where_it_is_known_to_be_slow(gs: float | None, facts: list[object]) -> None:
    flight, log = Flight(gs=60, alt=1500, more=dict(HELICOPTER)), Log(FAR)
    log.see(flight.fly(60, climb=-15))
    flight.on_ground, flight.gs = True, 0
    flight.more["gs"] = gs
    log.see(flight.fly(10))
    assert ground_facts(log) == facts


def test_a_helicopter_departs_from_a_hospital() -> None:
    flight, log = Flight(gs=0, on_ground=True, more=dict(HELICOPTER)), Log(FAR)
    log.see(flight.fly(20))
    flight.on_ground, flight.gs, flight.alt = False, 60, 700
    log.see(flight.fly(20, climb=10))
    assert ground_facts(log) == [(DEPARTED, None, None)]


def test_a_landing_puts_the_aircraft_at_that_airport_and_not_at_the_one_beside() -> None:
    beside = airport("STRIP", destination(THRESHOLD, 270, 1.5), "large", elevation_ft=500)
    centre = destination(THRESHOLD, 90, NM / 2)
    both = packed([beside, airport("TEST", centre, "medium", elevation_ft=500, runways=(RUNWAY,))])
    flight = Flight(*destination(THRESHOLD, 270, 7.0), track=90, gs=140, alt=1700)
    log = Log(both)
    log.see(flight.fly(180, climb=-6))
    log.see(roll(flight))
    assert [(said.kind, said.airport) for said in log.said] == [
        (ENTERED_AIRPORT, "STRIP"),
        (LANDED, "TEST"),
        (LEFT_AIRPORT, "STRIP"),
        (ENTERED_AIRPORT, "TEST"),
    ]


def test_a_vehicle_neither_enters_nor_leaves() -> None:
    log = Log(FIELD)
    log.see(Flight(*THRESHOLD, track=90, gs=40, on_ground=True, more={"category": "C2"}).fly(600))
    assert log.said == []


def test_every_kind_said_is_listed_and_names_the_aircraft() -> None:
    log = landing(Log(FIELD), approaching())
    assert {said.kind for said in log.said} <= set(KINDS)
    assert {said.hex for said in log.said} == {HEX}
