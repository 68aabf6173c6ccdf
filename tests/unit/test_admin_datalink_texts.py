"""How the panel says what a datalink message is."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.admin.datalink.texts import (
    MAX_JSON,
    MAX_SHOWN,
    POSITION_SOURCES,
    decode_of,
    direction_of,
    indented,
    names_of,
    pick_of,
    place_of,
    row_of,
    times_of,
    title_of,
)
from skyspy.datalink.message import DatalinkPosition, Message


def message(**more: Any) -> Message:
    return Message(**{"id": "one", "time": 0.0, "link": "acars"} | more)


@pytest.mark.parametrize(
    ("more", "names", "pick"),
    [
        ({}, (), None),
        ({"tail": "HB-JCA", "flight": "LX123"}, ("LX123", "HB-JCA"), {"tail": "HB-JCA"}),
        ({"flight": "LX123"}, ("LX123",), {"flight": "LX123"}),
        (
            {"callsign": "SWR123", "flight": "LX123", "tail": "HB-JCA", "hex": "4B1805", "matched": "4B1806"},
            ("SWR123", "LX123", "HB-JCA", "4B1806"),
            {"hex": "4B1806"},
        ),
        ({"callsign": "SWR123", "flight": "SWR123", "hex": "4B1805"}, ("SWR123", "4B1805"), {"hex": "4B1805"}),
    ],
)
def test_an_aircraft_is_named_by_what_is_known_of_it(
    more: dict[str, Any], names: tuple[str, ...], pick: dict[str, str] | None
) -> None:
    assert names_of(message(**more)) == names
    assert pick_of(message(**more)) == pick


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ({"label": "H1", "label_name": "Message to or from a terminal"}, "Message to or from a terminal"),
        ({"label": "ZZ"}, "Label ZZ"),
        ({"link": "vdl2"}, "VDL Mode 2 message"),
    ],
)
def test_a_message_has_a_title(more: dict[str, Any], title: str) -> None:
    assert title_of(message(**more)) == title


@pytest.mark.parametrize(
    ("more", "direction"),
    [
        ({}, ""),
        ({"downlink": True}, "from aircraft"),
        ({"downlink": False, "tail": "HB-JCA"}, "to aircraft"),
        ({"downlink": False}, "from the ground"),
    ],
)
def test_who_sent_it_is_said_where_it_is_known(more: dict[str, Any], direction: str) -> None:
    assert direction_of(message(**more)) == direction


def test_a_long_text_is_cut_in_a_list_and_not_decoded_there() -> None:
    row = row_of(message(label="H1", text="A" * MAX_SHOWN + "B"))
    assert (row.text, row.cut, row.decode) == ("A" * MAX_SHOWN, True, None)
    row = row_of(message(label="H1", sublabel="DF", text="A" * MAX_SHOWN))
    assert not row.cut and row.decode == {"label": "H1", "sublabel": "DF", "text": "A" * MAX_SHOWN}


@pytest.mark.parametrize("more", [{"text": "A"}, {"label": "H1"}])
def test_without_a_label_or_a_text_nothing_is_decoded(more: dict[str, Any]) -> None:
    assert decode_of(message(**more)) is None


@pytest.mark.parametrize(
    ("position", "place"),
    [
        (DatalinkPosition(35.294609, -106.710548, 35992, "adsc"), "35.2946°, -106.7105° at 35,992 ft (ADS-C report)"),
        (DatalinkPosition(47.5, 8.5, "ground", "xid"), "47.5000°, 8.5000° on the ground (from the link’s own frames)"),
        (DatalinkPosition(0.0, 0.0), "0.0000°, 0.0000° (read from the text)"),
        (DatalinkPosition(0.0, 0.0, source="new"), "0.0000°, 0.0000° (new)"),
    ],
)
def test_a_position_is_told_with_its_height_and_source(position: DatalinkPosition, place: str) -> None:
    assert place_of(position) == place


def test_every_source_of_a_position_has_a_text() -> None:
    assert set(POSITION_SOURCES) == {"xid", "adsc", "hfdl", "decoder", "text"}


def test_times_are_told_in_the_order_of_a_flight() -> None:
    told = times_of(message(eta="1545", out="0703", off="0715", on="1530", in_="1538"))
    assert [time for _, time in told] == ["07:03", "07:15", "15:30", "15:38", "15:45"]
    assert times_of(message()) == []


def test_what_the_decoder_made_is_shown_as_json_of_bounded_length() -> None:
    assert indented({"adsc": {"err": False}}) == '{\n  "adsc": {\n    "err": false\n  }\n}'
    assert len(indented({"a": "x" * 2 * MAX_JSON})) <= MAX_JSON + 2
