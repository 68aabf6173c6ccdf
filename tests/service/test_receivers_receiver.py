"""Claims about a receiver: its waits, its counters, and that it yields to other greenlets."""

from __future__ import annotations

import gzip
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import gevent
import pytest

from skyspy.aircraft import Observation, Record
from skyspy.clock import Clock
from skyspy.cooperate import MAX_BUSY_SECONDS, Yielder
from skyspy.decode import FORMATS, Context, Counters
from skyspy.feedurl import parse
from skyspy.outbound.backoff import Backoff
from skyspy.receivers.documents import MAX_INLINE_BYTES, decode_document
from skyspy.receivers.heard import MAX_COUNTED_AIRCRAFT
from skyspy.receivers.rate_history import Rate
from skyspy.receivers.receiver import (
    MAX_PIECE_BYTES,
    Receiver,
    ReceiverError,
    Timing,
)
from skyspy.store.worker_pool import WorkerPool
from tests.conftest import StillClock
from tests.support.hub import HastyClock, Meter, rounds_counted
from tests.support.sources import QUICK, Ear, document, wait_for

URL = parse("sbs://127.0.0.1:1")


class Scripted:
    """A reader whose sessions are functions."""

    up_state = "up"

    def __init__(self, *sessions: object) -> None:
        self.sessions = list(sessions)
        self.read_at: list[float] = []

    def read(self, receiver: Receiver) -> None:
        self.read_at.append(receiver.clock.steady())
        session = self.sessions.pop(0) if len(self.sessions) > 1 else self.sessions[0]
        session(receiver)  # type: ignore[operator]

    @property
    def waits(self) -> list[float]:
        """Seconds between the starts of sessions."""
        return [later - before for before, later in pairwise(self.read_at)]


class Counting:
    """A decoder that counts every piece as one message."""

    source_now: float | None = None

    def __init__(self) -> None:
        self.counters = Counters()

    def feed(self, _data: bytes, _now: float) -> list[Observation]:
        self.counters.messages += 1
        return []


def receiver_of(reader: Scripted, timing: Timing = QUICK, clock: Clock | None = None) -> Receiver:
    return Receiver("test", URL, "sbs", reader, Ear(), clock or Clock(), timing)


def away(_receiver: Receiver) -> None:
    raise ReceiverError("away")


