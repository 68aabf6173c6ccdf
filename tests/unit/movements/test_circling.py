"""Circling: three circles in 25 minutes, within five miles, away from airports and above 300 feet; of a helicopter two in ten minutes."""

from __future__ import annotations

import pytest

from skyspy.geo import Point, destination, distance_nm
from skyspy.movements import CIRCLING, CIRCLING_ENDED
from tests.support.airports import airport, packed
from tests.unit.movements.flights import HEX, Flight, Log


def circles(times: float, turn: float = 3.0, log: Log | None = None, **flight: object) -> Log:
    log = log or Log()
    log.see(Flight(**flight).circle(times, turn))  # type: ignore[arg-type]
    return log


def test_three_circles_are_circling_and_it_is_said_once() -> None:
    log = circles(6)
    assert log.kinds == [CIRCLING]
    said = log.said[0]
    assert (said.hex, said.airport, said.runway) == (HEX, None, None)
    assert 1080 <= said.details["turn_deg"] <= 1160  # type: ignore[operator]
    assert log.movements.current(HEX) == {CIRCLING}


def test_the_centre_and_the_radius_are_those_of_the_circle() -> None:
    flight = Flight(gs=120)
    # 120 kt and 3 degrees a second: a circle of 4 nm around, to the right of where it begins.
    centre = destination((flight.lat, flight.lon), 90.0, 4.0 / 6.2832)
    log = Log()
    log.see(flight.circle(4))
    details = log.said[0].details
    assert distance_nm(centre, (details["center_lat"], details["center_lon"])) < 0.1  # type: ignore[arg-type]
    assert details["radius_nm"] == pytest.approx(0.64, abs=0.05)


def test_circles_to_the_left_count_as_those_to_the_right() -> None:
    log = circles(4, -3.0)
    assert log.kinds == [CIRCLING]
    assert log.said[0].details["turn_deg"] <= -1080  # type: ignore[operator]


@pytest.mark.parametrize("times", [2.0, 2.9])
def test_less_than_three_circles_are_no_circling(times: float) -> None:
    assert circles(times).said == []


def test_figures_of_eight_are_no_circling_for_their_turns_cancel() -> None:
    log, flight = Log(), Flight()
    for _ in range(5):
        log.see(flight.circle(1, 3.0))
        log.see(flight.circle(1, -3.0))
    assert CIRCLING not in log.kinds


def test_three_circles_in_more_than_25_minutes_are_no_circling() -> None:
    assert circles(4, 360 / 560, gs=60).kinds.count(CIRCLING) == 0
    assert circles(4, 360 / 480, gs=60).kinds.count(CIRCLING) == 1


def test_circles_wider_than_five_miles_are_no_circling() -> None:
    # 420 s a circle: at 280 kt its radius is 5.2 nm, at 250 kt 4.6 nm.
    assert circles(3.5, 360 / 420, gs=280).said == []
    assert circles(3.5, 360 / 420, gs=250).kinds == [CIRCLING]


def test_a_helicopter_circles_after_two_circles_in_ten_minutes() -> None:
    assert circles(2.3, more={"type_class": "H2T"}).kinds == [CIRCLING]
    assert circles(2.3, more={"category": "A7"}).kinds == [CIRCLING]
    assert circles(2.3, 360 / 330, gs=60, more={"category": "A7"}).said == []


@pytest.mark.parametrize("category", ["B1", "B2", "B3", "B4", "C1"])
def test_gliders_balloons_and_what_is_no_aircraft_never_circle(category: str) -> None:
    assert circles(6, more={"category": category}).said == []


def test_below_300_feet_or_at_an_unknown_altitude_nothing_circles() -> None:
    assert circles(6, alt=275).said == []
    assert circles(6, alt=None, on_ground=None).said == []
    assert circles(6, alt=325).kinds == [CIRCLING]


def test_a_geometric_altitude_is_an_altitude() -> None:
    assert circles(6, alt=None, on_ground=None, more={"alt_geom": 1500}).kinds == [CIRCLING]


def test_near_an_airport_nothing_circles() -> None:
    start = Flight()
    centre = destination((start.lat, start.lon), 90.0, 0.64)
    near, away = destination(centre, 10.0, 2.0), destination(centre, 10.0, 2.4)
    assert circles(6, log=Log(packed([airport("NEAR", near)]))).kinds == []
    assert circles(6, log=Log(packed([airport("AWAY", away)]))).kinds == [CIRCLING]


