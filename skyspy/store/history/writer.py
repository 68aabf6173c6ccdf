"""Which process writes the history: takes the lease, renews it, and notices that it is lost.

Every process looks at the lease once a second. The holder renews it every RENEW_S; where the row did not change for LOST_S, another
process takes it, and after `stop` at once. Time is counted on each process's own steady clock, and only while that process runs
and looks: one that was stopped itself does not take the lease for that.

Invariants: `held` is false as soon as the last renewal is LOST_S old, without any query, and false until every subscriber of
`on_gained` has returned, so rows are written only after what is stored was read. Where the database does not answer no process is
the holder, and it is tried again at each look; the holder of before takes the lease again at once if no other process has. A store
that was not started (the command line, tests) and a database in memory, which no other process sees, have no lease: `held` is true
and `fence` 0.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from skyspy.clock import Clock
from skyspy.loop import Loop
from skyspy.store import Store, StoreError
from skyspy.store.history import lease
from skyspy.store.history.lease import Fenced, Lease

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

LOOK_S = 1.0
RENEW_S = 2.0
LOST_S = 6.0
MAX_COUNTED_LOOKS = 2
"""How much of the time between two looks counts at most, in looks: longer, this process was stopped, or the database did not answer."""


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """The seconds of a lease. All processes on a database have the same; only tests have shorter ones."""

    look: float = LOOK_S
    renew: float = RENEW_S
    lost: float = LOST_S


LEASE_TIMES = LeaseTimes()


class WriterLease:
    """The lease of this process. `holder` describes the process that holds it, as far as known; `since` is the wall time of the last
    change of state; `error` is why the lease cannot be read or renewed, None where it can; `other_writes`: another process was
    seen renewing it, less than LOST_S ago.

    `check` is called before each look and raises StoreError where the database cannot be used yet; `on_error` is called with each
    StoreError."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        check: Callable[[], object] = lambda: None,
        on_error: Callable[[StoreError], object] = lambda _: None,
        times: LeaseTimes = LEASE_TIMES,
    ) -> None:
        self.times = times
        self._store = store
        self._clock = clock
        self._check = check
        self._on_error = on_error
        self._started = False
        self._name = f"{socket.gethostname()[:80].replace(' ', '-')} {os.getpid()} {secrets.token_hex(4)}"
        self._gained: list[tuple[str, Callable[[int], object]]] = []
        self._lost: list[tuple[str, Callable[[], object]]] = []
        self._fence: int | None = None
        self._announced: int | None = None
        self._renewed_at = self._looked_at = clock.steady()
        self._seen: Lease | None = None
        self._unchanged_s = 0.0
        self._state = ""
        self.since = clock.wall()
        self.other_writes = False
        self.error: str | None = None
        self.loop = Loop("deciding which process writes the history", self.round, clock, times.look)

    @property
    def held(self) -> bool:
        """Whether this process may write."""
        return self.fence is not None

    @property
    def fence(self) -> int | None:
        """The number under which this process may write; None while it may not, 0 where there is no lease."""
        if self._store.in_memory or not self._started:
            return 0
        valid = self._announced == self._fence and self._clock.steady() - self._renewed_at < self.times.lost
        return self._fence if valid else None

    @property
    def holder(self) -> str | None:
        """The process that holds the lease, for people; None where no process does or it is not known."""
        if self.held:
            return lease.described(self._name)
        return None if self._seen is None or self._seen.holder is None else lease.described(self._seen.holder)

    @property
    def seen_fence(self) -> int:
        """The highest fence that this process has seen; 0 before any."""
        return max(self._fence or 0, 0 if self._seen is None else self._seen.fence)

    def on_gained(self, name: str, run: Callable[[int], object]) -> None:
        """Call `run(fence)` each time this process has taken the lease, before it writes. It should take less than `lost` seconds."""
        self._gained.append((name, run))

    def on_lost(self, name: str, run: Callable[[], object]) -> None:
        """Call `run()` each time this process has lost the lease."""
        self._lost.append((name, run))

    def start(self) -> None:
        """Take the lease if it is free, in the caller's greenlet, and look again from now on."""
        self._started = True
        if not self._store.in_memory:
            self.loop.round()
            self.loop.start()

    def stop(self) -> None:
        """Release the lease, so that another process takes it at its next look. Nothing is written after this."""
        self.loop.stop()
        if self._store.in_memory or not self._started:
            return
        if self.error is None and not self.other_writes:
            try:
                self._store.write(lease.release, self._name)
            except StoreError as error:
                log.warning(
                    "history: the lease could not be released, another process takes it after %g s: %s", self.times.lost, error
                )
        self._fence = None

    def write(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `fn(connection, *args, **kwargs)`, run in a transaction that writes, after the check of the fence in the same one.

        `lease.fence_of(connection)` is the fence. Raises Fenced where this process does not hold the lease, and as Store.write.
        """
        fence = self.fence
        if fence == 0:
            return self._store.write(fn, *args, **kwargs)
        if fence is None:
            raise lease.not_the_writer(None if self._seen is None else self._seen.holder)
        try:
            return self._store.write(lambda connection: lease.fenced(connection, fence, fn, *args, **kwargs))
        except Fenced:
            if self._fence == fence:
                self._drop()
                self.loop.wake()
            raise

    # -- the loop ------------------------------------------------------------------------------

    def round(self) -> None:
        """One look: renew the lease, or take it where it is free, then call the subscribers of what changed."""
        try:
            self._check()
            if self._fence is not None:
                self._renew(self._fence)
            if self._fence is None:
                self._contend()
        except StoreError as error:
            self.error = str(error)
            self.other_writes = False
            self._on_error(error)
            if self._fence is not None and self._clock.steady() - self._renewed_at >= self.times.lost:
                self._drop()
        else:
            self.error = None
        self._announce()

    def _renew(self, fence: int) -> None:
        now = self._clock.steady()
        if now - self._renewed_at < self.times.renew - self.times.look / 2:
            return
        if not self._store.write(lease.renew, self._name, fence):
            self._drop()
        elif self._fence == fence:
            self._renewed_at = now

    def _drop(self) -> None:
        """The lease is lost: any other row than this process's own shows another holder."""
        self._seen = Lease(self._name, self._fence or 0, -1)
        self._fence = None

    def _contend(self) -> None:
        began = self._clock.steady()
        row = self._store.read(lease.look)
        passed, self._looked_at = began - self._looked_at, self._clock.steady()
        if row is not None and row.holder not in (None, self._name):
            if row != self._seen:
                self.other_writes, self._unchanged_s = self._seen is not None, 0.0
                self._seen = row
                return
            self._unchanged_s += min(passed, MAX_COUNTED_LOOKS * self.times.look)
            if self._unchanged_s < self.times.lost:
                return
        self.other_writes = False
        began = self._clock.steady()
        fence = self._store.write(lease.take, row, self._name)
        if fence is not None:
            self._fence, self._renewed_at = fence, began

    def _announce(self) -> None:
        """Log a change of state once, and call the subscribers."""
        if self._announced is not None and self._announced != self._fence:
            self._announced = None
            for name, lost in self._lost:
                self._guarded(name, lost)
        if self._fence is not None and self._announced is None:
            fence = self._fence
            for name, gained in self._gained:
                self._guarded(name, lambda gained=gained: gained(fence))  # type: ignore[misc]
            if self._fence == fence:
                self._announced = fence
        self._log_change()

    def _guarded(self, name: str, run: Callable[[], object]) -> None:
        try:
            run()
        except StoreError as error:
            log.warning("%s, as the process that writes the history changed: %s", name, error)
        except Exception:
            log.exception("%s failed, as the process that writes the history changed", name)

    def _log_change(self) -> None:
        level, state = logging.INFO, ""
        if self._fence is not None:
            state = f"this process writes the history (fence {self._fence})"
        elif self.error is not None:
            level, state = logging.WARNING, "it is not known which process writes the history"
        elif self.other_writes:
            state = f"the history is written by {self.holder}"
        else:
            state = f"no process renews the lease of the history: this one takes it after {self.times.lost:g} s"
        if state != self._state:
            self._state, self.since = state, self._clock.wall()
            log.log(level, "%s%s", state, f": {self.error}" if level == logging.WARNING else "")
