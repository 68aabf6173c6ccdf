"""The space of an SQLite file: what is used, what is free, and giving free pages back to the disk.

Deleting rows makes free pages, which new rows use again; the file stays as large as it was. A file made with
`auto_vacuum=INCREMENTAL` can be cut in small steps (`shrink`). That must be chosen before the first table, or by a VACUUM,
which copies the whole file (`compact`).

Invariants: `shrink` and `space` run inside the caller's transaction. `compact` and `convert_small` open a connection of their
own, block their thread, and hold the write lock for their whole duration.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, exc
from sqlalchemy.engine import URL

from skyspy.store import sqlite
from skyspy.store.errors import StoreError, StoreFull, first_line, translate

log = logging.getLogger(__name__)

INCREMENTAL = 2
MAX_CONVERTED_BYTES = 50 * 1000 * 1000
"""A larger file is not converted at a start: that would take too long on a slow card."""
COPY_FACTOR = 2.2
"""VACUUM needs this many times the used bytes on the disk: a copy, and the same in the write-ahead log."""
LOCK_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes of pages in use and of free pages; `shrinks`: `shrink` has an effect."""

    used: int
    free: int
    shrinks: bool


def space(connection: Connection) -> Space:
    """The space of the connection's file."""
    page, pages, free, mode = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_size", "page_count", "freelist_count", "auto_vacuum")
    )
    return Space((pages - free) * page, free * page, mode == INCREMENTAL)


def shrink(connection: Connection, max_bytes: int) -> int:
    """Give up to `max_bytes` of free pages back to the disk; returns the bytes given back. The file becomes shorter with the
    next checkpoint of the write-ahead log."""
    before = space(connection)
    if not before.shrinks or not before.free:
        return 0
    page = int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
    for _ in range(min(max_bytes, before.free) // page):
        # One page for each call: Python's driver makes one step of the statement, whatever number it names.
        connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")
    return before.free - space(connection).free


def compact(url: URL, where: str) -> None:
    """Write the file anew without free pages, so that it shrinks from now on. Other writers wait meanwhile: seconds to minutes.

    Raises StoreFull where the disk has no room for the copy, StoreError otherwise.
    """
    path = Path(url.database or "")
    try:
        with _connected(url, LOCK_WAIT_S) as connection:
            needed = COPY_FACTOR * space(connection).used
            free = shutil.disk_usage(path.parent).free
            if free < needed:
                raise StoreFull(f"compacting needs {needed / 1e6:.0f} MB of free disk, there are {free / 1e6:.0f} MB")
            # The copy is a temporary file: beside the database, because /tmp may be small or in memory.
            os.environ.setdefault("SQLITE_TMPDIR", str(path.parent.resolve()))
            _vacuum(connection)
    except OSError as error:
        raise StoreError(f"cannot compact the database {where}: {error.strerror}") from None
    except exc.SQLAlchemyError as error:
        raise translate(error, where) or StoreError(f"cannot compact the database {where}: {first_line(error)}") from error


def convert_small(url: URL) -> bool:
    """Let a file that was made without auto_vacuum shrink from now on, if it is small and nobody else uses it now; returns
    whether it was converted. Never raises an SQLAlchemyError: what was not converted works as before."""
    try:
        with _connected(url, 0.0) as connection:
            found = space(connection)
            if found.shrinks or found.used + found.free > MAX_CONVERTED_BYTES:
                return False
            _vacuum(connection)
            return True
    except exc.SQLAlchemyError as error:
        log.info("the database %s gives no space back to the disk yet: %s", url.database, first_line(error))
        return False


def _vacuum(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA auto_vacuum=INCREMENTAL")
    connection.exec_driver_sql("VACUUM")
    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _connected(url: URL, busy_s: float) -> Iterator[Connection]:
    """A connection that begins no transactions."""
    engine = sqlite.engine_for(url, "", busy_s=busy_s)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
