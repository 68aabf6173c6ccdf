"""Where the project and the shared captures are on this machine, and what to do where a part of the machine is missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT.parent / "shared" / "data"
IN_CI = os.environ.get("CI") == "true"
MEMORY = Path("/dev/shm")
NEEDED_BYTES = 4 * 1024**3


def use_memory_for_files() -> None:
    """Let pytest make its folders on a file system in memory, where there is a large one: thousands of databases are written, each
    synced many times. PYTEST_DEBUG_TEMPROOT chooses another place."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= NEEDED_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def missing(what: str) -> None:
    """Skip by name for want of a part of the machine; under CI that is a failure."""
    if IN_CI:
        pytest.fail(f"CI must have it: {what}")
    pytest.skip(what)
