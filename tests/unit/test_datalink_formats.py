"""The decoders of data links of which there is no recording, or none of this kind: read from objects that were made of their
documented field lists (tests/support/datalink_samples.py), and the single fields."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyspy import wirejson
from skyspy.datalink.formats import FORMATS, Verdict, block_of, fields
from skyspy.datalink.message import Block, DatalinkPosition
from tests.support.datalink_samples import ADSC, DAMAGED, DOCUMENTED, NOTHING_RECEIVED, SEEN_AT


def block(name: str, changed: dict[str, Any] | None = None) -> Block:
    found = block_of({**DOCUMENTED[name], **(changed or {})}, lambda time: 7.0 if time is None else time - SEEN_AT)
    assert isinstance(found, Block)
    return found


def told(found: Block) -> dict[str, Any]:
    """What a block says beyond its defaults."""
    blank = Block(at=found.at, link=found.link)
    values = {name: getattr(found, name) for name in found.__dataclass_fields__}
    return {name: value for name, value in values.items() if value != getattr(blank, name) and name not in ("times", "libacars")}


EXPECTED: dict[str, dict[str, Any]] = {
    "acarsdec": {
        "link": "acars", "app": "acarsdec", "station": "XX-TEST-ACARS", "time": SEEN_AT + 0.25, "freq": 131.725, "level": -9.8, "noise": -38.1,
        "errors": 1, "downlink": True, "tail": "D-AIBA", "flight": "LH0123", "mode": "2", "label": "QP", "sublabel": "M1", "mfi": "B6",
        "block_id": "3", "msgno": "M41A", "more": True, "assembled": True, "text": "EDDFEGLL1012",
    },
    "vdlm2dec": {
        "link": "vdl2", "app": "vdlm2dec", "station": "XX-TEST-VDL", "time": SEEN_AT + 0.5, "freq": 136.725, "hex": "3C6444", "ground": "10214A",
        "downlink": True, "tail": "D-AIBA", "flight": "LH0123", "mode": "2", "label": "H1", "block_id": "7", "msgno": "F12B", "more": False,
        "text": "POSN51283W000123", "on_ground": True, "position": DatalinkPosition(51.472, -0.205, 3000.0, "decoder"),
    },
    "vdlm2dec uplink": {
        "link": "vdl2", "app": "vdlm2dec", "time": SEEN_AT + 0.75, "freq": 136.975, "hex": "3C6444", "ground": "10214A", "downlink": False,
        "tail": "D-AIBA", "mode": "2", "label": "_d", "block_id": "M", "ack": "7", "more": False,
    },
    "dumpvdl2 xid": {
        "link": "vdl2", "app": "dumpvdl2", "station": "XX-TEST-VDL", "time": SEEN_AT + 1.000005, "freq": 136.65, "level": -21.4, "noise": -44.0,
        "errors": 3, "hex": "3C6444", "ground": "10214A", "downlink": True, "on_ground": True,
        "position": DatalinkPosition(50.0, 8.6, 1000.0, "xid"),
    },
    "dumpvdl2 uplink": {
        "link": "vdl2", "app": "dumpvdl2", "station": "XX-TEST-VDL", "time": SEEN_AT + 2.0, "freq": 136.975, "level": -30.0, "noise": -45.0,
        "hex": "3C6444", "ground": "10214A", "downlink": False, "tail": "D-AIBA", "mode": "2", "label": "C1", "block_id": "M", "more": True,
        "text": "METAR EDDF",
    },
    "dumphfdl position": {
        "link": "hfdl", "app": "dumphfdl", "station": "XX-TEST-HFDL", "time": SEEN_AT + 3.25, "freq": 8.977, "level": -26.4, "noise": -35.0,
        "hex": "4B1814", "ground": "Riverhead, New York", "downlink": True, "flight": "LX0008",
        "position": DatalinkPosition(47.3521, -52.1234, None, "hfdl", SEEN_AT - 30.0),
    },
    "dumphfdl acars": {
        "link": "hfdl", "app": "dumphfdl", "station": "XX-TEST-HFDL", "time": SEEN_AT + 4.0, "freq": 11.384, "level": -12.0, "noise": -35.0,
        "hex": "4B1814", "ground": "4", "downlink": False, "tail": "HB-JHA", "mode": "2", "label": "SA", "block_id": "Q", "ack": "4", "more": False,
        "text": "0EV123456V",
    },
    "JAERO": {
        "link": "imsl", "app": "JAERO", "station": "XX-TEST-IMSL", "time": SEEN_AT + 5.125, "hex": "406B90", "ground": "C1", "downlink": True,
        "tail": "G-VABC", "flight": "VS012X", "mode": "2", "label": "B6", "block_id": "4", "msgno": "L45A", "text": "/GANDTYA.ADS.G-VABC0\nABC",
    },
    "JAERO capitals": {
        "link": "imsl", "app": "JAERO", "time": SEEN_AT + 6.0, "hex": "406B90", "ground": "C1", "downlink": False, "tail": "G-VABC", "mode": "2",
        "label": "AA", "block_id": "F", "ack": "4", "text": "/GANDTYA.AT1.G-VABC",
    },
    "SatDump": {
        "link": "imsl", "app": "SatDump", "station": "XX-TEST-IMSL", "time": SEEN_AT + 7.0, "freq": 1545.105, "level": -12.2, "hex": "406B90",
        "ground": "C1", "downlink": False, "tail": "G-VABC", "mode": "2", "label": "H1", "block_id": "M", "more": False, "text": "- #MDINFO",
    },
    "iridium-toolkit": {
        "link": "irdm", "app": "iridium-toolkit", "station": "XX-TEST-IRDM", "time": SEEN_AT + 8.0, "freq": 1621.979167, "level": -25.0,
        "downlink": True, "tail": "N512QS", "flight": "EJ0512", "mode": "2", "label": "H1", "block_id": "2", "msgno": "F33A", "more": True,
        "text": "#DFB",
    },
    "iridium-toolkit libacars": {
        "link": "irdm", "app": "iridium-toolkit", "station": "XX-TEST-IRDM", "time": SEEN_AT + 9.0, "downlink": False, "tail": "N512QS", "mode": "2",
        "label": "A9", "block_id": "N", "ack": "2", "more": True, "text": "/ATIS",
    },
}  # fmt: skip
"""Read from the documented objects by hand."""


@pytest.mark.parametrize("name", DOCUMENTED)
def test_an_object_made_of_a_decoders_documented_fields_gives_its_block(name: str) -> None:
    found = block(name)
    assert {**told(found), "link": found.link} == EXPECTED[name]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_block_is_dated_by_its_stations_clock(name: str) -> None:
    found = block(name)
    assert found.time is not None
    assert found.at == found.time - SEEN_AT
    without = {key: value for key, value in DOCUMENTED[name].items() if key not in ("timestamp", "t", "TIME")}
    for outer in ("vdl2", "hfdl"):
        if outer in without:
            without[outer] = {key: value for key, value in without[outer].items() if key != "t"}
    if name == "iridium-toolkit":
        without["acars"] = {key: value for key, value in without["acars"].items() if key != "timestamp"}
    undated = block_of(without, lambda time: 7.0 if time is None else 0.0)
    assert isinstance(undated, Block)
    assert (undated.time, undated.at) == (None, 7.0)


def test_every_decoder_has_a_documented_or_recorded_object() -> None:
    used = {row.name for row in FORMATS for raw in (*DOCUMENTED.values(), *NOTHING_RECEIVED.values()) if row.is_of(raw)}
    assert used == {row.name for row in FORMATS}


@pytest.mark.parametrize("name", NOTHING_RECEIVED)
def test_an_object_that_reports_nothing_received_is_skipped(name: str) -> None:
    assert block_of(NOTHING_RECEIVED[name], lambda _: 0.0) is Verdict.SKIPPED


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_or_unknown_object_is_bad(name: str) -> None:
    assert block_of(DAMAGED[name], lambda _: 0.0) is Verdict.BAD


def test_the_times_of_a_flight_are_kept_where_they_are_times() -> None:
    # The made object has an hour of 25 in `eta` and a colon in `wlin`.
    assert block("acarsdec").times == {"origin": "EDDF", "destination": "EGLL", "out": "1012", "off": "1020", "in_": "2359"}
    assert block("dumpvdl2 xid").times == {"destination": "EDDF"}


@pytest.mark.parametrize("name", ["acarsdec", "JAERO", "SatDump", "iridium-toolkit libacars"])
def test_what_libacars_made_of_a_text_is_kept(name: str) -> None:
    assert block(name).libacars == {"arinc622": ADSC}


def test_what_libacars_made_is_kept_under_its_name_and_an_uplink_has_no_more() -> None:
    assert set(block("dumphfdl acars").libacars or {}) == {"media-adv"}
    assert block("dumpvdl2 uplink").libacars is None


def test_a_broadcast_of_a_ground_station_has_no_aircraft() -> None:
    raw = json.loads(json.dumps(DOCUMENTED["dumpvdl2 uplink"]))
    raw["vdl2"]["avlc"]["dst"]["addr"] = "FFFFFF"
    del raw["vdl2"]["avlc"]["acars"]
    found = block_of(raw, lambda _: 0.0)
    assert isinstance(found, Block)
    assert (found.hex, found.ground, found.label, found.on_ground, found.downlink) == (None, "10214A", None, None, False)


def test_only_what_an_aircraft_sends_says_where_it_is() -> None:
    raw = json.loads(json.dumps(DOCUMENTED["dumpvdl2 xid"]))
    raw["vdl2"]["avlc"]["src"], raw["vdl2"]["avlc"]["dst"] = raw["vdl2"]["avlc"]["dst"], raw["vdl2"]["avlc"]["src"]
    found = block_of(raw, lambda _: 0.0)
    assert isinstance(found, Block)
    assert (found.position, found.on_ground, found.hex) == (None, None, "3C6444")
    raw = json.loads(json.dumps(DOCUMENTED["dumphfdl position"]))
    raw["hfdl"]["lpdu"]["src"]["type"] = "Ground station"
    found = block_of(raw, lambda _: 0.0)
    assert isinstance(found, Block)
    assert found.position is None


@pytest.mark.parametrize(
    "place", [{"lat": 180, "lon": 180}, {"lat": 0, "lon": 0}, {"lat": 47}, {"lat": "NaN", "lon": 1}, {"lat": True, "lon": 1}]
)
def test_a_place_that_is_none_is_no_position(place: dict[str, Any]) -> None:
    raw = json.loads(json.dumps(DOCUMENTED["dumphfdl position"]))
    raw["hfdl"]["lpdu"]["hfnpdu"]["pos"] = place
    found = block_of(raw, lambda _: 0.0)
    assert isinstance(found, Block)
    assert found.position is None
    assert found.flight == "LX0008"


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        # The object was received at 22:13:23.25.
        ({"hour": 22, "min": 13, "sec": 23}, SEEN_AT + 3),
        ({"hour": 22, "min": 15, "sec": 0}, SEEN_AT + 100),
        ({"hour": 22, "min": 16, "sec": 0}, SEEN_AT + 160 - 86400),
        ({"hour": 23, "min": 0, "sec": 0}, SEEN_AT + 2800 - 86400),
        ({"hour": 24, "min": 0, "sec": 0}, None),
        ({"hour": 22, "min": 60, "sec": 0}, None),
        ({"hour": 22, "min": 0}, None),
    ],
)
def test_a_time_of_day_is_the_last_one_before_the_reception(clock: dict[str, int], expected: float | None) -> None:
    raw = json.loads(json.dumps(DOCUMENTED["dumphfdl position"]))
    del raw["hfdl"]["lpdu"]["hfnpdu"]["utc_time"]
    raw["hfdl"]["lpdu"]["hfnpdu"]["time"] = clock
    found = block_of(raw, lambda _: 0.0)
    assert isinstance(found, Block)
    assert found.position is not None
    assert found.position.at == expected


@pytest.mark.parametrize(
    ("direction", "block_id", "downlink"), [("uplink", "A", True), ("downlink", "2", False), ("?", "2", True), (None, "A", False)]
)
def test_what_iridium_calls_up_comes_from_the_aircraft(direction: str | None, block_id: str, downlink: bool) -> None:
    acars = {**DOCUMENTED["iridium-toolkit"]["acars"], "link_direction": direction, "block_id": block_id}
    assert block("iridium-toolkit", {"acars": acars}).downlink is downlink


@pytest.mark.parametrize(("end", "more"), [(True, True), (False, False), (None, False)])
def test_the_end_of_a_block_of_acarsdec_is_not_the_end_of_the_message(end: bool | None, more: bool) -> None:
    assert block("acarsdec", {"end": end}).more is more


@pytest.mark.parametrize(("status", "assembled"), [("complete", True), ("in progress", False), ("skipped", False), (None, False)])
def test_a_text_is_whole_where_acarsdec_has_joined_it(status: str | None, assembled: bool) -> None:
    assert block("acarsdec", {"assstat": status}).assembled is assembled


def test_the_older_libacars_writes_the_message_number_as_one() -> None:
    raw = json.loads(json.dumps(DOCUMENTED["JAERO"]))
    raw["isu"]["acars"] |= {"msg_no": "S06A", "msg_text": "L45AVS012X/"}
    found = block_of(raw, lambda _: 0.0)
    assert isinstance(found, Block)
    assert (found.msgno, found.text) == ("S06A", "L45AVS012X/")


@pytest.mark.parametrize(
    ("codes", "expected"),
    [({"mode": "2", "tak": "4", "bi": "7"}, ("2", "4", "7", True)), ({"mode": 7, "tak": 33, "bi": 300}, (None,) * 4)],
)
def test_the_single_characters_of_satdump_are_numbers_or_texts(codes: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found = block("SatDump", codes)
    assert (found.mode, found.ack, found.block_id, found.downlink) == expected


def test_the_header_of_a_downlink_is_taken_from_its_text_and_of_an_uplink_is_not() -> None:
    downlink = block("SatDump", {"bi": 52, "message": "M55ALH0123POS"})
    assert (downlink.msgno, downlink.flight, downlink.text) == ("M55A", "LH0123", "POS")
    uplink = block("SatDump", {"message": "M55ALH0123POS"})
    assert (uplink.msgno, uplink.flight, uplink.text) == (None, None, "M55ALH0123POS")
    other = block("SatDump", {"bi": 52, "message": "REQUEST WX EDDF"})
    assert (other.msgno, other.text) == (None, "REQUEST WX EDDF")


def test_a_jaero_unit_that_is_no_acars_has_no_label() -> None:
    assert block("JAERO capitals", {"NONACARS": True}).label is None
    raw = json.loads(json.dumps(DOCUMENTED["JAERO"]))
    del raw["isu"]["acars"]
    found = block_of(raw, lambda _: 0.0)
    assert isinstance(found, Block)
    assert (found.label, found.text, found.hex, found.downlink) == (None, "", "406B90", True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (131.55, 131.55), ("136.975", 136.975), (136975000, 136.975), (136975, 136.975), (8977000, 8.977), (8977.0, 8.977), (1545105000.4, 1545.105),
        (True, None), (0, None), (-5, None), (1e12, None), ("x", None), (None, None), (float("nan"), None), (10**400, None),
    ],
)  # fmt: skip
def test_a_frequency_is_in_megahertz_whatever_its_unit(value: object, expected: float | None) -> None:
    assert fields.megahertz(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # vdlm2dec: the decimal number of the address; the hexadecimal digits were worked out by hand.
        (11117965, "A9A58D"), ("11117965", "A9A58D"), (1, "000001"), ("a9a58d", "A9A58D"), (" 4b1814 ", "4B1814"), ("123456", "123456"),
        (0, None), (0xFFFFFF, None), (0x1000000, None), ("FFFFFF", None), ("000000", None), ("G12345", None), (True, None), (-1, None), ([], None),
    ],
)  # fmt: skip
def test_an_address_is_read_from_digits_and_from_numbers(value: object, expected: str | None) -> None:
    assert fields.icao(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(".N842UA", "N842UA"), ("..D-AIBA ", "D-AIBA"), ("......", None), ("", None), (7, None), ("X" * 11, None)],
)
def test_a_registration_has_no_dots(value: object, expected: str | None) -> None:
    assert fields.tail(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(False, None), ("!", None), ("\x15", None), (21, None), ("W", "W"), ("4", "4"), (52, "4"), ("", None), (True, None)],
)
def test_nothing_acknowledged_is_written_in_several_ways(value: object, expected: str | None) -> None:
    assert fields.acknowledgement(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("_\x7f", "_d"), ("_d", "_d"), ("H1", "H1"), ("H", None), ("H12", None), ("", None), (5, None), ("H\x00", None)],
)
def test_a_label_is_two_characters(value: object, expected: str | None) -> None:
    assert fields.label(value) == expected


def test_a_text_has_its_line_breaks_and_nothing_that_is_never_shown() -> None:
    assert fields.content("A\r\n\tB\x00\x1b[2J\u202eC\ud800\x7f\x9bD") == "A\r\n\tB[2JCD"
    assert fields.word(" A\x00B\n ", 8) == "AB"


def test_what_libacars_made_can_always_be_written_again() -> None:
    deep: dict[str, Any] = {}
    for _ in range(300):
        deep = {"a": deep}
    assert fields.decoded(deep) is None
    odd = fields.decoded({"a\ud800": [10**30, float("inf"), "x\x00\ud800", {"b": True, "c": None, "d": 1.5}], "e": -(2**53)})
    assert odd == {"a": [None, None, "x", {"b": True, "c": None, "d": 1.5}], "e": None}
    assert wirejson.loads(wirejson.dumps(odd)) == odd
