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
from typing import Any, Protocol, TypeVar

import psycopg

from skyspy.auth.apikeys import MadeKey
from skyspy.clock import Clock
from skyspy.store import Store
from skyspy.store.audit import Actor
from skyspy.store.keys import NewKey
from skyspy.store.schema import METADATA
from tests.support.machine import ROOT, missing
from tests.support.sites import copy_database

T = TypeVar("T")
KINDS = ("sqlite", "postgres")
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
    """A schema with the newest tables, which `clean` brings back to what the migrations left."""

    def __init__(self, server: str) -> None:
        super().__init__(server)
        store = Store(self.url)
        store.upgrade()
        store.close()
        tables = [*(table.name for table in METADATA.sorted_tables), "alembic_version"]
        # Fewer than a dozen rows in all: deleting them is twenty times faster than TRUNCATE, which makes new files.
        empty = "".join(f"DELETE FROM {name};" for name in reversed(tables))
        fill = ""
        for name in tables:
            kept = f"migrated_{name}"
            self._run(f"CREATE TEMPORARY TABLE {kept} AS SELECT * FROM {name}")
            fill += f"INSERT INTO {name} SELECT * FROM {kept};"
        self._clean = f"BEGIN; {empty} {fill} {self._sequences()} COMMIT;"

    def _sequences(self) -> str:
        """The statements that set every sequence to where it is now."""
        rows = self._connection.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %s", [self.name])
        return "".join(f"SELECT setval('{name}', {last or 1}, {last is not None});" for name, last in rows.fetchall())

    def clean(self) -> None:
        self._run(self._clean + self._drop_history)


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
