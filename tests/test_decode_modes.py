"""Mode S: what is read out of frames, which addresses are believed, and what rs1090 is known to get wrong."""

from __future__ import annotations

import random

import pytest
import rs1090

from skyspy.aircraft import Observation, clean_fields
from skyspy.decode import Context
from skyspy.decode.modes import FORGET_S, KNOWN_S, MAX_CRAFTS, MLAT, UAT, ModeS, ask, syndrome
from skyspy.decode.quality import nic_rc
from tests.mode_s import (
    all_call,
    altitude_code,
    identification,
    position,
    reply,
    speed_and_track,
    squawk_code,
    squitter,
    surface,
    velocity,
    with_parity,
)

PLANE = "4B1A2B"
ZURICH = (47.458, 8.548)


class Receiver:
    """Feeds frames one by one, half a second apart."""

    def __init__(self, context: Context | None = None) -> None:
        self.modes = ModeS(context or Context(ZURICH))
        self.now = 1000.0

    def hear(self, frame: str, origin: str = "") -> Observation | None:
        self.now += 0.5
        heard = self.modes.frames([(frame, None)], self.now, {0: origin} if origin else {})
        return heard[0] if heard else None

    def says(self, me: int, address: str = PLANE, ca: int = 5, df: int = 17) -> dict[str, object]:
        heard = self.hear(squitter(address, me, ca, df))
        assert heard is not None
        return dict(heard.fields)


# -- which addresses are believed


@pytest.mark.parametrize("df", [17, 18])
def test_an_extended_squitter_with_a_wrong_checksum_is_bad(df: int) -> None:
    # rs1090 0.7 looks at the parity of DF17 only.
    receiver = Receiver()
    frame = squitter(PLANE, velocity(250, 90), 0, df)
    assert receiver.hear(f"{frame[:-1]}{int(frame[-1], 16) ^ 1:x}") is None
    assert receiver.modes.counters.bad == 1


def test_a_reply_is_believed_only_while_its_address_is_vouched_for() -> None:
    receiver = Receiver()
    answer = reply(5, PLANE, squawk_code("7000"))
    assert receiver.hear(answer) is None
    assert receiver.modes.counters.skipped == 1
    receiver.hear(all_call(PLANE))
    heard = receiver.hear(answer)
    assert heard is not None
    assert (heard.source, heard.fields["squawk"]) == ("mode_s", "7000")
    receiver.now += KNOWN_S
    assert receiver.hear(answer) is None


def test_a_reply_does_not_vouch_for_its_own_address() -> None:
    receiver = Receiver()
    receiver.hear(all_call(PLANE))
    for _ in range(4):
        receiver.now += KNOWN_S / 3
        last = receiver.hear(reply(4, PLANE, altitude_code(10000)))
    assert last is None


def test_an_answer_to_an_interrogator_is_believed_of_known_aircraft_only() -> None:
    receiver = Receiver()
    assert receiver.hear(all_call(PLANE, interrogator=17)) is None
    assert receiver.modes.counters.bad == 1
    receiver.hear(squitter(PLANE, velocity(250, 90)))
    assert receiver.hear(all_call(PLANE, interrogator=17)) is not None
    assert receiver.hear(all_call(PLANE, interrogator=300)) is None


def test_nobody_has_the_address_zero() -> None:
    receiver = Receiver()
    assert receiver.hear(all_call("000000")) is None
    assert receiver.hear(squitter("000000", velocity(250, 90))) is None
    assert receiver.modes.counters.bad == 2


def test_a_frame_whose_length_does_not_fit_its_format_is_bad() -> None:
    receiver = Receiver()
    for frame in (all_call(PLANE) + "00" * 7, squitter(PLANE, velocity(250, 90))[:14]):
        assert receiver.hear(frame) is None
    assert receiver.modes.counters.bad == 2


