"""Presence in memory, for an installation of one process and for tests. Evictions are not written to the audit log."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from skyspy.clock import Clock
from skyspy.store.audit import Actor
from skyspy.store.presence import GONE_S, MAX_EVICTIONS, WANTED_S, Eviction, Polled, SessionRow


class MemoryPresence:
    """PresencePort for the processes, or tests' stand-ins for them, that share this object."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wanted_until = 0.0
        self._rows: dict[tuple[str, str], tuple[float, SessionRow]] = {}
        self._evictions: list[Eviction] = []

    def publish(self, process: str, rows: Sequence[SessionRow], gone: Collection[str]) -> None:
        for sid in gone:
            self._rows.pop((process, sid), None)
        self._rows.update({(process, row.sid): (self._clock.wall(), row) for row in rows})

    def renew(self, process: str) -> int:
        own = {key: (self._clock.wall(), row) for key, (_, row) in self._rows.items() if key[0] == process}
        self._rows.update(own)
        return len(own)

    def withdraw(self, process: str) -> None:
        self._rows = {key: kept for key, kept in self._rows.items() if key[0] != process}

    def everybody(self) -> list[SessionRow]:
        oldest = self._clock.wall() - GONE_S
        return sorted((row for at, row in self._rows.values() if at >= oldest), key=lambda row: (-row.since, row.sid))

    def want(self) -> None:
        self._wanted_until = self._clock.wall() + WANTED_S

    def poll(self, after: int | None) -> Polled:
        last_id = self._evictions[-1].id if self._evictions else 0
        later = () if after is None else tuple(eviction for eviction in self._evictions if eviction.id > after)
        return Polled(self._wanted_until > self._clock.wall(), last_id, later)

    def evict(self, what: str, target: str, sockets: int, actor: Actor) -> int:  # noqa: ARG002 - for an audit log, which there is none of
        eviction_id = self._evictions[-1].id + 1 if self._evictions else 1
        self._evictions = [*self._evictions, Eviction(eviction_id, what, target, self._clock.wall())][-MAX_EVICTIONS:]
        return eviction_id
