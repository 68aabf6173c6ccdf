"""Whether the history can be written: its last error, the room on its disk, and when the next attempt is due.

Invariants: the first error after a success is logged, and so is the next success. After StoreBusy and StoreFull the database is
usable as it is; after any other error the schema is checked before the next attempt (`suspect`), because the file may have been
replaced.
"""

from __future__ import annotations

import logging

from skyspy.clock import Clock
from skyspy.store.errors import StoreBusy, StoreFull
from skyspy.store.history.room import DiskGuard

log = logging.getLogger(__name__)

FIRST_RETRY_S = 5.0
MAX_RETRY_S = 60.0


class Condition:
    """`last_error` is one line, None after a success; `full` is that line while writing pauses for want of room."""

    def __init__(self, clock: Clock, room: DiskGuard) -> None:
        self._clock = clock
        self.room = room
        self.last_error: str | None = None
        self.full: str | None = None
        self.suspect = True
        self._retry_at = clock.steady()
        self._retry_s = FIRST_RETRY_S

    @property
    def due(self) -> bool:
        """Whether writing may be tried now."""
        return self._clock.steady() >= self._retry_at

    def retry_now(self) -> None:
        """The next attempt is due."""
        self._retry_at = self._clock.steady()

    def wait_longer(self) -> None:
        """The next attempt is due after a pause, which is longer each time."""
        self._retry_at = self._clock.steady() + self._retry_s
        self._retry_s = min(2 * self._retry_s, MAX_RETRY_S)

    def failed(self, error: Exception) -> None:
        """An attempt to read or write failed."""
        if self.last_error is None:
            log.error("history cannot be used, everything else goes on: %s", error)
        self.suspect = self.suspect or not isinstance(error, StoreBusy | StoreFull)
        self.last_error = str(error)
        if not isinstance(error, StoreBusy):
            self.full = self.last_error if isinstance(error, StoreFull) else None

    def forget(self) -> None:
        """What failed before is over."""
        self.last_error = self.full = None

    def succeeded(self) -> None:
        """Something was written."""
        if self.room.low is not None:
            return
        if self.last_error is not None:
            log.info("history is written again")
        self.forget()
        self._retry_s = FIRST_RETRY_S

    def has_room(self, writes: bool) -> bool:
        """Look at the disk's free space; when there is enough again, the next attempt is due. Too little is an error of a process
        that `writes`."""
        was_low = self.room.low is not None
        low = self.room.check()
        if low is not None and writes:
            self.failed(StoreFull(low))
        elif low is None and was_low:
            self.succeeded()
            self.retry_now()
        return low is None
