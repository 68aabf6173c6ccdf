"""The aircraft database's file: an SQLite file of its own, written by `skyspy aircraft-db import` and never changed afterwards.

A new file is written beside the old one and renamed over it, so a reader has a whole file at any moment. Each list that was
imported is a source with a name; importing under the same name replaces its rows. Where two sources know the same aircraft, each field
is taken from the one that was imported last and knows it.

Blocking: for the command line and for native threads.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from skyspy.aircraft import Value
from skyspy.store.errors import StoreError

FILE = "aircraft.sqlite3"
"""Its name in the instance folder."""
COLUMNS: tuple[str, ...] = ("r", "t", "desc", "ownOp", "year", "dbFlags")
"""The fields of an aircraft that it holds."""

_SCHEMA = 1
_NAMES = ", ".join(f'"{column}"' for column in COLUMNS)
_CREATE = f"""
CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, format TEXT NOT NULL, origin TEXT NOT NULL,
                     imported_at REAL NOT NULL, aircraft INTEGER NOT NULL, refused INTEGER NOT NULL);
CREATE TABLE aircraft (address INTEGER NOT NULL, source INTEGER NOT NULL, {_NAMES}, PRIMARY KEY (address, source)) WITHOUT ROWID;
"""
_BATCH = 5000
_LOOKUP = 500
"""Addresses in one statement."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One imported list. `imported_at`: wall seconds; `aircraft` and `refused` count its rows."""

    name: str
    format: str
    origin: str
    imported_at: float
    aircraft: int
    refused: int


def signature(path: Path) -> tuple[int, int, int] | None:
    """What changes when the file is replaced; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def open_file(path: Path) -> sqlite3.Connection:
    """A connection that only reads, with little cache. Raises StoreError."""
    try:
        # The file is replaced and never changed, so SQLite need not look for locks or changes.
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        try:
            connection.execute("PRAGMA cache_size=-2000")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise StoreError(f"the aircraft database {path} cannot be read: {error}") from None
    if version != _SCHEMA:
        connection.close()
        raise StoreError(f"the aircraft database {path} was written by another version: import its lists again")
    return connection


def look_up(connection: sqlite3.Connection, addresses: Iterable[int]) -> dict[int, dict[str, Value]]:
    """The fields of those aircraft that are known."""
    found: dict[int, dict[str, Value]] = {}
    rest = iter(addresses)
    while chunk := list(islice(rest, _LOOKUP)):
        marks = ", ".join("?" * len(chunk))
        rows = connection.execute(
            f"SELECT address, {_NAMES} FROM aircraft JOIN source ON source.id = aircraft.source"  # noqa: S608 - names and marks only
            f" WHERE address IN ({marks}) ORDER BY imported_at DESC, source.id DESC",
            chunk,
        )
        for address, *values in rows:
            known = found.setdefault(address, {})
            for name, value in zip(COLUMNS, values, strict=True):
                if value is not None:
                    known.setdefault(name, value)
    return found


def sources(path: Path) -> list[SourceRow]:
    """The lists in the file, the newest first. Raises StoreError."""
    connection = open_file(path)
    try:
        rows = connection.execute(
            "SELECT name, format, origin, imported_at, aircraft, refused FROM source ORDER BY imported_at DESC"
        )
        return [SourceRow(*row) for row in rows]
    except sqlite3.Error as error:
        raise StoreError(f"the aircraft database {path} cannot be read: {error}") from None
    finally:
        connection.close()


def count(path: Path) -> int:
    """How many different aircraft the file holds. Raises StoreError."""
    connection = open_file(path)
    try:
        return int(connection.execute("SELECT count(DISTINCT address) FROM aircraft").fetchone()[0])
    finally:
        connection.close()


class Writer:
    """The next file while it is written. `put` adds rows of the source that is imported; `finish` puts it into its place."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._id = 1 + int(connection.execute("SELECT coalesce(max(id), 0) FROM source").fetchone()[0])

    def put(self, rows: Iterable[tuple[int, Mapping[str, Value]]]) -> None:
        """Add aircraft by address; a later row of the same address replaces the earlier one."""
        marks = ", ".join("?" * (2 + len(COLUMNS)))
        rest = iter(rows)
        while chunk := list(islice(rest, _BATCH)):
            self._connection.executemany(
                f"INSERT OR REPLACE INTO aircraft VALUES ({marks})",  # noqa: S608 - marks only
                [(address, self._id, *(fields.get(column) for column in COLUMNS)) for address, fields in chunk],
            )

    def finish(self, name: str, kind: str, origin: str, at: float, refused: int) -> int:
        """Write down what the source is; returns how many aircraft it has."""
        counted = self._connection.execute("SELECT count(*) FROM aircraft WHERE source = ?", (self._id,)).fetchone()[0]
        self._connection.execute(
            "INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?)", (self._id, name, kind, origin, at, counted, refused)
        )
        return int(counted)


@contextmanager
def replacing(path: Path, name: str) -> Iterator[Writer]:
    """Write the next file, with all sources of the present one but `name`; it takes its place when the block ends without an
    error. Raises StoreError, also where another process is at it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(path), _removed(temporary):
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            with closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
                connection.executescript(
                    f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA user_version={_SCHEMA}; {_CREATE}"
                )
                _keep_others(connection, path, name)
                connection.execute("BEGIN")
                yield Writer(connection)
                connection.execute("COMMIT")
            _sync(temporary)
            temporary.replace(path)
            _sync(path.parent)
    except sqlite3.Error as error:
        raise StoreError(f"the aircraft database {path} cannot be written: {error}") from None
    except OSError as error:
        raise StoreError(f"the aircraft database {path} cannot be written: {error.strerror or error}") from None


@contextmanager
def _removed(temporary: Path) -> Iterator[None]:
    """Remove the file at the end, if it is still there."""
    try:
        yield
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _keep_others(connection: sqlite3.Connection, path: Path, name: str) -> None:
    if signature(path) is None:
        return
    open_file(path).close()
    connection.execute("ATTACH ? AS former", (f"{path.absolute()}",))
    connection.execute("INSERT INTO source SELECT * FROM former.source WHERE name != ?", (name,))
    connection.execute("INSERT INTO aircraft SELECT * FROM former.aircraft WHERE source IN (SELECT id FROM source)")
    connection.execute("DETACH former")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError("another import is running: wait until it has ended") from None
        yield


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
