"""A queue of rows to be written in batches: bounded by number and size, the oldest dropped first.

Invariants: nothing here reads or writes anything outside memory. All calls come from one thread, that of the hub.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

WriteRows = Callable[[Connection, Sequence[Any]], object]
"""Writes rows of one kind, inside the caller's transaction. Must be idempotent: after an error a batch is written again."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A queued row, the function that writes it, its approximate size in bytes, and when it was queued (steady seconds)."""

    write: WriteRows
    row: object
    size: int
    at: float = 0.0


class BatchQueue:
    """Queued rows, oldest first. `size` is their sum in bytes; `dropped` counts rows that were dropped because the queue was
    full."""

    def __init__(self, max_rows: int, max_bytes: int) -> None:
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._pending: deque[Pending] = deque()
        self.size = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, pending: Pending) -> None:
        """Append a row."""
        self._pending.append(pending)
        self.size += pending.size
        self._trim()

    def take(self, max_rows: int) -> list[Pending]:
        """Remove and return the oldest rows, `max_rows` at most."""
        taken = [self._pending.popleft() for _ in range(min(max_rows, len(self._pending)))]
        self.size -= sum(pending.size for pending in taken)
        return taken

    def put_back(self, taken: Sequence[Pending]) -> None:
        """Put rows that could not be written back to the front, in their order."""
        self._pending.extendleft(reversed(taken))
        self.size += sum(pending.size for pending in taken)
        self._trim()

    def discard_before(self, at: float) -> int:
        """Remove rows that were queued before `at` (steady seconds); returns how many. They do not count as dropped."""
        found = 0
        while self._pending and self._pending[0].at < at:
            self.size -= self._pending.popleft().size
            found += 1
        return found

    def _trim(self) -> None:
        while self._pending and (len(self._pending) > self._max_rows or self.size > self._max_bytes):
            self.size -= self._pending.popleft().size
            self.dropped += 1


def by_kind(batch: Sequence[Pending]) -> Iterator[tuple[WriteRows, list[object]]]:
    """The rows of a batch grouped by the function that writes them, each group in order."""
    groups: dict[WriteRows, list[object]] = {}
    for pending in batch:
        groups.setdefault(pending.write, []).append(pending.row)
    yield from groups.items()
