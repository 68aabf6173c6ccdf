"""Who an aircraft is by arithmetic and tables: the standards' own examples, and published data where they are present."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from skyspy import registration
from skyspy.registration import airline_of, country_of, describe, n_number, registration_of
from skyspy.registration.addresses import SERIES
from skyspy.registration.airlines import AIRLINES
from skyspy.registration.tables import load_csv_rows
from skyspy.registration.types import TYPES

STANDING_DATA = Path(__file__).parents[3] / "shared/data/vrs-standing-data"


def published(folder: str) -> Iterator[dict[str, str]]:
    if not STANDING_DATA.exists():
        pytest.skip("the standing data of Virtual Radar Server is not here")
    for path in sorted((STANDING_DATA / folder).rglob("*.csv")):
        with path.open(encoding="utf-8-sig") as file:
            yield from csv.DictReader(file)


@pytest.mark.parametrize(
    ("hex_", "code", "name"),
    [
        ("3C6444", "DE", "Germany"),
        ("3c6444", "DE", "Germany"),
        ("A00001", "US", "United States"),
        ("AFFFFF", "US", "United States"),
        ("C00001", "CA", "Canada"),
        ("4B1801", "CH", "Switzerland"),
        ("7C6B2D", "AU", "Australia"),
        ("004000", "ZW", "Zimbabwe"),
        ("E94FFF", "BO", "Bolivia"),
    ],
)
def test_an_address_says_its_country(hex_: str, code: str, name: str) -> None:
    found = country_of(hex_)
    assert found is not None
    assert (found.code, found.name) == (code, name)


@pytest.mark.parametrize(
    "hex_", ["000000", "003FFF", "F00000", "FFFFFF", "~3C6444", "3C644", "3C64444", "GGGGGG", "", "+3C644", "3C_444", " 3C644"]
)
def test_what_no_state_has_has_no_country_and_no_registration(hex_: str) -> None:
    assert country_of(hex_) is None
    assert registration_of(hex_) is None


def test_blocks_are_sorted_and_do_not_overlap() -> None:
    rows = [(int(first, 16), int(last, 16)) for first, last, _, _ in load_csv_rows("address_blocks.csv")]
    assert all(first <= last for first, last in rows)
    assert all(last < following for (_, last), (following, _) in pairwise(rows))


def test_blocks_are_those_that_are_published() -> None:
    """But for territories, whose addresses are out of the block of their state."""
    states = {code for _, _, code, _ in load_csv_rows("address_blocks.csv")}
    compared = 0
    for row in published("code-blocks"):
        if row["CountryISO2"] in states and int(row["Count"]) >= 1024 and row["CountryISO2"] not in ("HK", "MO"):
            for edge in (row["Start"], row["Finish"]):
                found = country_of(edge)
                assert found is not None, edge
                assert found.code == row["CountryISO2"], edge
                compared += 1
    assert compared > 300


@pytest.mark.parametrize(
    ("hex_", "number"),
    [
        ("A00001", "N1"),
        ("A00002", "N1A"),
        ("A00003", "N1AA"),
        ("A0001A", "N1AZ"),
        ("A0001B", "N1B"),
        ("A00259", "N1ZZ"),
        ("A0025A", "N10"),
        ("A00725", "N10000"),
        ("A061D9", "N12345"),
        ("ADF7C7", "N99999"),
    ],
)
def test_an_american_address_says_its_number(hex_: str, number: str) -> None:
    assert registration_of(hex_) == number
    assert n_number.address_of(number) == int(hex_, 16)


def test_numbers_and_addresses_are_each_others_inverse() -> None:
    step = 29  # 31,566 of the 915,399 numbers; no block's length is a multiple of it
    numbers = {address: n_number.of_address(address) for address in range(n_number.FIRST, n_number.LAST + 1, step)}
    assert len(set(numbers.values())) == len(numbers)
    assert all(number is not None and n_number.address_of(number) == address for address, number in numbers.items())
    assert n_number.LAST - n_number.FIRST + 1 == 915_399


@pytest.mark.parametrize(
    "text",
    ["", "N", "N0", "N01", "1", "NA", "N1I", "N1O", "N123456", "N1234AB", "N1AAA", "N1A1", "D-ABCD", "n1", "N1٣", "N12345A"],
)
def test_what_is_no_number_has_no_address(text: str) -> None:
    assert n_number.address_of(text) is None


@pytest.mark.parametrize(
    ("hex_", "expected"),
    [
        ("3C4421", "D-AAAA"),
        ("3C6444", "D-AIBD"),
        ("C044A9", "C-GAAA"),
        ("7C0000", "VH-AAA"),
        ("71BA14", "HL7214"),
        ("71BA1A", None),  # A is no decimal digit
        ("3C443B", None),  # a letter beyond Z
        ("ADF7C8", None),  # the first one of the armed forces
        ("AE1234", None),
        ("3EA000", None),
        ("4CA87C", None),  # Ireland has no order
    ],
)
def test_a_registration_follows_only_where_the_state_has_an_order(hex_: str, expected: str | None) -> None:
    assert registration_of(hex_) == expected


def test_series_do_not_overlap() -> None:
    ranges = sorted((series.start, series.end) for series in SERIES)
    assert all(end < following for (_, end), (following, _) in pairwise(ranges))


def test_computed_registrations_are_those_that_are_published() -> None:
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for row in published("aircraft"):
        computed = registration_of(row["ICAO"])
        if computed is not None and row["Registration"]:
            (right if computed == row["Registration"] else wrong)[row["ICAO"][:2]] += 1
    assert right.total() > 5_500
    assert wrong.total() <= right.total() // 200, wrong


@pytest.mark.parametrize(
    ("callsign", "icao", "name", "spoken"),
    [
        ("DLH4AB", "DLH", "Lufthansa", "LUFTHANSA"),
        ("BAW1", "BAW", "British Airways", "SPEEDBIRD"),
        ("RPA4512", "RPA", "Republic Airways", "BRICKYARD"),
        ("EIN12X", "EIN", "Aer Lingus", "SHAMROCK"),
    ],
)
def test_a_callsign_says_its_airline(callsign: str, icao: str, name: str, spoken: str) -> None:
    found = airline_of(callsign)
    assert found is not None
    assert (found.icao, found.name, found.callsign) == (icao, name, spoken)


@pytest.mark.parametrize(
    "callsign", ["", "N123AB", "DLH", "DLHAB", "DLH12345", "GABCD", "DEABC", "QQQ123", "dlh123", "DLH 12", "12DLH4"]
)
def test_other_callsigns_have_no_airline(callsign: str) -> None:
    assert airline_of(callsign) is None


def test_airlines_are_those_that_are_published() -> None:
    icao = {row["ICAO"] for row in published("airlines")}
    assert len(AIRLINES) > 300
    assert set(AIRLINES) <= icao


def test_types_are_those_that_are_published() -> None:
    kinds: dict[str, set[tuple[str, str]]] = {}
    for row in published("model-type"):
        kind = f"{row['SpeciesCode']}{row['Engines']}{row['EngineTypeCode']}"
        kinds.setdefault(row["ICAO"], set()).add((kind, row["WakeTurbulenceCode"]))
    assert len(TYPES) > 250
    for designator, found in TYPES.items():
        if found.kind and designator != "A388":  # the published table has no category J
            assert any(kind == found.kind and (not found.wake or wake == found.wake) for kind, wake in kinds[designator]), (
                designator
            )


def test_what_is_computed_has_the_names_and_shapes_of_its_fields() -> None:
    found = describe("A061D9", "DLH4AB", "A388")
    assert found == {
        "country": "United States",
        "country_code": "US",
        "r": "N12345",
        "desc": "Airbus A380-800",
        "type_class": "L4J",
        "wtc": "J",
        "airline": "Lufthansa",
        "airline_icao": "DLH",
        "airline_callsign": "LUFTHANSA",
    }
    assert set(registration.FIELDS) == set(found) - {"r", "desc"}
    assert describe("~A061D9", None, None) == {}
    assert describe("4CA87C", "", "ZZZZ") == {"country": "Ireland", "country_code": "IE"}
    assert describe("4CA87C", None, "BALL") == {"country": "Ireland", "country_code": "IE", "desc": "Balloon"}
