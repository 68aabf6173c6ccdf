"""When a source is tried, what is held meanwhile, and which state it shows: on a clock that moves only when a test moves it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import pytest

from skyspy.fetch.document import Document, FetchError, NotYetError, origin_of
from skyspy.fetch.hosts import MAX_HOSTS, Hosts
from skyspy.fetch.last_good import LastGood, MemoryLastGood
from skyspy.fetch.poller import Poller
from skyspy.fetch.sources import SOURCES, Source
from skyspy.fetch.timing import Timing
from skyspy.outbound import OutboundError
from tests.support.clock import StillClock
from tests.support.fetch import METAR, LostStore, Reader, Told, always

INTERVAL = METAR.interval_s
AWAY = FetchError("weather.example:443: Connection refused")
FILE = SOURCES["geojson-file"]


@dataclass
class Bench:
    """A poller and what it stands on."""

    clock: StillClock = field(default_factory=StillClock)
    reader: Reader = field(default_factory=Reader)
    hosts: Hosts = field(default_factory=Hosts)
    may_poll: bool = True

    def poller(
        self, *answers: bytes | Exception | None, kept: LastGood | None = None, share: float = 0.0, source: Source = METAR
    ) -> tuple[Poller, Told]:
        told = Told(self.clock, *answers)
        poller = Poller(
            source.name,
            source,
            told,
            self.reader,
            kept or MemoryLastGood(),
            self.clock,
            self.hosts,
            timing=Timing(),
            may_poll=lambda: self.may_poll,
            jitter=always(share),
        )
        poller.begin()
        return poller, told

    def pass_by(self, poller: Poller, seconds: float, step: float = 1.0) -> list[float]:
        """Let time pass, with a tick each step; returns after how many seconds there were tries."""
        began, tries, tried = self.clock.steady(), poller.tries, []
        while self.clock.steady() - began < seconds:
            self.clock.pass_by(step)
            poller.tick()
            if poller.tries != tries:
                tries = poller.tries
                tried.append(self.clock.steady() - began)
        return tried


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_source_that_answers_is_up_and_is_asked_again_after_its_interval(bench: Bench) -> None:
    poller, told = bench.poller(b"[1]", b"[2]")
    assert poller.state()[0] == "down"
    poller.tick()
    assert poller.status()["state"] == "up"
    assert poller.status()["last_good"] == "2027-01-15T08:00:00.000Z"
    assert poller.status()["next_try"] == "2027-01-15T08:05:00.000Z"
    assert poller.status()["error"] is None
    assert bench.pass_by(poller, 2 * INTERVAL) == [INTERVAL, 2 * INTERVAL]
    assert bench.reader.read == [b"[1]", b"[2]"]
    assert told.held[0] is None
    assert told.held[1] is not None and told.held[1].body == b"[1]"


def test_what_did_not_change_is_handed_on_once_and_its_age_begins_anew(bench: Bench) -> None:
    poller, told = bench.poller(b"[1]", None, b"[1]", b"[1]")
    poller.tick()
    told.answers[1] = b"[1]"
    bench.pass_by(poller, 3 * INTERVAL)
    assert bench.reader.read == [b"[1]"]
    assert poller.document is not None
    assert poller.document.checked_at == bench.clock.wall()
    assert poller.document.fetched_at == bench.clock.wall() - 3 * INTERVAL
    assert poller.state()[0] == "up"
    assert poller.bytes == 3


def test_new_validators_of_the_same_document_are_sent_next(bench: Bench) -> None:
    poller, told = bench.poller(b"[1]")
    poller.tick()
    held = poller.document
    assert held is not None
    told.fetch = lambda _held: replace(held, etag='"new"', checked_at=bench.clock.wall())  # type: ignore[method-assign]
    bench.pass_by(poller, INTERVAL)
    assert poller.document is not None
    assert poller.document.etag == '"new"'


def test_a_source_without_data_hands_on_an_empty_document_once(bench: Bench) -> None:
    poller, _ = bench.poller(b"[1]", b"", b"")
    poller.tick()
    bench.pass_by(poller, 2 * INTERVAL)
    assert bench.reader.read == [b"[1]", b""]
    assert poller.state()[0] == "up"


def test_a_source_that_fails_stays_up_while_its_document_is_recent_then_stale_since_then(bench: Bench) -> None:
    poller, _ = bench.poller(b"[1]", AWAY)
    poller.tick()
    bench.pass_by(poller, INTERVAL)
    status = poller.status()
    assert (status["state"], status["error"]) == ("up", str(AWAY))
    bench.pass_by(poller, 3 * INTERVAL)
    status = poller.status()
    assert status["state"] == "stale"
    assert status["since"] == "2027-01-15T08:15:00.000Z"
    assert status["last_good"] == "2027-01-15T08:00:00.000Z"
    assert poller.document is not None and poller.document.body == b"[1]"


def test_a_source_that_never_answered_is_down_since_the_start_and_one_line_is_logged(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="skyspy.fetch")
    poller, told = bench.poller(AWAY)
    bench.pass_by(poller, 3600)
    assert (poller.status()["state"], poller.status()["since"]) == ("down", "2027-01-15T08:00:00.000Z")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    told.answers = [b"[1]"]
    bench.pass_by(poller, METAR.longest_wait_s)
    assert poller.status()["state"] == "up"
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_waits_after_failures_double_up_to_the_longest_and_begin_anew_after_an_answer(bench: Bench) -> None:
    poller, told = bench.poller(AWAY, share=1.0)
    bench.clock.pass_by(3)
    poller.tick()
    tries = bench.pass_by(poller, 4000)
    waits = [later - earlier for earlier, later in zip([0.0, *tries], tries, strict=False)]
    assert waits == [10, 20, 40, 80, 160, 320, 640, 900, 900, 900]
    told.answers = [b"[1]", AWAY]
    while poller.error is not None:
        bench.pass_by(poller, 1)
    assert bench.pass_by(poller, 1.1 * INTERVAL + 30) == [1.1 * INTERVAL, 1.1 * INTERVAL + 10, 1.1 * INTERVAL + 30]


def test_waits_are_spread_so_that_servers_do_not_ask_together(bench: Bench) -> None:
    early, _ = bench.poller(b"[1]", share=0.0)
    late, _ = Bench(bench.clock).poller(b"[1]", share=1.0)
    early.tick()
    late.tick()
    assert (early.tries, late.tries) == (1, 0)
    bench.clock.pass_by(3)
    late.tick()
    assert late.tries == 1
    assert late.status()["next_try"] == "2027-01-15T08:05:33.000Z"


def test_429_is_waited_for_as_long_as_the_server_says_and_by_all_sources_of_its_host(bench: Bench) -> None:
    """RFC 6585, section 4: Retry-After: 3600."""
    limited, _ = bench.poller(FetchError("asks for fewer requests (429)", retry_after_s=3600.0, is_limit=True), b"[1]")
    other, _ = bench.poller(b"[2]")
    elsewhere, told = bench.poller(b"[3]")
    told.host = "other.example"
    limited.tick()
    other.tick()
    elsewhere.tick()
    assert (limited.tries, other.tries, elsewhere.tries) == (1, 0, 1)
    other.wake()
    limited.wake()
    assert bench.pass_by(limited, 3599) == []
    other.tick()
    assert other.tries == 0
    assert other.status()["next_try"] == "2027-01-15T09:00:00.000Z"
    bench.clock.pass_by(1)
    limited.tick()
    other.tick()
    assert (limited.state()[0], other.state()[0]) == ("up", "up")


def test_what_a_server_asks_for_is_bounded_and_is_never_less_than_the_backoff(bench: Bench) -> None:
    poller, _ = bench.poller(FetchError("x", retry_after_s=10.0**9, is_limit=True), FetchError("x", retry_after_s=0.0), b"[1]")
    poller.tick()
    assert bench.pass_by(poller, 6 * 3600 + 60, 5.0) == [6 * 3600, 6 * 3600 + 10]


def test_hosts_that_are_left_alone_are_bounded_and_an_earlier_end_changes_nothing() -> None:
    hosts = Hosts()
    hosts.leave_alone("a", 100.0)
    hosts.leave_alone("a", 50.0)
    assert hosts.until("a") == 100.0
    for number in range(MAX_HOSTS):
        hosts.leave_alone(f"h{number}", 1.0)
    assert (hosts.until("a"), hosts.until("h0"), hosts.until("")) == (0.0, 1.0, 0.0)


def test_a_document_that_is_refused_changes_nothing_and_is_not_kept(bench: Bench) -> None:
    kept = LostStore()
    poller, _ = bench.poller(b"[1]", b"<html>", b"[2]", kept=kept)
    poller.tick()
    bench.pass_by(poller, INTERVAL)
    assert poller.status()["error"] == "the document is not JSON"
    assert (poller.refused, poller.failures) == (1, 1)
    assert poller.document is not None and poller.document.body == b"[1]"
    assert kept.saved == [b"[1]"]
    # It is not asked for again before the interval has passed.
    assert bench.pass_by(poller, INTERVAL) == [INTERVAL]
    assert bench.reader.read == [b"[1]", b"[2]"]


def test_a_document_that_is_not_there_yet_is_no_failure(bench: Bench) -> None:
    poller, _ = bench.poller(NotYetError("is being written"), b"[1]", source=FILE)
    poller.tick()
    assert (poller.failures, poller.error) == (0, None)
    assert bench.pass_by(poller, FILE.interval_s) == [FILE.interval_s]
    assert poller.state()[0] == "up"


@pytest.mark.parametrize("answer", [RuntimeError("a bug"), None])
def test_an_error_of_our_own_is_shown_and_followed_by_a_wait(bench: Bench, answer: Exception | None) -> None:
    poller, told = bench.poller(answer or b"[1]")
    bench.reader.crash = None if answer else KeyError("a bug of the consumer")
    with pytest.raises((RuntimeError, KeyError)):
        poller.tick()
    assert poller.error is not None and poller.error.startswith("internal error")
    poller.tick()
    assert poller.tries == 1
    bench.reader.crash, told.answers = None, [b"[1]"]
    bench.pass_by(poller, 10)
    assert (poller.error, poller.state()[0]) == (None, "up")


def test_a_source_that_says_unchanged_of_nothing_is_a_failure(bench: Bench) -> None:
    poller, _ = bench.poller(None)
    poller.tick()
    assert (poller.failures, poller.state()[0]) == (1, "down")


# -- what is kept -----------------------------------------------------------------------------------


def kept_document(bench: Bench, age: float, **fields: object) -> Document:
    at = bench.clock.wall() - age
    document = Document(b"[0]", "application/json", origin_of("https://weather.example/a"), at, at, '"v"')
    return replace(document, **fields)  # type: ignore[arg-type]


def test_without_a_network_what_was_kept_is_served_as_stale_and_says_since_when(bench: Bench) -> None:
    kept = LostStore(("metar", kept_document(bench, 86_400)))
    poller, told = bench.poller(AWAY, kept=kept)
    poller.tick()
    status = poller.status()
    assert bench.reader.read == [b"[0]"]
    assert (status["state"], status["error"], status["last_good"]) == ("stale", str(AWAY), "2027-01-14T08:00:00.000Z")
    assert told.held[0] is not None and told.held[0].etag == '"v"'
    told.answers = [None]
    bench.pass_by(poller, 3600)
    assert poller.status()["state"] == "up"
    # It is kept already: only its times are.
    assert (kept.saved, kept.confirmed != []) == ([], True)


def test_one_that_is_recent_is_not_asked_for_again_because_the_server_started(bench: Bench) -> None:
    poller, _ = bench.poller(b"[1]", kept=LostStore(("metar", kept_document(bench, 100))))
    poller.tick()
    assert (poller.tries, poller.state()[0]) == (0, "up")
    assert bench.pass_by(poller, INTERVAL) == [INTERVAL - 100]


@pytest.mark.parametrize(
    ("fields", "is_taken"),
    [
        ({"origin": origin_of("https://weather.example/another-place")}, False),
        ({"body": b"<html>"}, False),
        ({"body": b"[" + b" " * METAR.max_bytes + b"]"}, False),
        # The clock was set back since, as on a board without a battery: nobody knows how old it is.
        ({"checked_at": 1_900_000_000.0}, True),
    ],
)
def test_what_was_kept_of_another_address_or_cannot_be_read_is_left_and_one_from_the_future_is_stale(
    bench: Bench, fields: dict[str, object], is_taken: bool
) -> None:
    poller, _ = bench.poller(AWAY, kept=LostStore(("metar", kept_document(bench, 10, **fields))))
    poller.tick()
    assert poller.state()[0] == ("stale" if is_taken else "down")
    assert poller.tries == 1
    assert (poller.document is not None) is is_taken


def test_a_document_is_kept_when_it_is_new_and_confirmed_when_it_still_holds(bench: Bench) -> None:
    kept = LostStore()
    poller, _ = bench.poller(b"[1]", None, b"[2]", kept=kept)
    poller.tick()
    bench.pass_by(poller, 2 * INTERVAL)
    assert (kept.saved, len(kept.confirmed)) == ([b"[1]", b"[2]"], 1)


def test_looks_at_a_file_that_did_not_change_write_nothing(bench: Bench) -> None:
    kept = LostStore()
    poller, _ = bench.poller(b"[1]", None, kept=kept, source=FILE)
    poller.tick()
    assert len(bench.pass_by(poller, 60)) == 30
    assert (kept.saved, kept.confirmed) == ([b"[1]"], [])


def test_a_store_that_is_lost_costs_nothing_but_what_it_should_have_kept(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    kept = LostStore(("metar", kept_document(bench, 86_400)))
    kept.is_lost = True
    poller, _ = bench.poller(AWAY, b"[1]", None, None, kept=kept)
    poller.tick()
    assert poller.state()[0] == "down"
    bench.pass_by(poller, 10)
    assert (poller.state()[0], poller.unsaved) == ("up", 1)
    kept.is_lost = False
    bench.pass_by(poller, INTERVAL)
    # Nothing older replaces it, and it is kept as soon as that is possible.
    assert (bench.reader.read, kept.saved) == ([b"[1]"], [b"[1]"])


def test_what_was_kept_is_loaded_once_the_store_is_back(bench: Bench) -> None:
    kept = LostStore(("metar", kept_document(bench, 86_400)))
    kept.is_lost = True
    poller, _ = bench.poller(AWAY, kept=kept)
    poller.tick()
    kept.is_lost = False
    bench.pass_by(poller, 5)
    assert poller.state()[0] == "stale"


def test_a_process_that_stands_by_asks_nobody_and_takes_what_the_other_has_kept(bench: Bench) -> None:
    kept = MemoryLastGood()
    asking, _ = bench.poller(b"[1]", b"[2]", kept=kept)
    second = Bench(bench.clock, may_poll=False)
    standing, _ = second.poller(b"[9]", kept=kept)
    standing.tick()
    assert (standing.state()[0], standing.tries, standing.status()["stands_by"]) == ("down", 0, True)
    asking.tick()
    second.pass_by(standing, 5)
    assert (standing.state()[0], second.reader.read) == ("up", [b"[1]"])
    assert standing.status()["next_try"] is None
    bench.pass_by(asking, INTERVAL)
    second.pass_by(standing, 5)
    second.pass_by(standing, 5)
    assert (standing.tries, second.reader.read) == (0, [b"[1]", b"[2]"])
    second.may_poll = True
    # The other one asked fifteen seconds ago.
    assert second.pass_by(standing, INTERVAL) == [INTERVAL - 15]


def test_one_that_stands_by_now_shows_no_error_of_before(bench: Bench) -> None:
    poller, _ = bench.poller(AWAY)
    poller.tick()
    bench.may_poll = False
    assert (poller.status()["error"], poller.status()["failures"]) == (None, 1)


def test_a_person_may_have_it_tried_again_but_not_at_once(bench: Bench) -> None:
    poller, _ = bench.poller(b"[1]")
    poller.tick()
    poller.wake()
    poller.tick()
    assert poller.tries == 1
    assert bench.pass_by(poller, 10)[:1] == [5.0]


def test_one_that_was_stopped_is_off(bench: Bench) -> None:
    poller, _ = bench.poller(b"[1]")
    poller.tick()
    poller.stop()
    assert (poller.status()["state"], poller.status()["next_try"]) == ("off", None)


@pytest.mark.parametrize("error", [OutboundError("x" * 999 + "\n"), ValueError("a\nb\x1b[31m")])
def test_an_error_is_one_short_line(bench: Bench, error: Exception) -> None:
    poller, _ = bench.poller(error)
    poller.tick()
    assert poller.error is not None
    assert poller.error.isprintable()
    assert len(poller.error) <= 200
