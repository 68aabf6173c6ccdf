"""Line formats (JSON lines, SBS, AVR, UAT) with the variants that known programs write."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyspy.aircraft import Observation
from skyspy.decode import FORMATS, Context
from skyspy.decode.lines import MAX_LINE_BYTES, LineSplitter
from tests.support.captures import OURS
from tests.support.mode_s import all_call, identification, position, squitter, velocity

NOW = 5000.0
PLANE = "4B1A2B"


def hear(name: str, text: str | bytes, context: Context | None = None) -> list[Observation]:
    data = text if isinstance(text, bytes) else text.encode()
    return FORMATS[name].make(context or Context()).feed(data, NOW)


def fields(name: str, text: str | bytes) -> dict[str, Any]:
    (observation,) = hear(name, text)
    return dict(observation.fields)


# -- lines


def test_a_line_of_the_permitted_length_is_kept_and_a_longer_one_dropped() -> None:
    lines = LineSplitter()
    assert lines.feed(b"a" * MAX_LINE_BYTES + b"\n" + b"b" * (MAX_LINE_BYTES + 1) + b"\nc\n") == (
        [b"a" * MAX_LINE_BYTES, b"c"],
        1,
    )


def test_a_line_too_long_is_counted_once_however_it_comes() -> None:
    lines = LineSplitter(max_length=10)
    counts = [lines.feed(part)[1] for part in (b"x" * 11, b"x" * 50, b"x\nok", b"\n")]
    assert sum(counts) == 1


# -- readsb's JSON lines


def test_json_lines_may_end_in_commas_and_come_in_brackets() -> None:
    heard = hear("json", '[\n{"hex":"4b1a2b","gs":1},\r\n\n{"hex":"~4b1a2c","gs":2}\n]\n')
    assert [(o.hex, o.fields["gs"], o.at) for o in heard] == [("4B1A2B", 1.0, NOW), ("~4B1A2C", 2.0, NOW)]


def test_a_json_line_is_dated_by_its_ages_and_its_clock() -> None:
    record = {"hex": "4b1a2b", "now": 1_800_000_000.0, "lat": 47.0, "lon": 8.0, "seen": 0.25, "seen_pos": 0.5}
    (observation,) = hear("json", json.dumps(record) + "\n", Context(wall_minus_steady=1_800_000_004.0 - NOW))
    assert (observation.at, observation.pos_at) == (NOW - 4.25, NOW - 4.5)


def test_json_lines_count_messages_by_the_receivers_counter() -> None:
    lines = "".join(f'{{"hex":"4b1a2b","messages":{n}}}\n' for n in (40, 45, 45, 2))
    assert [o.messages for o in hear("json", lines)] == [40, 5, 1, 2]


def test_broken_json_lines_are_counted() -> None:
    decoder = FORMATS["json"].make(Context())
    assert decoder.feed(b'{"hex":"4b1a2b"\nnull\n[]\n7\n{"hex":1}\n{"hex":"4b1a2b","gs":NaN}\n', NOW)[0].fields == {}
    assert (decoder.counters.messages, decoder.counters.bad) == (1, 5)


# -- SBS


def sbs(kind: str = "3", **columns: str) -> str:
    names = ["callsign", "alt", "gs", "track", "lat", "lon", "rate", "squawk", "alert", "emergency", "spi", "ground"]
    head = ["MSG", kind, "1", "1", PLANE, "1", "2027/01/15", "08:00:00.000", "2027/01/15", "08:00:00.000"]
    return ",".join(head + [columns.get(name, "") for name in names])


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r\n\r\n\n", " \n"])
def test_sbs_lines_may_have_any_line_ending(ending: str) -> None:
    heard = hear("sbs", sbs(alt="36000") + ending + sbs(alt="36025") + ending)
    assert [o.fields["alt_baro"] for o in heard] == [36000, 36025]


@pytest.mark.parametrize(
    ("kind", "source"), [("1", "adsb_icao"), ("2", "adsb_icao"), ("4", "adsb_icao"), ("5", "mode_s"), ("8", "mode_s")]
)
def test_sbs_types_distinguish_squitters_from_replies(kind: str, source: str) -> None:
    (observation,) = hear("sbs", sbs(kind) + "\n")
    assert (observation.hex, observation.source, observation.at) == (PLANE, source, NOW)


@pytest.mark.parametrize(("written", "flag"), [("-1", 1), ("1", 1), ("0", 0)])
def test_sbs_flags_are_minus_one_or_one_and_zero(written: str, flag: int) -> None:
    assert fields("sbs", sbs("6", squawk="1000", alert=written, spi=written) + "\n") == {
        "squawk": "1000",
        "alert": flag,
        "spi": flag,
    }


def test_sbs_position_zero_zero_is_none() -> None:
    for lat, lon in (("0", "0"), ("0.00000", "0.00000"), ("47.4", ""), ("", "8.5"), ("-179.0", "0.0"), ("x", "8.5")):
        assert fields("sbs", sbs(lat=lat, lon=lon, alt="4300") + "\n") == {"alt_baro": 4300}
    assert fields("sbs", sbs(lat="0", lon="8.5") + "\n") == {"lat": 0.0, "lon": 8.5}


def test_sbs_altitude_with_an_h_is_geometric() -> None:
    assert fields("sbs", sbs(alt="4300H") + "\n") == {"alt_geom": 4300}


def test_sbs_on_the_ground_the_altitude_is_the_text_ground() -> None:
    assert fields("sbs", sbs(alt="500", ground="-1") + "\n") == {"alt_baro": "ground"}
    assert fields("sbs", sbs("2", gs="12") + "\n") == {"alt_baro": "ground", "gs": 12.0}
    assert fields("sbs", sbs("2", alt="500", ground="0") + "\n") == {"alt_baro": 500}


def test_sbs_a_ground_flag_above_all_airports_is_not_believed() -> None:
    assert fields("sbs", sbs("5", alt="35000", ground="-1") + "\n") == {"alt_baro": 35000}
    assert fields("sbs", sbs("5", alt="1400", ground="-1") + "\n") == {"alt_baro": "ground"}


def test_a_callsign_keeps_its_inner_blank_in_sbs_and_json() -> None:
    assert fields("sbs", "MSG,1,1,1,4B1A2B,1,,,,,N 12AB  \n")["flight"] == "N 12AB"
    assert fields("sbs", "ID,,1,1,4B1A2B,1,,,,, N 12AB\n")["flight"] == "N 12AB"
    assert fields("json", '{"hex":"4b1a2b","flight":"N 12AB  "}\n')["flight"] == "N 12AB"


def test_sbs_squawks_are_padded_with_zeros() -> None:
    assert fields("sbs", sbs("6", squawk="21") + "\n") == {"squawk": "0021"}
    assert fields("sbs", sbs("6", squawk="9999") + "\n") == {}


def test_sbs_emergency_flag_is_general_unless_the_squawk_says_which() -> None:
    assert fields("sbs", sbs("6", squawk="1000", emergency="-1") + "\n") == {"squawk": "1000", "emergency": "general"}
    assert fields("sbs", sbs("6", squawk="7600", emergency="-1") + "\n") == {"squawk": "7600"}


def test_sbs_of_an_mlat_server_is_known_by_its_receiver_count() -> None:
    (observation,) = hear("sbs", sbs(lat="47.4", lon="8.5", alert="5", emergency="1") + "\n")
    assert observation.source == "mlat"
    assert observation.fields == {"lat": 47.4, "lon": 8.5}


def test_sbs_short_lines_give_the_fields_they_have() -> None:
    assert fields("sbs", f"MSG,7,1,1,{PLANE}\n") == {}
    assert fields("sbs", f"MSG,3,1,1,{PLANE},1,,,,,,36000\n") == {"alt_baro": 36000}


def test_of_basestations_other_records_only_id_gives_a_field() -> None:
    decoder = FORMATS["sbs"].make(Context())
    lines = [f"{kind},,1,1,{PLANE},1,d,t,d,t,SWR12A" for kind in ("SEL", "ID", "AIR", "STA", "CLK")]
    heard = decoder.feed("\r\n".join([*lines, f"AIR,,1,1,{PLANE}", "CLK", "STA,,", f"ID,,1,1,{PLANE},1,,,,,", ""]).encode(), NOW)
    assert [o.fields for o in heard] == [{"flight": "SWR12A"}]
    assert (decoder.counters.skipped, decoder.counters.bad) == (8, 0)


@pytest.mark.parametrize(
    "line", ["MSG", "MSG,3", "MSG,9,1,1,4B1A2B", "MSG,3,1,1,nothex,1", "XYZ,1", "MSG,3,1,1,4B1A2B," + "9" * 500, "*8d;"]
)
def test_invalid_sbs_lines_are_bad(line: str) -> None:
    decoder = FORMATS["sbs"].make(Context())
    assert decoder.feed(line.encode() + b"\n", NOW) == []
    assert decoder.counters.bad == 1


# -- AVR

FRAME = squitter(PLANE, identification("SWR12A"))


@pytest.mark.parametrize(
    "line",
    [
        f"*{FRAME};",
        f"*{FRAME.upper()};",
        f":{FRAME};",
        f"@0000002b8c71{FRAME};",
        f"%0000002b8c71{FRAME};",
        f"<0000002b8c71a0{FRAME};",
        f"*{FRAME};F550AFF5;0A;2A2A;",
        f"*{FRAME};(12,34,567)",
        f"  *{FRAME};  ",
        f"*{FRAME}",
    ],
)
def test_every_way_to_write_a_frame_is_read(line: str) -> None:
    decoder = FORMATS["avr"].make(Context())
    (observation,) = decoder.feed(line.encode() + b"\r\n", NOW)
    assert observation.fields["flight"] == "SWR12A"
    assert ("rssi" in observation.fields) == line.startswith("<")
    assert decoder.counters.bad == decoder.counters.skipped == 0


def test_several_frames_may_share_a_line() -> None:
    assert len(hear("avr", f"*{FRAME};*{all_call(PLANE)};\n")) == 2


def test_avr_signal_strength_is_decibels_below_full_scale() -> None:
    assert fields("avr", f"<00000000000080{FRAME};\n")["rssi"] == -6.0
    assert "rssi" not in fields("avr", f"<00000000000000{FRAME};\n")


def test_avr_timestamp_of_mlat_gives_the_source() -> None:
    (observation,) = hear("avr", f"@FF004D4C4154{squitter(PLANE, velocity(250, 90), 2, 18)};\n")
    assert observation.source == "mlat"


@pytest.mark.parametrize(
    "line", [FRAME, f"*{FRAME[:-2]};", f"*zz{FRAME[2:]};", f"*{FRAME[:8]} {FRAME[9:]};", f"@00{FRAME};", "*;", "{}"]
)
def test_invalid_avr_lines_are_bad(line: str) -> None:
    decoder = FORMATS["avr"].make(Context())
    assert decoder.feed(line.encode() + b"\n", NOW) == []
    assert decoder.counters.bad == 1


def test_mode_ac_and_heartbeats_are_skipped() -> None:
    decoder = FORMATS["avr"].make(Context())
    assert decoder.feed(b"*0000;\n*2345;\n\n", NOW) == []
    assert (decoder.counters.skipped, decoder.counters.bad) == (2, 0)


# -- UAT


def uat(**record: object) -> str:
    return json.dumps({"address_qualifier": "adsb_icao", "address": "a66ef1", **record}) + "\n"


@pytest.mark.parametrize(
    ("qualifier", "source", "hex_"),
    [
        ("adsb_icao", "adsb_icao", "A66EF1"),
        ("adsb_other", "adsb_other", "~A66EF1"),
        ("tisb_icao", "tisb_icao", "A66EF1"),
        ("tisb_trackfile", "tisb_trackfile", "~A66EF1"),
        ("adsr_other", "adsr_other", "~A66EF1"),
        ("vehicle", "adsb_other", "~A66EF1"),
        ("fixed_beacon", "adsb_other", "~A66EF1"),
        ("reserved", "unknown", "~A66EF1"),
        (None, "unknown", "~A66EF1"),
        ({}, "unknown", "~A66EF1"),
    ],
)
def test_uat_address_qualifiers_tell_source_and_kind_of_address(qualifier: object, source: str, hex_: str) -> None:
    (observation,) = hear("uat", uat(address_qualifier=qualifier))
    assert (observation.source, observation.hex) == (source, hex_)


def test_a_uat_flight_plan_id_is_the_squawk() -> None:
    assert fields("uat", uat(flightplan_id="0322", callsign="N5130E")) == {"squawk": "0322", "flight": "N5130E"}


def test_uat_vertical_speed_keeps_its_source() -> None:
    assert fields("uat", uat(vv_src="geometric", vertical_velocity_geometric=-128)) == {"geom_rate": -128}
    assert fields("uat", uat(vv_src="barometric", vertical_velocity_barometric=64)) == {"baro_rate": 64}


def test_uat_on_the_ground_the_altitude_is_the_text_ground() -> None:
    assert fields("uat", uat(airground_state="ground", pressure_altitude=50, ground_speed=7)) == {"alt_baro": "ground", "gs": 7.0}


@pytest.mark.parametrize(
    ("word", "ours"), [("none", "none"), ("medical", "lifeguard"), ("invalid", "minfuel"), ("nordo", "nordo"), ("?", None)]
)
def test_uat_emergencies_are_given_as_readsbs_values(word: str, ours: str | None) -> None:
    assert fields("uat", uat(emergency=word)).get("emergency") == ours


def test_uat_quality_and_autopilot_are_read() -> None:
    heard = fields(
        "uat",
        uat(
            position={"lat": 37.4, "lon": -122.1}, nic=9, mops_version=2, sil=3, sil_supplement="per_hour", selected_heading=-120.9,
            selected_altitude_mcp=10016, barometric_pressure_setting=1013.6, operational_modes={"ident_active": True},
            mode_indicators={"autopilot": True, "altitude_hold": True, "vnav": False, "lnav": 1}, emitter_category="A1",
        ),
    )  # fmt: skip
    assert heard == {
        "lat": 37.4, "lon": -122.1, "nic": 9, "rc": 75, "version": 2, "sil": 3, "sil_type": "perhour", "nav_heading": 239.1,
        "nav_altitude_mcp": 10016, "nav_qnh": 1013.6, "spi": 1, "nav_modes": ("autopilot", "althold"), "category": "A1",
    }  # fmt: skip


def test_uat_quality_without_a_position_is_left_out() -> None:
    assert fields("uat", uat(nic=9)) == {}
    assert fields("uat", uat(nic=9, position={"lat": 91, "lon": 0})) == {}
    assert fields("uat", uat(nic={}, position=[1, 2], metadata="x", mode_indicators=7, operational_modes=None)) == {}


def test_uat_time_and_signal_are_read_from_the_metadata() -> None:
    record = uat(metadata={"rssi": -13.2, "received_at": 1_800_000_000.0})
    (observation,) = hear("uat", record, Context(wall_minus_steady=1_800_000_003.0 - NOW))
    assert (observation.at, observation.fields) == (NOW - 3.0, {"rssi": -13.2})
    assert fields("uat", uat(metadata={"rssi": 0.0})) == {}


def test_uat_uplinks_and_metadata_are_skipped() -> None:
    decoder = FORMATS["uat"].make(Context())
    assert decoder.feed(b"+3514c952;rs=1;\n!fecfix=1;\n\n", NOW) == []
    assert (decoder.counters.skipped, decoder.counters.bad) == (2, 0)


def test_a_raw_short_uat_downlink_is_read() -> None:
    (observation,) = hear("uat", "-00a66ef135445d525a0c0519119021204800;rs=1;rssi=-9.5;t=1800000000.5;\n")
    assert (observation.hex, observation.source) == ("A66EF1", "adsb_icao")
    assert observation.fields == {
        "lat": 37.45338, "lon": -122.096429, "nic": 9, "rc": 75, "alt_baro": 1000, "gs": 118.4, "track": 146.71, "geom_rate": -192,
        "rssi": -9.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    "line", ["-", "-zz;", "-00a66ef1;", "-" + "00" * 35 + ";", "{", "[]", "null", '{"address":"a66ef1"', '{"address":7}', "x"]
)
def test_invalid_uat_lines_are_bad(line: str) -> None:
    decoder = FORMATS["uat"].make(Context())
    assert decoder.feed(line.encode() + b"\n", NOW) == []
    assert decoder.counters.bad == 1


def test_our_own_uat_capture_alternates_callsign_and_squawk() -> None:
    heard = [o.fields for o in hear("uat", (OURS / "dump978.jsonl").read_bytes()) if o.hex == "A66EF1"]
    assert [f.get("flight") for f in heard] == ["N5130E", None]
    assert [f.get("squawk") for f in heard] == [None, "0322"]


def test_a_position_needs_two_frames_on_avr_too() -> None:
    lines = "".join(f"*{squitter(PLANE, position(47.6, 8.7, odd))};\n" for odd in (False, True))
    assert ["lat" in o.fields for o in hear("avr", lines)] == [False, True]
