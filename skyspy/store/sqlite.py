"""SQLite: one connection that reads, one that writes, each in its own lane.

Law: WAL, so that readers never wait for the writer. Every write begins with BEGIN IMMEDIATE: whoever must
wait waits there, before anything was done, and so a job runs once or not at all. Each side has an
engine of its own, so that no lock of SQLAlchemy crosses threads. `synchronous` is FULL: a committed
change survives a power cut. (It costs a sync per commit, off the hub; bulk writers batch.)
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

from skyspy.store.errors import StoreBusy, is_busy, translate
from skyspy.store.worker_pool import WorkerPool, WorkerPoolFull

T = TypeVar("T")
_NAP_S = 0.25
"""How long SQLite itself waits for a lock before we look at the clock again."""


def engine_for(url: URL, begin: str, busy_s: float = _NAP_S, *, only_reads: bool = False) -> Engine:
    """An engine whose every transaction starts with `begin` (empty: with none), and that keeps no pool."""
    engine = create_engine(
        url,
        poolclass=pool.NullPool,
        hide_parameters=True,
        # Transactions are ours to begin: Python's sqlite3 would begin them late, and only for writes.
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
    """Make the database file, readable by its owner only, where there is none yet."""
    name = url.database
    if name and name != ":memory:" and not name.startswith("file:"):
        # Failing is no news here: opening the database fails next, and says why.
        with suppress(OSError):
            os.close(os.open(Path(name), os.O_CREAT | os.O_RDWR, 0o600))


class _Side:
    """One connection, kept open, and the lane it lives in."""

    def __init__(self, engine: Engine, where: str, patience: float) -> None:
        self.pool = WorkerPool(patience=patience)
        self._engine = engine
        self._where = where
        self._connection: Connection | None = None
        self._owner = 0

    def run(self, fn: Callable[[Connection], T]) -> T:
        deadline = time.monotonic() + self.pool.patience
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
        except exc.SQLAlchemyError as error:
            said = translate(error, self._where)
            if said is None:
                raise
            # Whatever is wrong with the file, a connection made anew sees it mended.
            self._drop()
            raise said from error

    def _open(self) -> Connection:
        if self._connection is not None and self._owner != os.getpid():
            # Forked since: SQLite connections must not be used, nor closed, on the other side of a fork.
            _ABANDONED.append(self._connection)
            self._connection = None
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
    """The SQLite backend of a Store. `patience` seconds pass before StoreBusy."""

    def __init__(self, url: URL, where: str, patience: float = 2.0) -> None:
        make_file(url)
        self._writer = _Side(engine_for(url, "BEGIN IMMEDIATE"), where, patience)
        memory = url.database in (None, "", ":memory:")
        # A database in memory belongs to its one connection: there, both sides are the same.
        self._reader = self._writer if memory else _Side(engine_for(url, "BEGIN", only_reads=True), where, patience)

    def read(self, fn: Callable[[Connection], T]) -> T:
        return self._reader.run(fn)

    def write(self, fn: Callable[[Connection], T]) -> T:
        return self._writer.run(fn)

    def close(self) -> None:
        self._writer.close()
        self._reader.close()
