"""One receiver: its greenlet, its state, its counters.

A SourceReader runs one session (connect, read, pass on what arrives) and raises when it breaks; the Receiver counts that, logs one
line, waits longer each time, and starts the next session. States: connecting, up, stale (was up; nothing new comes), down,
paused, demo, standby (another process of this server reads it).

Invariants: the loop neither ends nor spins, whatever a session raises. Bytes are decoded in small pieces with a yield to other
greenlets between them, so a receiver at a hundred times its normal rate slows itself down (its socket buffer fills up, the
sender waits), not the server.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import gevent

from skyspy.aircraft import Record
from skyspy.clock import Clock, iso
from skyspy.cooperate import Yielder
from skyspy.decode import Counters, Decoder
from skyspy.feedurl import FeedUrl
from skyspy.outbound import OutboundError
from skyspy.outbound.backoff import Backoff
from skyspy.outbound.failures import describe, one_line
from skyspy.receivers.heard import Heard
from skyspy.receivers.rate_history import Rate, RateHistory
from skyspy.receivers.timing import ReceiverCounts, Timing

log = logging.getLogger(__name__)

Sink = Callable[[Record], None]
"""Called with each record. Does not yield, must not raise."""


def always() -> bool:
    """The `may_read` of a receiver that every process reads."""
    return True


MAX_PIECE_BYTES, MIN_PIECE_BYTES = 64 * 1024, 1024
MAX_UNDECODED_BYTES = 4096
"""A session that brought more than this without a single message is in another format than expected."""


STANDS_BY = "another process of this server listens"
"""What is said of a receiver in the state standby."""


class ReceiverError(OutboundError):
    """A session failed; the message is one line for the operator."""


class StandBy(Exception):
    """A session ends, because this process may not read the receiver any more."""


class SourceReader(Protocol):
    """How a receiver is read. `up_state` is its state while data arrives: up or demo."""

    up_state: str

    def read(self, receiver: Receiver) -> None:
        """Run one session: connect, call `receiver.begin_session`, pass on what arrives. Raises ReceiverError or OSError when it
        breaks; returns only when no more data will ever come."""


class Receiver:
    """One receiver (see the module). Readers call `begin_session count_bytes decode_stream deliver mark_up mark_by_content
    mark_stale mark_waiting count_broken check_turn`, and count `datagrams` and `lost` ones; all other code calls the methods before those. While `may_read` says no, it stands by."""

    def __init__(
        self, name: str, url: FeedUrl, carries: str, reader: SourceReader, sink: Sink, clock: Clock, timing: Timing | None = None
    ) -> None:
        self.name, self.url, self.carries = name, url, carries
        self.may_read: Callable[[], bool] = always
        self.clock, self.timing = clock, timing or Timing()
        self.state = "connecting"
        self.error: str | None = None
        self.bad = self.skipped = self.reconnects = self.bytes = self.crashes = self.datagrams = self.lost = 0
        self.last_seen: float | None = None
        self.added_at = self._since = clock.steady()
        self._reader, self._sink = reader, sink
        self._backoff = Backoff(self.timing.first_wait_s, self.timing.longest_wait_s)
        self._greenlet: gevent.Greenlet[[], None] | None = None
        self._decoder: Decoder | None = None
        self._messages = 0
        self._rate, self._history, self._heard = Rate(), RateHistory(self._since), Heard()
        self._flowing_since: float | None = None
        self._was_up = False
        self._session_bytes = 0
        self._piece = 8 * 1024
        self.yielder = Yielder(clock.steady)
        """The yielder of this receiver's greenlet; readers use it too."""

    # -- for Receivers and status pages ----------------------------------------------------------

    def start(self) -> None:
        """Start the greenlet; no effect where it runs already."""
        if self._greenlet is None or self._greenlet.dead:
            self._set_state("connecting", None)
            self._backoff.reset()
            self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """Kill the greenlet, which closes its sockets and files; returns when it has ended, after at most 2 s."""
        if self._greenlet is not None:
            self._greenlet.kill(timeout=2.0)
            self._greenlet = None
        self._release_decoder()
        self._flowing_since = None

    def pause(self) -> None:
        """Stop, with the state paused."""
        self.stop()
        self._set_state("paused", None)

    def resume(self) -> None:
        """Start again after a pause."""
        self.start()

    @property
    def messages(self) -> int:
        """Messages decoded since the start."""
        return self._messages + (self._decoder.counters.messages if self._decoder else 0)

    @property
    def decoder(self) -> Decoder | None:
        """The decoder of the present session; None where records come decoded, or there is no session."""
        return self._decoder

    @property
    def counts(self) -> ReceiverCounts:
        """All counters since the start."""
        decoder = self._decoder.counters if self._decoder else Counters()
        bad, skipped = self.bad + decoder.bad, self.skipped + decoder.skipped
        return ReceiverCounts(self.messages, bad, skipped, self.bytes, self.reconnects, self.crashes, self.datagrams, self.lost)

    @property
    def aircraft(self) -> int:
        """How many different addresses were received in the last minute, heard.MAX_COUNTED_AIRCRAFT at most."""
        return self._heard.count(self.clock.steady())

    def hexes(self) -> set[str]:
        """The addresses received in the last minute."""
        return self._heard.hexes(self.clock.steady())

    def heard_lately(self) -> Mapping[str, float]:
        """The addresses received in about the last minute; not a copy."""
        return self._heard.lately(self.clock.steady())

    def rates(self) -> list[float]:
        """Messages per second in steps of ten seconds, oldest first; the last value is the current rate."""
        now = self.clock.steady()
        return [*self._history.rates(now), round(self._rate.per_second(now, self.messages), 1)]

    def status(self) -> dict[str, Any]:
        """The state and counters as JSON values: times as ISO 8601, `error` one line or None, `url` without a password."""
        now = self.clock.steady()
        shift = self.clock.wall() - now
        silent = _silent_since(self, now)
        return {
            "name": self.name,
            "url": self.url.shown,
            "format": self.carries,
            "state": self.state,
            "since": iso(self._since + shift),
            "silent_since": None if silent is None else iso(silent + shift),
            "last_seen": None if self.last_seen is None else iso(self.last_seen + shift),
            "messages_per_second": round(self._rate.per_second(now, self.messages), 1),
            **{name: getattr(self.counts, name) for name in ("messages", "bad", "reconnects", "bytes")},
            "aircraft": self.aircraft,
            "error": self.error,
        }

    # -- for its reader --------------------------------------------------------------------------

    def begin_session(self, decoder: Decoder | None, carries: str | None = None) -> None:
        """Begin a session with a new decoder (None: records come decoded): half a frame left by the last one is dropped."""
        self._release_decoder()
        self._decoder = decoder
        self._session_bytes = 0
        self.carries = self.carries if carries is None else carries

    def count_bytes(self, count: int) -> None:
        """Add `count` received bytes."""
        self.bytes += count
        self._session_bytes += count

    def decode_stream(self, data: bytes) -> None:
        """Decode bytes of a stream piece by piece, yielding to other greenlets between pieces, and deliver the records."""
        self.count_bytes(len(data))
        decoder = self._decoder
        assert decoder is not None, "begin() comes first"  # noqa: S101 - a reader's bug
        at = 0
        while at < len(data):
            piece = data[at : at + self._piece]
            at += len(piece)
            began = self.clock.steady()
            records = decoder.feed(piece, began)
            spent = self.clock.steady() - began
            if spent > self.timing.piece_s:
                self._piece = max(MIN_PIECE_BYTES, self._piece // 2)
            elif spent < self.timing.piece_s / 4:
                self._piece = min(MAX_PIECE_BYTES, self._piece * 2)
            self.deliver(records)
            self.yielder.maybe_yield()
        self.mark_by_content()

    def count_broken(self, reason: str) -> None:
        """Count a whole document that could not be decoded, and show why; the state stays."""
        self.bad += 1
        self.error = one_line(reason)

    def deliver(self, records: Sequence[Record]) -> None:
        """Pass records to the sink, yielding to other greenlets in between. Without a decoder their `messages` are counted."""
        now = self.clock.steady()
        if records:
            self.last_seen = now
        self._heard.note(records, now)
        if self._decoder is None:
            self._messages += sum(record.messages for record in records)
        self._rate.mark(now, self.messages)
        self._history.mark(now, self.messages)
        for record in records:
            self._sink(record)
            self.yielder.maybe_yield()

    def mark_up(self) -> None:
        """Set the state to up (or demo): data arrives."""
        if self._flowing_since is None:
            self._flowing_since = self.clock.steady()
            self.reconnects += self._was_up
            self._was_up = True
        self._set_state(self._reader.up_state, None)

    def mark_by_content(self) -> None:
        """Set the state of a session in which bytes came: up, or stale where nothing in many of them could be read."""
        decoder = self._decoder
        if decoder is not None and decoder.counters.messages == 0 and self._session_bytes > MAX_UNDECODED_BYTES:
            self.mark_stale(f"data arrives, but nothing in it reads as {self.carries}")
        else:
            self.mark_up()

    def mark_waiting(self, reason: str) -> None:
        """Set the state to connecting: a listener waits for its first datagram."""
        self._set_state("connecting", reason)

    def check_turn(self) -> None:
        """Raise StandBy where this process may not read the receiver any more."""
        if not self.may_read():
            raise StandBy

    def mark_stale(self, reason: str) -> None:
        """Set the state to stale: connected, but nothing new comes. Before the first data of a session only `error` changes."""
        if self._flowing_since is None:
            self.error = one_line(reason)
        else:
            self._set_state("stale", reason)

    # -- the loop --------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            self._flowing_since = None
            if not self.may_read():
                self._set_state("standby", STANDS_BY)
                self.clock.sleep(self.timing.look_s)
                continue
            if self.state == "standby":
                self._set_state("connecting", None)
                self._backoff.reset()
            try:
                self._reader.read(self)
            except StandBy:
                self._release_decoder()
                continue
            except OutboundError as error:
                self._session_failed(str(error))
            except OSError as error:
                self._session_failed(describe(error, _there(self.url), self.url.host))
            except Exception as error:
                # A bug here or in the sink: logged with its traceback, and the receiver goes on.
                self.crashes += 1
                log.exception("feed %s failed; it starts again", self.name)
                self._session_failed(f"internal error ({type(error).__name__}); the log says more")
            else:
                return
            self.clock.sleep(self._backoff.next())

    def _session_failed(self, reason: str) -> None:
        """Note the end of a session. The state is stale after a session with data, for it may be back in a second, else down."""
        since = self._flowing_since
        if since is not None and self.clock.steady() - since >= self.timing.good_s:
            self._backoff.reset()
        self._flowing_since = None
        self._release_decoder()
        self._set_state("down" if since is None else "stale", reason)

    def _set_state(self, state: str, error: str | None) -> None:
        self.error = None if error is None else one_line(error)
        if state == self.state:
            return
        # Logged once per change, not per attempt: a receiver that is off for a night writes one line.
        self.state, self._since = state, self.clock.steady()
        level = logging.WARNING if state in ("down", "stale") else logging.INFO
        log.log(level, "feed %s is %s%s", self.name, state, f": {self.error}" if self.error else "")

    def _release_decoder(self) -> None:
        """Add the last decoder's counters to the totals and drop it."""
        if self._decoder is not None:
            self._messages += self._decoder.counters.messages
            self.bad += self._decoder.counters.bad
            self.skipped += self._decoder.counters.skipped
            self._decoder = None


def _silent_since(receiver: Receiver, now: float) -> float | None:
    """Since when nothing came that should have (steady seconds): the last record, or when it was added; None while all is well."""
    state = receiver.state
    if state in ("up", "demo", "paused", "standby") or (
        state == "connecting" and now - receiver.added_at < receiver.timing.stale_s
    ):
        return None
    return receiver.added_at if receiver.last_seen is None else receiver.last_seen


def _there(url: FeedUrl) -> str:
    """The receiver as an error names it: its host and port, or its file."""
    return f"{url.host}:{url.port}" if url.host else url.path
