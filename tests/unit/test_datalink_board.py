"""Clearances and ATIS read from texts as they were received (published by those who received them); facts beside them read by hand."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.datalink.board import MAX_TEXT, Atis, Clearance, read
from skyspy.datalink.message import Message

HELSINKI = (
    "/HELCLXA.DC1/CLD 1832 251229 EFHK PDC\r\n728\r\nFIN5LA CLRD TO ESSA OFF\r\n04R VIA ADIVO5C\r\n"
    "SQUAWK 0437 NEXT FREQ\r\n121.800\r\nQNH 992\r\nTSAT 1900\r\nCLIMB TO 4000 FT"
)
LONDON = (
    "/LHRCDYA.DC1/CLD 1835 251229 EGLL PDC 607\n\tQTR58U CLRD TO OTHH OFF 09R VIA DET1J\n"
    "\tSQUAWK 3403 ADT 1855 ATIS U\n\tNO CTOT; 0148E"
)
ZURICH = (
    "/GVACLXA.DC1/CLD 1042 251230 LSZH PDC 108\nEDW308L CLRD TO EFIV OFF 16 VIA DEGES3S\nALT 5000 FT\nSQUAWK 3016 ATIS Y\n"
    "AIRBORNE FREQ 125.955 TSAT 1055\nAT TOBT +OR- 5MIN AND BEFORE STARTING\nDE-ICING, REPORT READY ON FREQ 121.9306DAA"
)
SYDNEY = (
    "PDC 291826\nJST400 A320 YSSY 1910\nCLEARED TO YBCG VIA\n16LKEVIN7 DEP OLSEM:TRAN\nROUTE:DCT OLSEM Y193 BANDA Y43 BERNI DCT\n"
    "CLIMB VIA SID TO: 5000\nDEP FREQ: 123.000\nSQUAWK 1234"
)
HONG_KONG = (
    "/HKGATYA.TI2/VHHH ARR ATIS G\n\t1806Z\n\tARRIVALS, RWY 07C.\n\tEXP ILS  APCH, RWY 07C.\n\tRWY 07R IS CLSD FOR\n\tMAINT. WIND 100/09KT\n"
    "\tVIS 10KM CLD FEW 2000FT\n\tT18 DP14 QNH 1015HPA=\n\tACKNOWLEDGE INFO G ON\n\tFIRST CTC WITH APP.FE6F"
)


def message(text: str, **more: Any) -> Message:
    return Message(**{"id": "one", "time": 0.0, "link": "vdl2", "label": "A3", "downlink": False, "text": text} | more)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (HELSINKI, ("FIN5LA", "EFHK", "ESSA", "04R", "ADIVO5C", "0437", "121.800", "", "1832")),
        (LONDON, ("QTR58U", "EGLL", "OTHH", "09R", "DET1J", "3403", "", "U", "1835")),
        (ZURICH, ("EDW308L", "LSZH", "EFIV", "16", "DEGES3S", "3016", "125.955", "Y", "1042")),
        (SYDNEY, ("", "", "YBCG", "", "", "1234", "123.000", "", "")),
    ],
    ids=["Helsinki", "London", "Zurich", "Sydney"],
)
def test_a_departure_clearance_is_read(text: str, facts: tuple[str, ...]) -> None:
    found = read(message(text))
    assert isinstance(found, Clearance) and found.kind == "departure"
    named = (found.flight, found.origin, found.destination, found.runway, found.via, found.squawk)
    assert (*named, found.frequency, found.atis, found.issued) == facts


def test_an_atis_is_read() -> None:
    found = read(message(HONG_KONG, label="A9"))
    assert isinstance(found, Atis)
    assert (found.airport, found.kind, found.letter, found.issued) == ("VHHH", "arrival", "G", "1806")
    assert found.text.startswith("VHHH ARR ATIS G\n1806Z\nARRIVALS") and found.text.endswith("FIRST CTC WITH APP.")


def test_checksum_and_address_are_no_part_of_the_text() -> None:
    found = read(message(ZURICH))
    assert isinstance(found, Clearance)
    assert found.text.startswith("CLD 1042") and found.text.endswith("REPORT READY ON FREQ 121.930")
    # Without the address nothing is cut: the digits may be the text's own.
    plain = read(message("PDC 291826\nSQUAWK 1234", label="C1"))
    assert isinstance(plain, Clearance) and plain.text.endswith("SQUAWK 1234")


def test_a_number_at_the_end_of_a_text_is_no_checksum() -> None:
    found = read(message("/ZRHATYA.TI2/LSZH DEP ATIS K\n1120Z\nQNH 1013", label="A9"))
    assert isinstance(found, Atis) and found.kind == "departure" and found.text == "LSZH DEP ATIS K\n1120Z\nQNH 1013"


def test_clearances_and_atis_of_other_labels_are_known_by_their_words() -> None:
    assert isinstance(read(message(SYDNEY, label="RA")), Clearance)
    assert isinstance(read(message(LONDON, label="H1")), Clearance)
    assert isinstance(read(message("LFPG ARR ATIS D\n1010Z\nEXPECT ILS", label="C1")), Atis)


@pytest.mark.parametrize(
    "other",
    [
        message(LONDON, downlink=True),
        message("REQUEST ATIS KSFO", label="H1"),
        message("", label="H1"),
        message("ATIS", label="A9"),
        message("CLEARED TO LAND", label="H1"),
    ],
    ids=["downlink", "request", "empty", "no airport", "words alone"],
)
def test_nothing_else_is_on_the_board(other: Message) -> None:
    assert read(other) is None


def test_an_oceanic_clearance_is_named_so() -> None:
    found = read(message("CLX 1259 970201 EGGX CLRNC 026\nUAL929 CLRD TO KORD VIA RANDOM ROUTE", label="A1"))
    assert isinstance(found, Clearance)
    assert (found.kind, found.flight, found.origin, found.destination, found.via) == (
        "oceanic", "UAL929", "EGGX", "KORD", "RANDOM ROUTE",
    )  # fmt: skip


@pytest.mark.parametrize("piece", ["ATIS ", "A9Z9 ", "AAAA ATIS ", "CLRD TO ", "\n", "CLD 1832 251229 "])
def test_a_long_text_of_any_kind_costs_little(piece: str) -> None:
    for label in ("A3", "A9", "H1"):
        found = read(message(piece * 20_000, label=label))
        assert found is None or len(found.text) <= MAX_TEXT
