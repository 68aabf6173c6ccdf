"""One source: its greenlet, its last good document, its state.

States: up (the document that is held is recent), stale (it is older than it should be, or came from an earlier start), down (there is
none), off (it is not asked). The state is made of the age of the document each time it is asked for: a try that hangs hides nothing.

Invariants: the greenlet neither ends nor spins, whatever a source, a consumer or the store does. A document that a consumer refuses
changes nothing. A host that asks for fewer requests is left alone for as long as it says, by all sources that it serves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from skyspy.clock import Clock, iso
from skyspy.fetch.document import Document, Fetcher, FetchError, NotYetError
from skyspy.fetch.hosts import Hosts
from skyspy.fetch.last_good import LastGood
from skyspy.fetch.sources import Source
from skyspy.fetch.timing import STALE_INTERVALS, Timing
from skyspy.loop import Loop
from skyspy.outbound import OutboundError
from skyspy.outbound.answers import MAX_RETRY_AFTER_S
from skyspy.outbound.backoff import Backoff, random_share
from skyspy.outbound.failures import one_line
from skyspy.store import StoreError

log = logging.getLogger(__name__)

Deliver = Callable[[str, Source, Document], None]
"""Takes a source's name, its row and its document. Raises ValueError, one line, for a document that it cannot read."""

JITTER = 0.1
"""Each wait is longer by up to this share, so that servers which started together do not ask together."""


def always() -> bool:
    """The `may_poll` of a process that has no other beside it."""
    return True


