"""The sessions of every process of this database, and the evictions that operators requested.

Invariants: a process writes rows only for sessions that began, changed or ended, and at most every few seconds
(presence/presence.py). A row that was not renewed for GONE_S belongs to a process that died, and is not listed. An eviction is
written once, with its audit row, and read by every process that was running when it was written. Evictions are ordered by their
ids, which the database assigns, and by no clock: the hosts of an installation may differ by an hour.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Connection, delete, func, insert, select, true, update

from skyspy.store import audit, state
from skyspy.store.audit import DAY_S, Actor
from skyspy.store.schema import EVICTIONS, PRESENCE, STATE

WANTED_S = 10.0
"""For how long after a request the processes write traffic counters of their sessions."""
GONE_S = 45.0
"""Rows of a process that did not publish for this long are not listed; a process publishes at least twice in this time."""
MAX_EVICTIONS = 1000
"""How many evictions are kept; every process has read older ones long before."""
CHUNK = 200
"""Rows written by one statement."""
_ABOUT = {"session": "socket {}", "key": "key {}", "user": "user {}", "anonymous": "anonymous clients"}


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session of some process. `topics` are separated by blanks; `since` wall seconds; `messages` and `bytes` are what its
    connection received since it began and `lag_ms` how long something has been waiting for the client to read; `transport` is
    the same for all sessions of one connection; it cannot be used to reach that connection."""

    process: str
    sid: str
    namespace: str
    kind: str
    user_id: int | None
    key_id: int | None
    name: str
    key_name: str
    role: str
    address: str
    agent: str
    token_state: str
    sky: str
    topics: str
    since: float
    messages: int
    bytes: int
    lag_ms: int
    transport: str = ""


_COLUMNS = tuple(PRESENCE.c[field.name] for field in fields(SessionRow))


@dataclass(frozen=True, slots=True)
class Eviction:
    """An ordered disconnect: `what` is session, key, user or anonymous, `target` its id; `at` is wall seconds of the ordering
    host."""

    id: int
    what: str
    target: str
    at: float


@dataclass(frozen=True, slots=True)
class PollResult:
    """The result of a poll: the id of the newest eviction (0: none), and the evictions that were not read yet."""

    last_id: int
    evictions: tuple[Eviction, ...] = ()


def request_traffic(connection: Connection, at: float) -> None:
    """Request that every process write traffic counters of its sessions for WANTED_S seconds."""
    connection.execute(update(STATE).values(wanted_until=at + WANTED_S))


def traffic_requested(connection: Connection, at: float) -> bool:
    """Whether somebody requested traffic counters within WANTED_S seconds."""
    return float(connection.execute(select(STATE.c.wanted_until)).scalar_one()) > at


def poll(connection: Connection, after: int | None) -> PollResult:
    """The evictions with an id above `after`. With `after` None no eviction is returned: a process that starts has no session
    that an earlier one could end."""
    if after is None:
        return PollResult(_last_id(connection))
    rows = connection.execute(select(EVICTIONS).where(EVICTIONS.c.id > after).order_by(EVICTIONS.c.id))
    evictions = tuple(Eviction(*row) for row in rows)
    return PollResult(evictions[-1].id if evictions else after, evictions)


def publish(connection: Connection, process: str, rows: Sequence[SessionRow], gone: Collection[str] | None, at: float) -> int:
    """Write rows of a process that are new or changed, remove those of the sessions `gone` (None: all others), and renew the
    process's timestamp. Returns how many rows it then has."""
    own = PRESENCE.c.process == process
    replaced = () if gone is None else (*gone, *(row.sid for row in rows))
    chunks = [PRESENCE.c.sid.in_(replaced[start : start + CHUNK]) for start in range(0, len(replaced), CHUNK)]
    for these in [true()] if gone is None else chunks:
        connection.execute(delete(PRESENCE).where(own, these))
    for start in range(0, len(rows), CHUNK):
        connection.execute(insert(PRESENCE), [{**asdict(row), "updated": at} for row in rows[start : start + CHUNK]])
    connection.execute(update(PRESENCE).where(own, PRESENCE.c.updated < at - GONE_S / 3).values(updated=at))
    connection.execute(delete(PRESENCE).where(PRESENCE.c.updated < at - DAY_S))
    return int(connection.execute(select(func.count()).where(own)).scalar_one())


def every(connection: Connection, at: float) -> list[SessionRow]:
    """The sessions of every running process, newest first."""
    query = select(*_COLUMNS).where(PRESENCE.c.updated >= at - GONE_S).order_by(PRESENCE.c.since.desc(), PRESENCE.c.sid)
    return [SessionRow(*row) for row in connection.execute(query)]


def evict(connection: Connection, what: str, target: str, sockets: int, actor: Actor, at: float) -> Eviction:
    """Order a disconnect on every process; `sockets` is the number of sessions it concerns at this moment, for the audit log."""
    # The version's lock: evictions are committed in the order of their ids, so that a process that read one has read all before
    # it.
    state.bump(connection)
    connection.execute(insert(EVICTIONS).values(what=what, target=target, at=at))
    eviction = Eviction(_last_id(connection), what, target, at)
    connection.execute(delete(EVICTIONS).where(EVICTIONS.c.id <= eviction.id - MAX_EVICTIONS))
    audit.record(connection, actor, "live.disconnect", _ABOUT[what].format(target), at, None, {"sockets": sockets})
    return eviction


def _last_id(connection: Connection) -> int:
    return int(connection.execute(select(func.max(EVICTIONS.c.id))).scalar() or 0)
