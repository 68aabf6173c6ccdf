"""Reading a document from a file of the operator, whenever the file has changed.

Invariants: only a regular file is read, on a native thread, at most `max_bytes` of it. A file that is being written is not read before
it has rested: the same at two looks, or unchanged for SETTLED_S.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import gevent

from skyspy.clock import Clock
from skyspy.fetch.document import Document, FetchError, NotYetError, origin_of
from skyspy.files import NotRegularFileError, open_regular
from skyspy.outbound.failures import one_line
from skyspy.outbound.http_bounds import too_large
from skyspy.store.worker_pool import WorkerPool, WorkerPoolFull

SETTLED_S = 2.0


@dataclass(frozen=True, slots=True)
class _Read:
    """What one look found: the file's stamp and, where it was read, its bytes."""

    stamp: str
    modified_at: float
    body: bytes | None


class FileFetcher:
    """Reads one file. `pool` has the native threads; a look takes at most `seconds`."""

    host = ""

    def __init__(self, path: Path, max_bytes: int, pool: WorkerPool, clock: Clock, seconds: float = 10.0) -> None:
        self.origin = origin_of(str(path))
        self._path, self._max_bytes, self._pool, self._clock, self._seconds = path, max_bytes, pool, clock, seconds
        self._seen = ""

    def fetch(self, held: Document | None) -> Document | None:
        """The file, or None where it is as it was when `held` was read. Raises FetchError, and NotYetError while it is being written."""
        found = self._look(None)
        if held is not None and found.stamp == held.etag:
            return None
        has_rested = found.stamp == self._seen or self._clock.wall() - found.modified_at >= SETTLED_S
        self._seen = found.stamp
        if not has_rested:
            raise NotYetError(f"{self._path.name} has changed just now")
        read = self._look(found.stamp)
        if read.body is None:
            raise NotYetError(f"{self._path.name} is being written")
        if not read.body:
            raise FetchError(f"{self._path.name} is empty")
        now = self._clock.wall()
        return Document(read.body, "", self.origin, now, now, read.stamp)

    def _look(self, stamp: str | None) -> _Read:
        """One look on a native thread; reads the file where a stamp is given."""
        name = one_line(self._path.name)
        try:
            with gevent.Timeout(self._seconds, FetchError(f"{name} could not be read in {self._seconds:g} s")):
                return self._pool.run(partial(_look, self._path, self._max_bytes, stamp))
        except WorkerPoolFull:
            raise FetchError(f"{name} was not read: too many files wait") from None
        except NotRegularFileError as error:
            raise FetchError(one_line(str(error))) from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "its name cannot be used"
            raise FetchError(f"{name}: {reason}") from None


def _look(path: Path, max_bytes: int, stamp: str | None) -> _Read:
    """Runs on a native thread. The bytes are None where no stamp is given, and where the file changed while it was read. Raises OSError,
    ValueError, OutboundError."""
    if stamp is None:
        status = path.stat()
        return _Read(_stamp(status), status.st_mtime, None)
    with open_regular(path) as file:
        before = os.fstat(file.fileno())
        if before.st_size > max_bytes:
            raise too_large(max_bytes)
        body = file.read(max_bytes + 1)
        after = os.fstat(file.fileno())
    is_whole = _stamp(before) == _stamp(after) == stamp and len(body) == after.st_size
    return _Read(_stamp(after), after.st_mtime, body if is_whole else None)


def _stamp(status: os.stat_result) -> str:
    """What changes when a file is written or replaced: modification time and size; and, where a program sets the old time again, the time
    of the change itself and the inode."""
    return f"{status.st_mtime_ns}-{status.st_size}-{status.st_ctime_ns}-{status.st_ino}"
