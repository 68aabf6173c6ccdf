"""Interfaces: how much one client of Socket.IO may ask for.

Invariants: an event is charged by what it costs, not only counted, and a client over its rate is answered no more. While an answer
that may be large is made, its client has read most of what it got before, and gets no other large answer: nothing is computed for
a client that does not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from skyspy.auth.principal import Refused
from skyspy.presence.sessions import Session
from skyspy.store.settings import Settings
from skyspy.transport.connection import ConnectionRegistry
from skyspy.transport.rate_limit import FloodCounter

HEAVIEST_SECONDS = 0.75
"""The most that one event is charged: as many events as are permitted in so many seconds, so that one a second always is."""
UNREAD_SECONDS = 6.0
"""For how long a large answer waits for a client that has much to read. Less than a ping's time-out: its pongs wait too."""
NOT_CONNECTED = "You are not connected here"


class Load:
    """What the clients of one namespace ask for."""

    def __init__(self, connections: ConnectionRegistry, settings: Callable[[], Settings]) -> None:
        self._connections = connections
        self._settings = settings
        self._counters: dict[str, FloodCounter] = {}

    def begin(self, sid: str) -> None:
        """A session was admitted."""
        self._counters[sid] = FloodCounter(self._settings().SOCKET_EVENTS_BURST)

    def end(self, sid: str) -> None:
        """A session has ended."""
        self._counters.pop(sid, None)

    def take(self, session: Session) -> int:
        """Count one event; 0 where it is permitted, else how many were not, less those that were."""
        settings, counter = self._settings(), self._counters[session.sid]
        permitted = counter.take(settings.SOCKET_EVENTS_PER_SECOND, settings.SOCKET_EVENTS_BURST)
        return 0 if permitted else counter.count

    def charge(self, session: Session, cost: float) -> None:
        """Count an event that was permitted as so many more."""
        counter = self._counters.get(session.sid)
        if counter is not None:
            counter.charge(min(cost, HEAVIEST_SECONDS * self._settings().SOCKET_EVENTS_PER_SECOND))

    @contextmanager
    def turn(self, session: Session) -> Iterator[None]:
        """While a large answer is made. Yields at the beginning; raises Refused where the client does not read in time, or is
        getting a large answer already."""
        connection = self._connections.get(session.eio_sid)
        if connection is None:
            raise Refused("not_connected", NOT_CONNECTED)
        if connection.is_answering:
            raise Refused("rate_limited", "One large answer at a time; wait for the one you asked for")
        connection.is_answering = True
        try:
            if not connection.wait_until_read(UNREAD_SECONDS):
                raise Refused("overloaded", "Read what was sent to you before you ask for more")
            yield
        finally:
            connection.is_answering = False
