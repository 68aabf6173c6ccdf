"""Mode S: which addresses are accepted, which source a frame has, and known errors of rs1090."""

from __future__ import annotations

import random

import pytest
import rs1090

from skyspy.aircraft import clean_fields
from skyspy.decode import Context
from skyspy.decode.modes import ADDRESS_VALID_S, MAX_STATES, MLAT, STATE_TTL_S, UAT, ModeS, decode_frames, syndrome
from tests.support.mode_s import (
    all_call,
    altitude_code,
    position,
    reply,
    squawk_code,
    squitter,
    velocity,
)
from tests.support.mode_s_receiver import PLANE, ZURICH, Receiver

# which addresses are accepted


@pytest.mark.parametrize("df", [17, 18])
def test_an_extended_squitter_with_a_wrong_checksum_is_bad(df: int) -> None:
    # rs1090 0.7 checks the parity of DF17 only.
    receiver = Receiver()
    frame = squitter(PLANE, velocity(250, 90), 0, df)
    assert receiver.hear(f"{frame[:-1]}{int(frame[-1], 16) ^ 1:x}") is None
    assert receiver.modes.counters.bad == 1


def test_a_reply_is_accepted_only_while_its_address_is_verified() -> None:
    receiver = Receiver()
    answer = reply(5, PLANE, squawk_code("7000"))
    assert receiver.hear(answer) is None
    assert receiver.modes.counters.skipped == 1
    receiver.hear(all_call(PLANE))
    heard = receiver.hear(answer)
    assert heard is not None
    assert (heard.source, heard.fields["squawk"]) == ("mode_s", "7000")
    receiver.now += ADDRESS_VALID_S
    assert receiver.hear(answer) is None


def test_a_reply_does_not_verify_its_own_address() -> None:
    receiver = Receiver()
    receiver.hear(all_call(PLANE))
    for _ in range(4):
        receiver.now += ADDRESS_VALID_S / 3
        last = receiver.hear(reply(4, PLANE, altitude_code(10000)))
    assert last is None


def test_a_reply_with_an_interrogator_code_is_accepted_for_known_aircraft_only() -> None:
    receiver = Receiver()
    assert receiver.hear(all_call(PLANE, interrogator=17)) is None
    assert receiver.modes.counters.bad == 1
    receiver.hear(squitter(PLANE, velocity(250, 90)))
    assert receiver.hear(all_call(PLANE, interrogator=17)) is not None
    assert receiver.hear(all_call(PLANE, interrogator=300)) is None


def test_the_address_zero_is_rejected() -> None:
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


# sources


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
def test_a_relayed_message_names_its_source(control: int, marked: bool, source: str, icao: bool) -> None:
    me = position(47.6, 8.7, False, nic_b=int(marked))
    heard = Receiver().hear(squitter(PLANE, me, control, 18))
    assert heard is not None
    assert (heard.source, heard.hex) == (source, PLANE if icao else f"~{PLANE}")


@pytest.mark.parametrize("control", [3, 4, 7])
def test_coarse_tisb_and_tisb_management_are_skipped(control: int) -> None:
    receiver = Receiver()
    assert receiver.hear(squitter(PLANE, position(47.6, 8.7, False), control, 18)) is None
    assert receiver.modes.counters.skipped == 1


def test_halves_of_different_sources_make_no_position() -> None:
    receiver = Receiver()
    receiver.hear(squitter(PLANE, position(47.6, 8.7, False)))
    heard = receiver.hear(squitter(PLANE, position(47.6, 8.7, True), 6, 18))
    assert heard is not None
    assert "lat" not in heard.fields


def test_frames_of_multilateration_have_their_source_and_verify_no_address() -> None:
    receiver = Receiver()
    heard = receiver.hear(squitter(PLANE, velocity(250, 90), 2, 18), MLAT)
    assert heard is not None
    assert (heard.source, heard.hex) == ("mlat", PLANE)
    assert receiver.hear(reply(5, PLANE, squawk_code("7000"))) is None


def test_frames_translated_from_uat_are_adsr() -> None:
    receiver = Receiver()
    heard = receiver.hear(squitter(PLANE, velocity(250, 90)), UAT)
    assert heard is not None
    assert heard.source == "adsr_icao"
    heard = receiver.hear(squitter(PLANE, velocity(250, 90), 2, 18), UAT)
    assert heard is not None
    assert heard.source == "tisb_icao"


# batches and robustness


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


def test_states_of_too_many_addresses_are_dropped() -> None:
    modes = ModeS(Context())
    frames = [(all_call(f"{n:06x}"), None) for n in range(1, MAX_STATES + 2000)]
    for start in range(0, len(frames), 1000):
        modes.frames(frames[start : start + 1000], 1000.0)
    modes.frames([], 1000.0)
    assert len(modes._states) <= MAX_STATES
    modes.frames([], 1000.0 + STATE_TTL_S + 1)
    assert not modes._states


def test_a_panic_in_the_decoder_costs_its_own_frame_only() -> None:
    class PanicException(BaseException):  # has the name of the exception that PyO3 raises for a panic in Rust
        pass

    poison = "8d" + "0" * 26

    def decode(frames: str | list[str]) -> object:
        if poison in frames:
            raise PanicException
        return rs1090.decode(frames)

    good = squitter(PLANE, velocity(250, 90))
    for count in (3, 80):
        answers = decode_frames([good] * count + [poison], decode)
        assert [answer is None for answer in answers] == [False] * count + [True]


def test_other_exceptions_of_the_decoder_are_raised() -> None:
    def decode(_: object) -> object:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode_frames([all_call(PLANE)], decode)
