"""Servers for the tests that go over a real connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire.serving import Operator, Server

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.wire)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave it as they found it."""
    made = Server(tmp_path_factory.mktemp("server"))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def operator(server: Server) -> Iterator[Operator]:
    """Who changes that server's settings and accounts."""
    made = Operator(server.folder)
    made.choose(TOKEN_ATTEMPTS_PER_ADDRESS=100_000, LOGIN_ATTEMPTS_PER_ADDRESS=1000)
    yield made
    made.close()