def test_without_a_table_of_airports_nothing_circles() -> None:
    assert circles(6, log=Log(None)).said == []


def test_a_turn_in_a_gap_of_more_than_a_minute_does_not_count() -> None:
    log, flight = Log(), Flight()
    for _ in range(5):
        log.see(flight.circle(0.9))
        for _unheard in flight.fly(70, 3.0):
            pass
    # 4.5 circles were heard with gaps of more than half a circle between them.
    assert log.kinds == [CIRCLING]
    log, flight = Log(), Flight()
    for _ in range(5):
        log.see(flight.fly(15, 3.0))
        for _unheard in flight.fly(105, 3.0):
            pass
    assert log.said == []


def test_circling_ends_when_it_flies_straight_on_and_begins_again_with_three_new_circles() -> None:
    log, flight = Log(), Flight()
    log.see(flight.circle(4))
    log.see(flight.fly(400))
    assert log.kinds == [CIRCLING, CIRCLING_ENDED]
    ended = log.said[1]
    assert ended.details["ended_by"] == "changed"
    assert 360 <= ended.details["duration_s"] <= 900  # type: ignore[operator]
    assert log.movements.current(HEX) == frozenset()
    log.see(flight.circle(2.9))
    assert log.kinds == [CIRCLING, CIRCLING_ENDED]
    log.see(flight.circle(0.5))
    assert log.kinds == [CIRCLING, CIRCLING_ENDED, CIRCLING]


def test_circling_that_is_lost_ends_as_lost() -> None:
    log = circles(4)
    last = log.now
    log.nothing(60)
    assert log.kinds == [CIRCLING, CIRCLING_ENDED]
    assert (log.said[1].details["ended_by"], log.said[1].at) == ("lost", last)
    assert log.movements.current(HEX) == frozenset()


def test_a_racetrack_holding_is_circling_while_it_lasts() -> None:
    log, flight = Log(), Flight(gs=210, alt=12000)
    for _ in range(6):
        for _half in range(2):
            log.see(flight.fly(60, 3.0))
            log.see(flight.fly(60))
    assert log.kinds.count(CIRCLING) == 1
    assert CIRCLING_ENDED not in log.kinds


def test_a_standing_aircraft_whose_position_jitters_does_not_circle() -> None:
    log, flight = Log(), Flight(gs=0)
    home = (flight.lat, flight.lon)

    def around() -> object:
        for second in range(1700):
            flight.at += 1
            flight.lat, flight.lon = destination(home, second * 97.0 % 360, 0.012)
            yield flight.state()

    log.see(around())  # type: ignore[arg-type]
    assert log.said == []


def test_circles_from_rough_positions_count_where_they_are_wide_enough() -> None:
    assert circles(5, source="mlat", gs=150).kinds == [CIRCLING]
    assert circles(6, 12.0, source="mlat", gs=60).said == [], "0.16 nm around: as wide as the error"


@pytest.mark.parametrize(
    "centre", [(0.0, 180.0), (60.0, -179.999), (89.9999, 20.0), (-89.995, -60.0), (80.0, 179.999), (47.0, 8.0)]
)
def test_circles_around_any_point_of_the_earth_are_circling(centre: Point) -> None:
    log, flight = Log(), Flight()
    for second in range(500):
        flight.lat, flight.lon = destination(centre, second * 3.0, 0.64)
        flight.at += 1
        log.see([flight.state()])
    assert log.kinds == [CIRCLING]
    assert log.said[0].details["radius_nm"] == pytest.approx(0.64, abs=0.05)


@pytest.mark.parametrize("lon", [0.0, 90.0])
def test_a_straight_flight_across_a_pole_is_no_circling(lon: float) -> None:
    log, flight = Log(), Flight(lat=86.0, lon=lon, gs=480)
    at, place = flight.at, 0.0
    for second in range(3600):
        place = second * 480 / 3600
        flight.lat, flight.lon = (86.0 + place / 60, lon) if place <= 240 else (94.0 - place / 60, lon + 180.0)
        flight.at = at + second
        log.see([flight.state()])
    assert log.said == []


def test_turning_round_on_the_spot_is_no_circling_for_it_is_not_known_to_which_side() -> None:
    log, flight = Log(), Flight()
    for _ in range(20):
        flight.track += 180
        log.see(flight.fly(20))
    assert log.said == []
