"""The link's own parts: waiting, counting, and the turns it gives to others."""

from __future__ import annotations

import time
from dataclasses import dataclass

import gevent
import pytest

from skyspy.aircraft import Observation
from skyspy.clock import Clock
from skyspy.decode import Counters
from skyspy.feed.link import Backoff, Link, LinkError, Rate, Timing
from skyspy.feedurl import parse
from skyspy.turns import Turns
from tests.feed_fakes import QUICK, Ear, wait_for

URL = parse("sbs://127.0.0.1:1")


class Scripted:
    """A reader whose sessions are functions."""

    shows = "up"

    def __init__(self, *sessions: object) -> None:
        self.sessions = list(sessions)
        self.read_at: list[float] = []

    def read(self, link: Link) -> None:
        self.read_at.append(time.monotonic())
        session = self.sessions.pop(0) if len(self.sessions) > 1 else self.sessions[0]
        session(link)  # type: ignore[operator]


@dataclass
class Slow:
    """A decoder that takes its time for every byte."""

    counters: Counters
    source_now: float | None = None
    seconds_per_kib: float = 0.01

    def feed(self, data: bytes, now: float) -> list[Observation]:
        time.sleep(len(data) / 1024 * self.seconds_per_kib)
        self.counters.messages += 1
        return []


def link_of(reader: Scripted, timing: Timing = QUICK) -> Link:
    return Link("test", URL, "sbs", reader, Ear(), Clock(), timing)


def test_waits_double_up_to_a_cap_jittered_and_begin_short_again() -> None:
    backoff = Backoff(1.0, 30.0, jitter=lambda: 1.0)
    assert [backoff.next() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    backoff.reset()
    assert backoff.next() == 1
    waits = [Backoff(1.0, 30.0).next() for _ in range(100)]
    assert 0.5 <= min(waits) < max(waits) <= 1.0


def test_attempts_grow_apart_while_a_receiver_is_away() -> None:
    def fails(_link: Link) -> None:
        raise LinkError("away")

    reader = Scripted(fails)
    link = link_of(reader, Timing(first_wait_s=0.05, longest_wait_s=0.4))
    link.start()
    wait_for(lambda: len(reader.read_at) >= 6)
    link.stop()
    gaps = [b - a for a, b in zip(reader.read_at, reader.read_at[1:], strict=False)]
    assert gaps[-1] > max(gaps[0], 0.2)
    assert link.state == "down"
    assert link.error == "away"


def test_after_a_good_session_the_first_wait_is_short_again() -> None:
    def fails(_link: Link) -> None:
        raise LinkError("away")

    def works(link: Link) -> None:
        link.begin(None)
        link.flows()
        gevent.sleep(0.2)
        raise LinkError("closed")

    reader = Scripted(fails, fails, fails, fails, works, works)
    link = link_of(reader, Timing(first_wait_s=0.02, longest_wait_s=5.0, good_s=0.1))
    link.start()
    wait_for(lambda: len(reader.read_at) >= 6)
    link.stop()
    assert reader.read_at[5] - reader.read_at[4] < 0.2 + 0.15


def test_a_rate_is_that_of_the_last_ten_seconds() -> None:
    rate = Rate()
    for tenth in range(300):
        rate.mark(tenth / 10, tenth * 10 if tenth < 200 else 2000)
    assert rate.per_second(19.9, 1990) == pytest.approx(0, abs=150)
    assert rate.per_second(29.9, 2000) == pytest.approx(0, abs=15)
    assert Rate().per_second(5.0, 100) == 0.0
    steady = Rate()
    for second in range(60):
        steady.mark(float(second), second * 400)
    assert steady.per_second(59.0, 59 * 400) == pytest.approx(400)


def test_a_slow_decoder_is_given_smaller_pieces_and_others_run_between() -> None:
    def session(link: Link) -> None:
        link.begin(Slow(Counters()))
        link.take(b"x" * 64 * 1024)
        gevent.sleep(60)

    link = link_of(Scripted(session))
    gaps: list[float] = []

    def tick() -> None:
        while True:
            began = time.monotonic()
            gevent.sleep(0.001)
            gaps.append(time.monotonic() - began)

    ticker = gevent.spawn(tick)
    link.start()
    wait_for(lambda: link.state == "up")
    ticker.kill()
    link.stop()
    assert max(gaps) < 0.4  # the first piece; 64 KiB at once would be 0.64 s
    assert len(gaps) > 15
    assert link._piece <= 2048


def test_a_turn_reaches_timers_not_only_greenlets_that_are_ready() -> None:
    rang: list[float] = []
    gevent.spawn_later(0.01, lambda: rang.append(time.monotonic()))
    turns, began = Turns(), time.monotonic()
    while time.monotonic() - began < 0.2:
        until = time.monotonic() + 0.002
        while time.monotonic() < until:
            pass
        turns.give()
    assert rang
    assert rang[0] - began < 0.1


def test_counters_outlive_the_decoders_of_single_sessions() -> None:
    def session(link: Link) -> None:
        link.begin(Slow(Counters(), seconds_per_kib=0.0))
        link.take(b"x" * 100)
        raise LinkError("closed")

    reader = Scripted(session)
    link = link_of(reader)
    link.start()
    wait_for(lambda: link.reconnects >= 2)
    link.stop()
    assert link.messages >= 3
    assert link.status()["bytes"] == 100 * link.messages


def test_aircraft_counted_for_a_feed_are_those_of_the_last_minute() -> None:
    class Moving(Clock):
        at = 100.0

        def steady(self) -> float:
            return self.at

    clock = Moving()
    link = Link("test", URL, "sbs", Scripted(lambda _link: None), Ear(), clock)
    for second in range(1000):
        clock.at = 100.0 + second
        link.hear([Observation(f"{second:06X}", clock.at, "adsb_icao", {})])
        assert len(link._heard) < 75
    assert link.aircraft == 61


def test_text_of_a_receiver_in_an_error_is_one_short_printable_line() -> None:
    def session(_link: Link) -> None:
        raise LinkError("a\nb\x1b[31m\u202e" + "x" * 1000)

    link = link_of(Scripted(session))
    link.start()
    wait_for(lambda: link.state == "down")
    link.stop()
    assert link.error is not None
    assert link.error.isprintable()
    assert len(link.error) <= 200


def test_pausing_shows_and_resuming_begins_again() -> None:
    def session(link: Link) -> None:
        link.begin(None)
        link.flows()
        gevent.sleep(60)

    reader = Scripted(session)
    link = link_of(reader)
    link.start()
    wait_for(lambda: link.state == "up")
    link.pause()
    assert link.status()["state"] == "paused"
    link.resume()
    wait_for(lambda: link.state == "up")
    link.stop()
    assert len(reader.read_at) == 2
