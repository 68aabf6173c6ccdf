"""The history store: opening it, reading, writing events at once and everything else in batches.

There are two ways to write. `commit_now` is for events and for what must be delivered: it returns after the commit, so the
caller publishes only what is stored. `enqueue` is for statistics and tracks: it never waits; a loop writes queued rows every
FLUSH_SECONDS, or as soon as a batch is full. Both use the one writer of this store, which shares no lock, thread, connection or
file with the main store. A commit waits at most for the batch that is being written, which is one short transaction.

Of several processes one writes (writer.py). `commit_now` raises Fenced in the others, and rows of `enqueue` wait there for GRACE_S:
a process that takes over writes what the one before could not. `commit_anywhere` is for what every process may write: rows that
belong to a user, and deletions.

SQLite is `synchronous=FULL` for batches too: a batch every few seconds makes one sync, so a second connection with weaker
guarantees would gain nothing.

Invariants: errors of this database affect only its own callers. Reads and `commit_now` raise StoreError, `enqueue` and the loop
never raise; rows that cannot be written are tried again, and when the queue is full, the oldest are dropped and counted. Only a
schema made by a newer version stops a start. While the disk is full or nearly full (room.py) nothing is written; reading and
deleting go on, and writing does by itself when there is room.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, MetaData
from sqlalchemy.engine import URL, make_url

from skyspy.clock import Clock
from skyspy.loop import Loop
from skyspy.store import Store, StoreBusy, StoreError
from skyspy.store.errors import NewerSchema, StoreFull
from skyspy.store.history import erasure, words
from skyspy.store.history.batches import BatchQueue, Pending, WriteRows, by_kind
from skyspy.store.history.condition import Condition
from skyspy.store.history.lease import Fenced
from skyspy.store.history.room import DiskGuard
from skyspy.store.history.schema import METADATA
from skyspy.store.history.writer import LEASE_TIMES, LeaseTimes, WriterLease
from skyspy.store.upgrade import Schema
from skyspy.store.worker_pool import WorkerPool, WorkerPoolFull

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

FLUSH_SECONDS = 5.0
MIN_FLUSH_PERIOD_S = 0.25
DELETIONS_SECONDS = 30.0
MAX_BATCH_ROWS = 500
MAX_QUEUED_ROWS = 50_000
MAX_QUEUED_BYTES = 32 * 1024 * 1024
ROW_BYTES = 256
"""The size of a row whose writer gives none."""
GRACE_S = 20.0
"""How long rows are kept in a process that does not write the history: longer than a takeover and the batch before it take."""
UPGRADE_TIMEOUT_S = 60.0

_REVISIONS = Path(__file__).parent / "migrations" / "versions"
_LOCK = 0x5B75_7001
_SEARCH_PATH = re.compile(r"search_path\s*=\s*\"?(\w+)")


@dataclass(frozen=True, slots=True)
class HistoryStatus:
    """State and counters since the start. `available`: it is open and the last write succeeded. `queued`, `written` and
    `dropped` count rows of `enqueue`, and `left` those that another process wrote instead; `committed` and `failed_commits` count
    calls of `commit_now`. `last_error` is one line, None after a success; `last_flush_s` is the duration of the last flush in
    seconds, None before the first. `full` is a sentence while writing pauses for want of room on the disk; `disk_free` are the
    bytes that are free, None where that is not known."""

    where: str
    available: bool
    queued: int
    queued_bytes: int
    written: int
    dropped: int
    left: int
    failed_batches: int
    committed: int
    failed_commits: int
    last_error: str | None
    last_flush_s: float | None
    full: str | None = None
    disk_free: int | None = None


class HistoryStore:
    """The history beside a main store. `url` is config's `history_url`; `metadata` names the tables, for deleting what users
    owned."""

    def __init__(
        self, url: str, main: Store, clock: Clock, metadata: MetaData = METADATA, times: LeaseTimes = LEASE_TIMES
    ) -> None:
        address, schema = _place(url)
        self._store = Store(address.render_as_string(hide_password=False), schema)
        self._main = main
        self._clock = clock
        self._owned = erasure.owned_tables(metadata)
        # A running server upgrades an SQLite file on a native thread; Postgres waits with gevent anyway.
        self._upgrades = WorkerPool(timeout=UPGRADE_TIMEOUT_S) if self._store.is_file else None
        self.url = address
        room = DiskGuard(Path(address.database or "").resolve().parent if self._store.is_file else None)
        self.condition = Condition(clock, room)
        self._queue = BatchQueue(MAX_QUEUED_ROWS, MAX_QUEUED_BYTES)
        self._opened = False
        self._deletions_at = clock.steady()
        self._written = self._dropped = self._left = self._failed_batches = self._committed = self._failed_commits = 0
        self._last_flush_s: float | None = None
        self.loop = Loop("the history's writer", self.round, clock, FLUSH_SECONDS, lambda: MIN_FLUSH_PERIOD_S)
        self.lease = WriterLease(self._store, clock, self._check_open, self._lease_failed, times)
        self.lease.on_gained("writing the history", self._gained)

    @property
    def where(self) -> str:
        """The database's name for logs, without a password."""
        return self._store.where

    @property
    def is_file(self) -> bool:
        """Whether it is an SQLite file."""
        return self._store.is_file

    # -- opening -------------------------------------------------------------------------------

    def upgrade(self) -> str:
        """Bring the schema to the newest revision and return its name; safe beside other processes. Raises StoreError."""
        revision = self._store.upgrade()
        self._opened, self.condition.suspect = True, False
        return revision

    def open(self) -> None:
        """Upgrade at the start of a server. Raises NewerSchema only: any other error is logged, and `start` tries again."""
        try:
            self.upgrade()
        except NewerSchema:
            raise
        except StoreError as error:
            self.condition.failed(error)

    def start(self) -> None:
        """Take the lease if it is free, and write batches while it is held; apply deletions from now on."""
        self.lease.start()
        self.loop.start()
        self.loop.wake()

    def stop(self) -> None:
        """Write queued rows, tried once unless the database is known to be unusable, release the lease, and close the connections."""
        self.loop.stop()
        if not self.condition.suspect:
            self.flush()
        self.lease.stop()
        if len(self._queue) and not self.lease.other_writes:
            log.warning("history: %d rows could not be written before the stop", len(self._queue))
        self.close()

    def close(self) -> None:
        """Close all connections; a later use opens new ones."""
        self._store.close()
        if self._upgrades is not None:
            self._upgrades.close()

    # -- reading and writing -------------------------------------------------------------------

    def read(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `fn(connection, *args, **kwargs)`, run in a transaction that only reads; as Store.read. Raises StoreError."""
        self._check_open()
        return self._store.read(fn, *args, **kwargs)

    def commit_now(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `fn(connection, *args, **kwargs)`, run in a transaction that is committed when this returns.

        For events and what must be delivered: publish after it. As Store.write; raises StoreBusy or StoreError where nothing was
        committed, Fenced where another process writes the history.
        """
        return self._commit(lambda: self.lease.write(fn, *args, **kwargs))

    def commit_anywhere(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """As `commit_now`, in whichever process: for rows that belong to a user, and for deletions. Rows of a user are only written
        this way."""
        return self._commit(lambda: self._store.write(fn, *args, **kwargs))

    def _commit(self, write: Callable[[], T]) -> T:
        try:
            self._check_open()
            self.condition.room.require()
            result = write()
        except Fenced:
            raise
        except StoreError as error:
            self._failed_commits += 1
            self.condition.failed(error)
            raise
        self._committed += 1
        self.condition.forget()
        return result

    def maintain(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """As `commit_now`, for deleting rows and other upkeep: also while writing pauses for want of room, and an error changes
        no state of this store."""
        self._check_open()
        return self._store.write(fn, *args, **kwargs)

    def enqueue(self, write: WriteRows, row: object, size: int = ROW_BYTES) -> None:
        """Have `write(connection, rows)` called soon with this row among others. Never waits and never raises.

        `lease.fence_of(connection)` is the number for a column `fence`. Where another process writes the history, the row is left
        to that one after GRACE_S.
        `size` is the row's approximate size in memory, in bytes. Beyond MAX_QUEUED_ROWS or MAX_QUEUED_BYTES the oldest are
        dropped.
        """
        self._queue.add(Pending(write, row, size, self._clock.steady()))
        if len(self._queue) >= MAX_BATCH_ROWS:
            self.loop.wake()

    # -- the writer's loop ---------------------------------------------------------------------

    def round(self) -> None:
        """One round of the loop: write queued rows, then apply deletions if they are due."""
        self.condition.has_room(self.lease.held)
        if not self.condition.due or not self._reopened():
            return
        self.flush()
        if not self.lease.held and self.lease.error is None:
            # Another process writes: what failed in this one before is over.
            self.condition.forget()
        if self._clock.steady() >= self._deletions_at and not self.condition.suspect:
            self.apply_deletions()

    def flush(self) -> None:
        """Write queued rows, batch by batch, until one fails; where another process writes them, remove those older than GRACE_S. While
        the disk is nearly full nothing is written."""
        if self.lease.other_writes:
            self._left += self._queue.discard_before(self._clock.steady() - GRACE_S)
        if not self.condition.has_room(self.lease.held):
            return
        began = self._clock.steady()
        while self.lease.held and (batch := self._queue.take(MAX_BATCH_ROWS)):
            try:
                self.lease.write(_write, batch)
            except Fenced:
                self._queue.put_back(batch)
                return
            except StoreError as error:
                self._queue.put_back(batch)
                self._failed_batches += 1
                self.condition.failed(error)
                self.condition.wait_longer()
                return
            except Exception as error:
                # A bug in the writer: rows that no database accepts would block all others.
                self._dropped += len(batch)
                self._failed_batches += 1
                self.condition.last_error = f"{type(error).__name__} while writing a batch"
                log.exception("history: a batch of %d rows is dropped", len(batch))
            except BaseException:
                # The loop is being stopped; whether the batch was committed is not known, and writing it twice is harmless.
                self._queue.put_back(batch)
                raise
            else:
                self._written += len(batch)
                self.condition.succeeded()
        self._last_flush_s = self._clock.steady() - began

    def follow_deletions(self, *_: object) -> bool:
        """Apply deletions at once, in the next round of the loop: the main store changed."""
        self._deletions_at = self._clock.steady()
        self.loop.wake()
        return True

    def apply_deletions(self) -> int:
        """Delete rows of users that were deleted from the main store; returns the number of rows.

        Never raises StoreError: a failed deletion is tried again in a later round.
        """
        self._deletions_at = self._clock.steady() + DELETIONS_SECONDS
        try:
            self._check_open()
            deleted = erasure.apply_new(self._main, self._store, self._owned, self._clock.wall())
        except StoreError as error:
            self.condition.failed(error)
            return 0
        if deleted is not None:
            self.condition.succeeded()
        return deleted or 0

    def status(self) -> HistoryStatus:
        """The counters, since the start."""
        return HistoryStatus(
            where=self.where,
            available=self._opened and self.condition.last_error is None,
            queued=len(self._queue),
            queued_bytes=self._queue.size,
            written=self._written,
            dropped=self._dropped + self._queue.dropped,
            left=self._left,
            failed_batches=self._failed_batches,
            committed=self._committed,
            failed_commits=self._failed_commits,
            last_error=self.condition.last_error,
            last_flush_s=self._last_flush_s,
            full=self.condition.full,
            disk_free=self.condition.room.free,
        )

    def _check_open(self) -> None:
        if not self._opened:
            raise StoreError(f"history is not available: {self.condition.last_error or 'it was not opened'}")

    def _reopened(self) -> bool:
        """Whether the store can be used; after an error the schema is checked again, for the file may have been replaced."""
        if not self.condition.suspect:
            return True
        try:
            if self._upgrades is None:
                self.upgrade()
            else:
                self._upgrades.run(self.upgrade)
        except (StoreError, WorkerPoolFull) as error:
            self.condition.failed(error)
            self.condition.wait_longer()
            return False
        return True

    def _gained(self, _: int) -> None:
        self.condition.retry_now()
        self.loop.wake()

    def _lease_failed(self, error: StoreError) -> None:
        """Without the lease no batch finds out that the file is gone: the next round checks the schema."""
        if isinstance(error, StoreFull):
            # Nothing else is written now that would notice it.
            self.condition.failed(error)
        self.condition.suspect = self.condition.suspect or not isinstance(error, StoreBusy | StoreFull)


def _write(connection: Connection, batch: list[Pending]) -> None:
    for write, rows in by_kind(batch):
        write(connection, rows)


def _place(url: str) -> tuple[URL, Schema]:
    """The database and schema of the history: the address itself on SQLite, a separate schema on Postgres.

    The schema is named history. Where the address has a search_path for the main store, such as `office`, it is office_history,
    so that two installations can share one database.
    """
    address = make_url(url)
    if address.get_backend_name() != "postgresql":
        return address, Schema("history", _REVISIONS, _LOCK, shrinks=True, prepare=words.prepare, is_ready=words.is_ready)
    options = address.query.get("options", "")
    options = options if isinstance(options, str) else " ".join(options)
    own = [name for name in _SEARCH_PATH.findall(options) if name != "public"]
    namespace = f"{own[-1]}_history" if own else "history"
    address = address.update_query_dict({"options": f"{options} -c search_path={namespace}".strip()})
    return address, Schema("history", _REVISIONS, _LOCK, namespace)
