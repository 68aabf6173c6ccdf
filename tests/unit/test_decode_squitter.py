"""Fields of extended squitters, register by register."""

from __future__ import annotations

import pytest

from skyspy.decode.quality import nic_rc
from tests.support.mode_s import (
    altitude_only,
    identification,
    movement_code,
    operational_status,
    position,
    speed_and_track,
    squawk_code,
    surface,
    target_state,
    target_state_v1,
    velocity,
)
from tests.support.mode_s_receiver import ZURICH, Receiver


def test_a_position_has_altitude_quality_and_status() -> None:
    receiver = Receiver()
    first = receiver.fields(position(47.6, 8.7, False, 12000))
    assert first == {"alt_baro": 12000, "alert": 0, "spi": 0}
    assert receiver.fields(position(47.6, 8.7, True, 12025, status=2)) == {
        "lat": pytest.approx(47.6, abs=1e-4),
        "lon": pytest.approx(8.7, abs=1e-4),
        "nic": 8,
        "rc": 186,
        "alt_baro": 12025,
        "alert": 1,
        "spi": 0,
    }


def test_a_satellite_height_is_geometric() -> None:
    fields = Receiver().fields(position(47.6, 8.7, False, 12000, code=20))
    assert fields["alt_geom"] == 12000
    assert "alt_baro" not in fields


def test_on_the_ground_the_altitude_is_the_text_ground() -> None:
    receiver = Receiver()
    receiver.fields(surface(*ZURICH, False))
    fields = receiver.fields(surface(*ZURICH, True, movement=24, track=64))
    assert fields["alt_baro"] == "ground"
    assert (fields["gs"], fields["track"]) == (7.5, 180.0)
    assert fields["lat"] == pytest.approx(ZURICH[0], abs=1e-4)


def test_speed_climb_and_both_altitudes_come_with_a_velocity() -> None:
    receiver = Receiver()
    receiver.fields(position(47.6, 8.7, False, 12000))
    gs, track = speed_and_track(431.5, 300.25)
    assert receiver.fields(velocity(431.5, 300.25, -640, difference=-325)) == {
        "gs": pytest.approx(gs, abs=0.1),
        "track": pytest.approx(track, abs=0.01),
        "baro_rate": -640,
        "nac_v": 2,
        "alt_geom": 11675,
    }


def test_a_height_difference_needs_a_fresh_altitude() -> None:
    receiver = Receiver()
    receiver.fields(position(47.6, 8.7, False, 12000))
    receiver.now += 10
    assert "alt_geom" not in receiver.fields(velocity(431, 300, difference=325))


def test_the_source_of_the_climb_rate_is_read_from_its_bit() -> None:
    # rs1090 0.7 reads bit 36 set as GNSS; in the standard, and in this frame, it means barometric.
    receiver = Receiver()
    assert receiver.fields(velocity(250, 90, 640))["baro_rate"] == 640
    assert receiver.fields(velocity(250, 90, 640, geometric=True))["geom_rate"] == 640
    heard = receiver.hear("8d485020994409940838175b284f")
    assert heard is not None
    assert heard.fields["geom_rate"] == -832
    assert heard.fields["gs"] == 159.2


def test_supersonic_speeds_count_in_fours() -> None:
    fields = Receiver().fields(velocity(1200, 90, subtype=2))
    assert fields["gs"] == pytest.approx(1200, abs=4)


def test_an_unknown_component_gives_no_speed() -> None:
    me = velocity(250, 90) & ~(0x3FF << 32)
    fields = Receiver().fields(me)
    assert "gs" not in fields
    assert "track" not in fields


def test_airspeed_and_heading_come_where_there_is_no_ground_speed() -> None:
    heard = Receiver().hear("8da05f219b06b6af189400cbc33f")
    assert heard is not None
    assert heard.fields["tas"] == 375
    assert heard.fields["mag_heading"] == pytest.approx(243.98, abs=0.01)
    assert "gs" not in heard.fields


def test_a_heading_is_true_once_an_operational_status_says_so() -> None:
    receiver = Receiver()
    receiver.fields(operational_status(magnetic=0), address="A05F21")
    heard = receiver.hear("8da05f219b06b6af189400cbc33f")
    assert heard is not None
    assert "true_heading" in heard.fields


def test_an_identification_gives_callsign_and_category() -> None:
    receiver = Receiver()
    assert receiver.fields(identification("SWR12A", code=4, category=5)) == {"flight": "SWR12A", "category": "A5"}
    assert receiver.fields(identification("GLIDER", code=3, category=1)) == {"flight": "GLIDER", "category": "B1"}


def test_a_callsign_with_characters_that_do_not_exist_is_none() -> None:
    fields = Receiver().fields(identification("SW#12A"))
    assert "flight" not in fields
    assert fields["category"] == "A3"


def test_an_operational_status_gives_version_and_quality() -> None:
    assert Receiver().fields(operational_status()) == {
        "version": 2,
        "nac_p": 9,
        "sil": 3,
        "nic_baro": 1,
        "sda": 2,
        "sil_type": "persample",
        "gva": 2,
    }
    assert Receiver().fields(operational_status(version=0)) == {"version": 0}
    assert Receiver().fields(operational_status(version=1))["sil_type"] == "unknown"


def test_the_nic_supplement_bits_refine_a_positions_quality() -> None:
    receiver = Receiver()
    receiver.fields(operational_status(nic_a=1))
    receiver.fields(position(47.6, 8.7, False, nic_b=1))
    fields = receiver.fields(position(47.6, 8.7, True, nic_b=1))
    assert (fields["nic"], fields["rc"]) == (9, 75)


