"""Databases for tests: a SQLite file, and a schema of one's own on a real Postgres where one answers.

A test of the store gets a copy of a migrated SQLite file, or a migrated Postgres schema that the tests of this process
use one after the other, emptied in between. `SKYSPY_TEST_POSTGRES` names another Postgres; the database is only used for
schemas, and those of their history, that are dropped again.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, LiteralString, Protocol, TypeVar

import psycopg

from skyspy.auth.apikeys import MadeKey
from skyspy.clock import Clock
from skyspy.config import history_url_of
from skyspy.store import Store
from skyspy.store.audit import Actor
from skyspy.store.history import HistoryStore
from skyspy.store.keys import NewKey
from skyspy.store.schema import METADATA
from tests.support.machine import ROOT, missing
from tests.support.sites import copy_database

T = TypeVar("T")
KINDS = ("sqlite", "postgres")
OF_TESTS = frozenset({"notes", "toy_second"})
"""Tables that tests make in the history."""
_CANDIDATES = ("postgresql:///test", "postgresql://127.0.0.1:5432/test")


class Installation(Protocol):
    """Anything with a database and a clock."""

    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True)
class Db:
    """A database and the clock by which it is changed."""

    store: Store
    clock: Clock


def change(place: Installation, fn: Callable[..., T], *args: object) -> T:
    """Call a store function that changes something, at the place's present time: `fn(connection, *args, at)`."""
    return place.store.write(fn, *args, place.clock.wall())


@cache
def postgres_address() -> str | None:
    """The first Postgres that answers."""
    for address in (*filter(None, [os.environ.get("SKYSPY_TEST_POSTGRES")]), *_CANDIDATES):
        try:
            psycopg.connect(address, connect_timeout=3).close()
        except psycopg.Error:
            continue
        return address
    return None


class Schema:
    """An empty schema of its own on the Postgres server. `drop` it."""

    def __init__(self, server: str) -> None:
        self.name = f"skyspy_{secrets.token_hex(6)}"
        self.url = f"{server}?options=-csearch_path%3D{self.name}"
        self._connection = psycopg.connect(server, autocommit=True)
        self._run(
            f"SET client_min_messages = warning; SET lock_timeout = 10000; CREATE SCHEMA {self.name}; SET search_path = {self.name}"
        )

    def _run(self, statements: str) -> None:
        self._connection.execute(statements)  # type: ignore[call-overload]

    @property
    def _drop_history(self) -> str:
        return f"DROP SCHEMA IF EXISTS {self.name}_history CASCADE;"

    def drop(self) -> None:
        self._run(f"DROP SCHEMA {self.name} CASCADE; {self._drop_history}")
        self._connection.close()


