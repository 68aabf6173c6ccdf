"""Bringing a schema up to date, by the revisions in a folder: the main store's or the history's (see `Schema`).

Invariants: all steps from the old revision to the newest run in one transaction that holds the database's write lock, so that
of two processes that start together one migrates, and a process that is killed in between leaves the old schema whole. A
revision that this code does not know raises NewerSchema.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, exc, inspect, pool, text
from sqlalchemy.engine import URL
from sqlalchemy.schema import CreateSchema

from skyspy.store import postgres, sqlite, sqlite_space
from skyspy.store.errors import NewerSchema, StoreError, first_line, is_busy, translate

MIGRATIONS = Path(__file__).parent / "migrations"
"""Holds Alembic's env.py, which all schemas share, and the revisions of the main store."""
_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Schema:
    """A sequence of revisions. `name` is for messages; `revisions` is the folder of its revision files; `lock` is the number of
    the Postgres advisory lock that an upgrade holds; `namespace` is the Postgres schema to create first (None: it exists).
    `shrinks`: an SQLite file gives freed pages back to the disk in small steps (sqlite_space.py). `prepare` makes, at each start, what
    depends on what this SQLite can do; `is_ready` says that it has nothing to do."""

    name: str
    revisions: Path
    lock: int
    namespace: str | None = None
    shrinks: bool = False
    prepare: Callable[[Connection], None] = lambda _connection: None
    is_ready: Callable[[Connection], bool] = lambda _connection: True


MAIN = Schema("database", MIGRATIONS / "versions", 0x5B75_7000)


def _config(schema: Schema, connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("version_locations", str(schema.revisions).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@cache
def newest_revision(schema: Schema = MAIN) -> str:
    """The newest revision this code knows. Reading all revisions is the slow part of a start on an up-to-date database."""
    head = ScriptDirectory.from_config(_config(schema)).get_current_head()
    assert head is not None  # noqa: S101 - the package is incomplete without its migrations
    return head


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at, or None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def to_newest(connection: Connection, schema: Schema = MAIN) -> str:
    """Run the missing steps inside the caller's transaction. Raises NewerSchema for an unknown revision."""
    head, at = newest_revision(schema), current_revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_config(schema)).walk_revisions()}
    if at is not None and at not in known:
        raise NewerSchema(
            f"the {schema.name} was made by a newer SkySpy (schema {at}, this one knows up to {head}): "
            "start that version, or restore a backup"
        )
    if at != head:
        command.upgrade(_config(schema, connection), "head")
    schema.prepare(connection)
    return head


def upgrade_database(url: URL, where: str, schema: Schema = MAIN) -> str:
    """Open the database, bring it up to date, close it; returns the revision. Raises StoreError."""
    try:
        return _run_sqlite(url, schema) if url.get_backend_name() == "sqlite" else _run_postgres(url, schema)
    except exc.SQLAlchemyError as error:
        raise translate(error, where) or StoreError(f"cannot upgrade the database {where}: {first_line(error)}") from error


def _run_sqlite(url: URL, schema: Schema) -> str:
    revision = _upgrade_sqlite(url, schema)
    if schema.shrinks:
        sqlite_space.convert_small(url)
    return revision


def _upgrade_sqlite(url: URL, schema: Schema) -> str:
    sqlite.make_file(url)
    head = newest_revision(schema)
    with _engine(sqlite.engine_for(url, "")) as bare:
        _use_wal(bare, shrinks=schema.shrinks)
    with _engine(sqlite.engine_for(url, "BEGIN")) as reader, reader.begin() as connection:
        if current_revision(connection) == head and schema.is_ready(connection):
            # The usual start: nothing to do, so do not wait for the write lock that a busy server may hold.
            return head
    with _engine(sqlite.engine_for(url, "BEGIN IMMEDIATE", busy_s=_WAIT_S)) as writer, writer.begin() as connection:
        return to_newest(connection, schema)


def _run_postgres(url: URL, schema: Schema) -> str:
    limits = f"-c lock_timeout={_WAIT_S * 1000:.0f}"
    with _engine(postgres.engine_for(url, limits, pool.NullPool)) as engine, engine.begin() as connection:
        # Held until the transaction ends. It locks no table: readers go on.
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": schema.lock})
        if schema.namespace is not None and schema.namespace not in inspect(connection).get_schema_names():
            # Not IF NOT EXISTS: that requires the CREATE privilege even where the schema exists.
            connection.execute(CreateSchema(schema.namespace))
        return to_newest(connection, schema)


@contextmanager
def _engine(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


def _use_wal(engine: Engine, *, shrinks: bool) -> None:
    """Switch the file to write-ahead logging, which is persistent. Retries while another process does the same.

    The engine must begin no transaction: inside one the mode cannot change. A new file can be made to shrink only before this.
    """
    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            with engine.connect() as connection:
                if shrinks:
                    connection.exec_driver_sql("PRAGMA auto_vacuum=INCREMENTAL")
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        except exc.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
        else:
            return
