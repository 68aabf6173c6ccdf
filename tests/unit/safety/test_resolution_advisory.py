"""When resolution advisories are raised, received and inferred (skyspy/safety/resolution_advisory.py, reversals.py)."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports
from skyspy.safety.resolution_advisory import ResolutionAdvisories
from skyspy.safety.rules import TCAS_RA, Finding
from tests.support.airports import airport, packed
from tests.support.rounds import HEX, T0, look, state_at

OTHER = "3C6444"
CLIMB = {"df_type": 17, "ARA": "1110000", "RAT": "0", "MTE": "0", "advisory": "Climb", "TTI": "01", "threat_id_hex": "3c6444"}
DESCEND = {**CLIMB, "ARA": "1111000", "advisory": "Descend", "threat_id_hex": "4ca87c"}
OVER = {**CLIMB, "RAT": "1", "advisory": "Clear of Conflict"}


@pytest.fixture
def rule() -> ResolutionAdvisories:
    return ResolutionAdvisories()


def advised(at: float, advisory: dict[str, Any] | None, hex_: str = HEX, **fields: Any) -> AircraftState:
    return state_at(at, hex_, alt_baro=33000, lat=47.0, lon=8.0, acas_ra=advisory, **fields)


def test_an_advisory_in_a_checked_message_is_raised_at_its_first_reception(rule: ResolutionAdvisories) -> None:
    (found,) = look(rule, T0, advised(T0, CLIMB, flight="SWR1"), state_at(T0, OTHER, flight="DLH2"))
    assert (found.event_type, found.severity) == (TCAS_RA, "critical")
    assert (found.hex, found.callsign, found.hex_2, found.callsign_2) == (OTHER, "DLH2", HEX, "SWR1")
    assert (found.details["advisory"], found.details["advisory_2"]) == (None, "Climb")
    assert found.message == "TCAS resolution advisory: SWR1: Climb; traffic DLH2."
    assert (found.lat, found.lon) == (47.0, 8.0)


@pytest.mark.parametrize("df", [16, 20, 21, None])
def test_an_advisory_in_a_reply_is_raised_at_its_second_reception(rule: ResolutionAdvisories, df: int | None) -> None:
    reply = {name: value for name, value in {**CLIMB, "df_type": df}.items() if value is not None}
    assert look(rule, T0, advised(T0, reply)) == []
    assert look(rule, T0 + 1, advised(T0, reply)) == [], "another round over the same reception"
    assert look(rule, T0 + 2, advised(T0 + 0.1, reply)) == [], "the same message over another receiver"
    assert len(look(rule, T0 + 3, advised(T0 + 3, reply))) == 1


def test_a_reply_confirms_nothing_that_was_over_in_between(rule: ResolutionAdvisories) -> None:
    for step, advisory in enumerate(({**CLIMB, "df_type": 20}, {**OVER, "df_type": 20}, {**CLIMB, "df_type": 20})):
        assert look(rule, T0 + step, advised(T0 + step, advisory)) == []


@pytest.mark.parametrize(
    "advisory",
    [
        OVER,
        {**CLIMB, "RAT": 1},
        {"df_type": 17, "advisory": "Clear of Conflict"},
        {**CLIMB, "ARA": "0000000"},
        {**CLIMB, "ARA": "0110000"},
        {**CLIMB, "ARA": "0000000", "MTE": "1"},
        {"df_type": 17},
        {},
        None,
    ],
)
def test_what_is_over_or_has_no_active_bit_is_not_raised(rule: ResolutionAdvisories, advisory: dict[str, Any] | None) -> None:
    assert not any(look(rule, T0 + n, advised(T0 + n, advisory)) for n in range(5))


def test_an_advisory_about_several_aircraft_is_raised(rule: ResolutionAdvisories) -> None:
    (found,) = look(
        rule, T0, advised(T0, {"df_type": 17, "ARA": "0110000", "RAT": "0", "MTE": "1", "advisory": "Climb required"})
    )
    assert (found.hex, found.hex_2) == (HEX, None)


def test_an_advisory_on_the_ground_is_a_test_and_not_raised(rule: ResolutionAdvisories) -> None:
    assert look(rule, T0, state_at(T0, on_ground=True, acas_ra=CLIMB)) == []


def test_it_ends_when_the_advisory_is_terminated(rule: ResolutionAdvisories) -> None:
    assert look(rule, T0, advised(T0, CLIMB))
    assert look(rule, T0 + 1, advised(T0 + 1, OVER)) == []


def test_two_aircraft_with_an_advisory_about_each_other_are_one_situation(rule: ResolutionAdvisories) -> None:
    (first,) = look(rule, T0, advised(T0, CLIMB), advised(T0, None, OTHER))
    (both,) = look(rule, T0 + 1, advised(T0 + 1, CLIMB), advised(T0 + 1, DESCEND, OTHER))
    (last,) = look(rule, T0 + 2, advised(T0 + 2, OVER), advised(T0 + 2, DESCEND, OTHER))
    assert first.key == both.key == last.key
    assert (both.hex, both.details["advisory"], both.hex_2, both.details["advisory_2"]) == (OTHER, "Descend", HEX, "Climb")
    assert both.message == "TCAS resolution advisory: 3C6444: Descend; 4CA87C: Climb."
    assert (last.details["advisory"], last.details["advisory_2"]) == ("Descend", None)


def test_an_advisory_whose_threat_becomes_known_is_the_same_situation(rule: ResolutionAdvisories) -> None:
    unknown = {name: value for name, value in CLIMB.items() if name != "threat_id_hex"}
    (before,) = look(rule, T0, advised(T0, unknown))
    (after,) = look(rule, T0 + 1, advised(T0 + 1, CLIMB))
    assert (before.hex_2, after.hex_2) == (None, HEX)
    assert before.key == after.key


def test_an_advisory_without_a_threat_belongs_to_the_one_that_names_its_aircraft(rule: ResolutionAdvisories) -> None:
    unknown = {name: value for name, value in DESCEND.items() if name != "threat_id_hex"}
    (found,) = look(rule, T0, advised(T0, CLIMB), advised(T0, unknown, OTHER))
    assert (found.details["advisory"], found.details["advisory_2"]) == ("Descend", "Climb")


def test_advisories_of_two_aircraft_about_a_third_are_two_situations(rule: ResolutionAdvisories) -> None:
    found: list[Finding] = []
    for step in range(3):
        found = look(
            rule, T0 + step, advised(T0 + step, CLIMB), advised(T0 + step, CLIMB, "AAAAAA"), advised(T0 + step, None, OTHER)
        )
        assert {(one.hex, one.hex_2) for one in found} == {(OTHER, HEX), (OTHER, "AAAAAA")}
    assert len({one.key for one in found}) == 2


def test_a_threat_that_changes_to_and_fro_never_gives_two_situations_one_key(rule: ResolutionAdvisories) -> None:
    third = {**CLIMB, "threat_id_hex": "aaaaaa"}
    for step, (own, other) in enumerate([(CLIMB, DESCEND), (third, DESCEND), (third, None), (third, DESCEND), (CLIMB, DESCEND)]):
        at = T0 + step
        found = look(rule, at, advised(at, own), advised(at, other, OTHER))
        assert len({one.key for one in found}) == len(found) == len({(one.hex, one.hex_2) for one in found})


@pytest.mark.parametrize("threat", ["4ca87c", "000000", "xyz", "", "12345", 7])
def test_an_address_that_is_none_or_its_own_is_no_threat(rule: ResolutionAdvisories, threat: object) -> None:
    (found,) = look(rule, T0, advised(T0, {**CLIMB, "threat_id_hex": threat}))
    assert (found.hex, found.hex_2) == (HEX, None)


# -- inferred ------------------------------------------------------------------------------------------------------------------------

DOWN_UP = (-2000, -2000, -400, 900, 2200, 2200)
UP_DOWN = tuple(-rate for rate in DOWN_UP)


def flown(
    rule: ResolutionAdvisories,
    rates: tuple[int | None, ...] = DOWN_UP,
    *,
    step: float = 2.0,
    airports: Airports | None = None,
    collapsed: tuple[str, ...] = (),
    own: dict[str, Any] | None = None,
    other: dict[str, Any] | None = None,
) -> list[Finding]:
    """What the last round finds after these rates, near an aircraft 2 nm away and 500 ft higher."""
    found: list[Finding] = []
    for n, rate in enumerate(rates):
        at = T0 + n * step
        mine = {"lat": 47.0, "lon": 8.0, "alt_baro": 24000, "category": "A3", "rate": rate, **(own or {})}
        theirs = {"lat": 47.033, "lon": 8.0, "alt_baro": 24500, **(other or {})}
        found = look(
            rule, at, state_at(at, **mine), state_at(at, **{"hex_": OTHER, **theirs}), airports=airports, collapsed=collapsed
        )
    return found


@pytest.mark.parametrize("rates", [DOWN_UP, UP_DOWN])
def test_a_reversal_near_traffic_is_raised_as_possible(rule: ResolutionAdvisories, rates: tuple[int, ...]) -> None:
    (found,) = flown(rule, rates)
    assert (found.event_type, found.severity, found.hex, found.hex_2) == (TCAS_RA, "warning", OTHER, HEX)
    assert found.details["inferred"] is True
    assert found.message == "Possible TCAS resolution advisory: 4CA87C reversed its vertical speed near 3C6444."


@pytest.mark.parametrize(
    "rates",
    [
        (-2000, -2000, -400, 900, 1400, 1400),
        (-1400, -1400, 0, 900, 2200, 2200),
        (-2000, -400, 900, 2200, 2200),
        (-2000, -2000, -400, 900, 2200),
        (-2000, -2000, 0, 0, 0, 0, 0, 0, 2200, 2200),
        (-2000, -2000, None, None, None, None),
        (2000, 2000, 2000, 2000),
    ],
    ids=["weak climb", "weak descent", "one descent", "one climb", "slow", "no rate", "one way"],
)
def test_weak_single_and_slow_changes_are_no_reversal(rule: ResolutionAdvisories, rates: tuple[int | None, ...]) -> None:
    assert flown(rule, rates) == []


@pytest.mark.parametrize(
    "other",
    [
        {"lat": 47.06},
        {"alt_baro": 25200},
        {"alt_baro": None, "on_ground": True},
        {"lat": None, "lon": None},
        {"source": "mlat"},
        {"category": "C1"},
        {"pos_at": T0 - 30},
        {"hex_": "~3C6444"},
        {"hex_": "4CA87D"},
    ],
    ids=["far", "higher", "on the ground", "nowhere", "mlat", "vehicle", "long ago", "no ICAO address", "one bit apart"],
)
def test_a_reversal_without_traffic_near_it_is_not_raised(rule: ResolutionAdvisories, other: dict[str, Any]) -> None:
    assert flown(rule, other=other) == []


@pytest.mark.parametrize("category", ["A1", "A6", "A7", "B1", "B6"])
def test_reversals_of_agile_aircraft_are_not_raised(rule: ResolutionAdvisories, category: str) -> None:
    assert flown(rule, own={"category": category}) == []


@pytest.mark.parametrize("source", ["mlat", "tisb"])
def test_rates_that_the_ground_computes_are_no_reversal(rule: ResolutionAdvisories, source: str) -> None:
    assert flown(rule, own={"source": source}) == []


def test_without_gps_it_is_not_known_what_is_near(rule: ResolutionAdvisories) -> None:
    assert flown(rule, collapsed=(HEX,)) == []
    assert flown(ResolutionAdvisories(), collapsed=(OTHER,)) == []


LOW: dict[str, Any] = {"own": {"alt_baro": 3500}, "other": {"alt_baro": 3600}}


def test_a_go_around_is_not_raised_and_a_climb_high_above_the_airport_is() -> None:
    for elevation, count in ((600, 0), (400, 1), (None, 0)):
        airports = packed([airport("AAAA", (47.1, 8.0), elevation_ft=elevation)])
        assert len(flown(ResolutionAdvisories(), airports=airports, **LOW)) == count


def test_a_descent_near_an_airport_is_raised(rule: ResolutionAdvisories) -> None:
    assert flown(rule, UP_DOWN, airports=packed([airport("AAAA", (47.1, 8.0), elevation_ft=600)]), **LOW)


def test_where_no_airports_are_known_a_low_climb_is_not_raised(rule: ResolutionAdvisories) -> None:
    assert flown(rule, own={"alt_baro": 17000}, other={"alt_baro": 17000}) == []


def test_a_reversal_is_found_for_fifteen_seconds_once(rule: ResolutionAdvisories) -> None:
    flown(rule)
    shown = []
    for step in range(11, 40):
        at = T0 + step
        shown.append(
            len(
                look(
                    rule, at, state_at(at, lat=47.0, lon=8.0, alt_baro=24000, rate=2200), state_at(at, OTHER, lat=47.03, lon=8.0)
                )
            )
        )
    assert shown == [1] * 14 + [0] * 15


def test_a_received_advisory_replaces_an_inferred_one_of_the_same_aircraft(rule: ResolutionAdvisories) -> None:
    (inferred,) = flown(rule)
    own = state_at(T0 + 11, lat=47.0, lon=8.0, alt_baro=24000, rate=2200, acas_ra=CLIMB)
    (received,) = look(rule, T0 + 11, own, state_at(T0 + 11, OTHER, lat=47.03, lon=8.0, alt_baro=24500))
    assert (inferred.severity, received.severity) == ("warning", "critical")
    assert inferred.key == received.key


def test_aircraft_that_are_gone_are_forgotten(rule: ResolutionAdvisories) -> None:
    flown(rule)
    look(rule, T0 + 11, advised(T0 + 11, CLIMB))
    assert rule.remembered > 0
    look(rule, T0 + 12)
    assert rule.remembered == 0
