"""Claims about the table of facts (skyspy/data/threats.csv): which callsigns, registrations, owners, squawks and types it holds, and that it
takes no airline for the police."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from skyspy.aircraft import FIELDS
from skyspy.movements import movement
from skyspy.registration.airlines import AIRLINES
from skyspy.threats import table
from skyspy.threats.table import CALLSIGN, OWNER, ROWS, TYPE, Row, of_kind, read, words

STANDING = Path(__file__).parents[4] / "shared/data/vrs-standing-data/airlines/schema-01/airlines.csv"
HEADER = "kind,pattern,country,needs,category,confidence,reason,source"
SERVICES = re.compile(r"poli[cszt]|gendarm|douane|custom|marshals service|home office|state police", re.IGNORECASE)
"""How the operators are named whose designators may have a row."""
LISTED = frozenset(
    re.findall("...(?= |$)", "BPO CWP EDL FDO FGN GRY HBT LIB MSH NRW PBB PBW PHH PHS PIK PMV POF POL PPH ROP SRP TRP UKP")
)
"""The designators that have a row: each was given to a service, and to no airline."""
NUMBERS = ("1", "12", "123", "1234", "9AB", "7X")


def hits(callsign: str) -> list[Row]:
    """The rows of callsigns that match it, in whichever country."""
    return [row for row in of_kind(CALLSIGN) if row.pattern.search(callsign)]


def standing_data() -> dict[str, str]:
    """Every operator with a designator of three letters, by it."""
    if not STANDING.exists():
        pytest.skip(f"needs {STANDING}")
    with STANDING.open(encoding="utf-8-sig", newline="") as file:
        return {row["ICAO"]: row["Name"] for row in csv.DictReader(file) if re.fullmatch("[A-Z]{3}", row["ICAO"])}


@pytest.mark.parametrize(
    "code", ["ICE", "SKY", "FDX", "CHP", "ISP", "ASP", "CPD", "HPD", "MPD", "DEA", "PLC", "CAP", "SWR", "DLH"]
)
def test_a_designator_that_looks_like_an_agency_matches_nothing(code: str) -> None:
    assert [hits(code + number) for number in NUMBERS] == [[]] * len(NUMBERS)


def test_no_row_matches_a_flight_of_any_airline_that_comes_with_skyspy() -> None:
    assert len(AIRLINES) > 200
    assert {code for code in AIRLINES for number in NUMBERS if hits(code + number)} == set()


def test_no_row_matches_a_flight_of_any_operator_of_the_world_but_the_listed_ones() -> None:
    known = standing_data()
    assert len(known) > 5000
    assert {code for code in known for number in NUMBERS if hits(code + number)} == LISTED


def test_each_listed_designator_was_given_to_a_police_border_or_customs_service() -> None:
    known = standing_data()
    assert {code: known[code] for code in LISTED if not SERVICES.search(known[code])} == {}


def test_the_rows_that_rest_on_a_designator_are_those_of_three_letters_and_no_others() -> None:
    by_designator = {row.pattern.pattern for row in ROWS if row.source == table.DESIGNATOR}
    assert by_designator == {rf"\A(?:{code}\d+[A-Z]*)\Z" for code in LISTED}


@pytest.mark.parametrize("callsign", ["NPAS21", "PIROL1", "POLAIR1", "TROOPER1", "OMAHA12", "TROY12", "POLICE1"])
def test_a_callsign_that_is_known_in_public_only_is_not_of_high_confidence(callsign: str) -> None:
    found = hits(callsign)
    assert found
    assert {(row.confidence, row.source) for row in found} == {("medium", "public")}


def test_the_listed_designators_are_exactly_those_of_the_table() -> None:
    letters = {f"{one}{two}{three}" for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for two in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for three in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}  # fmt: skip
    assert {code for code in letters if hits(code + "1")} == LISTED


def test_a_listed_designator_counts_for_aircraft_of_its_own_state_only() -> None:
    for row in of_kind(CALLSIGN):
        for code in LISTED:
            if row.pattern.search(f"{code}1"):
                assert re.fullmatch("[A-Z]{2}", row.country), row


def test_no_registration_is_taken_for_a_callsign_of_the_police() -> None:
    registrations = ["N922PD", "N911", "GPOLA", "DHPBB", "HBIJU", "9MPME", "N12PD", "VHPOL"]
    assert [one for one in registrations if hits(one)] == []


def test_the_behaviors_are_those_that_movements_are_derived_for() -> None:
    assert set(table.BEHAVIORS) == set(movement.BEHAVIORS)


def test_every_type_needs_a_behavior_and_every_row_says_why() -> None:
    assert all(row.needs_behavior for row in of_kind(TYPE))
    assert len(ROWS) > 70
    for row in ROWS:
        assert row.reason[:1].isupper()
        assert not row.reason.endswith(".")
    assert len({(row.kind, row.pattern.pattern, row.country) for row in ROWS}) == len(ROWS), "no fact stands there twice"


def test_every_pattern_can_match_a_text_as_the_tracker_holds_it() -> None:
    length = {CALLSIGN: FIELDS["flight"].max_length, table.SQUAWK: 4}
    shortest = {
        "BPO1": CALLSIGN,
        "POLAIR": CALLSIGN,
        "TROOPER1": CALLSIGN,
        "OMAHA12": CALLSIGN,
        "SHERIFF1": CALLSIGN,
        "4401": table.SQUAWK,
    }
    for text, kind in shortest.items():
        assert len(text) <= length[kind]
        assert any(row.pattern.search(text) for row in of_kind(kind)), text


@pytest.mark.parametrize(
    ("owner", "found"),
    [
        ("Los Angeles County Sheriff's Dept", "SHERIFF"),
        ("METROPOLITAN POLICE", "POLICE"),
        ("Polizeihubschrauberstaffel Bayern", "POLIZEI"),
        ("Kantonspolizei Zürich", "POLIZEI"),
        ("Gendarmería Nacional Argentina", "GENDARM"),
        ("U.S. Customs & Border Protection", "CUSTOMS"),
        ("Rendőrség", "RENDORSEG"),
        ("Texas Department of Public Safety", "PUBLIC SAFETY"),
        ("State of Ohio Highway Patrol", "HIGHWAY PATROL"),
    ],
)
def test_owners_are_found_by_their_words_whatever_the_accents_and_case(owner: str, found: str) -> None:
    matching = [row for row in of_kind(OWNER) if row.pattern.search(words(owner))]
    assert any(found in row.pattern.pattern for row in matching), matching


@pytest.mark.parametrize(
    "owner", ["Custom Jet Charters", "LOT Polish Airlines", "Metropolis Aviation", "Civil Air Patrol", "Guardian Flight LLC", "Policer Leasing", "Polaris"]
)  # fmt: skip
def test_words_that_only_begin_alike_are_no_owner(owner: str) -> None:
    assert [row for row in of_kind(OWNER) if row.pattern.search(words(owner))] == []


@pytest.mark.parametrize(
    "line",
    [
        "colour,RED,,,police,high,Red,words",
        "type,B407,,,surveillance,low,A type alone,reports",
        "type,B407,,helicopter,surveillance,low,A helicopter's type alone,reports",
        "callsign,ABC1,,hovering,police,high,An unknown need,designator",
        "callsign,ABC1,,,pirates,high,An unknown category,designator",
        "callsign,ABC1,,,police,surely,An unknown confidence,designator",
        "callsign,ABC1,,,police,low,An unknown source,hearsay",
        "callsign,ABCD1,,,police,high,What is known in public only,public",
    ],
)
def test_a_table_with_an_unknown_word_or_a_type_alone_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 of the table of threats"):
        read([HEADER, line])
