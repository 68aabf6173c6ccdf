"""Infrastructure: the sessions of every process of this installation, and the rows of this process among them.

The sessions of this process are read from memory and are exact. Every process keeps its rows in a shared place (port.py) current
at all times, so a preview or a list waits for no other process: a row of another process is at most two seconds old.

Invariants:
- Rows are written at most every PUBLISH_S, and only for sessions that began, ended, or changed identity or topics. While nothing
  changes, a process that has sessions writes once every RENEW_S, and one that has none writes nothing.
- What sessions received (messages, bytes, lag) is written only while the list of connections is viewed.
- An eviction applies to the sessions that began before this process read it, and to no others; clocks are not compared.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from skyspy.auth.principal import Principal
from skyspy.clock import Clock
from skyspy.presence.port import PresencePort
from skyspy.presence.sessions import Session, SessionRegistry
from skyspy.store import Store, StoreError, presence
from skyspy.store.presence import WANTED_S, Eviction, SessionRow

log = logging.getLogger(__name__)

CODE, MESSAGE = "disconnected", "Disconnected by an operator"
"""The message to an evicted session."""
PUBLISH_S, RENEW_S = 1.5, 20.0
"""With a poll every half second a change is written within two seconds. A row is renewed twice before it expires."""
_OF_PRINCIPAL = ("kind", "user_id", "key_id", "name", "key_name", "role")
_OF_SESSION = ("sid", "namespace", "token_state", "sky", "since")


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a connection received since it began, and for how many seconds something has been waiting for its client to read."""

    messages: int = 0
    bytes: int = 0
    lag_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """How many sessions belong to each user id (sign-ins and keys), key id and role."""

    users: Counter[int | None]
    keys: Counter[int | None]
    roles: Counter[str]


class Presence:
    """Publishes this process's sessions, lists those of all processes, and applies evictions. `poll` is one round; `stop` removes this
    process's rows.

    `port` is where the rows are exchanged; evictions are read from `store`. `traffic` gives the traffic of a connection by its Engine.IO id.
    """

    def __init__(
        self,
        store: Store,
        port: PresencePort,
        sessions: SessionRegistry,
        clock: Clock,
        traffic: Callable[[str], Traffic] = lambda _: Traffic(),
    ) -> None:
        self._store = store
        self._port = port
        self._sessions = sessions
        self._clock = clock
        self._traffic = traffic
        self._last_eviction: int | None = None
        self._published: dict[str, tuple[object, SessionRow]] = {}
        self._published_at = self._requested_at = float("-inf")

    def all_sessions(self, *, traffic: bool = False) -> list[SessionRow]:
        """The sessions of every process, the newest first. Raises StoreError.

        `traffic` asks the other processes for what their sessions received: it comes within PUBLISH_S, and is what it was at
        the last such request until then.
        """
        if traffic and self._clock.steady() - self._requested_at >= WANTED_S / 2:
            self._port.request_traffic()
            self._requested_at = self._clock.steady()
        others = [row for row in self._port.all_sessions() if row.process != self._sessions.process]
        own = [self._current(session, traffic=traffic)[1] for session in self._sessions]
        return sorted(own + others, key=lambda row: -row.since)

    def session_counts(self) -> SessionCounts:
        """How many sessions each user, key and role has. Raises StoreError."""
        known = [row for row in self.all_sessions() if row.kind != "anonymous"]
        return SessionCounts(
            Counter(row.user_id for row in known), Counter(row.key_id for row in known), Counter(row.role for row in known)
        )

    def apply(self, eviction: Eviction) -> None:
        """Disconnect the sessions of this process that a stored eviction concerns."""
        for session in self._sessions:
            if session.last_eviction_seen < eviction.id and eviction_applies_to(
                session.sid, session.principal, eviction.what, eviction.target
            ):
                self._sessions.request_disconnect(session, CODE, MESSAGE)
        self._sessions.note_eviction(eviction.id)

    def poll(self) -> None:
        """One round: act on new evictions, then publish what changed. Raises StoreError."""
        polled = self._store.read(presence.poll, self._last_eviction)
        for eviction in polled.evictions:
            self.apply(eviction)
        self._last_eviction = polled.last_id
        self._sessions.note_eviction(polled.last_id)
        if self._clock.steady() - self._published_at >= PUBLISH_S:
            self._publish(traffic=self._port.traffic_requested())

    def stop(self) -> None:
        """Remove this process's rows."""
        try:
            if self._published:
                self._port.publish(self._sessions.process, (), None)
        except StoreError as error:
            log.warning("the rows of this process's sessions stay until they are too old: %s", error)
        self._published = {}

    def _publish(self, *, traffic: bool) -> None:
        now = self._clock.steady()
        current = {session.sid: self._current(session, traffic=traffic) for session in self._sessions}
        changed = [row for sid, (_, row) in current.items() if sid not in self._published or self._published[sid][1] is not row]
        gone = self._published.keys() - current.keys()
        if not (changed or gone or (current and now - self._published_at >= RENEW_S)):
            return
        written = self._port.publish(self._sessions.process, changed, gone if self._published else None)
        # If rows are missing in the database, the next round writes all of them again.
        self._published, self._published_at = current if written == len(current) else {}, now

    def _current(self, session: Session, *, traffic: bool) -> tuple[object, SessionRow]:
        """The values a session's row depends on, and the row: the published one if they are unchanged."""
        about = (session.principal, session.token_error, frozenset(session.topics))
        known = self._published.get(session.sid)
        if known is None or known[0] != about:
            return about, self._row(session)
        if traffic and (row := self._row(session)) != known[1]:
            return about, row
        return known

    def _row(self, session: Session) -> SessionRow:
        traffic = self._traffic(session.eio_sid)
        return SessionRow(
            process=self._sessions.process,
            address=session.address[:64],
            agent=session.user_agent[:200],
            topics=" ".join(sorted(session.topics)),
            messages=traffic.messages,
            bytes=traffic.bytes,
            lag_ms=round(traffic.lag_s * 1000),
            transport=_transport(session),
            **{name: getattr(session.principal, name) for name in _OF_PRINCIPAL},
            **{name: getattr(session, name) for name in _OF_SESSION},
        )


def count_clients(rows: Iterable[SessionRow]) -> int:
    """How many clients these sessions belong to: one client may be in several namespaces over one connection."""
    # Rows of an earlier version name no connection: each of their sessions counts as one client.
    return len({(row.process, row.transport or row.sid) for row in rows})


def eviction_applies_to(sid: str, who: Principal | SessionRow, what: str, target: str) -> bool:
    """Whether an eviction of `what` and `target` (see store.presence.Eviction) applies to this session."""
    if what == "anonymous":
        return who.kind == "anonymous"
    known = {"session": sid, "key": who.key_id, "user": who.user_id}.get(what)
    return known is not None and str(known) == target


def _transport(session: Session) -> str:
    # An Engine.IO id lets its holder act as the client over polling, so only a digest of it leaves this process.
    return hashlib.sha256(session.eio_sid.encode()).hexdigest()[:16]