class MigratedSchema(Schema):
    """A schema with the newest tables, and that of its history, which `clean` brings back to what the migrations left."""

    def __init__(self, server: str) -> None:
        super().__init__(server)
        store = Store(self.url)
        store.upgrade()
        store.close()
        self._clean = self._brought_back(self.name)
        self._make_history()

    def _make_history(self) -> None:
        store = Store(self.url)
        history = HistoryStore(history_url_of(self.url), store, Clock())
        history.upgrade()
        history.close()
        store.close()
        self._clean_history, self._shape = self._brought_back(f"{self.name}_history"), self._shape_of_history()

    def _brought_back(self, schema: str) -> str:
        """The statements that bring the rows and sequences of a schema back to what they are now."""
        order = [table.name for table in METADATA.sorted_tables]
        tables = self._column("SELECT tablename FROM pg_tables WHERE schemaname = %s", schema)
        tables.sort(key=lambda name: order.index(name) if name in order else -1)
        # Fewer than a dozen rows in all: deleting them is twenty times faster than TRUNCATE, which makes new files.
        empty = "".join(f"DELETE FROM {schema}.{name};" for name in reversed(tables))
        fill = ""
        for name in tables:
            kept = f"{schema}_{name}"
            columns = self._stored_columns(schema, name)
            self._run(f"DROP TABLE IF EXISTS pg_temp.{kept}; CREATE TEMPORARY TABLE {kept} AS SELECT * FROM {schema}.{name}")
            fill += f"INSERT INTO {schema}.{name} ({columns}) SELECT {columns} FROM pg_temp.{kept};"
        query: LiteralString = "SELECT format('%%s|%%s', sequencename, last_value) FROM pg_sequences WHERE schemaname = %s"
        for name, last in (row.split("|") for row in self._column(query, schema)):
            fill += f"SELECT setval('{schema}.{name}', {last or 1}, {bool(last)});"
        return f"BEGIN; {empty} {fill} COMMIT;"

    def _column(self, query: LiteralString, schema: str) -> list[str]:
        return [row[0] for row in self._connection.execute(query, [schema]).fetchall()]

    def _stored_columns(self, schema: str, table: str) -> str:
        """The names of a table's columns but those that the database makes of others."""
        query: LiteralString = (
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
        )
        return ", ".join(row[0] for row in self._connection.execute(query, [f"{schema}.{table}"]).fetchall())

    def _shape_of_history(self) -> list[str]:
        """The columns and indexes of the history's tables."""
        columns: LiteralString = (
            "SELECT format('%%s %%s %%s', attrelid::regclass, attname, atttypid) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
            " WHERE relnamespace::regnamespace::text = %s AND relkind = 'r' AND attnum > 0"
        )
        indexes: LiteralString = "SELECT indexdef FROM pg_indexes WHERE schemaname = %s"
        schema = f"{self.name}_history"
        return sorted(self._column(columns, schema)) + sorted(self._column(indexes, schema))

    def clean(self) -> None:
        """Make it empty. Where a test has made, changed or removed a table of the history, that is made anew."""
        self._run(self._clean)
        for name in self._column("SELECT tablename FROM pg_tables WHERE schemaname = %s", f"{self.name}_history"):
            if name in OF_TESTS:
                self._run(f"DROP TABLE {self.name}_history.{name}")
        if self._shape_of_history() == self._shape:
            self._run(self._clean_history)
        else:
            self._run(self._drop_history)
            self._make_history()


_FREE: list[MigratedSchema] = []
"""Migrated schemas that no test uses now."""


def drop_schemas() -> None:
    """Drop what was kept for the next test."""
    while _FREE:
        _FREE.pop().drop()


@contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database, without any table."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    schema = Schema(_postgres())
    try:
        yield schema.url
    finally:
        schema.drop()


@contextmanager
def migrated_url(kind: str, folder: Path) -> Iterator[str]:
    """The address of a database with the newest schema and nothing in it."""
    if kind == "sqlite":
        copy_database(folder / "test.db")
        yield f"sqlite:///{folder / 'test.db'}"
        return
    server = _postgres()
    schema = _FREE.pop() if _FREE else MigratedSchema(server)
    try:
        yield schema.url
    finally:
        schema.clean()
        _FREE.append(schema)


def _postgres() -> str:
    address = postgres_address()
    if address is None:
        missing("a Postgres at postgresql:///test")
    return address or ""


@contextmanager
def open_store(kind: str, folder: Path) -> Iterator[Store]:
    """A store with the newest schema on an empty database."""
    with migrated_url(kind, folder) as url:
        store = Store(url)
        try:
            yield store
        finally:
            store.close()


def forked(work: Callable[[], object]) -> int:
    """Run work in a child forked from here: 0, 1 where it raised, or minus the signal that ended it."""
    with warnings.catch_warnings():
        # Python warns of threads, which a test's child does not touch.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def python(code: str, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, from the project's root."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd=ROOT, check=False)


def create_key(
    parts: Any,
    user_id: int,
    kind: str,
    name: str,
    actor: Actor,
    scopes: Iterable[str] | None = None,
    expires_at: float | None = None,
    networks: Iterable[str] | None = None,
) -> MadeKey:
    """Create an API key; `parts` have a store, a clock and api_keys."""
    narrowed, limited_to = None if scopes is None else frozenset(scopes), None if networks is None else tuple(networks)
    return change(parts, parts.api_keys.create, user_id, NewKey(kind, name, narrowed, limited_to, expires_at), actor)
