"""Claims about the form in which clients see datalink messages."""

from __future__ import annotations

import csv
import io
from dataclasses import fields

from skyspy import wirejson
from skyspy.api.acars_models import DatalinkMessage
from skyspy.datalink.message import DatalinkPosition, Message, Station
from skyspy.services.acars_files import CSV_COLUMNS, as_csv
from skyspy.services.acars_filters import Link
from skyspy.sky.shown_messages import SNAPSHOT_BYTES, SNAPSHOT_MESSAGES, shown, snapshot

WHOLE = Message(
    id="m-1",
    time=1_764_203_575.25,
    link="vdl2",
    label="H1",
    label_name="Flight management",
    sublabel="DF",
    mode="2",
    hex="4B1805",
    tail="HB-JCA",
    flight="LX0123",
    matched="4B1806",
    callsign="SWR123",
    ground="EGLL7",
    downlink=True,
    msgno="M55A",
    blocks=("3", "4"),
    complete=False,
    text="=1+1",
    on_ground=False,
    origin="EGLL",
    destination="KJFK",
    out="0910",
    off="0920",
    on="1700",
    in_="1710",
    eta="1655",
    position=DatalinkPosition(51.5, -0.25, 35000.0, "adsc"),
    libacars={"arinc622": {"crc_ok": True}},
    app="dumpvdl2",
    errors=2,
    stations=(Station("ROOF", "vdl2-192.0.2.7-5555", 136.975, -12.5, 1_764_203_575.25), Station(None, None, None, None, 0.0)),
    demo=True,
    receiver_time=4.0,
)
SENT = {
    "id": "m-1",
    "timestamp": "2025-11-27T00:32:55.250Z",
    "link": "vdl2",
    "link_name": "VDL Mode 2",
    "label": "H1",
    "label_name": "Flight management",
    "sublabel": "DF",
    "hex": "4B1806",
    "tail": "HB-JCA",
    "flight": "LX0123",
    "callsign": "SWR123",
    "matched": True,
    "ground": "EGLL7",
    "downlink": True,
    "mode": "2",
    "msgno": "M55A",
    "blocks": ["3", "4"],
    "complete": False,
    "text": "=1+1",
    "origin": "EGLL",
    "destination": "KJFK",
    "out": "0910",
    "off": "0920",
    "on": "1700",
    "in": "1710",
    "eta": "1655",
    "lat": 51.5,
    "lon": -0.25,
    "altitude": 35000.0,
    "position_source": "adsc",
    "on_ground": False,
    "libacars": {"arinc622": {"crc_ok": True}},
    "app": "dumpvdl2",
    "errors": 2,
    "station_count": 2,
    "stations": [
        {"station": "ROOF", "receiver": "vdl2", "freq": 136.975, "level": -12.5, "timestamp": "2025-11-27T00:32:55.250Z"},
        {"timestamp": "1970-01-01T00:00:00.000Z"},
    ],
    "freq": 136.975,
    "demo": True,
}


def test_every_value_of_a_message_is_sent_under_its_name() -> None:
    assert shown(WHOLE, exact=True) == SENT


def test_who_may_not_know_where_the_receiver_stands_gets_no_names_of_stations() -> None:
    public = shown(WHOLE, exact=False)
    assert public == {name: value for name, value in SENT.items() if name != "stations"}


def test_what_is_not_known_is_left_out_and_no_and_zero_are_sent() -> None:
    bare = Message("m-2", 0.0, "hfdl", downlink=False, on_ground=False, errors=0)
    assert shown(bare, exact=True) == {
        "id": "m-2",
        "timestamp": "1970-01-01T00:00:00.000Z",
        "link": "hfdl",
        "link_name": "HFDL",
        "matched": False,
        "downlink": False,
        "complete": True,
        "on_ground": False,
        "errors": 0,
        "station_count": 0,
        "stations": [],
    }


def test_a_receiver_has_the_name_that_its_reader_may_know() -> None:
    named = shown(WHOLE, exact=True, receiver_name={"vdl2-192.0.2.7-5555": "Roof"}.__getitem__)
    assert named["stations"][0]["receiver"] == "Roof"


def test_a_snapshot_holds_so_many_messages_and_so_many_bytes() -> None:
    assert len(snapshot([WHOLE] * 60, exact=True)) == SNAPSHOT_MESSAGES == 50
    large = Message("m-3", 0.0, "acars", text='"' * 20_000)
    held = snapshot([large] * 60, exact=True)
    assert len(held) == 6
    assert len(wirejson.dump_bytes(held)) <= SNAPSHOT_BYTES < 256 * 1024


def test_the_columns_of_the_file_and_the_fields_of_the_model_are_those_that_are_sent() -> None:
    assert set(CSV_COLUMNS) == set(SENT)
    renamed = {"in_": "in"}
    assert {renamed.get(name, name) for name in DatalinkMessage.__struct_fields__} == set(SENT)
    assert {field.name for field in fields(Message)} - set(SENT) == {"time", "in_", "position", "receiver_time"}


def test_the_filter_names_every_data_link() -> None:
    assert set(Link.__args__) == {"acars", "vdl2", "hfdl", "imsl", "irdm"}  # type: ignore[attr-defined]


def test_a_text_from_the_air_is_no_formula_in_the_file() -> None:
    text = "".join(as_csv([[shown(WHOLE, exact=True)], [shown(WHOLE, exact=False)]]))
    first, second = csv.DictReader(io.StringIO(text))
    assert (first["text"], first["blocks"], first["stations"], first["demo"]) == ("'=1+1", "3, 4", "ROOF, ", "true")
    assert (first["libacars"], first["lat"], first["in"]) == ('{"arinc622":{"crc_ok":true}}', "51.5", "1710")
    assert second["stations"] == ""
