"""Postgres: a small pool, used from the caller's own greenlet; psycopg waits with gevent.

Law: nobody waits for ever. Locks, statements and the pool have their limits, and over them all stands one
patience on our side, because a server that is frozen enforces nothing. Over the limit is StoreBusy. A
connection that broke is thrown away, and a read that met it is tried once more on a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg.waiting
from gevent import Timeout
from sqlalchemy import Connection, Engine, create_engine, exc, pool
from sqlalchemy.engine import URL

from skyspy.store.errors import StoreBusy, StoreError, translate
from skyspy.store.worker_pool import patched

T = TypeVar("T")
_LIMITS = "-c lock_timeout=2000 -c statement_timeout=8000 -c idle_in_transaction_session_timeout=15000"


def engine_for(url: URL, limits: str = _LIMITS, poolclass: type[pool.Pool] = pool.QueuePool) -> Engine:
    """An engine whose connections carry the limits, beside whatever options the address has of its own."""
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
    """The Postgres backend of a Store. `patience` seconds pass before StoreBusy."""

    def __init__(self, url: URL, where: str, patience: float = 10.0) -> None:
        if patched() and psycopg.waiting.wait is getattr(psycopg.waiting, "wait_c", None):
            # psycopg chose how to wait when it was imported; this way it would stop the hub at every query.
            raise StoreError("psycopg was imported before gevent patched the process: patch first")
        self._engine = engine_for(url)
        self._where = where
        self._patience = patience if patched() else None

    def read(self, fn: Callable[[Connection], T]) -> T:
        try:
            return self._run(fn, only_reads=True)
        except _Broken:
            return self._run(fn, only_reads=True)

    def write(self, fn: Callable[[Connection], T]) -> T:
        return self._run(fn, only_reads=False)

    def _run(self, fn: Callable[[Connection], T], *, only_reads: bool) -> T:
        try:
            with Timeout(self._patience) as mine:
                try:
                    with self._engine.connect() as connection:
                        connection.execution_options(postgresql_readonly=only_reads)
                        with connection.begin():
                            return fn(connection)
                except exc.DBAPIError as error:
                    said = translate(error, self._where)
                    if said is None:
                        raise
                    if error.connection_invalidated:
                        raise _Broken(*said.args) from error
                    raise said from error
                except exc.SQLAlchemyError as error:
                    said = translate(error, self._where)
                    if said is None:
                        raise
                    raise said from error
        except Timeout as over:
            if over is not mine:
                raise
            raise StoreBusy(f"the database {self._where} is busy: no answer in {self._patience:g} s") from None

    def close(self) -> None:
        self._engine.dispose()


class _Broken(StoreBusy):
    """The connection broke under us; another one may do."""
