"""Infrastructure: presence in the main database, for all processes that use it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from skyspy.clock import Clock
from skyspy.store import Store, presence
from skyspy.store.presence import SessionRow


class DatabasePresence:
    """PresencePort over the table `presence`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def publish(self, process: str, rows: Sequence[SessionRow], gone: Collection[str] | None) -> int:
        """See PresencePort."""
        return self._store.write(presence.publish, process, rows, gone, self._clock.wall())

    def all_sessions(self) -> list[SessionRow]:
        """See PresencePort."""
        return self._store.read(presence.every, self._clock.wall())

    def request_traffic(self) -> None:
        """See PresencePort."""
        self._store.write(presence.request_traffic, self._clock.wall())

    def traffic_requested(self) -> bool:
        """See PresencePort."""
        return self._store.read(presence.traffic_requested, self._clock.wall())
