"""A history in memory, for a sky whose history need not outlive the process: the sandbox's."""

from __future__ import annotations

from skyspy.clock import Clock
from skyspy.store import Store
from skyspy.store.history.store import HistoryStore


class MemoryHistory(HistoryStore):
    """A history that only this process has. It is opened at its first use, because few processes read it."""

    def __init__(self, main: Store, clock: Clock) -> None:
        super().__init__("sqlite://", main, clock)

    def close(self) -> None:
        """Close it: what it holds is gone, and a later use opens an empty one."""
        self._opened = False
        super().close()

    def _check_open(self) -> None:
        if not self._opened:
            self.upgrade()