def test_the_checksum_is_the_one_rs1090_checks() -> None:
    chance = random.Random(3)
    for _ in range(200):
        frame = squitter(f"{chance.randrange(1, 1 << 24):06x}", 11 << 51 | chance.getrandbits(36))
        assert rs1090.decode(frame) is not None
        assert syndrome(frame) == 0
    assert syndrome("8d3981015807e4989051d734c3e4") == 0


# -- what ADS-B says


def test_a_position_has_altitude_quality_and_status() -> None:
    receiver = Receiver()
    first = receiver.says(position(47.6, 8.7, False, 12000))
    assert first == {"alt_baro": 12000, "alert": 0, "spi": 0}
    assert receiver.says(position(47.6, 8.7, True, 12025, status=2)) == {
        "lat": pytest.approx(47.6, abs=1e-4),
        "lon": pytest.approx(8.7, abs=1e-4),
        "nic": 8,
        "rc": 186,
        "alt_baro": 12025,
        "alert": 1,
        "spi": 0,
    }


def test_a_satellite_height_is_geometric() -> None:
    fields = Receiver().says(position(47.6, 8.7, False, 12000, code=20))
    assert fields["alt_geom"] == 12000
    assert "alt_baro" not in fields


def test_on_the_ground_the_altitude_is_the_word() -> None:
    receiver = Receiver()
    receiver.says(surface(*ZURICH, False))
    fields = receiver.says(surface(*ZURICH, True, movement=24, track=64))
    assert fields["alt_baro"] == "ground"
    assert (fields["gs"], fields["track"]) == (7.5, 180.0)
    assert fields["lat"] == pytest.approx(ZURICH[0], abs=1e-4)


def test_speed_climb_and_both_altitudes_come_with_a_velocity() -> None:
    receiver = Receiver()
    receiver.says(position(47.6, 8.7, False, 12000))
    gs, track = speed_and_track(431.5, 300.25)
    assert receiver.says(velocity(431.5, 300.25, -640, difference=-325)) == {
        "gs": pytest.approx(gs, abs=0.1),
        "track": pytest.approx(track, abs=0.01),
        "baro_rate": -640,
        "nac_v": 2,
        "alt_geom": 11675,
    }


def test_a_height_difference_needs_a_fresh_altitude() -> None:
    receiver = Receiver()
    receiver.says(position(47.6, 8.7, False, 12000))
    receiver.now += 10
    assert "alt_geom" not in receiver.says(velocity(431, 300, difference=325))


def test_the_source_of_the_climb_rate_is_read_from_its_bit() -> None:
    # rs1090 0.7 calls a set bit 36 GNSS; the standard, and this frame's other half, call it barometric.
    receiver = Receiver()
    assert receiver.says(velocity(250, 90, 640))["baro_rate"] == 640
    assert receiver.says(velocity(250, 90, 640, geometric=True))["geom_rate"] == 640
    heard = receiver.hear("8d485020994409940838175b284f")
    assert heard is not None
    assert heard.fields["geom_rate"] == -832
    assert heard.fields["gs"] == 159.2


def test_supersonic_speeds_count_in_fours() -> None:
    fields = Receiver().says(velocity(1200, 90, subtype=2))
    assert fields["gs"] == pytest.approx(1200, abs=4)


def test_an_unknown_component_gives_no_speed() -> None:
    me = velocity(250, 90) & ~(0x3FF << 32)
    fields = Receiver().says(me)
    assert "gs" not in fields
    assert "track" not in fields


def test_airspeed_and_heading_come_where_there_is_no_ground_speed() -> None:
    heard = Receiver().hear("8da05f219b06b6af189400cbc33f")
    assert heard is not None
    assert heard.fields["tas"] == 375
    assert heard.fields["mag_heading"] == pytest.approx(243.98, abs=0.01)
    assert "gs" not in heard.fields


def test_a_heading_is_true_once_the_aircraft_says_so() -> None:
    receiver = Receiver()
    receiver.says(operational_status(magnetic=0), address="A05F21")
    heard = receiver.hear("8da05f219b06b6af189400cbc33f")
    assert heard is not None
    assert "true_heading" in heard.fields