@pytest.mark.parametrize(
    ("code", "version", "a", "b", "c", "expected"),
    [
        (9, 2, 0, 0, 0, (11, 8)),
        (11, -1, 1, 1, 0, (8, 186)),
        (11, 1, 1, 0, 0, (9, 75)),
        (13, 2, 0, 1, 0, (6, 556)),
        (13, 2, 1, 1, 0, (6, 1112)),
        (13, 0, 0, 0, 0, (6, 926)),
        (16, 0, 0, 0, 0, (1, 18520)),
        (16, 2, 1, 1, 0, (3, 7408)),
        (8, 2, 1, 0, 1, (7, 371)),
        (8, 0, 0, 0, 0, (0, None)),
        (18, 2, 0, 0, 0, (0, None)),
        (19, 2, 0, 0, 0, (0, None)),
    ],
)
def test_quality_follows_the_standards_tables(
    code: int, version: int, a: int, b: int, c: int, expected: tuple[int, int | None]
) -> None:
    assert nic_rc(code, version, a, b, c) == expected


def test_a_taxiing_aircraft_that_sends_its_heading_gives_no_track() -> None:
    receiver = Receiver()
    receiver.fields(operational_status(on_ground=1, heading=1, magnetic=0))
    fields = receiver.fields(surface(*ZURICH, False, track=64))
    assert fields["true_heading"] == 180.0
    assert "track" not in fields


@pytest.mark.parametrize(
    ("state", "word"),
    list(enumerate(("none", "general", "lifeguard", "minfuel", "nordo", "unlawful", "downed", "reserved"))),
)
def test_an_emergency_state_is_given_as_readsbs_value(state: int, word: str) -> None:
    me = 28 << 51 | 1 << 48 | state << 45 | squawk_code("7600") << 32
    assert Receiver().fields(me) == {"emergency": word, "squawk": "7600"}


def test_autopilot_settings_are_decoded() -> None:
    base = 29 << 51 | 1 << 49 | (36000 // 32 + 1) << 36 | 267 << 27 | 1 << 26 | 128 << 17 | 10 << 13 | 1 << 12 | 3 << 10
    assert Receiver().fields(base | 1 << 9 | 0b101001100) == {
        "nav_altitude_mcp": 36000,
        "nav_qnh": 1012.8,
        "nav_heading": 90.0,
        "nac_p": 10,
        "nic_baro": 1,
        "sil": 3,
        "sil_type": "perhour",
        "nav_modes": ("autopilot", "althold", "lnav", "tcas"),
    }
    assert "nav_modes" not in Receiver().fields(base)


def test_a_target_state_of_version_1_is_decoded() -> None:
    assert Receiver().fields(target_state_v1(36000, heading=271)) == {
        "nav_altitude_mcp": 36000,
        "nav_heading": 271.0,
        "nac_p": 9,
        "nic_baro": 1,
        "sil": 2,
        "sil_type": "unknown",
        "emergency": "none",
    }
    assert Receiver().fields(target_state_v1(36000, source=3))["nav_altitude_fms"] == 36000
    assert Receiver().fields(target_state_v1(emergency=2))["emergency"] == "lifeguard"
    assert "nav_heading" not in Receiver().fields(target_state_v1(heading=90, track=True))
    assert "nav_altitude_mcp" not in Receiver().fields(target_state_v1())


@pytest.mark.parametrize("subtype", [2, 3])
def test_reserved_subtypes_of_target_state_are_not_decoded(subtype: int) -> None:
    assert Receiver().fields(target_state(36000) & ~(3 << 49) | subtype << 49) == {}


@pytest.mark.parametrize("df", [17, 18])
@pytest.mark.parametrize("code", [*range(9, 19), 20, 21, 22])
@pytest.mark.parametrize("feet", [50025, 51000, 126700])
def test_a_position_above_50000_ft_is_whole(df: int, code: int, feet: int) -> None:
    receiver, control = Receiver(), 0 if df == 18 else 5
    receiver.fields(position(47.6, 8.7, False, feet, code), ca=control, df=df)
    fields = receiver.fields(position(47.6, 8.7, True, feet, code), ca=control, df=df)
    assert fields["alt_geom" if code >= 20 else "alt_baro"] == feet
    assert fields["lat"] == pytest.approx(47.6, abs=1e-4)


@pytest.mark.parametrize("df", [17, 18])
def test_an_altitude_without_a_position_is_shown(df: int) -> None:
    assert Receiver().fields(altitude_only(35000), ca=0 if df == 18 else 5, df=df) == {"alt_baro": 35000, "alert": 0, "spi": 0}
    assert Receiver().fields(0, ca=0 if df == 18 else 5, df=df) == {}


@pytest.mark.parametrize("bit", [*range(9, 17), *range(33, 41), 56])
def test_reserved_bits_of_an_operational_status_change_nothing(bit: int) -> None:
    me = operational_status()
    assert Receiver().fields(me | 1 << (56 - bit)) == Receiver().fields(me)


@pytest.mark.parametrize("feet", [0, 32, 7008, 35008, 65472])
def test_a_selected_altitude_is_shown_in_the_step_in_which_it_was_sent(feet: int) -> None:
    assert Receiver().fields(target_state(feet))["nav_altitude_mcp"] == feet
    assert Receiver().fields(target_state(fms=feet))["nav_altitude_fms"] == feet


@pytest.mark.parametrize(("speed", "version"), [(s, v) for s in (0.0, 3.5, 10.0, 16.0, 40.0, 72.0, 110.0, 175.0) for v in (0, 2)])
def test_whole_knots_on_the_ground_come_out_as_they_were_sent(speed: float, version: int) -> None:
    receiver = Receiver()
    receiver.fields(operational_status(version=version, on_ground=1))
    assert receiver.fields(surface(*ZURICH, False, movement_code(speed, version)))["gs"] == speed
