"""Infrastructure: presence in memory, for a database in memory, which no other process can use."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from skyspy.clock import Clock
from skyspy.store.presence import GONE_S, WANTED_S, SessionRow


class MemoryPresence:
    """PresencePort for the Presence objects of one process that share this one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._requested_until = 0.0
        self._rows: dict[str, dict[str, SessionRow]] = {}
        self._published_at: dict[str, float] = {}

    def publish(self, process: str, rows: Sequence[SessionRow], gone: Collection[str] | None) -> int:
        """See PresencePort."""
        kept = {} if gone is None else {sid: row for sid, row in self._rows.get(process, {}).items() if sid not in gone}
        self._rows[process] = kept | {row.sid: row for row in rows}
        self._published_at[process] = self._clock.wall()
        return len(self._rows[process])

    def all_sessions(self) -> list[SessionRow]:
        """See PresencePort."""
        running = [process for process, at in self._published_at.items() if at >= self._clock.wall() - GONE_S]
        rows = [row for process in running for row in self._rows[process].values()]
        return sorted(rows, key=lambda row: (-row.since, row.sid))

    def request_traffic(self) -> None:
        """See PresencePort."""
        self._requested_until = self._clock.wall() + WANTED_S

    def traffic_requested(self) -> bool:
        """See PresencePort."""
        return self._requested_until > self._clock.wall()
