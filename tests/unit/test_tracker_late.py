"""A receiver that is late without knowing it: what it says in messages without a position is as late as its positions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from skyspy.decode import FORMATS, Context, Decoder
from skyspy.geo import destination
from skyspy.tracker import Tracker
from tests.support import mode_s
from tests.support.tracker import HEX, T0, shown

HOME = (47.0, 8.0)
CLIMB_FT, GAIN_KT = 40, 2
"""Each second."""


def sbs(at: float) -> list[bytes]:
    """The lines about the moment `at`: a position, an altitude and a speed."""
    lat, lon = destination(HOME, 90.0, 400.0 * (at - T0) / 3600)
    feet, gs = altitude(at), speed(at)
    texts = (
        f"MSG,3,,,{HEX},,,,,,,{feet},,,{lat:.5f},{lon:.5f},,,,,,0",
        f"MSG,5,,,{HEX},,,,,,,{feet},,,,,,,0,,0,0",
        f"MSG,4,,,{HEX},,,,,,,,{gs},90,,,2400,,,,,",
    )
    return [f"{text}\r\n".encode() for text in texts]


def beast(at: float) -> list[bytes]:
    """Frames about the moment `at`: half a position, an altitude and a speed."""
    lat, lon = destination(HOME, 90.0, 400.0 * (at - T0) / 3600)
    feet, gs = altitude(at), speed(at)
    frames = (
        mode_s.squitter(HEX, mode_s.position(lat, lon, odd=at % 2 == 1, feet=feet)),
        mode_s.reply(4, HEX, mode_s.altitude_code(feet)),
        mode_s.squitter(HEX, mode_s.velocity(gs, 90.0, 2432)),
    )
    return [mode_s.beast(frame) for frame in frames]


def altitude(at: float) -> int:
    return 10_000 + round((at - T0) * CLIMB_FT / 25) * 25


def speed(at: float) -> int:
    return 400 + round((at - T0) * GAIN_KT)


WAYS = {"sbs": sbs, "beast": beast}


def told(tracker: Tracker, way: str, decoder: Decoder, at: float, of: float) -> Iterator[dict[str, object]]:
    """What is shown after each of the messages about the moment `of` that arrive at `at`."""
    for number, data in enumerate(WAYS[way](of)):
        now = at + number / 100
        for observation in decoder.feed(data, now):
            tracker.apply(observation, now)  # type: ignore[arg-type]
        yield shown(tracker, now)


@pytest.mark.parametrize("way", WAYS)
def test_altitude_and_speed_of_a_late_receiver_do_not_mix_in(tracker: Tracker, way: str) -> None:
    fresh, late = (FORMATS[way].make(Context(HOME)) for _ in range(2))
    for second in range(60):
        now = T0 + second
        list(told(tracker, way, fresh, now, now))
        if second < 3:
            continue  # it appears while the other one is heard
        for aircraft in told(tracker, way, late, now + 0.5, now - 10):
            if second > 4:  # its first position tells that it is late
                assert (aircraft["alt_baro"], aircraft["gs"]) == (altitude(now), speed(now)), second


@pytest.mark.parametrize("way", WAYS)
def test_a_late_receiver_alone_is_believed_again(tracker: Tracker, way: str) -> None:
    fresh, late = (FORMATS[way].make(Context(HOME)) for _ in range(2))
    for second in range(60):
        now = T0 + second
        if second < 20:
            list(told(tracker, way, fresh, now, now))
        *_, aircraft = told(tracker, way, late, now + 0.5, now - 10)
    assert (aircraft["alt_baro"], aircraft["gs"]) == (altitude(now - 10), speed(now - 10))
