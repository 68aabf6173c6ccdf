"""Bringing the schema up to date, by the revisions in migrations/.

Law: all steps from the old revision to the newest run in one transaction that holds the database's write
lock: two processes that start together do it once, and one that is killed in the middle leaves the
old schema whole. A revision that this code does not know stops the start.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, exc, pool, text
from sqlalchemy.engine import URL

from skyspy.store import postgres, sqlite
from skyspy.store.errors import StoreError, first_line, is_busy, translate

MIGRATIONS = Path(__file__).parent / "migrations"
_WAIT_S = 60.0
_LOCK = 0x5B75_7000
"""The number of Postgres's advisory lock that an upgrade holds; any number nobody else uses."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The newest revision this code knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # noqa: S101 - the package is incomplete without its migrations
    return head


def current(connection: Connection) -> str | None:
    """The revision the database is at, or None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def to_newest(connection: Connection) -> str:
    """Run the missing steps inside the caller's transaction. Raises StoreError for an unknown revision."""
    head, at = newest(), current(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if at is not None and at not in known:
        raise StoreError(
            f"the database was made by a newer SkySpy (schema {at}, this one knows up to {head}): start that version, or restore a backup"
        )
    if at != head:
        command.upgrade(_config(connection), "head")
    return head


def run(url: URL, where: str) -> str:
    """Open the database, bring it up to date, close it; returns the revision. Raises StoreError."""
    try:
        return _run_sqlite(url) if url.get_backend_name() == "sqlite" else _run_postgres(url)
    except exc.SQLAlchemyError as error:
        raise translate(error, where) or StoreError(f"cannot upgrade the database {where}: {first_line(error)}") from error


def _run_sqlite(url: URL) -> str:
    sqlite.make_file(url)
    head = newest()
    with _engine(sqlite.engine_for(url, "")) as bare:
        _use_wal(bare)
    with _engine(sqlite.engine_for(url, "BEGIN")) as reader, reader.begin() as connection:
        if current(connection) == head:
            # The usual start: nothing to do, so do not ask for the lock that a busy server may hold.
            return head
    with _engine(sqlite.engine_for(url, "BEGIN IMMEDIATE", busy_s=_WAIT_S)) as writer, writer.begin() as connection:
        return to_newest(connection)


def _run_postgres(url: URL) -> str:
    limits = f"-c lock_timeout={_WAIT_S * 1000:.0f}"
    with _engine(postgres.engine_for(url, limits, pool.NullPool)) as engine, engine.begin() as connection:
        # Held until the transaction ends. It is no table's lock: readers go on.
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        return to_newest(connection)


@contextmanager
def _engine(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


def _use_wal(engine: Engine) -> None:
    """Switch the file to write-ahead logging; it remembers. Of two that switch at once, one asks again.

    The engine must begin no transaction: inside one the mode cannot change.
    """
    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        except exc.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
        else:
            return
