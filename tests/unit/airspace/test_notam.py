"""Claims about NOTAMs: the recorded ones against what another parser (avwx-engine, MIT) read out of them, and texts written by hand.

Where that parser is wrong the expected value is worked out from the text: it takes `5130N` for 51.3 degrees and EST for a time zone.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.notam import MAX_CHARACTERS, in_force, parse, parse_all
from skyspy.airspace.notam_codes import ALL_KINDS, CONDITIONS, SUBJECTS, kind_of
from skyspy.airspace.records import Band, Notam
from skyspy.airspace.times import packed
from tests.support.machine import CAPTURES, missing

PATHS = [CAPTURES / "avwx-engine" / f"notam_{name}.json" for name in ("EGLL", "KJFK")]

CRANE = """A4837/23 NOTAMN
Q) EGTT/QOBCE/IV/M  /AE/000/003/5130N00027W001
A) EGLL B) 2306281216 C) PERM
E) LONDON HEATHROW OBSTACLE
POSITION: 513018N 0002640W"""


def reports() -> list[dict[str, Any]]:
    if not all(path.exists() for path in PATHS):
        missing("the recorded NOTAMs beside the project")
    return [one["data"] for path in PATHS for one in json.loads(path.read_text(encoding="utf-8"))["reports"]]


def notam(text: str = CRANE, **changes: str) -> Notam:
    for old, new in changes.items():
        text = text.replace({"number": "A4837/23", "end": "PERM", "begin": "2306281216"}[old], new)
    return parse(text)


def test_every_recorded_notam_is_read() -> None:
    found, errors = parse_all(one["raw"] for one in reports())
    assert (len(found), errors) == (141, [])
    assert len({one.id for one in found}) == 141
    assert Counter(one.kind for one in found) == {"new": 119, "replace": 22}


def test_field_q_is_what_the_other_parser_read() -> None:
    for report in reports():
        found, expected = parse(report["raw"]), report["qualifiers"]
        if expected["subject"] is None or found.q_code == "":
            assert "/undefined/" in report["raw"]
            continue
        assert (found.fir, found.q_code[1:3], found.q_code[3:5]) == (
            expected["fir"],
            expected["subject"]["repr"],
            expected["condition"]["repr"],
        )
        assert found.traffic == (expected["traffic"] or {"repr": ""})["repr"]
        assert [*found.purpose] == [one["repr"] for one in expected["purpose"]]
        assert [*found.scope] == [one["repr"] for one in expected["scope"]]
        for name in ("lower", "upper"):
            assert getattr(found, f"{name}_fl") == (expected[name] and expected[name]["value"])
        assert found.radius_nm == expected["radius"]["value"]
        place = expected["coord"]["repr"]
        assert found.lat == pytest.approx(int(place[:2]) + int(place[2:4]) / 60, abs=1e-4)
        assert found.lon == pytest.approx(-int(place[5:8]) - int(place[8:10]) / 60, abs=1e-4)


def test_times_locations_and_text_are_what_the_other_parser_read() -> None:
    for report in reports():
        found = parse(report["raw"])
        estimated = "EST" in report["end_time"]["repr"]
        assert found.locations == (report["station"],)
        assert found.estimated is estimated
        # The same digits, all in UTC.
        assert found.valid_from == packed(report["start_time"]["repr"])
        if report["end_time"]["repr"] == "PERM":
            assert found.valid_to is None
        else:
            assert found.valid_to == packed(report["end_time"]["repr"].removesuffix("EST"))
            if not estimated:
                assert found.valid_to == datetime.fromisoformat(report["end_time"]["dt"]).timestamp()
        assert " ".join(found.text.split()).startswith(" ".join(report["body"].split())[:60])


def test_kinds_of_the_recorded_notams() -> None:
    found = [parse(one["raw"]) for one in reports()]
    # Counted by hand from the subjects: LP LX LY 4; MM MN MR MX 31; OB OL 63; PD PI PK PN 13; RO 2; WE WM 22; FA 2; XX 3, undefined 1.
    assert Counter(kind_of(one.q_code) for one in found) == {
        "lighting": 4, "movement_area": 31, "obstacles": 63, "procedures": 13, "restrictions": 2, "warnings": 22, "facilities": 2, "other": 4,
    }  # fmt: skip
    assert sum(one.valid_to is None for one in found) == 7
    assert sum(one.estimated for one in found) == 24
    assert sum(one.band.is_known for one in found) == 24
    assert all(one.subject and one.condition for one in found if one.q_code)


def test_est_is_an_estimated_end_in_utc_and_does_not_end_a_notam() -> None:
    found = notam(end="2306281800EST")
    assert (found.valid_to, found.estimated) == (1687975200.0, True)
    assert in_force([found], 1_900_000_000.0) == [found]


def test_a_certain_end_ends_a_notam() -> None:
    found = notam(end="2306281800")
    assert in_force([found], 1687975199.0) == [found]
    assert in_force([found], 1687975200.0) == []


def test_until_further_notice_has_no_end() -> None:
    found = notam(end="UFN")
    assert (found.valid_to, found.estimated) == (None, True)


def test_who_begins_with_immediate_effect_begins_when_it_was_issued() -> None:
    text = CRANE.replace("2306281216", "WIE")
    assert parse(text, issued=5.0).valid_from == 5.0
    with pytest.raises(AirspaceError, match="field B"):
        parse(text)


def test_limits_of_fields_f_and_g() -> None:
    assert notam(CRANE + "\nF) SFC G) 2100FT AMSL").band == Band(0.0, 2100.0, "SFC", "AMSL")
    assert notam(CRANE + "\nF) FL055\nG) FL195)").band == Band(5500.0, 19500.0, "STD", "STD")
    found = notam(CRANE + "\nF) SFC G) UNL\nCREATED: 28 Jun 2023 12:16:00\nSOURCE: EUECYIYN")
    assert (found.band, found.text) == (Band(0.0, None, "SFC", "UNL"), notam().text)


def test_what_reads_like_limits_within_a_sentence_is_text() -> None:
    found = notam(CRANE + "\nSEE F) BELOW G) ABOVE")
    assert (found.band, found.text[-21:]) == (Band(), "SEE F) BELOW G) ABOVE")


def test_letters_with_a_bracket_in_the_text_are_no_fields() -> None:
    found = notam(CRANE + "\nA) FIRST C) SECOND\nB) 2001010000\nG) LAST")
    assert (found.valid_to, found.locations) == (None, ("EGLL",))
    assert found.text.endswith("A) FIRST C) SECOND\nB) 2001010000\nG) LAST")


def test_a_field_out_of_order_is_none() -> None:
    assert notam(CRANE.replace("C) PERM", "A) EGKK C) PERM")).locations == ("EGLL",)


def test_a_field_q_without_code_and_traffic_keeps_its_other_parts() -> None:
    found = notam(CRANE.replace("EGTT/QOBCE/IV/M  /AE/", "KZNY/undefined/NBO/A/"))
    assert (found.q_code, found.traffic, found.purpose, found.scope, found.lower_fl, found.radius_nm) == (
        "",
        "",
        "NBO",
        "A",
        0,
        1.0,
    )


def test_a_replaced_and_a_cancelled_notam_do_not_hold() -> None:
    first, other = notam(), notam(number="A0001/23")
    replaced = notam(number="A4900/23", end="2401010000").raw.replace("NOTAMN", "NOTAMR A4837/23")
    cancelled = "A4901/23 NOTAMC A0001/23\nQ) EGTT/QOBCN/IV/M/AE/000/003/5130N00027W001\nA) EGLL B) 2306291200\nE) REMOVED"
    by, over = parse(replaced), parse(cancelled)
    assert (by.kind, by.replaces, over.kind, over.replaces) == ("replace", first.id, "cancel", other.id)
    assert in_force([first, other, by, over], 1_690_000_000.0) == [by]


def test_the_same_number_of_another_place_is_another_notam() -> None:
    here, there = notam(), notam(CRANE.replace("EGLL", "KJFK"))
    assert here.id != there.id
    by = parse(CRANE.replace("A4837/23 NOTAMN", "A4838/23 NOTAMR A4837/23"))
    assert in_force([here, there, by], 1_690_000_000.0) == [there, by]


def test_a_notam_without_a_number_has_the_same_id_each_time() -> None:
    bare = CRANE.partition("\n")[2]
    assert parse(bare).id == parse(bare + "\n").id
    assert parse(bare).id != parse(bare.replace("RUNWAY", "") + " X").id


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no field A"),
        ("A1/23 NOTAMN A) EGLL", "no field A or no field B"),
        (CRANE.replace("A) EGLL", "A) ??"), "names no location"),
        (CRANE.replace("2306281216", "2313281216"), "field B"),
        (CRANE.replace("2306281216", "2306282516"), "field B"),
        (CRANE.replace("PERM", "2306310000"), "field C"),
        (CRANE.replace("PERM", "2206281216"), "ends before"),
        (CRANE.replace("C) PERM", ""), "field C"),
        (CRANE + "X" * MAX_CHARACTERS, "more than"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, wrong: str) -> None:
    with pytest.raises(AirspaceError, match=wrong) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", ["9130N00027W001", "5160N00027W001", "5130N18127W001", "x"])
def test_a_field_q_with_an_impossible_place_has_no_place(place: str) -> None:
    found = notam(CRANE.replace("5130N00027W001", place))
    assert (found.point, found.radius_nm) == (None, None)


def test_one_bad_text_costs_itself() -> None:
    found, errors = parse_all([CRANE, "nonsense", CRANE.replace("A4837", "A4838")])
    assert ([one.id for one in found], len(errors)) == (["EGLL:A4837/23", "EGLL:A4838/23"], 1)


def test_a_multi_location_notam_in_brackets_is_read() -> None:
    found = parse("(" + CRANE.replace("A) EGLL", "A) EGTT EGPX") + ")")
    assert (found.locations, found.text[-8:]) == (("EGTT", "EGPX"), "0002640W")


def test_a_notam_in_one_line_is_read() -> None:
    found = parse(" ".join((CRANE + "\nF) SFC G) 500FT AMSL").split()))
    assert (found.fir, found.locations, found.valid_to, found.band) == ("EGTT", ("EGLL",), None, Band(0.0, 500.0, "SFC", "AMSL"))
    assert found.text == "LONDON HEATHROW OBSTACLE POSITION: 513018N 0002640W"


def test_brackets_of_the_text_stay() -> None:
    assert notam("(" + CRANE + " (HAYES))").text.endswith("(HAYES)")
    assert notam(CRANE + " (HAYES)").text.endswith("(HAYES)")


@given(st.integers(0, len(CRANE)), st.integers(0, 30), st.text("ABCDEFGQ)( \n/0123456789", max_size=12))
def test_any_damage_is_told_by_the_one_error(at: int, length: int, text: str) -> None:
    try:
        found = parse(CRANE[:at] + text + CRANE[at + length :] + "\nF) SFC G) UNL")
    except AirspaceError as error:
        assert "\n" not in str(error)
    else:
        assert found.locations
        assert found.valid_from is not None


@pytest.mark.parametrize("filling", ["\n", " ", "F)", "F) \n", "\nF) ", "A) ", "0", "Q)", "/", "G)", "NOTAMR "])
@pytest.mark.timeout(5)
def test_a_hostile_text_costs_no_more_than_a_long_one(filling: str) -> None:
    text = CRANE + "\n" + filling * ((MAX_CHARACTERS - len(CRANE) - 2) // len(filling))
    # A pattern that backtracks would take hours.
    found, errors = parse_all([text, text[::-1], f"{CRANE}\nF){text[len(CRANE) :]}"])
    assert len(found) + len(errors) == 3


def test_codes_have_words_and_kinds() -> None:
    # ICAO Doc 8126: QMRLC runway closed, QRTCA temporary restricted area activated, QKKKK checklist.
    assert (SUBJECTS["MR"], CONDITIONS["LC"]) == ("runway", "closed")
    assert (SUBJECTS["RT"], CONDITIONS["CA"]) == ("temporary restricted area", "activated")
    assert [kind_of(code) for code in ("QMRLC", "QRTCA", "QKKKK", "QXXXX", "")] == [
        "movement_area",
        "restrictions",
        "checklist",
        "other",
        "other",
    ]
    assert {kind_of(f"Q{code}XX") for code in SUBJECTS} == {*ALL_KINDS}
