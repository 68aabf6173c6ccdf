"""Resolution advisories: what is decoded has readsb's names and words."""

from __future__ import annotations

import pytest

from skyspy.aircraft import clean
from skyspy.decode import Context
from skyspy.decode.acas import resolution_advisory
from tests.support.mode_s import advisory, all_call, altitude_code, reply, squitter
from tests.support.mode_s_receiver import PLANE, Receiver


@pytest.mark.parametrize(
    ("ara", "words"),
    [
        ("1100001", "Climb"),
        ("1110001", "Descend"),
        ("1101001", "Increase Climb"),
        ("1111001", "Increase Descend"),
        ("1100101", "Climb; Climb NOW"),
        ("1110101", "Descend; Descend NOW"),
        ("1110011", "Descend; Crossing Descend"),
        ("1100000", "Level Off"),
        ("1000001", "Maintain vertical Speed"),
        ("1000011", "Maintain vertical Speed; Crossing Maintain"),
        ("1000000", "Monitor vertical Speed"),
    ],
)
def test_an_advisory_has_readsbs_words(ara: str, words: str) -> None:
    found = resolution_advisory(advisory(ara, "aa77f9"))
    assert found is not None
    assert (found["advisory"], found["ARA"], found["threat_id_hex"]) == (words, ara, "aa77f9")


def test_an_advisory_of_another_program_is_read_as_that_program_reads_it() -> None:
    """BDS 6,1 of a recorded flight, as readsb wrote it."""
    assert resolution_advisory(0xE2C00006A9DFE4) == {
        "bytes": "E2C00006A9DFE4",
        "ARA": "1100000",
        "RAT": "0",
        "MTE": "0",
        "RAC": "0000",
        "advisory_complement": "",
        "advisory": "Level Off",
        "TTI": "01",
        "threat_id_hex": "aa77f9",
    }


def test_an_advisory_that_has_ended_and_one_of_several_threats_say_so() -> None:
    ended = resolution_advisory(advisory("1100001", "4b5678", ended=True, rac=0b1000))
    assert ended is not None
    assert (ended["advisory"], ended["RAT"], ended["advisory_complement"]) == ("Clear of Conflict", "1", "Do not pass below")
    several = resolution_advisory(advisory("0110001", multiple=True))
    assert several is not None
    assert several["advisory"] == "Correct upwards; Climb required; Increase / Maintain vertical rate"
    assert "threat_id_hex" not in several


@pytest.mark.parametrize(
    "bits",
    [
        advisory("0000000"),
        advisory("0100001"),
        advisory("0000000", rac=8),
        advisory("1100001", "000000"),
        advisory("1100001") | 3 << 26,
        advisory("1100001") | 1 << 40,
        advisory("1100001") | 5,
    ],
)
def test_no_advisory_is_made_of_bits_that_contradict_themselves(bits: int) -> None:
    assert resolution_advisory(bits) is None


def test_all_three_messages_carry_it_with_frame_and_time() -> None:
    receiver = Receiver(Context(wall_minus_steady=1.8e9))
    receiver.hear(all_call(PLANE))
    bits = advisory("1100001", "4b5678")
    frames = {
        17: squitter(PLANE, advisory("1100001", "4b5678", head=0xE2)),
        20: reply(20, PLANE, altitude_code(10000), 0, bits),
        21: reply(21, PLANE, 0o1200, 0, bits),
        16: reply(16, PLANE, altitude_code(10000), 0, bits),
    }
    for df, frame in frames.items():
        heard = receiver.hear(frame)
        assert heard is not None
        found = heard.fields["acas_ra"]
        assert isinstance(found, dict)
        assert (found["df_type"], found["full_bytes"], found["advisory"]) == (df, frame.upper(), "Climb")
        assert found["unix_timestamp"] == pytest.approx(1.8e9 + receiver.now, abs=0.01)
        assert str(found["utc"]).startswith("2027-01-15 08:")
        assert clean("acas_ra", found) == found


def test_a_long_air_to_air_reply_without_an_advisory_has_none() -> None:
    receiver = Receiver()
    receiver.hear(all_call(PLANE))
    heard = receiver.hear(reply(16, PLANE, altitude_code(10000), 0, 0x58 << 48 | 0xC0000000000))
    assert heard is not None
    assert "acas_ra" not in heard.fields
