"""Entered and left an airport: within its circle and below its height, seen twice, without to and fro on the edge."""

from __future__ import annotations

import pytest

from skyspy.geo import Point, destination
from skyspy.movements import ENTERED_AIRPORT, LEFT_AIRPORT
from tests.support.airports import airport, packed
from tests.unit.movements.flights import Flight, Log

CENTRE = (47.0, 8.0)
LARGE = packed([airport("BIG", CENTRE, "large", elevation_ft=1000)])
SMALL = packed([airport("STRIP", CENTRE, "small", elevation_ft=1000)])


def passing(
    nm: float, alt: int | None = 3000, table: object = LARGE, *, gs: float = 240, seconds: float = 400, **more: object
) -> Log:
    """A flight to the east that passes `nm` north of the airport; it begins 12 nm before."""
    start = destination(destination(CENTRE, 0, nm), 270, 12)
    log = Log(table)  # type: ignore[arg-type]
    log.see(Flight(*start, track=90, gs=gs, alt=alt, **more).fly(seconds))  # type: ignore[arg-type]
    return log


def test_a_flight_past_an_airport_enters_and_leaves_it_once() -> None:
    log = passing(1)
    assert [(said.kind, said.airport) for said in log.said] == [(ENTERED_AIRPORT, "BIG"), (LEFT_AIRPORT, "BIG")]
    entered, left = log.said
    assert 4 < entered.details["distance_nm"] <= 5  # type: ignore[operator]
    assert 6.5 < left.details["distance_nm"] < 8  # type: ignore[operator]
    assert entered.details["height_ft"] == 2000


@pytest.mark.parametrize(("nm", "alt"), [(5.3, 3000), (1, 4100), (1, 35000), (1, 19_000)])
def test_beside_and_above_it_is_not_entered(nm: float, alt: int) -> None:
    assert passing(nm, alt).said == []


def test_a_small_airport_has_a_small_vicinity() -> None:
    assert passing(2.3, 2000, SMALL).said == []
    assert passing(0.5, 2600, SMALL).said == []
    assert passing(0.5, 2400, SMALL).kinds == [ENTERED_AIRPORT, LEFT_AIRPORT]


def test_an_unknown_altitude_is_not_low() -> None:
    assert passing(1, None, on_ground=None).said == []
    assert passing(1, None, on_ground=None, more={"alt_geom": 2000}).said == []


def test_where_the_elevation_is_unknown_only_the_ground_is_its_vicinity() -> None:
    table = packed([airport("HIGH", CENTRE, "large")])
    assert passing(1, 3000, table).said == []


def test_who_is_first_seen_inside_has_not_entered_and_leaves() -> None:
    log = Log(LARGE)
    log.see(Flight(*CENTRE, gs=240, alt=3000).fly(200))
    assert log.kinds == [LEFT_AIRPORT]


def test_climbing_out_of_the_height_leaves_it() -> None:
    log, flight = Log(LARGE), Flight(*CENTRE, gs=60, alt=3000)
    log.see(flight.fly(20))
    log.see(flight.fly(60, climb=30))
    assert log.kinds == [LEFT_AIRPORT]
    assert log.said[0].details["height_ft"] > 3500  # type: ignore[operator]


def test_an_altitude_that_goes_missing_inside_leaves_nothing() -> None:
    log, flight = Log(LARGE), Flight(*CENTRE, gs=60, alt=3000)
    log.see(flight.fly(20))
    flight.alt = flight.on_ground = None
    log.see(flight.fly(60))
    assert log.said == []


def test_on_the_edge_it_does_not_enter_and_leave_again_and_again() -> None:
    log, flight = Log(LARGE), Flight(*destination(CENTRE, 0, 7.5), track=180, gs=120, alt=3000)
    log.see(flight.fly(80))
    for _ in range(20):
        # To and fro over the circle of 5 nm, and in height over 3,000 ft.
        flight.track, flight.alt = 180.0, 4100
        log.see(flight.fly(20))
        flight.track, flight.alt = 0.0, 3900
        log.see(flight.fly(20))
    assert log.kinds == [ENTERED_AIRPORT]


def test_one_wrong_altitude_enters_nothing_and_leaves_nothing() -> None:
    log, flight = Log(LARGE), Flight(*destination(CENTRE, 0, 3), gs=0, alt=9000)
    log.see(flight.fly(60))
    flight.alt = 2000
    log.see(flight.fly(1))
    flight.alt = 9000
    log.see(flight.fly(60))
    assert log.said == []


def test_a_lost_signal_leaves_nothing_and_is_no_second_entry_when_it_is_heard_again() -> None:
    log, flight = Log(LARGE), Flight(*destination(CENTRE, 0, 7.5), track=180, gs=180, alt=3000)
    log.see(flight.fly(70))
    assert log.kinds == [ENTERED_AIRPORT]
    log.nothing(60)
    log.nothing(60)
    flight.at += 200
    log.see(flight.fly(30))
    assert log.kinds == [ENTERED_AIRPORT]


def test_heard_again_elsewhere_within_ten_minutes_it_has_left() -> None:
    log, flight = Log(LARGE), Flight(*CENTRE, gs=180, alt=3000)
    log.see(flight.fly(20))
    log.nothing(61)
    flight.to(destination(CENTRE, 0, 30))
    flight.at += 300
    log.see(flight.fly(20))
    assert log.kinds == [LEFT_AIRPORT]


def test_of_two_airports_it_is_in_the_vicinity_of_one_at_a_time() -> None:
    table = packed(
        [
            airport("WEST", destination(CENTRE, 270, 2), "large", elevation_ft=0),
            airport("EAST", destination(CENTRE, 90, 2), "large", elevation_ft=0),
        ]
    )
    log = passing(0.5, 2000, table, seconds=500)
    assert [(said.kind, said.airport) for said in log.said] == [
        (ENTERED_AIRPORT, "WEST"),
        (LEFT_AIRPORT, "WEST"),
        (ENTERED_AIRPORT, "EAST"),
        (LEFT_AIRPORT, "EAST"),
    ]


@pytest.mark.parametrize("centre", [(0.0, 180.0), (89.99, 0.0), (-89.99, 170.0)])
def test_at_the_antimeridian_and_the_poles_an_airport_is_entered_and_left(centre: Point) -> None:
    log = Log(packed([airport("EDGE", centre, "large", elevation_ft=0)]))
    flight = Flight(alt=2000)
    for second in range(600):
        flight.lat, flight.lon = destination(centre, 80.0 if second < 300 else 260.0, abs(300 - second) / 20)
        flight.at += 1
        log.see([flight.state()])
    assert log.kinds == [ENTERED_AIRPORT, LEFT_AIRPORT]
