"""Claims about which live aircraft a message links to. Codes of airlines are those of published lists."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

from skyspy.aircraft_state import AircraftState
from skyspy.datalink.matching import Match, Matcher, callsign_of
from skyspy.datalink.message import Message
from skyspy.registration.airlines import AIRLINES, icao_of_code
from skyspy.registration.tables import load_csv_rows

STANDING = Path(__file__).parents[3] / "shared/data/vrs-standing-data/airlines/schema-01/airlines.csv"

JETBLUE = AircraftState("A4F2B1", 10.0, lat=40.6, lon=-73.8, flight="JBU123", r="N427JB")
BRITISH = AircraftState("400A12", 10.0, flight="BAW117", r="G-EUUU")
SPEEDY = AircraftState("AB1234", 10.0, flight="SWA184")
LIVE = {one.hex: one for one in (JETBLUE, BRITISH, SPEEDY)}


def found(live: dict[str, AircraftState] = LIVE, /, **fields: str) -> str | None:
    match = Matcher(live).find(Message("1", 0.0, "acars", **fields))  # type: ignore[arg-type]
    return None if match is None else match.hex


def test_a_message_links_by_its_address() -> None:
    match = Matcher(LIVE).find(Message("1", 0.0, "vdl2", hex="A4F2B1"))
    assert match == Match("A4F2B1", "JBU123", (40.6, -73.8))
    assert found(hex="ABCDEF") is None


def test_a_message_with_an_address_links_by_nothing_else() -> None:
    assert found(hex="ABCDEF", tail="G-EUUU", flight="B60123") is None


@pytest.mark.parametrize("tail", ["G-EUUU", ".G-EUUU", "GEUUU", "g-euuu"])
def test_a_message_links_by_its_registration(tail: str) -> None:
    assert found(tail=tail) == "400A12"


def test_a_registration_of_the_united_states_gives_the_address_by_itself() -> None:
    # FAA registry: N1 has the address A00001.
    assert found({"A00001": AircraftState("A00001", 1.0)}, tail="N1") == "A00001"


@pytest.mark.parametrize(
    ("flight", "callsign"),
    [
        ("B60123", "JBU123"),
        ("B6123", "JBU123"),
        ("b60123 ", "JBU123"),
        ("JBU0123", "JBU123"),
        ("WN0184", "SWA184"),
        ("UA2445", "UAL2445"),
        ("AA0001", "AAL1"),
        ("DL089A", "DAL89A"),
    ],
)
def test_a_flight_is_the_callsign_of_the_airline(flight: str, callsign: str) -> None:
    assert callsign_of(flight) == callsign


def test_a_message_links_by_its_flight() -> None:
    assert found(flight="B60123") == "A4F2B1"
    assert found(flight="WN0184", tail="N962WN") == "AB1234", "whose registration is not known"


@pytest.mark.parametrize(
    "flight", ["XX0000", "UV0000", "", "      ", "XX0123", "UV0123", "B60000", "JBU000", "123456", "B6", "N427JB", "B6012345"]
)
def test_what_is_no_flight_links_to_none(flight: str) -> None:
    live = (
        LIVE | {hex_: AircraftState(hex_, 1.0, flight=flight) for hex_ in ("C00001",)} | {"C00002": AircraftState("C00002", 1.0)}
    )
    assert callsign_of(flight) == ""
    assert found(live, flight=flight) is None


def test_an_ambiguous_code_links_to_none() -> None:
    # QF is of Qantas, QantasLink and others.
    assert icao_of_code("QF") is None
    assert found({"7C0001": AircraftState("7C0001", 1.0, flight="QFA1")}, flight="QF0001") is None


def test_a_message_of_an_aircraft_with_another_registration_does_not_link_by_its_flight() -> None:
    assert found(flight="B60123", tail="N999JB") is None
    assert found(flight="B60123", tail="N427JB") == "A4F2B1"


def test_two_aircraft_with_one_callsign_or_one_registration_link_to_none() -> None:
    twins = {hex_: AircraftState(hex_, 1.0, flight="JBU123", r="G-EUUU") for hex_ in ("A00010", "A00011")}
    assert found(twins, flight="B60123") is None
    assert found(twins, tail="G-EUUU") is None
    thrice = twins | {"A00012": AircraftState("A00012", 1.0, flight="JBU123", r="G-EUUU")}
    assert found(thrice, flight="B60123") is None


def test_a_squitter_links_to_none() -> None:
    assert found() is None


def published() -> dict[str, set[str]]:
    if not STANDING.exists():
        pytest.skip(f"needs {STANDING}")
    codes: dict[str, set[str]] = defaultdict(set)
    with STANDING.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["IATA"] and re.fullmatch("[A-Z]{3}", row["ICAO"]):
                codes[row["IATA"]].add(row["ICAO"])
    return codes


def test_the_codes_are_those_that_are_published() -> None:
    rows: dict[str, set[str]] = defaultdict(set)
    for code, icao in load_csv_rows("airline_codes.csv"):
        rows[code].add(icao)
    assert rows == published()


def test_a_code_of_two_airlines_is_of_none() -> None:
    for code, airlines in published().items():
        assert icao_of_code(code) == (airlines.pop() if len(airlines) == 1 else None)


def test_well_known_codes_are_those_of_well_known_airlines() -> None:
    known = {
        "B6": "JetBlue",
        "WN": "Southwest",
        "UA": "United",
        "FR": "Ryanair",
        "QR": "Qatar",
        "EK": "Emirates",
        "DL": "Delta",
        "AF": "Air France",
    }
    for code, name in known.items():
        airline = AIRLINES[icao_of_code(code) or ""]
        assert name in airline.name
