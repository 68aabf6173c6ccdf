"""SQLite: one connection that reads and one that writes, each on its own native thread.

Invariants: WAL, so that readers never wait for the writer. Every write begins with BEGIN IMMEDIATE: waiting for the lock
happens there, before any statement, so a job runs once or not at all. Each thread has its own engine, so that no lock of
SQLAlchemy is shared between threads. `synchronous` is FULL: a committed change survives a power cut, at the cost of a sync per
commit, off the hub. A file that was replaced or removed under an open connection is not used: what it holds is nobody's any more, and the
new one shares its journal's name with it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc, pool
from sqlalchemy.engine import URL

from skyspy.store.errors import VALUE_ERRORS, StoreBusy, StoreError, UnstorableValue, is_busy, translate
from skyspy.store.worker_pool import WorkerPool, WorkerPoolFull

T = TypeVar("T")
_BUSY_TIMEOUT_S = 0.25
"""How long SQLite waits for a lock before the deadline is checked again, in seconds."""


def engine_for(url: URL, begin: str, busy_s: float = _BUSY_TIMEOUT_S, *, only_reads: bool = False) -> Engine:
    """An engine without a pool, whose transactions start with the statement `begin` (empty: with none)."""
    engine = create_engine(
        url,
        poolclass=pool.NullPool,
        hide_parameters=True,
        # Transactions begin explicitly: Python's sqlite3 would begin them late, and only for writes.
        connect_args={"isolation_level": None, "timeout": busy_s, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _: object) -> None:
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA synchronous=FULL")
        if only_reads:
            raw.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def open_transaction(connection: Connection) -> None:
        if begin:
            connection.exec_driver_sql(begin)

    return engine


def make_file(url: URL) -> None:
    """Create the database file, readable by its owner only, where there is none yet.

    A file that exists is not opened: closing any descriptor of it would drop the locks of this process's connections, and another
    process that closes the database would then delete the write-ahead log into which they write.
    """
    name = url.database
    if name and name != ":memory:" and not name.startswith("file:"):
        # An error is ignored here: opening the database fails next, with a reason.
        with suppress(OSError):
            os.close(os.open(Path(name), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


class _File:
    """Which file the database's name stands for, from its first use until `forget`."""

    def __init__(self, name: str | None) -> None:
        # Addresses of other kinds (a database in memory, a file: URI) name no file that could be looked at.
        self._path = None if name is None or name in ("", ":memory:") or name.startswith("file:") else Path(name)
        self._opened: tuple[int, int] | None = None

    def is_as_opened(self) -> bool:
        now = self._now()
        if self._opened is None:
            self._opened = now
        return now == self._opened

    def forget(self) -> None:
        self._opened = None

    def _now(self) -> tuple[int, int] | None:
        if self._path is not None:
            with suppress(OSError):
                found = self._path.stat()
                return found.st_dev, found.st_ino
        return None


class _Worker:
    """One connection, kept open, and the worker thread it belongs to."""

    def __init__(self, engine: Engine, where: str, timeout: float, file: _File) -> None:
        self.pool = WorkerPool(timeout=timeout)
        self._engine = engine
        self._where = where
        self._connection: Connection | None = None
        self._owner = 0
        self._file = file

    def run(self, fn: Callable[[Connection], T]) -> T:
        deadline = time.monotonic() + self.pool.timeout
        try:
            return self.pool.run(lambda: self._transaction(fn, deadline))
        except WorkerPoolFull as full:
            raise StoreBusy(f"the database {self._where} is busy: {full}") from None

    def _transaction(self, fn: Callable[[Connection], T], deadline: float) -> T:
        try:
            connection = self._open()
            transaction = self._begin(connection, deadline)
            with transaction:
                return fn(connection)
        except VALUE_ERRORS as error:
            raise UnstorableValue from error
        except exc.SQLAlchemyError as error:
            translated = translate(error, self._where)
            if translated is None:
                raise
            if isinstance(translated, UnstorableValue):
                raise translated from error
            # A new connection sees the file as it is after a repair; this one may not.
            self._drop()
            raise translated from error

    def _open(self) -> Connection:
        if self._connection is not None and self._owner != os.getpid():
            # The process was forked: an SQLite connection must be neither used nor closed in the child.
            _ABANDONED.append(self._connection)
            self._connection = None
        if not self._file.is_as_opened():
            raise StoreError(f"the database {self._where} was replaced or removed while the server runs: restart the server")
        if self._connection is None:
            self._connection = self._engine.connect()
            self._owner = os.getpid()
        return self._connection

    def _begin(self, connection: Connection, deadline: float) -> Any:
        while True:
            try:
                return connection.begin()
            except exc.OperationalError as error:
                if not is_busy(error) or time.monotonic() >= deadline:
                    raise

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(exc.SQLAlchemyError):
                connection.close()

    def close(self) -> None:
        with suppress(WorkerPoolFull):
            self.pool.run(self._drop)
        self.pool.close()


_ABANDONED: list[Connection] = []


class Sqlite:
    """The SQLite backend of a Store. `timeout` seconds pass before StoreBusy."""

    def __init__(self, url: URL, where: str, timeout: float = 2.0) -> None:
        make_file(url)
        self._file = _File(url.database)
        self._writer = _Worker(engine_for(url, "BEGIN IMMEDIATE"), where, timeout, self._file)
        memory = url.database in (None, "", ":memory:")
        # A database in memory belongs to its one connection, so reads use the writer.
        self._reader = self._writer if memory else _Worker(engine_for(url, "BEGIN", only_reads=True), where, timeout, self._file)

    def read(self, fn: Callable[[Connection], T]) -> T:
        return self._reader.run(fn)

    def write(self, fn: Callable[[Connection], T]) -> T:
        return self._writer.run(fn)

    def close(self) -> None:
        self._writer.close()
        self._reader.close()
        self._file.forget()