def test_an_identification_gives_callsign_and_category() -> None:
    receiver = Receiver()
    assert receiver.says(identification("SWR12A", code=4, category=5)) == {"flight": "SWR12A", "category": "A5"}
    assert receiver.says(identification("GLIDER", code=3, category=1)) == {"flight": "GLIDER", "category": "B1"}


def test_a_callsign_with_characters_that_do_not_exist_is_none() -> None:
    fields = Receiver().says(identification("SW#12A"))
    assert "flight" not in fields
    assert fields["category"] == "A3"


def operational_status(
    *, version: int = 2, nic_a: int = 0, magnetic: int = 1, on_ground: int = 0, heading: int = 0, nic_c: int = 0
) -> int:
    quality = version << 13 | nic_a << 12 | 9 << 8 | 2 << 6 | 3 << 4 | (heading if on_ground else 1) << 3 | magnetic << 2 | 1 << 1
    return 31 << 51 | on_ground << 48 | nic_c << 36 | 2 << 24 | quality


def test_an_operational_status_tells_version_and_quality() -> None:
    assert Receiver().says(operational_status()) == {
        "version": 2,
        "nac_p": 9,
        "sil": 3,
        "nic_baro": 1,
        "sda": 2,
        "sil_type": "persample",
        "gva": 2,
    }
    assert Receiver().says(operational_status(version=0)) == {"version": 0}
    assert Receiver().says(operational_status(version=1))["sil_type"] == "unknown"


def test_the_supplement_bits_sharpen_a_positions_quality() -> None:
    receiver = Receiver()
    receiver.says(operational_status(nic_a=1))
    receiver.says(position(47.6, 8.7, False, nic_b=1))
    fields = receiver.says(position(47.6, 8.7, True, nic_b=1))
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
    receiver.says(operational_status(on_ground=1, heading=1, magnetic=0))
    fields = receiver.says(surface(*ZURICH, False, track=64))
    assert fields["true_heading"] == 180.0
    assert "track" not in fields


@pytest.mark.parametrize(
    ("state", "word"),
    list(enumerate(("none", "general", "lifeguard", "minfuel", "nordo", "unlawful", "downed", "reserved"))),
)
def test_an_emergency_is_told_in_readsbs_words(state: int, word: str) -> None:
    me = 28 << 51 | 1 << 48 | state << 45 | squawk_code("7600") << 32
    assert Receiver().says(me) == {"emergency": word, "squawk": "7600"}


