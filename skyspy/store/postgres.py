"""Postgres: a small connection pool, used from the caller's greenlet; psycopg waits with gevent.

Invariants: every wait is bounded. Locks, statements and the pool have limits, and one timeout on the client's side covers them
all, because a frozen server enforces none. Beyond a limit: StoreBusy. A broken connection is dropped, and a read that met it is
tried once more on a new one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import psycopg.waiting
from gevent import Timeout
from sqlalchemy import Connection, Engine, create_engine, exc, pool
from sqlalchemy.engine import URL

from skyspy.store.errors import VALUE_ERRORS, StoreBusy, StoreError, UnstorableValue, translate
from skyspy.store.worker_pool import patched

T = TypeVar("T")
_LIMITS = "-c lock_timeout=2000 -c statement_timeout=8000 -c idle_in_transaction_session_timeout=15000"


def engine_for(url: URL, limits: str = _LIMITS, poolclass: type[pool.Pool] = pool.QueuePool) -> Engine:
    """An engine whose connections set `limits`, in addition to the options in the address."""
    own = url.query.get("options", "")
    own = own if isinstance(own, str) else " ".join(own)
    sized = {"pool_size": 5, "max_overflow": 5, "pool_timeout": 2.0} if poolclass is pool.QueuePool else {}
    return create_engine(
        url,
        poolclass=poolclass,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 3, "application_name": "skyspy", "options": f"{own} {limits}".strip()},
        **sized,
    )


class Postgres:
    """The Postgres backend of a Store. `timeout` seconds pass before StoreBusy."""

    def __init__(self, url: URL, where: str, timeout: float = 10.0, engine: Engine | None = None) -> None:
        if patched() and psycopg.waiting.wait is getattr(psycopg.waiting, "wait_c", None):
            # psycopg chooses how to wait when it is imported; its C implementation would block the hub at every query.
            raise StoreError("psycopg was imported before gevent patched the process: patch first")
        self._engine = engine or engine_for(url)
        self._where = where
        self._timeout = timeout if patched() else None

    def read(self, fn: Callable[[Connection], T]) -> T:
        try:
            return self._run(fn, only_reads=True)
        except _ConnectionLost:
            return self._run(fn, only_reads=True)

    def write(self, fn: Callable[[Connection], T]) -> T:
        return self._run(fn, only_reads=False)

    def _run(self, fn: Callable[[Connection], T], *, only_reads: bool) -> T:
        handled = sys.exception()
        try:
            with Timeout(self._timeout) as mine:
                try:
                    return self._transaction(fn, only_reads=only_reads)
                except Exception as error:
                    # The driver's cleaning up may fail in its turn, and its error then hides what interrupted it.
                    interruption = _interruption(error, handled)
                    if interruption is not None:
                        raise interruption from error
                    if self._timeout is not None and not mine.pending:
                        raise mine from error
                    raise
        except Timeout as over:
            if over is not mine:
                raise
            raise StoreBusy(f"the database {self._where} is busy: no answer in {self._timeout:g} s") from None

    def _transaction(self, fn: Callable[[Connection], T], *, only_reads: bool) -> T:
        try:
            with self._engine.connect() as connection:
                connection.execution_options(postgresql_readonly=only_reads)
                with connection.begin():
                    return fn(connection)
        except VALUE_ERRORS as error:
            raise UnstorableValue from error
        except exc.SQLAlchemyError as error:
            translated = translate(error, self._where)
            if translated is None:
                raise
            if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
                raise _ConnectionLost(*translated.args) from error
            raise translated from error

    def close(self) -> None:
        self._engine.dispose()


class _ConnectionLost(StoreBusy):
    """The connection broke during the query; a new one may work."""


def _interruption(error: BaseException, handled: BaseException | None) -> BaseException | None:
    """The time-out or end of the greenlet in whose handling the error was raised; None where it came of itself. `handled` is
    what the caller was handling already, which is not this error's."""
    found = error.__context__
    while found is not None and found is not handled:
        if not isinstance(found, Exception):
            return found
        found = found.__context__
    return None
