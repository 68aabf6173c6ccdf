"""Infrastructure: presence in the installation's database, shared by every process that uses it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from skyspy.clock import Clock
from skyspy.store import Connection, Store, presence
from skyspy.store.audit import Actor
from skyspy.store.presence import Eviction, Polled, SessionRow


class DatabasePresence:
    """PresencePort over the tables `presence`, `evictions` and `state`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def publish(self, process: str, rows: Sequence[SessionRow], gone: Collection[str] | None) -> int:
        return self._store.write(presence.publish, process, rows, gone, self._clock.wall())

    def all_sessions(self) -> list[SessionRow]:
        return self._store.read(presence.every, self._clock.wall())

    def request_traffic(self) -> None:
        self._store.write(presence.request_traffic, self._clock.wall())

    def poll(self, after: int | None) -> Polled:
        return self._store.read(presence.poll, after, self._clock.wall())

    def evict(
        self, what: str, target: str, sockets: int, actor: Actor, permit: Callable[[Connection], object] | None = None
    ) -> Eviction:
        def work(connection: Connection) -> Eviction:
            if permit is not None:
                permit(connection)
            return presence.evict(connection, what, target, sockets, actor, self._clock.wall())

        return self._store.write(work)
