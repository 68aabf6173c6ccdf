"""Fixtures of the security rows: a real server with generous limits, its operator, and source addresses for requests.

A test's name begins with its row (`test_s05_…`). A row that needs other settings or another server makes its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.wire.conftest import boss, pair
from tests.wire.serving import Operator, Server

__all__ = ["boss", "pair"]
HERE = Path(__file__).parent
GENEROUS: dict[str, object] = {
    "LOGIN_ATTEMPTS_PER_ACCOUNT": 1000,
    "LOGIN_ATTEMPTS_PER_ADDRESS": 10_000,
    "LOGIN_ATTEMPTS_TOTAL": 1_000_000,
    "TOKEN_ATTEMPTS_PER_ADDRESS": 1_000_000,
    "REQUESTS_PER_MINUTE": 1_000_000,
}
"""Limits that no row reaches by accident."""

_NUMBERS = itertools.count(1)


@contextmanager
def operating(server: Server, *names: str) -> Iterator[Operator]:
    """The operator of a server's database, with these users and generous limits."""
    made = Operator(server.folder)
    try:
        made.choose(**GENEROUS)
        for name in names:
            made.user(name)
        yield made
    finally:
        made.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.wire)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all rows that restore its state. At the end its log must hold no traceback."""
    made = Server(tmp_path_factory.mktemp("security"))
    yield made
    made.stop()
    assert "Traceback" not in made.log()


@pytest.fixture(scope="session")
def operator(server: Server) -> Iterator[Operator]:
    """The operator of that server's database; every limit is generous."""
    with operating(server) as made:
        yield made


@pytest.fixture
def address() -> str:
    """A loopback address that no other test uses."""
    number = next(_NUMBERS)
    return f"127.9.{number // 250}.{number % 250 + 1}"
