"""Infrastructure: where processes exchange which sessions they serve. One adapter per place: memory.py, database.py.

Evictions do not go through it: an eviction is a change in the main database, in one transaction with its privilege rule and its audit row.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from skyspy.store.presence import SessionRow


class PresencePort(Protocol):
    """Rows of sessions that every process writes and reads. Every method may raise StoreError."""

    def publish(self, process: str, rows: Sequence[SessionRow], gone: Collection[str] | None) -> int:
        """Write rows of a process that are new or changed, remove those of the sessions `gone` (None: all others), and renew
        the process's timestamp. Returns how many rows it then has."""

    def all_sessions(self) -> list[SessionRow]:
        """The sessions of every running process, newest first. A process that did not publish for GONE_S is not running."""

    def request_traffic(self) -> None:
        """Request that every process publish traffic counters of its sessions for WANTED_S."""

    def traffic_requested(self) -> bool:
        """Whether somebody requested traffic counters within WANTED_S."""
