"""Whole servers in memory, each test's its own, and those who use them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from skyspy.server import Server, server_of
from tests.support.api_client import three_aircraft
from tests.support.shell import Shell
from tests.support.sites import provide_database
from tests.support.two_processes import Twice
from tests.support.world import Panel, World, socket_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A server, its people and what they ask for."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[World]:
    """A server with two aircraft in each sky, for clients of Socket.IO."""
    made = socket_world(tmp_path)
    yield made
    made.close()


@pytest.fixture
def twice(tmp_path: Path) -> Iterator[Twice]:
    """Two processes on one database."""
    made = Twice(tmp_path)
    yield made
    made.close()


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Panel]:
    """A server and the browsers of its panel."""
    made = Panel(tmp_path)
    yield made
    made.close()


@pytest.fixture
def server(app: Flask) -> Server:
    return server_of(app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sky(server: Server) -> None:
    """Three aircraft in the live sky, one in the sandbox."""
    three_aircraft(server)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell on an installation with a database."""
    provide_database(tmp_path / "instance")
    return Shell(tmp_path / "instance", monkeypatch)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell whose installation has no folder and no database yet."""
    return Shell(tmp_path / "instance", monkeypatch)
