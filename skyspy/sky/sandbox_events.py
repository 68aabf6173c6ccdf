"""Application: the incidents that were requested of the sandbox, as this process shows them.

Each process simulates the sandbox's traffic for itself, from the same seed. A request is a row of the main database; every process reads
it within half a second and flies the same aircraft, from the moment that the row names. So the events of a request arrive at each client
of the sandbox, whichever process it is connected to, and go through tracker and rules there as everything else.

Invariants: what is requested is known by its id and shown once. The moment is taken on the wall clock, so on several hosts it is as exact as
their clocks; from then on the steady clock counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from skyspy.airports import Airports
from skyspy.clock import Clock
from skyspy.geo import Point
from skyspy.simulate import INCIDENTS, Incident, Requested, cast_of
from skyspy.simulate.stage import Cast
from skyspy.store import Store, sandbox_events
from skyspy.store.sandbox_events import SandboxEvent

LEAD_S = 2.0
"""A request begins so long after it was made: by then every process has read it."""


class SandboxEvents:
    """The requests of this process's sandbox. `seed` is that of its traffic; `airports` gives the table, None where it cannot be read."""

    def __init__(self, store: Store, clock: Clock, seed: int, airports: Callable[[], Airports | None]) -> None:
        self._store = store
        self._clock = clock
        self._seed = seed
        self._airports = airports
        self._last_id = 0
        self._requested: list[Requested] = []

    def requested(self) -> Sequence[Requested]:
        """What was requested and is not over. Does not yield."""
        now = self._clock.steady()
        if any(now - one.begins >= one.incident.seconds for one in self._requested):
            self._requested = [one for one in self._requested if now - one.begins < one.incident.seconds]
        return self._requested

    def poll(self) -> None:
        """Read new requests. Raises StoreError."""
        now = self._clock.moment()
        for row in self._store.read(sandbox_events.after, self._last_id, now.wall):
            self._last_id = row.id
            # A row that a newer version wrote may name an incident that is not known here.
            if (incident := incident_of(row)) is not None:
                self._requested = [*self._requested, Requested(row.id, incident, now.steady + row.begins - now.wall)]

    def cast(self, number: int, incident: Incident, centre: Point) -> Cast | None:
        """Who takes part in the request of this number around `centre`; None where there is no place for it."""
        return cast_of(self._seed, Requested(number, incident, 0.0), self._airports(), centre)


def incident_of(row: SandboxEvent) -> Incident | None:
    """The incident that a row names; None where there is none."""
    return next((one for one in INCIDENTS if (one.name, one.detail) == (row.name, row.detail)), None)
