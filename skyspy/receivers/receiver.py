"""Tools: one receiver's greenlet: its loop, its state, its counters.

Law: the loop never dies and never spins. A Reader does one session (connect, read, hand over) and
raises when it breaks; the Receiver counts, says so in one line, waits longer each time, and begins
again. What is read is decoded in small pieces with a turn for others between them, so a feed at a
hundred times its rate slows itself down (its socket fills up, the sender waits), not the server.
States: connecting, up, stale (it was up; nothing new comes), down, paused, demo.
"""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import gevent

from skyspy.aircraft import Observation, Record
from skyspy.clock import Clock, iso
from skyspy.cooperate import Yielder
from skyspy.decode import Counters, DecodeError, Decoder
from skyspy.feedurl import FeedUrl
from skyspy.receivers.rate_history import RATE_SECONDS, Rate, RateHistory

log = logging.getLogger(__name__)

Sink = Callable[[Record], None]
"""Takes one record. Does not yield, must not raise."""

LARGEST_PIECE, SMALLEST_PIECE = 64 * 1024, 1024
INLINE_BYTES = 256 * 1024
"""A document this large (a thousand aircraft) is decoded in a thread."""
AIRCRAFT_SECONDS = 60.0
"""An aircraft counts as heard by this feed for so long."""
NONSENSE_BYTES = 4096
"""So much without a single message is not the format it should be."""
_JITTER = secrets.SystemRandom().random


class ReceiverError(Exception):
    """A session broke; the message is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. A connection not made in `connect_s` has failed, an HTTP answer not whole in `request_s` too.
    A silent feed shows as stale after `stale_s` and is connected anew after `silent_s` (receivers that
    hear nothing still send a heartbeat each minute). A snapshot's clock may stand still for `frozen_s`.
    The wait before a new attempt doubles from `first_wait_s` to `longest_wait_s`, and is short
    again after a session that was good for `good_s`. No piece decoded at once should take longer than `piece_s`."""

    connect_s: float = 5.0
    request_s: float = 10.0
    stale_s: float = 15.0
    silent_s: float = 75.0
    frozen_s: float = 10.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    good_s: float = 30.0
    piece_s: float = 0.01


@dataclass(frozen=True, slots=True)
class ReceiverCounts:
    """What a receiver brought and what went wrong, since the start: see decode.base.Counters and Receiver."""

    messages: int
    bad: int
    skipped: int
    bytes: int
    reconnects: int
    crashes: int


class Reader(Protocol):
    """A way to a receiver. `shows` is the state of a link through which it flows."""

    shows: str

    def read(self, receiver: Receiver) -> None:
        """One session: connect, call link.begin, hand over what comes. Raises ReceiverError or OSError when it
        breaks; returns only when nothing more will ever come."""


class Backoff:
    """How long to wait before the next attempt: doubling, capped, with jitter so that feeds which lost
    the same host do not come back in step. `jitter` gives a number from 0 to 1."""

    def __init__(self, first: float, longest: float, jitter: Callable[[], float] = _JITTER) -> None:
        self._first, self._longest, self._jitter = first, longest, jitter
        self._next = first

    def next(self) -> float:
        """Seconds to wait now; the next wait is twice as long."""
        wait = self._next
        self._next = min(self._longest, wait * 2)
        return wait * (0.5 + self._jitter() / 2)

    def reset(self) -> None:
        """Begin short again."""
        self._next = self._first


