"""Servers for the tests with real connections."""

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
    """One server for all tests that restore its state."""
    made = Server(tmp_path_factory.mktemp("server"))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def operator(server: Server) -> Iterator[Operator]:
    """The operator of that server's database."""
    made = Operator(server.folder)
    made.choose(TOKEN_ATTEMPTS_PER_ADDRESS=100_000, LOGIN_ATTEMPTS_PER_ADDRESS=1000)
    yield made
    made.close()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two processes on one database."""
    folder = tmp_path_factory.mktemp("pair")
    both = Server(folder, wait=False), Server(folder, wait=False)
    for server in both:
        server.wait()
    yield both
    for server in both:
        server.end()
    for server in both:
        server.stop()
        assert "Traceback" not in server.log()


@pytest.fixture(scope="module")
def boss(pair: tuple[Server, Server]) -> Iterator[Operator]:
    """The operator of that database."""
    made = Operator(pair[0].folder)
    made.user("root")
    yield made
    made.close()
