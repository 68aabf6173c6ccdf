"""Fixtures that run the store's tests on every kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skyspy.store import Store
from tests.support.clock import StillClock
from tests.support.databases import KINDS, Db, open_store
from tests.support.history import Stores, open_stores


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
