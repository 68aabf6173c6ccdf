"""What the processes of an installation share in order to know of each other's sessions and evictions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from skyspy.store.audit import Actor
from skyspy.store.presence import Eviction, Polled, SessionRow


class PresencePort(Protocol):
    """A place that every process reads and writes. Every method may raise StoreError."""

    def publish(self, process: str, rows: Sequence[SessionRow], gone: Collection[str] | None) -> int:
        """Write rows of a process that are new or changed, remove those of the sessions `gone` (None: all others), and note
        that the process lives. Returns how many rows it then has."""

    def everybody(self) -> list[SessionRow]:
        """The sessions of every living process, the newest first."""

    def want(self) -> None:
        """Ask every process to publish what its sessions received, for some seconds."""

    def poll(self, after: int | None) -> Polled:
        """Whether traffic is wanted, and the evictions later than the id `after` (None: only the id of the last one)."""

    def evict(self, what: str, target: str, sockets: int, actor: Actor) -> Eviction:
        """Order a disconnect on every process."""
