"""Application: the destinations of the live sky, for the loop that delivers alerts."""

from __future__ import annotations

from skyspy.notify.destination import Destination
from skyspy.server import Context
from skyspy.services import alert_destinations
from skyspy.store import Connection
from skyspy.store import alert_destinations as stored


class DestinationsPort:
    """What `notify/deliverer.py` asks about destinations."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def get(self, destination_id: int) -> Destination | None:
        """The destination with its secrets in clear; None where nothing may be sent to it: it is deleted, off, or of the sandbox, its owner
        is disabled or may have no alert rules, or the key that saved it has ended. Raises StoreError; VaultError where its
        secrets cannot be read."""
        settings, at = self._context.settings.fresh(), self._context.clock.wall()

        def read(connection: Connection) -> Destination | None:
            found = stored.by_ids(connection, [destination_id]).get(destination_id)
            if found is None or found.sky != "live":
                return None
            return alert_destinations.opened(self._context, connection, found, settings, at)

        return self._context.store.read(read)

    def disable(self, destination_id: int, reason: str) -> None:
        """Turn off a destination that wants nothing more, in every process. Raises StoreError."""
        self._context.store.write(stored.disable_for_delivery, destination_id, reason, self._context.clock.wall())
