"""Store: the table of airports that comes with SkySpy, read at its first use.

Invariants: the file is read and decompressed once, in a native thread, whoever asks meanwhile waits for it; a table that cannot be
read is logged once and not tried again, and everything else goes on without airports. Where the process has no file descriptor left, it
is tried again at the next use.
"""

from __future__ import annotations

import errno
import logging
import threading
from pathlib import Path

from skyspy.airports import Airports, TableError
from skyspy.store.worker_pool import WorkerPool

log = logging.getLogger(__name__)

PATH = Path(__file__).resolve().parent.parent / "data" / "airports.bin"
PATIENCE_SECONDS = 60.0


class AirportTable:
    """The airports of one file. `loaded`: None until `get` has read them. `problem`: why they could not be read, else ""."""

    def __init__(self, path: Path = PATH) -> None:
        self.loaded: Airports | None = None
        self.problem = ""
        self._path = path
        self._lock = threading.Lock()

    def get(self) -> Airports | None:
        """The airports; the first call waits for the file. None where it cannot be read."""
        if self.loaded is None and not self.problem:
            with self._lock:
                if self.loaded is None and not self.problem:
                    self._load()
        return self.loaded

    def _load(self) -> None:
        pool = WorkerPool(timeout=PATIENCE_SECONDS)
        try:
            self.loaded = pool.run(lambda: Airports(self._path.read_bytes()))
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                return
            self.problem = f"cannot read {self._path.name}: {error.strerror}"
        except TableError as error:
            self.problem = f"cannot use {self._path.name}: {error}"
        finally:
            pool.close()
        if self.problem:
            log.error("%s (install SkySpy again); airports and runways are not known", self.problem)