def test_what_the_autopilot_is_set_to_is_read() -> None:
    base = 29 << 51 | 1 << 49 | (36000 // 32 + 1) << 36 | 267 << 27 | 1 << 26 | 128 << 17 | 10 << 13 | 1 << 12 | 3 << 10
    assert Receiver().says(base | 1 << 9 | 0b101001100) == {
        "nav_altitude_mcp": 36000,
        "nav_qnh": 1012.8,
        "nav_heading": 90.0,
        "nac_p": 10,
        "nic_baro": 1,
        "sil": 3,
        "sil_type": "perhour",
        "nav_modes": ("autopilot", "althold", "lnav", "tcas"),
    }
    assert "nav_modes" not in Receiver().says(base)


def test_the_old_form_of_target_state_is_left_alone() -> None:
    assert Receiver().says(29 << 51 | 36000 // 32 << 36 | 267 << 27) == {}


# -- who relayed it


@pytest.mark.parametrize(
    ("control", "marked", "source", "icao"),
    [
        (0, False, "adsb_icao_nt", True),
        (1, False, "adsb_other", False),
        (2, False, "tisb_icao", True),
        (2, True, "tisb_trackfile", False),
        (5, False, "tisb_other", False),
        (6, False, "adsr_icao", True),
        (6, True, "adsr_other", False),
    ],
)
def test_a_relayed_message_says_by_whom(control: int, marked: bool, source: str, icao: bool) -> None:
    me = position(47.6, 8.7, False, nic_b=int(marked))
    heard = Receiver().hear(squitter(PLANE, me, control, 18))
    assert heard is not None
    assert (heard.source, heard.hex) == (source, PLANE if icao else f"~{PLANE}")


@pytest.mark.parametrize("control", [3, 4, 7])
def test_coarse_and_managing_tisb_is_skipped(control: int) -> None:
    receiver = Receiver()
    assert receiver.hear(squitter(PLANE, position(47.6, 8.7, False), control, 18)) is None
    assert receiver.modes.counters.skipped == 1


def test_halves_of_different_sources_make_no_position() -> None:
    receiver = Receiver()
    receiver.hear(squitter(PLANE, position(47.6, 8.7, False)))
    heard = receiver.hear(squitter(PLANE, position(47.6, 8.7, True), 6, 18))
    assert heard is not None
    assert "lat" not in heard.fields


def test_frames_of_multilateration_say_so_and_vouch_for_nothing() -> None:
    receiver = Receiver()
    heard = receiver.hear(squitter(PLANE, velocity(250, 90), 2, 18), MLAT)
    assert heard is not None
    assert (heard.source, heard.hex) == ("mlat", PLANE)
    assert receiver.hear(reply(5, PLANE, squawk_code("7000"))) is None


def test_frames_made_of_uat_ones_are_rebroadcast_traffic() -> None:
    receiver = Receiver()
    heard = receiver.hear(squitter(PLANE, velocity(250, 90)), UAT)
    assert heard is not None
    assert heard.source == "adsr_icao"
    heard = receiver.hear(squitter(PLANE, velocity(250, 90), 2, 18), UAT)
    assert heard is not None
    assert heard.source == "tisb_icao"


# -- what radars are told


def known() -> Receiver:
    receiver = Receiver()
    receiver.hear(squitter(PLANE, velocity(250, 90)))
    return receiver


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, {"alert": 0, "spi": 0, "alt_baro": 10000}),
        (1, {"alert": 0, "spi": 0, "alt_baro": "ground"}),
        (2, {"alert": 1, "spi": 0, "alt_baro": 10000}),
        (3, {"alert": 1, "spi": 0, "alt_baro": "ground"}),
        (4, {"alert": 1, "spi": 1, "alt_baro": 10000}),
        (5, {"alert": 0, "spi": 1, "alt_baro": 10000}),
        (7, {"alt_baro": 10000}),
    ],
)
def test_flight_status_tells_ground_alert_and_ident(status: int, expected: dict[str, object]) -> None:
    heard = known().hear(reply(4, PLANE, altitude_code(10000), status))
    assert heard is not None
    assert heard.fields == expected


@pytest.mark.parametrize(("frame_status", "altitude"), [(0, 10000), (4, "ground")])
def test_an_air_to_air_reply_tells_altitude_or_ground(frame_status: int, altitude: object) -> None:
    heard = known().hear(reply(0, PLANE, altitude_code(10000), frame_status))
    assert heard is not None
    assert heard.fields == {"alt_baro": altitude}


def test_an_altitude_in_metres_is_left_out() -> None:
    heard = known().hear(reply(4, PLANE, 0x0040 | 0x0800))
    assert heard is not None
    assert "alt_baro" not in heard.fields


@pytest.mark.parametrize("squawk", ["0000", "1200", "7500", "7777", "0421"])
def test_a_squawk_is_read_as_four_digits(squawk: str) -> None:
    heard = known().hear(reply(5, PLANE, squawk_code(squawk)))
    assert heard is not None
    assert heard.fields["squawk"] == squawk


def test_an_all_call_from_the_ground_says_so() -> None:
    heard = Receiver().hear(all_call(PLANE, ca=4))
    assert heard is not None
    assert heard.fields == {"alt_baro": "ground"}


