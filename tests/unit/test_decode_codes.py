"""Altitude and identity codes, beside rs1090's: every disagreement is named."""

from __future__ import annotations

import pytest
import rs1090

from skyspy.decode.codes import ALTITUDES, ALTITUDES_12, SQUAWKS, text_of
from tests.support.mode_s import altitude_code, gillham_code, identification, reply, squawk_code, twelve_bits

METRES = 0x40


def test_every_altitude_code_is_read_as_it_was_sent() -> None:
    for feet in range(-1000, 50176, 25):
        assert ALTITUDES[altitude_code(feet)] == feet
        assert ALTITUDES_12[twelve_bits(altitude_code(feet))] == feet
    for feet in range(-1200, 126701, 100):
        assert ALTITUDES[gillham_code(feet)] == feet
        assert ALTITUDES_12[twelve_bits(gillham_code(feet))] == feet


@pytest.mark.parametrize(
    ("code", "feet"),
    # Annex 10, Volume IV, appendix to chapter 3: the pulses of Mode C replies.
    [
        (0b0000100000000, -1200),
        (0b0010000000000, -1000),
        (0b1010000000000, -900),
        (0b1000000000000, -800),
        (0b0010000000010, -500),
        (0b0010000001010, 0),
    ],
)
def test_the_standards_altitudes_below_sea_level(code: int, feet: int) -> None:
    assert ALTITUDES[code] == feet


def test_rs1090_disagrees_only_where_it_knows_no_altitude_below_zero_and_reads_metres() -> None:
    for code in range(1 << 13):
        message = rs1090.decode(reply(4, "4B1234", code))
        if message["altitude"] != ALTITUDES[code]:
            ours = ALTITUDES[code]
            assert (code & METRES and ours is None) or (message["altitude"] is None and ours is not None and ours < 0)


def test_every_squawk_is_read_as_it_was_sent_and_as_rs1090_reads_it() -> None:
    for number in range(4096):
        squawk = f"{number:04o}"
        assert SQUAWKS[squawk_code(squawk)] == squawk
        assert rs1090.decode(reply(5, "4B1234", squawk_code(squawk)))["squawk"] == squawk


@pytest.mark.parametrize("text", ["N 12AB", "SWR12A", "A B C", "7", "12345678"])
def test_a_callsign_keeps_the_blanks_inside(text: str) -> None:
    assert text_of(identification(text), 8) == text


def test_a_callsign_with_a_character_that_does_not_exist_is_none() -> None:
    assert text_of(identification("SW#12A"), 8) is None
