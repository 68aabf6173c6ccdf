"""Infrastructure: the interface to what processes share: their sessions, and evictions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from skyspy.store import Connection
from skyspy.store.audit import Actor
from skyspy.store.presence import Eviction, Polled, SessionRow


class PresencePort(Protocol):
    """Shared storage that every process reads and writes. Every method may raise StoreError."""

    def publish(self, process: str, rows: Sequence[SessionRow], gone: Collection[str] | None) -> int:
        """Write rows of a process that are new or changed, remove those of the sessions `gone` (None: all others), and note
        that the process is alive. Returns how many rows it then has."""

    def all_sessions(self) -> list[SessionRow]:
        """The sessions of every live process, newest first."""

    def request_traffic(self) -> None:
        """Ask every process to publish what its sessions received, for some seconds."""

    def poll(self, after: int | None) -> Polled:
        """Whether traffic is requested, and the evictions with an id above `after` (None: only the id of the last one)."""

    def evict(
        self, what: str, target: str, sockets: int, actor: Actor, permit: Callable[[Connection], object] | None = None
    ) -> Eviction:
        """Order a disconnect on every process. `permit` is called first in the transaction that orders it, where the place has
        transactions, and raises what refuses it."""
