"""The message rate of a receiver over the last ten minutes: bounded, and right when nothing comes."""

from __future__ import annotations

from skyspy.aircraft import Observation
from skyspy.clock import Clock
from skyspy.decode import Counters
from skyspy.feedurl import parse
from skyspy.receivers.manager import Receivers
from skyspy.receivers.rate_history import STEPS, RateHistory
from skyspy.receivers.receiver import Receiver
from tests.conftest import StillClock
from tests.support.sources import Ear


class Ten:
    """A decoder to which every piece is ten messages of one aircraft."""

    source_now: float | None = None

    def __init__(self, hex_: str = "4B1900") -> None:
        self.counters = Counters()
        self.hex = hex_

    def feed(self, _data: bytes, now: float) -> list[Observation]:
        self.counters.messages += 10
        return [Observation(self.hex, now, "adsb_icao", {})]


class Never:
    """A reader that is never asked: the test hands over what comes."""

    up_state = "up"

    def read(self, receiver: Receiver) -> None:
        raise AssertionError


def receiver_of(clock: Clock) -> Receiver:
    made = Receiver("test", parse("sbs://127.0.0.1:1"), "sbs", Never(), Ear(), clock)
    made.begin_session(Ten())
    return made


def test_each_step_has_its_own_rate_and_an_empty_one_is_nothing() -> None:
    history = RateHistory(started_at=100.0)
    for second, total in ((100.0, 0), (105.0, 50), (111.0, 80), (119.9, 100)):
        history.mark(second, total)
    assert history.rates(119.9) == [5.0]
    assert history.rates(120.0) == [5.0, 5.0]
    assert history.rates(150.0) == [5.0, 5.0, 0.0, 0.0, 0.0]
    history.mark(155.0, 130)
    assert history.rates(160.0)[-2:] == [0.0, 3.0]


def test_a_step_that_began_in_its_middle_counts_for_as_long_as_it_lasted() -> None:
    history = RateHistory(started_at=107.0)
    history.mark(108.0, 30)
    assert history.rates(110.0) == [10.0]
    late = RateHistory(started_at=109.9)
    late.mark(109.95, 30)
    assert late.rates(110.0) == [30.0], "a burst is not made larger than it was"


def test_it_stays_bounded_however_long_nothing_came() -> None:
    history = RateHistory(started_at=0.0)
    history.mark(1.0, 100)
    assert history.rates(1e9) == [0.0] * STEPS
    for step in range(200):
        history.mark(1e9 + step * 10.0, 100 + step)
    assert len(history.rates(1e9 + 2000.0)) == STEPS


def test_a_link_remembers_its_rate_and_the_last_one_is_now() -> None:
    clock = StillClock(steady=1000.0)
    receiver = receiver_of(clock)
    for _ in range(25):
        receiver.decode_stream(b"x")
        clock.pass_by(1.0)
    assert receiver.rates()[:2] == [10.0, 10.0]
    assert receiver.rates()[-1] == receiver.status()["messages_per_second"]


def test_a_pause_is_a_gap_and_what_comes_after_it_is_counted_after_it() -> None:
    clock = StillClock(steady=1000.0)
    receiver = receiver_of(clock)
    receiver.decode_stream(b"x")
    receiver.pause()
    clock.pass_by(40.0)
    receiver.begin_session(Ten())
    receiver.decode_stream(b"x")
    assert receiver.rates()[:-1] == [1.0, 0.0, 0.0, 0.0]
    clock.pass_by(10.0)
    assert receiver.rates()[:-1] == [1.0, 0.0, 0.0, 0.0, 1.0]


def test_what_only_one_receiver_hears_is_known() -> None:
    clock = StillClock(steady=1000.0)
    feeds = Receivers([parse("sbs://127.0.0.1:1"), parse("sbs://127.0.0.1:2")], clock, None)
    first, second = (feeds.receiver(name) for name in feeds.names())
    for receiver, hex_ in ((first, "AAAAAA"), (first, "BBBBBB"), (second, "BBBBBB")):
        receiver.begin_session(Ten(hex_))
        receiver.decode_stream(b"x")
    assert [feeds.unique_aircraft(name) for name in feeds.names()] == [1, 0]
    clock.pass_by(61.0)
    assert [feeds.unique_aircraft(name) for name in feeds.names()] == [0, 0], "who was not heard for a minute is heard by nobody"
    assert feeds.rates()[first.name][:2] == [2.0, 0.0]