class Receiver:
    """One receiver: see the module. Readers call `begin take take_document hear flows stale`; everybody
    else `start stop pause resume status`."""

    def __init__(
        self, name: str, url: FeedUrl, carries: str, reader: Reader, sink: Sink, clock: Clock, timing: Timing | None = None
    ) -> None:
        self.name, self.url, self.carries = name, url, carries
        self.clock, self.timing = clock, timing or Timing()
        self.state = "connecting"
        self.error: str | None = None
        self.bad = self.skipped = self.reconnects = self.bytes = self.crashes = 0
        self.last_seen: float | None = None
        self._since = clock.steady()
        self._reader, self._sink = reader, sink
        self._backoff = Backoff(self.timing.first_wait_s, self.timing.longest_wait_s)
        self._greenlet: gevent.Greenlet[[], None] | None = None
        self._decoder: Decoder | None = None
        self._messages = 0
        self._rate = Rate()
        self._history = RateHistory(self._since)
        self._heard: dict[str, float] = {}
        self._pruned = self._since
        self._flowing_since: float | None = None
        self._was_up = False
        self._session_bytes = 0
        self._piece = 8 * 1024
        self.yielder = Yielder(clock.steady)
        """The one of this receiver's greenlet: readers use it too."""

    # -- what its keeper calls -------------------------------------------------------------------

    def start(self) -> None:
        """Begin; a link that runs already goes on."""
        if self._greenlet is None or self._greenlet.dead:
            self._show("connecting", None)
            self._backoff.reset()
            self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """End the greenlet and close what it holds; returns when that is done (at most 2 s)."""
        if self._greenlet is not None:
            self._greenlet.kill(timeout=2.0)
            self._greenlet = None
        self._retire()
        self._flowing_since = None

    def pause(self) -> None:
        """Stop, and show it."""
        self.stop()
        self._show("paused", None)

    def resume(self) -> None:
        """Begin again after a pause."""
        self.start()

    @property
    def messages(self) -> int:
        """Messages understood since the start."""
        return self._messages + (self._decoder.counters.messages if self._decoder else 0)

    @property
    def counts(self) -> ReceiverCounts:
        """Everything counted since the start."""
        decoder = self._decoder.counters if self._decoder else Counters()
        return ReceiverCounts(
            self.messages, self.bad + decoder.bad, self.skipped + decoder.skipped, self.bytes, self.reconnects, self.crashes
        )

    @property
    def aircraft(self) -> int:
        """Different addresses heard in the last minute."""
        return len(self.hexes())

    def hexes(self) -> set[str]:
        """The addresses heard in the last minute."""
        self._prune(self.clock.steady())
        return set(self._heard)

    def rates(self) -> list[float]:
        """Messages a second in steps of ten seconds, the oldest first; the last one is the rate now."""
        now = self.clock.steady()
        return [*self._history.rates(now), round(self._rate.per_second(now, self.messages), 1)]

    def status(self) -> dict[str, Any]:
        """How the feed does: times as ISO 8601, `error` one line or None, nothing secret."""
        now = self.clock.steady()
        shift = self.clock.wall() - now
        return {
            "name": self.name,
            "url": self.url.shown,
            "format": self.carries,
            "state": self.state,
            "since": iso(self._since + shift),
            "last_seen": None if self.last_seen is None else iso(self.last_seen + shift),
            "messages": self.messages,
            "messages_per_second": round(self._rate.per_second(now, self.messages), 1),
            "bad": self.counts.bad,
            "reconnects": self.reconnects,
            "bytes": self.bytes,
            "aircraft": self.aircraft,
            "error": self.error,
        }

    # -- what its reader calls -------------------------------------------------------------------

    def begin(self, decoder: Decoder | None, carries: str | None = None) -> None:
        """A session begins, with a fresh decoder: half a frame left of the last one is forgotten."""
        self._retire()
        self._decoder = decoder
        self._session_bytes = 0
        self.carries = self.carries if carries is None else carries

    def count_bytes(self, count: int) -> None:
        """So many bytes arrived."""
        self.bytes += count
        self._session_bytes += count

    def take(self, data: bytes) -> None:
        """Decode what a stream brought, piece by piece, others having their turn in between."""
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
                self._piece = max(SMALLEST_PIECE, self._piece // 2)
            elif spent < self.timing.piece_s / 4:
                self._piece = min(LARGEST_PIECE, self._piece * 2)
            self.hear(records)
            self.yielder.maybe_yield()
        if decoder.counters.messages == 0 and self._session_bytes > NONSENSE_BYTES:
            self.stale(f"data arrives, but nothing in it reads as {self.carries}")
        else:
            self.flows()

    def take_document(self, data: bytes) -> bool:
        """Decode one whole document; False (counted, told) when it is broken: then nothing changes."""
        self.count_bytes(len(data))
        decoder = self._decoder
        assert decoder is not None, "begin() comes first"  # noqa: S101 - a reader's bug
        self.yielder.maybe_yield()
        now = self.clock.steady()
        if len(data) > INLINE_BYTES:
            # A crowded sky takes a fifth of a second: beside the hub, not on it. Only this greenlet has the decoder, and it waits.
            outcome = gevent.get_hub().threadpool.apply(_decoded, (decoder, data, now))
        else:
            outcome = _decoded(decoder, data, now)
        if isinstance(outcome, DecodeError):
            self.broken(str(outcome))
            return False
        # Others come next, before the tracker has it.
        self.yielder.maybe_yield()
        self.hear(outcome)
        return True

    def broken(self, reason: str) -> None:
        """Something whole arrived and could not be read: counted and told, the state stays."""
        self.bad += 1
        self.error = _one_line(reason)

    def hear(self, records: Sequence[Record]) -> None:
        """Hand records on, others having their turn in between. Without a decoder they count as the messages they stand for."""
        now = self.clock.steady()
        if records:
            self.last_seen = now
        for record in records:
            if isinstance(record, Observation):
                self._heard[record.hex] = now
        if self._decoder is None:
            self._messages += sum(record.messages for record in records)
        self._rate.mark(now, self.messages)
        self._history.mark(now, self.messages)
        if now - self._pruned > RATE_SECONDS:
            self._prune(now)
        for record in records:
            self._sink(record)
            self.yielder.maybe_yield()

    def flows(self) -> None:
        """Data comes: the feed is up."""
        if self._flowing_since is None:
            self._flowing_since = self.clock.steady()
            self.reconnects += self._was_up
            self._was_up = True
        self._show(self._reader.shows, None)

    def stale(self, reason: str) -> None:
        """Connected, but nothing new comes. A feed that never brought anything stays as it is shown."""
        if self._flowing_since is None:
            self.error = _one_line(reason)
        else:
            self._show("stale", reason)

    # -- the loop --------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            self._flowing_since = None
            try:
                self._reader.read(self)
            except ReceiverError as error:
                self._lost(str(error))
            except OSError as error:
                self._lost(_described(error, self.url))
            except Exception as error:
                # A bug of ours (or of the sink's): loud, and the feed goes on.
                self.crashes += 1
                log.exception("feed %s failed; it starts again", self.name)
                self._lost(f"internal error ({type(error).__name__}); the log says more")
            else:
                return
            self.clock.sleep(self._backoff.next())

    def _lost(self, reason: str) -> None:
        """A session broke. The first time after a good one the feed is stale: it may be back in a second."""
        since = self._flowing_since
        if since is not None and self.clock.steady() - since >= self.timing.good_s:
            self._backoff.reset()
        self._flowing_since = None
        self._retire()
        self._show("down" if since is None else "stale", reason)

    def _show(self, state: str, error: str | None) -> None:
        self.error = None if error is None else _one_line(error)
        if state == self.state:
            return
        # Once per change, not per attempt: a receiver that is away for a night writes one line.
        self.state, self._since = state, self.clock.steady()
        level = logging.WARNING if state in ("down", "stale") else logging.INFO
        log.log(level, "feed %s is %s%s", self.name, state, f": {self.error}" if self.error else "")

    def _retire(self) -> None:
        """Keep what the last decoder counted, and let it go."""
        if self._decoder is not None:
            self._messages += self._decoder.counters.messages
            self.bad += self._decoder.counters.bad
            self.skipped += self._decoder.counters.skipped
            self._decoder = None

    def _prune(self, now: float) -> None:
        self._pruned = now
        self._heard = {hex_: at for hex_, at in self._heard.items() if now - at <= AIRCRAFT_SECONDS}


def _described(error: OSError, url: FeedUrl) -> str:
    """What the system says, in words that name the receiver."""
    there = f"{url.host}:{url.port}" if url.host else url.path
    if isinstance(error, socket.gaierror):
        return f"the name {url.host} does not resolve"
    if isinstance(error, TimeoutError):
        return f"no answer from {there}"
    return f"{there}: {error.strerror or error}"


def _decoded(decoder: Decoder, data: bytes, now: float) -> Sequence[Record] | DecodeError:
    """What a document holds, or what is wrong with it: an error that crossed threads would be printed on its way."""
    try:
        return decoder.feed(data, now)
    except DecodeError as error:
        return error


def _one_line(text: str) -> str:
    """Printable, and short enough for a table cell: parts of it may come from the receiver."""
    return "".join(c if c.isprintable() else " " for c in text)[:200]
