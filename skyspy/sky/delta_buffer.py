"""Application: the recent deltas of a sky, for clients that resume.

Invariants: a client gets every change it missed, or a snapshot. The number of aircraft changes in memory is bounded; the oldest
deltas are dropped first.
"""

from __future__ import annotations

from collections import deque

from skyspy.tracker import Delta

MAX_BUFFERED_CHANGES = 50_000


class DeltaBuffer:
    """The most recent deltas, oldest first, each beginning where the one before it ended."""

    def __init__(self, limit: int = MAX_BUFFERED_CHANGES) -> None:
        self._limit = limit
        self._deltas: deque[Delta] = deque()
        self._size = 0

    def add(self, delta: Delta) -> None:
        """Add a delta, and drop the oldest ones beyond the limit."""
        self._deltas.append(delta)
        self._size += _size(delta)
        while self._size > self._limit and len(self._deltas) > 1:
            self._size -= _size(self._deltas.popleft())

    def since(self, seq: int) -> list[Delta] | None:
        """Every delta after the one that ended at `seq`; None when that one was dropped or never existed."""
        missed: list[Delta] = []
        for delta in reversed(self._deltas):
            missed.append(delta)
            if delta.prev == seq:
                return missed[::-1]
        return None


def _size(delta: Delta) -> int:
    return len(delta.new) + len(delta.changed) + len(delta.removed)
