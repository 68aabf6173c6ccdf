"""Databases for tests: a SQLite file, and a schema of one's own on a real Postgres where one answers.

`SKYSPY_TEST_POSTGRES` names another Postgres; the database is only used for a schema, and one of its history, that are dropped again.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import psycopg
import pytest

from skyspy.clock import Clock
from skyspy.store import Store
from tests.conftest import ROOT, missing

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


def postgres_address() -> str | None:
    """The first Postgres that answers."""
    for address in (*filter(None, [os.environ.get("SKYSPY_TEST_POSTGRES")]), *_CANDIDATES):
        try:
            psycopg.connect(address, connect_timeout=3).close()
        except psycopg.Error:
            continue
        return address
    return None


@contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    address = postgres_address()
    if address is None:
        missing("a Postgres at postgresql:///test")
        return
    schema = f"skyspy_{secrets.token_hex(6)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")  # type: ignore[arg-type]
    try:
        yield f"{address}?options=-csearch_path%3D{schema}"
    finally:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute(f"DROP SCHEMA {schema} CASCADE")  # type: ignore[arg-type]
            connection.execute(f"DROP SCHEMA IF EXISTS {schema}_history CASCADE")  # type: ignore[arg-type]


@contextmanager
def open_store(kind: str, folder: Path) -> Iterator[Store]:
    """A store with the newest schema on an empty database."""
    with database_url(kind, folder) as url:
        store = Store(url)
        store.upgrade()
        try:
            yield store
        finally:
            store.close()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store on every kind of database, one after the other."""
    with open_store(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A store on a SQLite file."""
    with open_store("sqlite", tmp_path) as made:
        yield made


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
