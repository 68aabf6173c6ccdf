"""The room on the disk of an SQLite history.

Recording pauses before the disk is full, so that the main database, which is usually on the same disk, can still keep changed
settings and sign-ins.

Invariants: reading the free space never raises; where it is not known, nothing pauses. The bound for going on is higher than the
one for pausing, so that recording does not pause and go on in turns.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from skyspy.store.errors import StoreFull

LOW_BYTES = 200_000_000
LOW_SHARE = 0.05
"""On a small disk this share of it is low."""
ENOUGH = 1.25
"""How many times the low bound must be free before recording goes on."""


def disk_usage(path: Path) -> tuple[int, int] | None:
    """Free bytes (for the process's own user) and all bytes of the disk that holds `path`; None where that is not known."""
    try:
        found = os.statvfs(path)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize


class DiskGuard:
    """Watches the disk of the folder `path` (None: a database that has no file here). `low` is a sentence for the operator, None
    while there is enough room; `free` are the free bytes at the last `check`."""

    def __init__(self, path: Path | None, usage: Callable[[Path], tuple[int, int] | None] = disk_usage) -> None:
        self._path = path
        self._usage = usage
        self.low: str | None = None
        self.free: int | None = None

    def check(self) -> str | None:
        """Read the free space; returns `low`."""
        found = None if self._path is None else self._usage(self._path)
        if found is None:
            self.free = self.low = None
            return None
        self.free, total = found
        bound = min(LOW_BYTES, LOW_SHARE * total)
        if self.free < bound * (1.0 if self.low is None else ENOUGH):
            self.low = (
                f"history is paused: its disk has {self.free / 1e6:.0f} MB free, and recording needs {bound * ENOUGH / 1e6:.0f} MB:"
                " free space on it, or keep less history (HISTORY_MAX_MB, skyspy history prune)"
            )
        else:
            self.low = None
        return self.low

    def require(self) -> None:
        """Raise StoreFull while there was too little room at the last `check`."""
        if self.low is not None:
            raise StoreFull(self.low)
