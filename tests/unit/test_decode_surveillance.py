"""Fields of replies to interrogations."""

from __future__ import annotations

import pytest

from tests.support.mode_s import (
    all_call,
    altitude_code,
    reply,
    squawk_code,
    with_parity,
)
from tests.support.mode_s_receiver import PLANE, Receiver


def known() -> Receiver:
    receiver = Receiver()
    receiver.hear(all_call(PLANE, ca=6))
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
def test_flight_status_gives_ground_alert_and_ident(status: int, expected: dict[str, object]) -> None:
    heard = known().hear(reply(4, PLANE, altitude_code(10000), status))
    assert heard is not None
    assert heard.fields == expected


@pytest.mark.parametrize(("frame_status", "altitude"), [(0, 10000), (4, "ground")])
def test_an_air_to_air_reply_gives_altitude_or_ground(frame_status: int, altitude: object) -> None:
    heard = known().hear(reply(0, PLANE, altitude_code(10000), frame_status))
    assert heard is not None
    assert heard.fields == {"alt_baro": altitude}


def test_an_altitude_in_metres_is_left_out() -> None:
    heard = known().hear(reply(4, PLANE, 0x0040 | 0x0800))
    assert heard is not None
    assert "alt_baro" not in heard.fields


def test_an_altitude_far_from_the_last_one_needs_a_second_reply() -> None:
    receiver = known()
    heard = [receiver.hear(reply(4, PLANE, altitude_code(feet))) for feet in (34000, 112700, 34000, 12000, 12025)]
    assert [observation.fields.get("alt_baro") for observation in heard if observation] == [34000, None, 34000, None, 12025]


@pytest.mark.parametrize("squawk", ["0000", "1200", "7500", "7777", "0421"])
def test_a_squawk_is_read_as_four_digits(squawk: str) -> None:
    heard = known().hear(reply(5, PLANE, squawk_code(squawk)))
    assert heard is not None
    assert heard.fields["squawk"] == squawk


def test_an_all_call_from_the_ground_gives_ground() -> None:
    heard = Receiver().hear(all_call(PLANE, ca=4))
    assert heard is not None
    assert heard.fields == {"alt_baro": "ground"}


def comm_b(df: int, payload: str) -> str:
    return with_parity(f"{df << 27 | altitude_code(10000):08x}{payload}", int(PLANE, 16))


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("8db00030800104", {"nav_altitude_mcp": 7008, "nav_qnh": 1011.2}),
        ("febe5b10ffa446", {"roll": -1.93, "track": 322.91, "gs": 134, "track_rate": -0.38, "tas": 140}),
        ("f299330f20840f", {"mag_heading": 322.21, "ias": 153, "mach": 0.24, "baro_rate": 512, "geom_rate": 480}),
        # This one fits BDS 5,0 as well; airspeed and Mach number belong to each other at this altitude.
        ("fdb9eb1aa33c66", {"mag_heading": 353.5, "ias": 245, "mach": 0.424, "baro_rate": 3296, "geom_rate": 3264}),
        ("8053a7003fe800", {"roll": 0.35, "track": 82.09, "gs": 0, "track_rate": -0.09}),
        ("200464b7d8c520", {"flight": "AFR76LT"}),
    ],
)
def test_a_register_is_decoded_if_no_other_fits(payload: str, expected: dict[str, object]) -> None:
    heard = known().hear(comm_b(20, payload))
    assert heard is not None
    assert heard.fields == {"alert": 0, "spi": 0, "alt_baro": 10000, **expected}


@pytest.mark.parametrize("payload", ["80000100400402", "ffe00100400404", "fe810300000000", "58000000000000", "20fffffffffffc"])
def test_an_ambiguous_register_is_not_decoded(payload: str) -> None:
    heard = known().hear(comm_b(20, payload))
    assert heard is not None
    assert set(heard.fields) <= {"alert", "spi", "alt_baro"}
