"""A store on every kind of database, and another process that stands in its way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import select, update

from skyspy.store import Store
from skyspy.store.schema import STATE

HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
held.execute("COMMIT")
"""


class Holder:
    """Another process that holds SQLite's write lock."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", HOLD, str(path), str(seconds)], stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Holder:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "held\n"
        return self

    @property
    def holding(self) -> bool:
        """Whether it holds the lock still: it ends when it lets go."""
        return self._process.poll() is None

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def version(store: Store) -> int:
    return store.read(lambda c: c.execute(select(STATE.c.version)).scalar_one())


def raise_version(store: Store) -> None:
    store.write(lambda c: c.execute(update(STATE).values(version=STATE.c.version + 1)).rowcount)
