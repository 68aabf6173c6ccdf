"""Claims about the words for labels, and about the times and airports in texts. The places are those of the table of offsets that the project was given
(facts of acarsdec's and vdlm2dec's messages); each row has a text of its own."""

from __future__ import annotations

import pytest

from skyspy.datalink.labels import label_name
from skyspy.datalink.ooo import NAMES, TABLE, checked, of_text

SAMPLES = [
    ("QA", "KJFK1205", {"origin": "KJFK", "out": "1205"}),
    ("QB", "KJFK1217", {"origin": "KJFK", "off": "1217"}),
    ("QC", "EGLL1840", {"origin": "EGLL", "on": "1840"}),
    ("QD", "EGLL1852", {"origin": "EGLL", "in_": "1852"}),
    (
        "Q1",
        "KJFK1205121718401852  52EGLL",
        {"origin": "KJFK", "out": "1205", "off": "1217", "on": "1840", "in_": "1852", "destination": "EGLL"},
    ),
    ("Q2", "KJFK1835", {"origin": "KJFK", "eta": "1835"}),
    ("QE", "KJFK1205EGLL", {"origin": "KJFK", "out": "1205", "destination": "EGLL"}),
    ("QF", "KJFK1217EGLL", {"origin": "KJFK", "off": "1217", "destination": "EGLL"}),
    ("QK", "KJFK1840EGLL", {"origin": "KJFK", "on": "1840", "destination": "EGLL"}),
    ("QG", "KJFK12051230", {"origin": "KJFK", "out": "1205", "in_": "1230"}),
    ("QH", "KJFK1205", {"origin": "KJFK", "out": "1205"}),
    ("QL", "EGLL----1852 KJFK", {"destination": "EGLL", "in_": "1852", "origin": "KJFK"}),
    ("QM", "EGLL----KJFK", {"destination": "EGLL", "origin": "KJFK"}),
    ("QN", "----EGKK1910", {"destination": "EGKK", "eta": "1910"}),
    ("QP", "KJFKEGLL1205", {"origin": "KJFK", "destination": "EGLL", "out": "1205"}),
    ("QQ", "KJFKEGLL1217", {"origin": "KJFK", "destination": "EGLL", "off": "1217"}),
    ("QR", "KJFKEGLL1840", {"origin": "KJFK", "destination": "EGLL", "on": "1840"}),
    ("QS", "KJFKEGLL1852", {"origin": "KJFK", "destination": "EGLL", "in_": "1852"}),
    ("QT", "KJFKEGLL12051230", {"origin": "KJFK", "destination": "EGLL", "out": "1205", "in_": "1230"}),
    ("10", "ARR01-------EGLL1835", {"destination": "EGLL", "eta": "1835"}),
    ("12", "KJFK,EGLL", {"origin": "KJFK", "destination": "EGLL"}),
    ("15", "FST01KJFKEGLL", {"origin": "KJFK", "destination": "EGLL"}),
    ("17", "ETA 1835,KJFK,EGLL", {"eta": "1835", "origin": "KJFK", "destination": "EGLL"}),
    ("1G", "KJFK,EGLL", {"origin": "KJFK", "destination": "EGLL"}),
    ("2Z", "EGLL", {"destination": "EGLL"}),
    ("44", "POS02,N38338W121179,360,KPDX,1835", {"destination": "KPDX", "eta": "1835"}),
    ("45", "AEGLL", {"destination": "EGLL"}),
    ("83", "KJFK,EGLL", {"origin": "KJFK", "destination": "EGLL"}),
    ("8E", "EGLL,1835", {"destination": "EGLL", "eta": "1835"}),
    ("8S", "EGLL,1835", {"destination": "EGLL", "eta": "1835"}),
    (
        "26",
        "VER/077\r\nSCH/BAW117 /KJFK EGLL/05\r\nETA/1835\r\n",
        {"origin": "KJFK", "destination": "EGLL", "eta": "1835"},
    ),
]


@pytest.mark.parametrize(("label", "text", "expected"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_a_text_gives_the_times_and_airports_of_its_label(label: str, text: str, expected: dict[str, str]) -> None:
    assert of_text(label, text) == expected


@pytest.mark.parametrize(("label", "text", "expected"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_what_is_no_airport_and_no_time_is_not_taken(label: str, text: str, expected: dict[str, str]) -> None:
    for value in expected.values():
        kind = ("EG1L", "egll", "EG L") if value.isalpha() else ("2400", "1260", "12:5", "    ")
        for wrong in kind:
            assert value not in of_text(label, text.replace(value, wrong)).values()


@pytest.mark.parametrize(("label", "text", "expected"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_a_cut_text_gives_less_and_raises_nothing(label: str, text: str, expected: dict[str, str]) -> None:
    for length in range(len(text)):
        assert of_text(label, text[:length]).items() <= expected.items()


def test_every_row_of_the_table_has_a_sample() -> None:
    assert {row[0] for row in SAMPLES} == {*TABLE, "26"}


def test_two_airports_in_a_position_report_are_where_it_began_and_where_it_goes() -> None:
    # The example of airframes' description of this message.
    text = "POS02,N38338W121179,GRD,KMHR,KPDX,0807,0003,0112,005.1"
    assert of_text("44", text) == {"origin": "KMHR", "destination": "KPDX"}


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("10", "DEP01-------EGLL1835"),
        ("12", "KJFK EGLL"),
        ("45", "BEGLL"),
        ("26", "SCH/BAW117/KJFK EGLL"),
        ("H1", "KJFK1205"),
        (None, "KJFK"),
    ],
)
def test_a_text_of_another_layout_gives_nothing(label: str | None, text: str) -> None:
    assert of_text(label, text) == {}


def test_midnight_is_a_time() -> None:
    assert of_text("QA", "KJFK0000")["out"] == "0000"
    assert of_text("QA", "KJFK2359")["out"] == "2359"


def test_what_a_decoder_says_is_checked_in_the_same_way() -> None:
    assert checked({"origin": "KJFK", "out": "9999", "eta": "1200", "other": "KJFK"}) == {"origin": "KJFK", "eta": "1200"}
    assert set(NAMES) == {"origin", "destination", "out", "off", "on", "in_", "eta"}


@pytest.mark.parametrize(
    ("label", "sublabel", "name"),
    [
        ("SQ", None, "Squitter of a ground station"),
        ("_d", None, "Acknowledgement, no text"),
        ("5Z", None, "Airline's own message"),
        ("SA", None, "Media advisory"),
        ("Q0", None, "Link test"),
        ("A9", None, "ATIS"),
        ("B9", None, "Request of ATIS"),
        ("A3", None, "Departure clearance"),
        ("B1", None, "Request of an oceanic clearance"),
        ("C1", None, "Text to cockpit printer 1"),
        ("RA", None, "Text to an avionics unit"),
        ("80", None, "Addressed downlink"),
        ("8~", None, "Addressed downlink"),
        ("37", None, "Airline's own message"),
        ("H1", None, "Message of an avionics unit"),
        ("H1", "M1", "Message of the flight management computer, left"),
        ("H1", "DF", "Message of the flight data acquisition unit"),
        ("H1", "??", "Message of an avionics unit"),
        ("SQ", "M1", "Squitter of a ground station"),
        ("~~", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_label_has_a_name(label: str | None, sublabel: str | None, name: str | None) -> None:
    assert label_name(label, sublabel) == name
