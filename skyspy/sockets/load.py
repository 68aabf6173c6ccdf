"""Interfaces: how much one client of Socket.IO may ask for.

Invariants: an event is charged by what it costs, not only counted, and a client over its rate is answered no more. While an answer
that may be large is made, its client has read most of what it got before, and gets no other large answer: nothing is computed for
a client that does not read. Who leaves and comes again still owes what its answers cost: its next large one waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gevent import sleep

from skyspy.address import limit_key
from skyspy.auth.principal import Refused
from skyspy.presence.sessions import Session
from skyspy.store.settings import Settings
from skyspy.transport.connection import ConnectionRegistry
from skyspy.transport.rate_limit import FloodCounter, TokenBucket

HEAVIEST_SECONDS = 0.75
"""The most that one event is charged: as many events as are permitted in so many seconds, so that one a second always is."""
UNREAD_SECONDS = 6.0
"""For how long a large answer waits for a client that has much to read. Less than a ping's time-out: its pongs wait too."""
OWED_SECONDS = 3.0
"""For how long a large answer waits at most because of what was answered before."""
MAX_OWERS = 1000
"""Sessions that ended and owe something, in all; the oldest are forgotten."""
NOT_CONNECTED = "You are not connected here"


class Load:
    """What the clients of one namespace ask for."""

    def __init__(self, connections: ConnectionRegistry, settings: Callable[[], Settings]) -> None:
        self._connections = connections
        self._settings = settings
        self._counters: dict[str, FloodCounter] = {}
        self._costs: dict[str, TokenBucket] = {}
        self._left: list[tuple[str, TokenBucket]] = []
        """Whose sessions ended lately, and what they owe; the oldest first."""

    def begin(self, session: Session) -> None:
        """A session was admitted."""
        burst = self._settings().SOCKET_EVENTS_BURST
        self._counters[session.sid] = FloodCounter(burst)
        whose = _whose(session)
        place = next((place for place in reversed(range(len(self._left))) if self._left[place][0] == whose), None)
        self._costs[session.sid] = TokenBucket(burst) if place is None else self._left.pop(place)[1]

    def end(self, session: Session) -> None:
        """A session has ended."""
        self._counters.pop(session.sid, None)
        costs = self._costs.pop(session.sid, None)
        if costs is not None and not costs.is_full(*self._rate()):
            rate = self._rate()
            self._left = [left for left in self._left if not left[1].is_full(*rate)][1 - MAX_OWERS :]
            self._left.append((_whose(session), costs))

    def take(self, session: Session) -> int:
        """Count one event; 0 where it is permitted, else how many were not, less those that were."""
        settings, counter = self._settings(), self._counters[session.sid]
        permitted = counter.take(settings.SOCKET_EVENTS_PER_SECOND, settings.SOCKET_EVENTS_BURST)
        return 0 if permitted else counter.count

    def charge(self, session: Session, cost: float) -> None:
        """Count an event that was permitted as so many more."""
        counter = self._counters.get(session.sid)
        if counter is not None:
            counter.charge(self._bounded(cost))
            self.charge_greeting(session, cost)

    def charge_greeting(self, session: Session, cost: float) -> None:
        """As `charge`, for what was sent unasked: it counts as no event."""
        costs = self._costs.get(session.sid)
        if costs is not None:
            costs.charge(self._bounded(cost))

    def wait_for_owed(self, session: Session) -> None:
        """Wait until what was answered before, to the session or to one of the same client that ended, is paid."""
        costs = self._costs.get(session.sid)
        seconds = costs.seconds_owed(*self._rate()) if costs is not None else 0.0
        if seconds > 0:
            sleep(min(seconds, OWED_SECONDS))

    def _bounded(self, cost: float) -> float:
        return min(cost, HEAVIEST_SECONDS * self._settings().SOCKET_EVENTS_PER_SECOND)

    def _rate(self) -> tuple[float, float]:
        settings = self._settings()
        return settings.SOCKET_EVENTS_PER_SECOND, settings.SOCKET_EVENTS_BURST

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
            self.wait_for_owed(session)
            if not connection.wait_until_read(UNREAD_SECONDS):
                raise Refused("overloaded", "Read what was sent to you before you ask for more")
            yield
        finally:
            connection.is_answering = False


def _whose(session: Session) -> str:
    """Whose sessions share what they owe: a user's, or those of anonymous clients of one address."""
    user_id = session.principal.user_id
    return limit_key(session.address) if user_id is None else f"user {user_id}"
