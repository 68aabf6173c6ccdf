"""What every test may ask for: a clock that stands still, a server built in a folder of its own, and the shared captures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from skyspy.app import create_app
from skyspy.clock import Clock

ROOT = Path(__file__).resolve().parent.parent
CAPTURES = ROOT.parent / "shared" / "data"
IN_CI = os.environ.get("CI") == "true"


def missing(what: str) -> None:
    """Skip by name for want of a part of the machine; under CI that is a failure."""
    if IN_CI:
        pytest.fail(f"CI must have it: {what}")
    pytest.skip(what)


class StillClock(Clock):
    """A clock that moves only when a test moves it."""

    def __init__(self, wall: float = 1_800_000_000.0, steady: float = 1000.0) -> None:
        self.wall_now, self.steady_now = wall, steady

    def wall(self) -> float:
        return self.wall_now

    def steady(self) -> float:
        return self.steady_now

    def pass_by(self, seconds: float) -> None:
        self.wall_now += seconds
        self.steady_now += seconds


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """A whole server with nothing started, its database in a folder of its own."""
    made = create_app({"SKYSPY_INSTANCE": str(tmp_path / "instance"), "SKYSPY_LAT": "47.5", "SKYSPY_LON": "8.5"})
    yield made
    made.extensions["skyspy"].store.close()
