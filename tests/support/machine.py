"""Where the project and the shared captures are on this machine, and what to do where a part of the machine is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT.parent / "shared" / "data"
IN_CI = os.environ.get("CI") == "true"


def missing(what: str) -> None:
    """Skip by name for want of a part of the machine; under CI that is a failure."""
    if IN_CI:
        pytest.fail(f"CI must have it: {what}")
    pytest.skip(what)
