"""When low flight far from every airport is raised (skyspy/safety/low_altitude.py, qnh.py)."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports
from skyspy.geo import Point, destination
from skyspy.safety.low_altitude import LowAltitude
from skyspy.safety.rules import LOW_ALTITUDE, Finding
from skyspy.safety.thresholds import Thresholds
from tests.support.airports import airport, packed
from tests.support.rounds import HEX, T0, look, state_at

FIELD: Point = (50.0, 8.0)
PLACE = destination(FIELD, 90.0, 10.0)
"""Ten miles from the only airport, which is 300 ft high."""


@pytest.fixture(scope="module")
def airports() -> Airports:
    return packed([airport("EDXX", FIELD, elevation_ft=300)])


def low(at: float, **fields: Any) -> AircraftState:
    """An airliner in level flight at the standard pressure, 700 ft: 400 ft above the airport."""
    known = {"lat": PLACE[0], "lon": PLACE[1], "alt_baro": 700, "gs": 250.0, "rate": 0, "nav_qnh": 1013.2, "category": "A3"}
    return state_at(at, **{**known, **fields})


def flown(
    airports: Airports | None,
    seconds: float = 3.0,
    thresholds: Thresholds | None = None,
    others: tuple[AircraftState, ...] = (),
    collapsed: tuple[str, ...] = (),
    **fields: Any,
) -> list[Finding]:
    """What the last of the rounds finds, one each three seconds."""
    rule, found = LowAltitude(), []
    for n in range(int(seconds / 3) + 1):
        at = T0 + 3 * n
        found = look(
            rule, at, low(at, **fields), *others, airports=airports, thresholds=thresholds or Thresholds(), collapsed=collapsed
        )
    return found


def test_level_flight_below_the_threshold_far_from_airports_is_raised(airports: Airports) -> None:
    (found,) = flown(airports, flight="SWR1")
    assert (found.event_type, found.severity, found.hex, found.callsign) == (LOW_ALTITUDE, "warning", HEX, "SWR1")
    assert found.details["height_ft"] == pytest.approx(400, abs=3)
    assert (found.details["airport"], found.details["airport_distance_nm"], found.details["height_error_ft"]) == (
        "EDXX",
        10.0,
        150,
    )
    assert (
        found.message == "SWR1 flies about 400 ft above the elevation of EDXX, 10 nm away, the lowest airport around (±150 ft)."
    )


def test_it_takes_a_second_reception_of_the_altitude(airports: Airports) -> None:
    rule = LowAltitude()
    once = low(T0)
    assert not any(look(rule, T0 + n, once, airports=airports) for n in range(10))
    assert look(rule, T0 + 10, low(T0 + 10), airports=airports)


@pytest.mark.parametrize(("altitude", "count"), [(850, 0), (810, 0), (790, 1), (25, 1), (-50, 0), (10000, 0)])
def test_the_height_decides(airports: Airports, altitude: int, count: int) -> None:
    assert len(flown(airports, alt_baro=altitude)) == count


def test_a_height_below_half_of_the_threshold_with_its_error_is_critical(airports: Airports) -> None:
    (found,) = flown(airports, alt_baro=350)
    assert found.severity == "critical"


def test_the_threshold_and_the_distance_are_settings(airports: Airports) -> None:
    assert flown(airports, thresholds=Thresholds(low_altitude_ft=300)) == []
    assert flown(airports, thresholds=Thresholds(low_altitude_airport_nm=12.0)) == []
    assert flown(airports, thresholds=Thresholds(low_altitude_ft=800), alt_baro=1000)


def test_near_an_airport_nothing_is_raised(airports: Airports) -> None:
    lat, lon = destination(FIELD, 90.0, 4.9)
    assert flown(airports, lat=lat, lon=lon) == []


def test_where_no_airport_is_within_reach_the_height_is_not_known(airports: Airports) -> None:
    lat, lon = destination(FIELD, 90.0, 26.0)
    assert flown(airports, lat=lat, lon=lon) == []
    assert flown(packed([airport("EDXX", FIELD)])) == [], "without an elevation"
    assert flown(None) == []
    assert flown(packed([])) == []


def test_over_hills_the_height_is_taken_above_the_lowest_airport() -> None:
    hill, valley = airport("HILL", destination(PLACE, 0.0, 6.0), elevation_ft=2000), airport("VALE", FIELD, elevation_ft=300)
    assert flown(packed([hill, valley]), alt_baro=2200) == []
    (found,) = flown(packed([hill, valley]))
    assert found.details["airport"] == "VALE"


def test_far_below_all_airports_the_height_is_not_known() -> None:
    assert flown(packed([airport("HIGH", FIELD, elevation_ft=3000)])) == []


@pytest.mark.parametrize("category", ["B1", "B2", "B3", "B4", "B6", "C1", "C2", "C3", "A6"])
def test_classes_that_fly_low_on_purpose_are_not_raised(airports: Airports, category: str) -> None:
    assert flown(airports, 60, category=category) == []


@pytest.mark.parametrize(
    "fields", [{"military": True}, {"t": "AT8T", "type_class": "L1T"}, {"t": "CL2T", "type_class": "A2T", "wtc": "M"}]
)
def test_military_aircraft_those_that_work_low_and_amphibians_are_not_raised(airports: Airports, fields: dict[str, Any]) -> None:
    assert flown(airports, 60, **fields) == []


def test_helicopters_are_raised_only_where_the_setting_is_on(airports: Airports) -> None:
    assert flown(airports, 60, category="A7") == []
    assert flown(airports, thresholds=Thresholds(low_altitude_helicopters=True), category="A7")


@pytest.mark.parametrize(
    "fields",
    [
        {"alt_baro": None, "on_ground": True},
        {"alt_baro": None},
        {"lat": None, "lon": None},
        {"gs": None},
        {"gs": 30.0},
        {"rate": None},
        {"rate": 600},
        {"pos_at": T0 - 60},
        {"alt_at": None},
        {"source": "mlat"},
        {"source": "adsc"},
        {"hex_": "~4CA87C"},
    ],
)
def test_what_is_not_known_not_flying_or_climbing_is_not_raised(airports: Airports, fields: dict[str, Any]) -> None:
    assert flown(airports, 60, **fields) == []


def test_without_gps_it_is_not_known_where_it_is(airports: Airports) -> None:
    assert flown(airports, collapsed=(HEX,)) == []


def test_a_descending_airliner_is_raised_at_once_and_a_light_aircraft_may_be_landing(airports: Airports) -> None:
    assert flown(airports, rate=-1500)
    assert flown(airports, 60, rate=-500, category="A1") == []


def test_a_light_aircraft_is_raised_after_half_a_minute_of_level_flight(airports: Airports) -> None:
    assert flown(airports, 27, category="A1", gs=100.0) == []
    assert flown(airports, 30, category="A1", gs=100.0)


# -- pressure ------------------------------------------------------------------------------------------------------------------------


def around(*settings: tuple[float, int], at: float = T0, away: float = 30.0) -> tuple[AircraftState, ...]:
    """Other aircraft with these settings and altitudes."""
    found = []
    for n, (qnh, altitude) in enumerate(settings):
        lat, lon = destination(PLACE, 120.0 * n, away)
        found.append(state_at(at, f"AAAA{n:02X}", lat=lat, lon=lon, alt_baro=altitude, nav_qnh=qnh))
    return tuple(found)


def test_its_own_setting_corrects_the_altitude(airports: Airports) -> None:
    assert flown(airports, nav_qnh=1030.0) == [], "700 ft are 1150 ft above the sea"
    (found,) = flown(airports, nav_qnh=990.0, alt_baro=1300)
    assert found.details["height_ft"] == pytest.approx(1300 - 635 - 300, abs=20)
    assert found.details["qnh_hpa"] == 990.0


def test_the_median_of_those_around_is_used_where_it_sends_none(airports: Airports) -> None:
    settings = ((990.0, 4000), (990.4, 5000), (1000.0, 6000))
    (found,) = flown(airports, nav_qnh=None, alt_baro=1300, others=around(*settings))
    assert found.details["qnh_hpa"] == 990.4


def test_those_around_correct_a_standard_setting(airports: Airports) -> None:
    assert flown(airports, others=around((1030.0, 4000), (1030.0, 4000))) == []


@pytest.mark.parametrize(
    "others",
    [
        (),
        around((1013.2, 20000), (1013.2, 30000)),
        around((1013.2, 5000), (1013.2, 6000)),
        around((1000.0, 20000), (1000.0, 20000)),
        around((990.0, 4000)),
        around((980.0, 4000), (1000.0, 4000), (1020.0, 4000)),
        around((1013.0, 2000), (1012.0, 4000), away=90.0),
        around((700.0, 2000), (700.0, 4000)),
    ],
    ids=["none", "standard", "standard above a transition altitude", "high", "one", "contradictory", "far", "impossible"],
)
def test_without_a_qnh_nothing_is_raised(airports: Airports, others: tuple[AircraftState, ...]) -> None:
    assert flown(airports, nav_qnh=None, others=others) == []


@pytest.mark.parametrize(("alt_geom", "count"), [(700, 0), (450, 0), (430, 1), (100, 1), (-100, 0)])
def test_without_a_qnh_a_geometric_altitude_must_be_low_with_its_greatest_error(
    airports: Airports, alt_geom: int, count: int
) -> None:
    found = flown(airports, nav_qnh=None, alt_geom=alt_geom)
    assert len(found) == count
    assert all((one.details["height_error_ft"], one.details["qnh_hpa"]) == (360, None) for one in found)


def test_aircraft_that_are_gone_are_forgotten(airports: Airports) -> None:
    rule = LowAltitude()
    look(rule, T0, low(T0), airports=airports)
    assert rule.remembered == 1
    look(rule, T0 + 1, airports=airports)
    assert rule.remembered == 0


def test_it_works_across_the_antimeridian() -> None:
    airports = packed([airport("NFXX", (-17.0, 179.9), elevation_ft=0)])
    (found,) = flown(airports, lat=-17.0, lon=-179.9, alt_baro=300)
    assert found.details["airport"] == "NFXX"
