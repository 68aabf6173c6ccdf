"""Beast: framing, and the effect of damage."""

from __future__ import annotations

import pytest

from skyspy.decode import Context
from skyspy.decode.beast import Beast
from tests.support.mode_s import all_call, beast, position, squitter, velocity

PLANE = "4B1A2B"
FRAME = squitter(PLANE, velocity(250, 90))


def split(data: bytes) -> tuple[list[str], int, int]:
    """The frames, and the numbers of bad and skipped items."""
    decoder = Beast(Context())
    frames, _ = decoder.split_frames(data)
    return [frame for frame, _ in frames], decoder.counters.bad, decoder.counters.skipped


def test_frames_of_both_lengths_are_cut_out() -> None:
    assert split(beast(FRAME) + beast(all_call(PLANE)) + beast(FRAME)) == ([FRAME, all_call(PLANE), FRAME], 0, 0)


def test_a_doubled_escape_is_one_byte_wherever_it_stands() -> None:
    frame = "1a" * 14
    assert split(beast(frame, b"\x1a" * 6, 0x1A) + beast(FRAME)) == ([frame, FRAME], 0, 0)


@pytest.mark.parametrize(("signal", "rssi"), [(0, None), (1, -48.1), (128, -6.0), (255, 0.0)])
def test_the_signal_byte_is_decibels_below_full_scale(signal: int, rssi: float | None) -> None:
    frames, _ = Beast(Context()).split_frames(beast(FRAME, signal=signal))
    assert frames == [(FRAME, rssi)]


@pytest.mark.parametrize(
    "record",
    [
        b"\x1a1" + bytes(9),
        b"\x1a4" + bytes(14),
        b"\x1a5" + bytes(21),
        b"\x1a\xe3" + b"\x1a\x1areceiv\x07",
        b"\x1a\xe4" + b"0123456789abcdef" * 2,
        b"\x1a\xe8" + bytes(8),
        b"\x1aP\x00\x00\x01",
        b"\x1aW\x1a\x1a",
        b"\x1aO",
        b"\x1aH" + bytes(40),
    ],
    ids=lambda record: hex(record[1]),
)
def test_records_of_other_types_are_skipped(record: bytes) -> None:
    assert split(beast(FRAME) + record + beast(FRAME) + record) == ([FRAME, FRAME], 0, 2)


def test_garbage_between_frames_damages_no_frame() -> None:
    assert split(b"garbage" + beast(FRAME) + b"more\x1a\x1agarbage" + beast(FRAME)) == ([FRAME, FRAME], 2, 0)


@pytest.mark.parametrize("kept", range(2, 22))
def test_a_truncated_frame_does_not_damage_the_next_one(kept: int) -> None:
    # A cut between the two bytes of a doubled 0x1a would differ; this frame has none.
    whole = squitter("4B2C2D", velocity(250, 90))
    assert split(beast(whole)[:kept] + beast(all_call(PLANE))) == ([all_call(PLANE)], 1, 0)


def test_a_partial_frame_is_completed_by_later_bytes() -> None:
    decoder, data = Beast(Context()), beast(FRAME)
    assert decoder.feed(data[:10], 1.0) == []
    (observation,) = decoder.feed(data[10:], 2.0)
    assert observation.at == 2.0
    assert decoder.counters.bad == 0


@pytest.mark.parametrize(
    ("stamp", "source"), [(b"\xff\x00MLAT", "mlat"), (b"\xff\x00MLAU", "adsr_icao"), (b"\xff\x00MLAV", "adsb_icao")]
)
def test_reserved_timestamps_give_the_source(stamp: bytes, source: str) -> None:
    (observation,) = Beast(Context()).feed(beast(FRAME, stamp), 1.0)
    assert observation.source == source


def test_a_position_comes_with_its_second_half() -> None:
    decoder = Beast(Context())
    heard = [decoder.feed(beast(squitter(PLANE, position(47.6, 8.7, odd))), 1.0 + odd) for odd in (False, True)]
    assert ["lat" in observation.fields for (observation,) in heard] == [False, True]
