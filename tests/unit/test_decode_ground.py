"""On the ground or not: what a message says of itself, and when a damaged bit is not believed."""

from __future__ import annotations

import pytest

from tests.support.mode_s import (
    all_call,
    altitude_code,
    altitude_only,
    identification,
    operational_status,
    position,
    reply,
    squawk_code,
    squitter,
    surface,
    target_state,
    velocity,
)
from tests.support.mode_s_receiver import PLANE, ZURICH, Receiver

GROUND_BITS = [
    reply(0, PLANE, altitude_code(35000), 4),
    reply(16, PLANE, altitude_code(35000), 4, 0),
    reply(4, PLANE, altitude_code(35000), 1),
    reply(4, PLANE, altitude_code(35000), 3),
    reply(20, PLANE, altitude_code(35000), 1, 0),
    reply(5, PLANE, squawk_code("1000"), 1),
    reply(21, PLANE, squawk_code("1000"), 3, 0),
    all_call(PLANE, ca=4),
]


@pytest.mark.parametrize(
    "me",
    [
        identification("SWR12A"),
        position(47.6, 8.7, False, 1375),
        altitude_only(1375),
        velocity(0, 90),
        operational_status(),
        target_state(5000),
        28 << 51 | 1 << 48,
        23 << 51,
    ],
)
def test_a_squitter_that_says_so_is_on_the_ground_whatever_its_format(me: int) -> None:
    assert Receiver().fields(me, ca=4)["alt_baro"] == "ground"


@pytest.mark.parametrize("ca", [0, 5, 6, 7])
def test_a_squitter_that_does_not_say_so_is_not(ca: int) -> None:
    assert Receiver().fields(position(47.6, 8.7, False, 1375), ca=ca)["alt_baro"] == 1375
    assert "alt_baro" not in Receiver().fields(identification("SWR12A"), ca=ca)


def test_a_relayed_squitters_control_field_is_no_ground_bit() -> None:
    assert "alt_baro" not in Receiver().fields(identification("SWR12A"), ca=2, df=18)


def test_no_squitter_is_on_the_ground_above_all_airports() -> None:
    assert Receiver().fields(position(47.6, 8.7, False, 35000), ca=4)["alt_baro"] == 35000


@pytest.mark.parametrize("frame", GROUND_BITS)
def test_ground_bits_at_35000_ft_are_not_believed(frame: str) -> None:
    receiver = Receiver()
    receiver.hear(all_call(PLANE, ca=6))
    receiver.hear(reply(4, PLANE, altitude_code(35000)))
    for _ in range(3):
        heard = receiver.hear(frame)
        assert heard is not None
        assert heard.fields.get("alt_baro") in (None, 35000)


@pytest.mark.parametrize(
    "frame", [reply(0, PLANE, altitude_code(3000), 4), reply(5, PLANE, squawk_code("1000"), 1), all_call(PLANE, ca=4)]
)
def test_one_ground_bit_of_an_aircraft_that_flew_a_moment_ago_is_not_believed_and_two_are(frame: str) -> None:
    receiver = Receiver()
    receiver.hear(squitter(PLANE, position(47.6, 8.7, False, 3000)))
    first, second = receiver.hear(frame), receiver.hear(frame)
    assert first is not None
    assert first.fields.get("alt_baro") in (None, 3000)
    assert second is not None
    assert second.fields["alt_baro"] == "ground"
    receiver.hear(squitter(PLANE, position(47.6, 8.7, True, 3000)))
    third = receiver.hear(frame)
    assert third is not None
    assert third.fields.get("alt_baro") in (None, 3000)


def test_a_surface_position_is_on_the_ground_whatever_its_capability_says() -> None:
    for ca in (4, 5):
        assert Receiver().fields(surface(*ZURICH, False), ca=ca)["alt_baro"] == "ground"
