"""Claims about which aircraft is a threat, why, and how sure that is (skyspy/threats/assessment.py)."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.threats import Threat
from skyspy.threats.table import BEHAVIORS
from tests.unit.threats.states import threat

WASHINGTON: dict[str, Any] = {"lat": 38.9, "lon": -77.0}
ZURICH: dict[str, Any] = {"lat": 47.4, "lon": 8.5}


def test_an_aircraft_of_which_nothing_is_known_is_no_threat_whatever_it_does() -> None:
    assert threat() is None
    assert threat(*BEHAVIORS) is None


def test_a_callsign_of_the_police_is_a_threat_with_its_reason() -> None:
    assert threat(flight="EDL12", country_code="DE") == Threat("police", "high", "Callsign of the Bavarian police")
    assert threat(flight="FDO31", country_code="FR") == Threat("customs", "high", "Callsign of French customs")


def test_the_same_callsign_of_an_aircraft_of_another_state_is_none() -> None:
    assert threat(flight="EDL12", country_code="US") is None
    assert threat(flight="EDL12") is None, "a country that is not known"


@pytest.mark.parametrize("flight", ["ICE123", "SKY45", "FDX1234", "CHP12", "SWR12", "EDL", "EDLX", "N123AB", "XEDL12"])
@pytest.mark.parametrize("country", ["US", "DE", "IS", "JP"])
def test_flights_of_airlines_and_texts_that_only_contain_a_designator_are_none(flight: str, country: str) -> None:
    assert threat(flight=flight, country_code=country) is None


@pytest.mark.parametrize(
    ("owner", "category"),
    [
        ("NEW YORK CITY POLICE DEPARTMENT", "police"),
        ("Jefferson Parish Sheriff's Office", "police"),
        ("Italian Guardia di Finanza", "police"),
        ("US CUSTOMS AND BORDER PROTECTION", "customs"),
    ],
)
def test_the_owners_words_are_enough(owner: str, category: str) -> None:
    found = threat(own_op=owner)
    assert found is not None
    assert (found.category, found.confidence) == (category, "high")


@pytest.mark.parametrize("owner", ["Police Aviation Services", "Metropolitan Police Flying Club", "American Police Museum"])
def test_companies_clubs_and_museums_with_police_in_their_names_are_none(owner: str) -> None:
    assert threat(own_op=owner) is None


def test_a_citys_aircraft_is_a_threat_only_if_it_is_a_helicopter() -> None:
    city = {"own_op": "CITY OF HOUSTON", "country_code": "US"}
    assert threat(**city) is None
    assert threat(**city, type_class="L1P") is None
    for helicopter in ({"type_class": "H1T"}, {"category": "A7"}):
        assert threat(**city, **helicopter) == Threat(
            "police", "low", "A helicopter of a city, as police departments register them"
        )
    assert threat(own_op="CITY OF HOUSTON FIRE DEPT", country_code="US", category="A7") is None


def test_a_type_alone_never_suffices() -> None:
    for designator in ("C172", "C206", "B407", "AS50", "EC35", "BE20", "PC12"):
        assert threat(t=designator, type_class="H1T", category="A7") is None
        assert threat("landed", t=designator, category="A7") is None, "something else that it does"


@pytest.mark.parametrize("does", BEHAVIORS)
def test_a_type_of_police_units_that_watches_the_ground_is_a_threat_of_low_confidence(does: str) -> None:
    found = threat(does, t="B407")
    assert found == Threat("surveillance", "low", f"A helicopter type that many police units fly; {BEHAVIORS[does]}")


def test_a_helicopter_of_any_type_that_circles_is_one_and_an_unlisted_airplane_is_none() -> None:
    assert threat("circling", category="A7") == Threat("surveillance", "low", "A helicopter; it circles")
    assert threat("circling", t="A320", type_class="L2J", category="A3") is None


def test_a_trainer_that_flies_back_and_forth_is_none_and_one_that_circles_is() -> None:
    assert threat("back_and_forth", t="C172") is None
    assert threat("circling", t="C172") is not None


@pytest.mark.parametrize("owner", ["ADAC Luftrettung", "Air Methods Corp", "County Fire Authority", "Sky News Ltd", "Oxford Flight Training", "National Grid Electric"])  # fmt: skip
def test_a_circling_helicopter_whose_owner_does_other_work_is_none(owner: str) -> None:
    assert threat("circling", t="EC35", category="A7", own_op=owner) is None


def test_military_and_airline_flights_are_none_for_what_they_do() -> None:
    assert threat("circling", t="B06", category="A7", military=True) is None
    assert threat("circling", t="C208", flight="FDX8123", airline_icao="FDX") is None


def test_the_federal_squawks_count_for_us_aircraft_over_the_us_only() -> None:
    federal = Threat("federal", "medium", "Squawk of the block for US federal law enforcement (4401 to 4433)")
    for squawk in ("4401", "4407", "4414", "4425", "4433"):
        assert threat(squawk=squawk, country_code="US", **WASHINGTON) == federal
    for squawk in ("4400", "4434", "4440", "4377", "1200"):
        assert threat(squawk=squawk, country_code="US", **WASHINGTON) is None
    assert threat(squawk="4414", country_code="US", **ZURICH) is None
    assert threat(squawk="4414", country_code="CH", **WASHINGTON) is None
    assert threat(squawk="4414", country_code="US") is None, "where it is, is not known"
    assert threat(squawk="4414", country_code="US", flight="SWA12", airline_icao="SWA", **WASHINGTON) is None


def test_a_registration_that_ends_in_pd_is_a_hint_of_low_confidence() -> None:
    found = threat(r="N922PD", country_code="US")
    assert found is not None
    assert (found.category, found.confidence) == ("police", "low")
    assert threat(r="N922PDX", country_code="US") is None
    assert threat(r="N9PDA", country_code="US") is None


def test_a_registration_of_a_series_of_helicopters_needs_a_helicopter() -> None:
    assert threat(r="G-POLA", country_code="GB") is None
    assert threat(r="G-POLA", country_code="GB", type_class="H2T") is not None


def test_what_it_does_raises_the_confidence_of_other_facts_by_one_step() -> None:
    pd: dict[str, Any] = {"r": "N922PD", "country_code": "US"}
    still, circling = threat(**pd), threat("circling", **pd)
    assert still is not None
    assert circling is not None
    assert (still.confidence, circling.confidence) == ("low", "medium")
    assert circling.reason == f"{still.reason}; it circles"
    surest = threat("circling", "loitering", flight="EDL12", country_code="DE")
    assert surest is not None
    assert surest.confidence == "high", "there is no step above"


def test_the_surest_fact_decides_and_all_are_named() -> None:
    found = threat(r="N917PD", own_op="New York City Police Department", country_code="US", t="B429", category="A7")
    assert found == Threat(
        "police",
        "high",
        "The owner is a police force; Registration ends in PD, as those of many US police departments do",
    )


def test_on_the_ground_it_is_none_and_where_that_is_not_known_it_is_one() -> None:
    assert threat(flight="EDL12", country_code="DE", on_ground=True) is None
    assert threat(flight="EDL12", country_code="DE", on_ground=None) is not None
    assert threat(flight="EDL12", country_code="DE", on_ground=False) is not None
