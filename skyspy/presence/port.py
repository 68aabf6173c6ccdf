"""What the processes of an installation must share to know of each other's sessions and evictions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from skyspy.store.audit import Actor
from skyspy.store.presence import Polled, SessionRow


class PresencePort(Protocol):
    """A place that every process reads and writes. Every method may raise StoreError."""

    def publish(self, process: str, rows: Sequence[SessionRow], gone: Collection[str]) -> None:
        """Write the rows of one process that are new or changed, and remove those of the sessions `gone` (by sid)."""

    def renew(self, process: str) -> int:
        """Note that a process lives; returns how many rows it has there."""

    def withdraw(self, process: str) -> None:
        """Remove the rows of a process that ends."""

    def everybody(self) -> list[SessionRow]:
        """The sessions of every living process, the newest first."""

    def want(self) -> None:
        """Ask every process to write what its sessions received, for some seconds."""

    def poll(self, after: int | None) -> Polled:
        """Whether traffic is wanted, and the evictions later than the id `after` (None: only the id of the last one)."""

    def evict(self, what: str, target: str, sockets: int, actor: Actor) -> int:
        """Order a disconnect on every process; returns the eviction's id."""