def comm_b(df: int, payload: str) -> str:
    return with_parity(f"{df << 27 | altitude_code(10000):08x}{payload}", int(PLANE, 16))


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("8db00030800104", {"nav_altitude_mcp": 7000, "nav_qnh": 1011.2}),
        ("febe5b10ffa446", {"roll": -1.93, "track": 322.91, "gs": 134, "track_rate": -0.38, "tas": 140}),
        ("f299330f20840f", {"mag_heading": 322.21, "ias": 153, "mach": 0.24, "baro_rate": 512, "geom_rate": 480}),
        ("200464b7d8c520", {"flight": "AFR76LT"}),
    ],
)
def test_a_register_that_alone_fits_is_read(payload: str, expected: dict[str, object]) -> None:
    heard = known().hear(comm_b(20, payload))
    assert heard is not None
    assert heard.fields == {"alert": 0, "spi": 0, "alt_baro": 10000, **expected}


@pytest.mark.parametrize("payload", ["fdb9eb1aa33c66", "8053a7003fe800", "58000000000000", "20fffffffffffc"])
def test_a_register_that_could_be_two_is_not_believed(payload: str) -> None:
    heard = known().hear(comm_b(20, payload))
    assert heard is not None
    assert set(heard.fields) <= {"alert", "spi", "alt_baro"}


# -- all together


def test_a_batch_gives_what_its_frames_give_one_by_one() -> None:
    frames = [
        squitter(f"4B{n % 5:02X}2B", (position(47.6, 8.7, n % 2 == 1, 12000), velocity(250, n, 64 * (n % 7)))[n % 2])
        for n in range(150)
    ]
    one, many = ModeS(Context()), ModeS(Context())
    single = [observation for frame in frames for observation in one.frames([(frame, -20.0)], 1000.0)]
    assert many.frames([(frame, -20.0) for frame in frames], 1000.0) == single
    assert len(single) == 150


def test_any_frame_gives_clean_fields_or_nothing() -> None:
    chance = random.Random(11)
    modes = ModeS(Context(ZURICH))
    for now in range(40):
        frames = []
        for _ in range(150):
            me = chance.randrange(32) << 51 | chance.getrandbits(51)
            frames.append(
                squitter(f"{chance.randrange(0x4B0000, 0x4B0010):06x}", me, chance.randrange(8), chance.choice((17, 18)))
            )
            code, address = chance.getrandbits(13), f"{chance.randrange(0x4B0000, 0x4B0010):06x}"
            df = chance.choice((0, 4, 5, 16, 20, 21))
            more = chance.getrandbits(56) if df > 15 else None
            frames.append(reply(df, address, code, chance.randrange(8), more))
        for observation in modes.frames([(frame, None) for frame in frames], float(now)):
            assert clean_fields(observation.fields) == observation.fields
    assert modes.counters.messages > 5000


def test_a_sky_of_invented_addresses_is_forgotten_again() -> None:
    modes = ModeS(Context())
    frames = [(all_call(f"{n:06x}"), None) for n in range(1, MAX_CRAFTS + 2000)]
    for start in range(0, len(frames), 1000):
        modes.frames(frames[start : start + 1000], 1000.0)
    modes.frames([], 1000.0)
    assert len(modes._crafts) <= MAX_CRAFTS
    modes.frames([], 1000.0 + FORGET_S + 1)
    assert not modes._crafts


def test_a_panic_in_the_decoder_costs_its_own_frame_only() -> None:
    class PanicException(BaseException):  # what a panic in Rust looks like from here
        pass

    poison = "8d" + "0" * 26

    def decode(frames: str | list[str]) -> object:
        if poison in frames:
            raise PanicException
        return rs1090.decode(frames)

    good = squitter(PLANE, velocity(250, 90))
    for count in (3, 80):
        answers = ask([good] * count + [poison], decode)
        assert [answer is None for answer in answers] == [False] * count + [True]


def test_whatever_else_stops_the_decoder_is_not_held_up() -> None:
    def decode(_: object) -> object:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask([all_call(PLANE)], decode)