def test_waits_double_up_to_a_cap_jittered_and_begin_short_again() -> None:
    backoff = Backoff(1.0, 30.0, jitter=lambda: 1.0)
    assert [backoff.next() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    backoff.reset()
    assert backoff.next() == 1
    waits = [Backoff(1.0, 30.0).next() for _ in range(100)]
    assert 0.5 <= min(waits) < max(waits) <= 1.0


def test_attempts_grow_apart_while_a_receiver_is_away() -> None:
    reader = Scripted(away)
    receiver = receiver_of(reader, Timing(first_wait_s=1.0, longest_wait_s=8.0), HastyClock())
    receiver.start()
    wait_for(lambda: len(reader.read_at) >= 7)
    receiver.stop()
    longest = (1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
    assert all(most / 2 <= wait <= most for most, wait in zip(longest, reader.waits, strict=False))
    assert receiver.state == "down"
    assert receiver.error == "away"


def test_after_a_good_session_the_first_wait_is_short_again() -> None:
    def works(receiver: Receiver) -> None:
        receiver.begin_session(None)
        receiver.mark_up()
        receiver.clock.sleep(20.0)
        raise ReceiverError("closed")

    reader = Scripted(away, away, away, away, works)
    receiver = receiver_of(reader, Timing(first_wait_s=1.0, longest_wait_s=30.0, good_s=10.0), HastyClock())
    receiver.start()
    wait_for(lambda: len(reader.read_at) >= 6)
    receiver.stop()
    assert 4.0 <= reader.waits[3] <= 8.0
    assert 20.5 <= reader.waits[4] <= 21.0, "the session, and the first wait again"


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
    clock = HastyClock()
    with rounds_counted() as rounds:
        meter = Meter(rounds, clock, per_kib=0.01)
        receiver = receiver_of(Scripted(away), clock=clock)
        receiver.begin_session(meter.make("sbs"))
        receiver.decode_stream(b"x" * 64 * 1024)
    sizes = [piece.size // 1024 for piece in meter.pieces]
    assert sizes == [8, 4, 2] + [1] * 50, "until a piece takes no longer than it may"
    assert meter.largest_turn == 8 * 1024, "others have their turn after every piece"


def test_a_quick_decoder_is_given_larger_pieces_and_yields_when_due() -> None:
    clock = HastyClock()
    with rounds_counted() as rounds:
        meter = Meter(rounds, clock, seconds=0.002)
        receiver = receiver_of(Scripted(away), clock=clock)
        receiver.begin_session(meter.make("sbs"))
        receiver.decode_stream(b"x" * 2048 * 1024)
    assert max(piece.size for piece in meter.pieces) == MAX_PIECE_BYTES
    assert max(Counter(piece.round for piece in meter.pieces).values()) == 3, "a turn each five milliseconds of work"


def test_a_receiver_yields_between_decoding_a_document_and_delivering_it() -> None:
    clock, told_in = HastyClock(), []
    with rounds_counted() as rounds:
        meter = Meter(rounds, clock, seconds=2 * MAX_BUSY_SECONDS)
        receiver = Receiver("test", URL, "aircraft.json", Scripted(away), lambda _record: told_in.append(rounds.count), clock)
        receiver.begin_session(meter.make("aircraft.json"))
        assert decode_document(receiver, document(1.0, "4b1900"), WorkerPool())
    assert told_in == [meter.pieces[0].round + 1]


class CountingPool(WorkerPool):
    """Counts its jobs."""

    jobs = 0

    def run(self, job: Any) -> Any:
        self.jobs += 1
        return super().run(job)


@pytest.mark.parametrize(("size", "packed", "jobs"), [(0, False, 0), (MAX_INLINE_BYTES, False, 1), (0, True, 1)])
def test_a_document_that_is_large_or_may_unpack_to_a_large_one_is_decoded_beside_the_hub(
    size: int, packed: bool, jobs: int
) -> None:
    receiver, pool = receiver_of(Scripted(away)), CountingPool()
    receiver.begin_session(FORMATS["aircraft.json"].make(Context()))
    whole = document(1.0, "4b1900", note="x" * size)
    assert decode_document(receiver, gzip.compress(whole) if packed else whole, pool) == (size == 0)
    assert pool.jobs == jobs


def test_a_receiver_yields_between_the_records_of_one_batch() -> None:
    clock, taken_in = HastyClock(), Counter[int]()
    with rounds_counted() as rounds:

        def slow(_record: Record) -> None:
            clock.pass_by(MAX_BUSY_SECONDS / 10)
            taken_in[rounds.count] += 1

        receiver = Receiver("test", URL, "sbs", Scripted(away), slow, clock)
        receiver.deliver([Observation(f"{number:06X}", clock.steady(), "adsb_icao", {}) for number in range(100)])
    assert sum(taken_in.values()) == 100
    assert max(taken_in.values()) <= 11, "what takes five milliseconds, then everyone else"


def test_a_yield_lets_timers_run_not_only_ready_greenlets() -> None:
    clock, rang = StillClock(), []
    yielder = Yielder(clock.steady)
    gevent.spawn_later(0.001, lambda: rang.append(True))
    time.sleep(0.002)
    for _ in range(2):
        assert rang == []
        yielder.maybe_yield()
    for _ in range(2):
        clock.pass_by(MAX_BUSY_SECONDS)
        yielder.maybe_yield()
    assert rang == [True], "it was due, and had its turn within two"


def test_counters_outlive_the_decoders_of_single_sessions() -> None:
    def session(receiver: Receiver) -> None:
        receiver.begin_session(Counting())
        receiver.decode_stream(b"x" * 100)
        raise ReceiverError("closed")

    reader = Scripted(session)
    receiver = receiver_of(reader)
    receiver.start()
    wait_for(lambda: receiver.reconnects >= 2)
    receiver.stop()
    assert receiver.messages >= 3
    assert receiver.status()["bytes"] == 100 * receiver.messages


@dataclass(frozen=True, slots=True)
class Note(Record):
    """A record that is no Observation."""

    at: float
    text: str
    messages: int = 1


def test_a_receiver_hands_on_any_kind_of_record() -> None:
    clock, taken = StillClock(), list[Record]()
    receiver = Receiver("test", URL, "notes", Scripted(away), taken.append, clock)
    heard = [Note(clock.steady(), "one"), Observation("4B1900", clock.steady(), "adsb_icao", {}), Note(clock.steady(), "two", 3)]
    receiver.deliver(heard)
    assert taken == heard
    assert (receiver.messages, receiver.hexes()) == (5, {"4B1900"})
    assert receiver.status()["last_seen"] is not None


def test_a_receiver_reports_its_messages_per_second() -> None:
    clock = StillClock()
    receiver = Receiver("test", URL, "sbs", Scripted(away), Ear(), clock)
    for _ in range(20):
        clock.pass_by(0.5)
        receiver.deliver([Observation("4B1900", clock.steady(), "adsb_icao", {}, messages=6)])
    assert receiver.status()["messages_per_second"] == pytest.approx(12.0, abs=1.0)
    clock.pass_by(60.0)
    receiver.deliver([])
    assert receiver.status()["messages_per_second"] == 0.0


def test_aircraft_counted_for_a_feed_are_those_of_the_last_minute() -> None:
    clock = StillClock()
    receiver = Receiver("test", URL, "sbs", Scripted(lambda _receiver: None), Ear(), clock)
    for second in range(1000):
        clock.pass_by(1.0)
        receiver.deliver([Observation(f"{second:06X}", clock.steady(), "adsb_icao", {})])
        assert len(receiver._heard._at) < 75
    assert receiver.aircraft == 61


def test_text_of_a_receiver_in_an_error_is_one_short_printable_line() -> None:
    def session(_receiver: Receiver) -> None:
        raise ReceiverError("a\nb\x1b[31m\u202e" + "x" * 1000)

    receiver = receiver_of(Scripted(session))
    receiver.start()
    wait_for(lambda: receiver.state == "down")
    receiver.stop()
    assert receiver.error is not None
    assert receiver.error.isprintable()
    assert len(receiver.error) <= 200


def test_pausing_shows_and_resuming_begins_again() -> None:
    def session(receiver: Receiver) -> None:
        receiver.begin_session(None)
        receiver.mark_up()
        gevent.sleep(60)

    reader = Scripted(session)
    receiver = receiver_of(reader)
    receiver.start()
    wait_for(lambda: receiver.state == "up")
    receiver.pause()
    assert receiver.status()["state"] == "paused"
    receiver.resume()
    wait_for(lambda: receiver.state == "up")
    receiver.stop()
    assert len(reader.read_at) == 2


def test_a_receiver_that_hears_ever_new_addresses_counts_so_many_and_remembers_no_more() -> None:
    clock = StillClock()
    receiver = Receiver("test", URL, "sbs", Scripted(away), lambda _record: None, clock)
    receiver.deliver([Observation(f"{n:06X}", 0.0, "mode_s", {}) for n in range(MAX_COUNTED_AIRCRAFT * 2)])
    assert receiver.aircraft == MAX_COUNTED_AIRCRAFT
    clock.pass_by(40.0)
    receiver.deliver([Observation("000001", 0.0, "mode_s", {}), Observation("FFFFFF", 0.0, "mode_s", {})])
    clock.pass_by(40.0)
    assert receiver.hexes() == {"000001"}, "one that is counted stays; a new one waits until there is room"