class Poller:
    """Polls one source (see the module). `hosts` is shared by all pollers. While `may_poll` says no, another process asks, and this one
    takes what is kept. `tries`, `failures` (tries that brought nothing), `refused` (by the consumer), `bytes` (of new documents) and `unsaved`
    (documents that could not be kept) count since it was made."""

    def __init__(
        self,
        name: str,
        source: Source,
        fetcher: Fetcher,
        deliver: Deliver,
        last_good: LastGood,
        clock: Clock,
        hosts: Hosts,
        *,
        timing: Timing | None = None,
        may_poll: Callable[[], bool] = always,
        jitter: Callable[[], float] = random_share,
    ) -> None:
        self.name, self.source = name, source
        self.error: str | None = None
        self.tries = self.failures = self.refused = self.bytes = self.unsaved = 0
        self._fetcher, self._deliver, self._last_good = fetcher, deliver, last_good
        self._clock, self._hosts, self._timing = clock, hosts, timing or Timing()
        self._may_poll, self._jitter = may_poll, jitter
        first = min(self._timing.first_wait_s, source.interval_s)
        self._backoff = Backoff(first, source.longest_wait_s, jitter)
        self._held: Document | None = None
        self._is_kept = False
        self._is_loaded = self._is_on = self._is_failing = False
        self._began = self._up_since = clock.steady()
        self._good_at = self._tried_at = self._looked_at = float("-inf")
        self._due = self._began
        self._loop = Loop(f"source {name}", self.tick, clock, self._timing.look_s)

    # -- for Pollers and status pages ------------------------------------------------------------

    def start(self) -> None:
        """Start the greenlet; no effect where it runs already."""
        if not self._loop.running:
            self.begin()
            self._loop.start()
            self._loop.wake()

    def begin(self) -> None:
        """Be on, without a greenlet: the caller calls `tick`."""
        self._is_on = True
        self._began = self._clock.steady()
        self._due = self._began + (self._timing.spread_s * self._jitter() if self.source.needs_network else 0.0)

    def stop(self) -> None:
        """Be off: kill the greenlet, which closes its connection."""
        self._loop.stop()
        self._is_on = False
        self._began = self._clock.steady()

    def wake(self) -> None:
        """Try soon: `again_s` after the last try, and not while the host wants to be left alone."""
        self._due = min(self._due, max(self._clock.steady(), self._tried_at + self._timing.again_s))
        self._loop.wake()

    @property
    def document(self) -> Document | None:
        """The last good document."""
        return self._held

    @property
    def crashes(self) -> int:
        """Rounds that ended by an error of our own."""
        return self._loop.crashes

    @property
    def stale_s(self) -> float:
        """A document is stale so many seconds after the source said that it holds."""
        return max(self._timing.stale_s, STALE_INTERVALS * self.source.interval_s)

    def state(self) -> tuple[str, float]:
        """The state (up, stale, down, off) and since when, in steady seconds."""
        if not self._is_on:
            return "off", self._began
        if self._held is None:
            return "down", self._began
        if (stale_at := self._good_at + self.stale_s) <= self._clock.steady():
            return "stale", max(stale_at, self._began)
        return "up", self._up_since

    def status(self) -> dict[str, Any]:
        """The state and counters as JSON values: times as ISO 8601 or None, `error` one line or None. `stands_by`: another
        process asks, and its errors are there."""
        state, since = self.state()
        shift = self._clock.wall() - self._clock.steady()
        stands_by = state != "off" and not self._may_poll()
        next_try = None if state == "off" or stands_by else max(self._due, self._hosts.until(self._fetcher.host))
        return {
            "name": self.name,
            "title": self.source.title,
            "state": state,
            "since": iso(since + shift),
            "last_good": None if self._held is None else iso(self._held.checked_at),
            "next_try": None if next_try is None else iso(max(next_try, self._clock.steady()) + shift),
            "error": None if stands_by else self.error,
            "stands_by": stands_by,
            "tries": self.tries,
            "failures": self.failures,
            "refused": self.refused,
            "bytes": self.bytes,
            "unsaved": self.unsaved,
            "crashes": self.crashes,
        }

    # -- the loop --------------------------------------------------------------------------------

    def tick(self) -> None:
        """Load what was kept; then try where a try is due, or, where another process asks, look what it has kept."""
        may_poll, now = self._may_poll(), self._clock.steady()
        if not (may_poll and self._is_loaded) and now - self._looked_at >= self._timing.follow_s:
            self._looked_at = now
            self._load()
        if may_poll and now >= max(self._due, self._hosts.until(self._fetcher.host)):
            self._try()

    def _try(self) -> None:
        self.tries += 1
        self._tried_at = self._clock.steady()
        # In force unless this try ends as expected: a crash is followed by a wait too.
        self._due = self._tried_at + self._backoff.next()
        try:
            document = self._fetcher.fetch(self._held)
            if document is None or not self._is_new(document):
                self._confirm(document)
            else:
                self._take(document)
                self._keep()
        except NotYetError:
            self._backoff.reset()
            self._due = self._clock.steady() + self.source.interval_s
        except (OutboundError, ValueError) as error:
            self._failed(error)
        except Exception as error:
            # A bug here or in the consumer: the loop logs it with its traceback, and goes on.
            self.error = f"internal error ({type(error).__name__}); the log says more"
            raise
        else:
            self._succeeded()

    def _is_new(self, document: Document) -> bool:
        return self._held is None or document.body != self._held.body

    def _take(self, document: Document) -> None:
        """Hand a document on and hold it. Raises ValueError where it cannot be read: the one before is held."""
        try:
            self._deliver(self.name, self.source, document)
        except ValueError:
            self.refused += 1
            raise
        was_up = self.state()[0] == "up"
        self._held, self._is_kept = document, False
        self._hold_good(document, was_up=was_up)
        self.bytes += len(document.body)

    def _hold_good(self, document: Document, *, was_up: bool) -> None:
        """Reckon the document's age on the steady clock. One from the future says that the wall clock was set back: it counts as stale."""
        now = self._clock.steady()
        age = self._clock.wall() - document.checked_at
        self._good_at = now - (age if age >= 0 else self.stale_s)
        if not was_up:
            self._up_since = now

    def _confirm(self, document: Document | None) -> None:
        """The source says that what is held still holds; `document` has its new validators."""
        held = self._held
        if held is None:
            raise FetchError("the source says that nothing is new, and nothing is held")
        was_up = self.state()[0] == "up"
        named = held if document is None else document
        self._held = replace(held, checked_at=self._clock.wall(), etag=named.etag, last_modified=named.last_modified)
        self._hold_good(self._held, was_up=was_up)
        # A file is looked at each second or two, and at the start: when that was last is not worth a write.
        if self.source.needs_network or not self._is_kept:
            self._keep()

    def _succeeded(self) -> None:
        self.error, self._is_loaded = None, True
        self._backoff.reset()
        self._due = self._clock.steady() + self.source.interval_s * (1 + JITTER * self._jitter())
        if self._is_failing:
            self._is_failing = False
            log.info("source %s answers again", self.name)

    def _failed(self, error: Exception) -> None:
        """Wait as long as the backoff says; after a document that was refused for the interval at least, and for as long as the server
        asked for, MAX_RETRY_AFTER_S at most."""
        self.failures += 1
        self.error = one_line(str(error))
        asked = 0.0 if isinstance(error, OutboundError) else self.source.interval_s
        if isinstance(error, FetchError):
            asked = min(error.retry_after_s or 0.0, MAX_RETRY_AFTER_S) * (1 + JITTER * self._jitter())
        self._due = max(self._due, self._clock.steady() + asked)
        if isinstance(error, FetchError) and error.is_limit:
            self._hosts.leave_alone(self._fetcher.host, self._due)
        # Once, not per try: a source that is away for a night writes one line.
        if not self._is_failing:
            self._is_failing = True
            log.warning("source %s: %s", self.name, self.error)

    # -- what is kept ----------------------------------------------------------------------------

    def _load(self) -> None:
        """Take the document that is kept, unless it is the one that is held, came from another address, or cannot be read."""
        try:
            kept = self._last_good.load(self.name, None if self._held is None else self._held.checked_at)
        except StoreError:
            # The store's own loss is logged and shown by itself; it is tried again.
            return
        self._is_loaded = True
        if kept is None or kept.origin != self._fetcher.origin or len(kept.body) > self.source.max_bytes:
            return
        try:
            if self._is_new(kept):
                self._take(kept)
            else:
                was_up = self.state()[0] == "up"
                self._held = kept
                self._hold_good(kept, was_up=was_up)
        except ValueError as error:
            log.warning("source %s: what was kept is refused: %s", self.name, one_line(str(error)))
            return
        self._is_kept = True
        # One that is recent enough is not asked for again because this server started.
        self._due = max(self._due, min(self._good_at + self.source.interval_s, self._clock.steady() + self.source.interval_s))

    def _keep(self) -> None:
        """Keep what is held. Where the store cannot, that is counted, and tried again after the next answer."""
        assert self._held is not None  # noqa: S101 - the callers have set it
        try:
            if self._is_kept:
                self._last_good.confirm(self.name, self._held)
            else:
                self._last_good.save(self.name, self._held)
        except StoreError as error:
            self.unsaved += 1
            if self.unsaved == 1:
                log.warning("source %s: its document could not be kept: %s", self.name, one_line(str(error)))
        else:
            self._is_kept = True
