"""Fixtures that run the store's tests on every kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skyspy.clock import Clock
from skyspy.server import Server, server_of
from skyspy.store import Store
from tests.support.clock import StillClock
from tests.support.databases import KINDS, Db, migrated_url, open_store
from tests.support.history import Stores, open_stores
from tests.support.sites import release, serve


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database: sqlite, then postgres."""
    found: str = request.param
    return found


@pytest.fixture
def store(kind: str, tmp_path: Path) -> Iterator[Store]:
    """A store on the test's kind of database."""
    with open_store(kind, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A store on a SQLite file."""
    with open_store("sqlite", tmp_path) as made:
        yield made


@pytest.fixture
def db(store: Store, clock: StillClock) -> Db:
    """A store and a clock."""
    return Db(store, clock)


@pytest.fixture
def stores(kind: str, tmp_path: Path) -> Iterator[Stores]:
    """A main store and the history beside it."""
    with open_stores(kind, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite_stores(tmp_path: Path) -> Iterator[Stores]:
    """Both on SQLite."""
    with open_stores("sqlite", tmp_path) as made:
        yield made


@pytest.fixture
def two(kind: str, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """Two servers on one database."""
    with migrated_url(kind, tmp_path) as url:
        environ = {"SKYSPY_INSTANCE": str(tmp_path), "SKYSPY_DATABASE_URL": url}
        apps = [serve(environ, Clock()), serve(environ, Clock())]
        yield server_of(apps[0]), server_of(apps[1])
        for app in apps:
            release(app)
