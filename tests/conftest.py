"""What every test may ask for: a clock that stands still, and a server built in a folder of its own."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.clock import StillClock
from tests.support.machine import CAPTURES, IN_CI, ROOT, missing, use_memory_for_files

use_memory_for_files()

if TYPE_CHECKING:  # The application takes a second to import; most of tests/unit does without it.
    from flask import Flask

    from tests.support.tokens import Desk

# A busy machine fails no property: neither its examples nor their making have a deadline.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("whole", _UNTIMED)
settings.register_profile("quick", _UNTIMED, max_examples=25)
settings.load_profile("whole")

__all__ = ["CAPTURES", "IN_CI", "ROOT", "StillClock", "missing"]


@pytest.fixture
def kind() -> str:
    """The kind of database: SQLite, but in tests/database, where a test is run on each kind."""
    return "sqlite"


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


class Records(logging.Handler):
    """Keeps the log records it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record)


@pytest.fixture
def logged() -> Iterator[list[logging.LogRecord]]:
    """What SkySpy logs during the test, each record once, whether or not a server configured the log before."""
    handler, logger = Records(), logging.getLogger("skyspy")
    logger.addHandler(handler)
    yield handler.kept
    logger.removeHandler(handler)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """A whole server with nothing started, its database in a folder of its own."""
    from skyspy.clock import Clock
    from tests.support.sites import release, serve

    made = serve({"SKYSPY_INSTANCE": str(tmp_path / "instance"), "SKYSPY_LAT": "47.5", "SKYSPY_LON": "8.5"}, Clock())
    yield made
    release(made)


@pytest.fixture
def desk(kind: str, tmp_path: Path, clock: StillClock) -> Iterator[Desk]:
    """An installation without users, on the test's kind of database."""
    from tests.support.databases import open_store
    from tests.support.tokens import Desk

    with open_store(kind, tmp_path) as store:
        yield Desk(store, clock)


@pytest.fixture
def one(tmp_path: Path, clock: StillClock) -> Iterator[Desk]:
    """An installation with one user on SQLite, for what has nothing to do with the database."""
    from tests.support.databases import open_store
    from tests.support.tokens import Desk

    with open_store("sqlite", tmp_path) as store:
        desk = Desk(store, clock)
        desk.user()
        yield desk


@pytest.fixture(scope="session", autouse=True)
def _no_schema_is_left_behind() -> Iterator[None]:
    yield
    if databases := sys.modules.get("tests.support.databases"):
        databases.drop_schemas()


LONGEST = (
    "wire/test_client_table",
    "wire/test_history_takeover",
    "wire/test_restart",
    "faults/test_f57_kills",
    "wire/test_bench_hostile",
)
"""Files that take longest, mostly waiting by the clock. They run first: at the end one process would wait for the other."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.with_suffix("").as_posix().endswith(LONGEST))


def pytest_collection_finish() -> None:
    """Search for garbage less often, and not among the collected tests, which live as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded as a table, also where other processes ran them."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "table":
                terminalreporter.section(report.nodeid)
                terminalreporter.write_line(value)
