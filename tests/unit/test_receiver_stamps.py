"""Timestamps of Mode S receivers: which kind a capture has, and the time that passes by them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import pytest

from skyspy.decode.gps_stamps import GpsDelay, gps_seconds
from skyspy.receivers.stamps import BEAST_HZ, BeastClock, has_gps_stamps


def gps(seconds: float) -> int:
    """The time of day as a receiver with GPS writes it."""
    whole, rest = divmod(round(seconds % 86400 * 1e9), 1_000_000_000)
    return int(whole) % 86400 << 30 | int(rest)


def counter(seconds: float) -> int:
    return int(seconds * BEAST_HZ) % 2**48


def heard(rate: float, seconds: float, start: float, seed: int = 1) -> Iterator[float]:
    """Moments at which frames come, at random."""
    chance, at = random.Random(seed), start
    while at < start + seconds:
        yield at
        at += chance.expovariate(rate)


def elapsed(clock: BeastClock, stamps: Iterable[int]) -> float:
    return sum(clock.step(stamp) for stamp in stamps)


@pytest.mark.parametrize("rate", [2.0, 20.0, 400.0, 3000.0])
@pytest.mark.parametrize("start", [0.0, 36_000.0, 86_390.0])
def test_gps_time_is_recognised_at_any_rate_and_time_of_day(rate: float, start: float) -> None:
    stamps = [gps(at) for at in islice(heard(rate, 20.0, start), 5000)]
    assert has_gps_stamps(stamps)


@pytest.mark.parametrize("rate", [0.6, 2.0, 20.0, 400.0])
@pytest.mark.parametrize("start", [0.0, 80.0, 5000.0, 3e6])
@pytest.mark.parametrize("seed", range(5))
def test_a_counter_is_never_taken_for_gps_time(rate: float, start: float, seed: int) -> None:
    assert not has_gps_stamps([counter(at) for at in islice(heard(rate, 600.0, start, seed), 5000)])


@pytest.mark.parametrize("write", [gps, counter])
def test_corrupted_timestamps_do_not_change_the_kind(write: Callable[[float], int]) -> None:
    chance = random.Random(3)
    stamps = [chance.getrandbits(48) if chance.random() < 0.02 else write(at) for at in heard(100.0, 60.0, 1000.0)]
    assert has_gps_stamps(stamps) is (write is gps)


def test_no_timestamps_are_no_gps_time() -> None:
    assert not has_gps_stamps([])
    assert not has_gps_stamps([0] * 100)
    assert not has_gps_stamps([gps(5.0)])


@pytest.mark.parametrize("stamp", [86_400 << 30, 1_000_000_000, 2**48 - 1])
def test_a_time_that_no_day_has_is_none(stamp: int) -> None:
    assert gps_seconds(stamp) is None
    assert BeastClock(gps=True).step(stamp) == 0.0


@pytest.mark.parametrize("rate", [0.3, 5.0, 500.0])
def test_gps_time_passes_over_midnight(rate: float) -> None:
    moments = list(heard(rate, 60.0, 86_370.0))
    assert elapsed(BeastClock(gps=True), map(gps, moments)) == pytest.approx(moments[-1] - moments[0], abs=12 / rate)


def test_a_counter_passes_over_its_end() -> None:
    end = 2**48 / BEAST_HZ
    assert elapsed(BeastClock(), [counter(end - 1.0), counter(end - 0.5), counter(end + 0.5)]) == pytest.approx(1.5)


def test_a_receiver_that_gets_gps_time_late_or_steps_goes_on() -> None:
    clock = BeastClock(gps=True)
    stamps = [gps(100.0), gps(101.0), gps(5000.0), gps(101.5), gps(40_000.0), gps(40_000.5), gps(10.0), gps(10.5)]
    assert [clock.step(stamp) for stamp in stamps] == pytest.approx([0, 1, 0, 0.5, 0, 39_899.0, 0, 0.5])


# -- how late a live receiver is -----------------------------------------------------------------

SHIFT = 1_800_000_000.0 - 5000.0
"""Wall minus steady: at 5000 it is eight o'clock UTC."""


def delays(write: Callable[[float], int], late: Callable[[float], float], start: float = 5000.0) -> list[float]:
    """The delays found for frames that arrive every half a second for half a minute, so many seconds late."""
    found = GpsDelay(SHIFT)
    moments = [start + n / 2 for n in range(60)]
    return [found.seconds(write(at + SHIFT - late(at - start)).to_bytes(6, "big"), at) for at in moments]


@pytest.mark.parametrize("late", [0.3, 4.0, 14.5])
@pytest.mark.parametrize("start", [5000.0, 5000.0 + 57_590.0])  # over midnight too
def test_gps_time_tells_how_late_a_receiver_is(late: float, start: float) -> None:
    found = delays(gps, lambda _: late, start)
    assert found[:10] == [0.0] * 10
    assert found[10:] == pytest.approx([late] * 50, abs=0.001)


def test_a_delay_that_changes_is_followed() -> None:
    found = delays(gps, lambda second: 0.0 if second < 10 else 8.0)
    assert found[:20] == pytest.approx([0.0] * 20, abs=0.001)
    assert found[20:] == pytest.approx([8.0] * 40, abs=0.001)


@pytest.mark.parametrize("late", [-30.0, 16.0, 3600.0])
def test_a_difference_that_is_no_delay_tells_nothing(late: float) -> None:
    assert set(delays(gps, lambda _: late)) == {0.0}


@pytest.mark.parametrize("ahead", range(0, 20, 3))
def test_a_counter_that_looks_like_the_time_of_day_tells_nothing(ahead: float) -> None:
    base = gps((5000.0 + SHIFT - ahead) % 86400)
    assert set(delays(lambda at: base + counter(at - 5000.0 - SHIFT), lambda _: 0.0)) == {0.0}


def test_without_a_wall_clock_or_a_whole_timestamp_nothing_is_known() -> None:
    assert GpsDelay(None).seconds(gps(28_800.0).to_bytes(6, "big"), 5000.0) == 0.0
    assert GpsDelay(SHIFT).seconds(b"", 5000.0) == 0.0
