"""Infrastructure: presence in memory, for an installation of one process and for tests. Evictions are not written to the audit log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from skyspy.clock import Clock
from skyspy.store import Connection
from skyspy.store.audit import Actor
from skyspy.store.presence import GONE_S, MAX_EVICTIONS, WANTED_S, Eviction, Polled, SessionRow


class MemoryPresence:
    """PresencePort for all Presence objects that share this one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wanted_until = 0.0
        self._rows: dict[str, dict[str, SessionRow]] = {}
        self._lived_at: dict[str, float] = {}
        self._evictions = [Eviction(0, "", "", 0.0)]

    def publish(self, process: str, rows: Sequence[SessionRow], gone: Collection[str] | None) -> int:
        kept = {} if gone is None else {sid: row for sid, row in self._rows.get(process, {}).items() if sid not in gone}
        self._rows[process] = kept | {row.sid: row for row in rows}
        self._lived_at[process] = self._clock.wall()
        return len(self._rows[process])

    def all_sessions(self) -> list[SessionRow]:
        living = [process for process, at in self._lived_at.items() if at >= self._clock.wall() - GONE_S]
        rows = [row for process in living for row in self._rows[process].values()]
        return sorted(rows, key=lambda row: (-row.since, row.sid))

    def request_traffic(self) -> None:
        self._wanted_until = self._clock.wall() + WANTED_S

    def poll(self, after: int | None) -> Polled:
        last_id = self._evictions[-1].id
        later = tuple(eviction for eviction in self._evictions if eviction.id > (last_id if after is None else after))
        return Polled(self._wanted_until > self._clock.wall(), last_id, later)

    def evict(
        self,
        what: str,
        target: str,
        sockets: int,  # noqa: ARG002
        actor: Actor,  # noqa: ARG002
        permit: Callable[[Connection], object] | None = None,  # noqa: ARG002
    ) -> Eviction:
        eviction = Eviction(self._evictions[-1].id + 1, what, target, self._clock.wall())
        self._evictions = [*self._evictions, eviction][-MAX_EVICTIONS:]
        return eviction
