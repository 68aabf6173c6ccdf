"""Who is connected to any process of this database, and whom an operator sent away.

Law: nothing is written while nobody looks. Whoever looks says until when he wants the list; every process sees it
within half a second and keeps its rows true until then. A row that was not renewed for GONE_S is of a process that died.
An eviction is written once, with its audit row, and taken by every process that was up when it was written. Evictions
are ordered by their ids, which the database gives, and by no clock: the hosts of an installation may differ by an hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from skyspy.store import audit, state
from skyspy.store.audit import Actor
from skyspy.store.schema import EVICTIONS, PRESENCE, STATE

WANTED_S = 10.0
"""For how long after a look the list is kept."""
GONE_S = 10.0
KEPT = 1000
"""How many evictions are remembered: every process has taken the older ones long before."""
CHUNK = 200
"""Rows inserted by one statement."""
_ABOUT = {"session": "socket {}", "key": "key {}", "user": "user {}", "anonymous": "anonymous clients"}


@dataclass(frozen=True, slots=True)
class Row:
    """One live session of some process. `topics` are separated by blanks; `since` wall seconds; `lag_ms`: for how long
    something has been waiting for the client to read; `messages` and `bytes` are its transport's since it connected;
    `transport` is the same for the sessions of one client, and no name that anybody could use."""

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


@dataclass(frozen=True, slots=True)
class Eviction:
    """Whom to send away: `what` is session, key, user or anonymous, `target` its id; `at` is wall seconds of the host that acted."""

    id: int
    what: str
    target: str
    at: float


@dataclass(frozen=True, slots=True)
class News:
    """What a process asks for twice a second."""

    wanted_until: float
    evictions: tuple[Eviction, ...]


def want(connection: Connection, at: float) -> None:
    """Somebody looks: keep the list for WANTED_S more."""
    connection.execute(update(STATE).values(wanted_until=at + WANTED_S))


def wanted_until(connection: Connection) -> float:
    """Until when (wall seconds) somebody wants the list."""
    return float(connection.execute(select(STATE.c.wanted_until)).scalar_one())


def news(connection: Connection, after_id: int) -> News:
    """Until when the list is wanted, and the evictions later than `after_id`."""
    rows = connection.execute(select(EVICTIONS).where(EVICTIONS.c.id > after_id).order_by(EVICTIONS.c.id))
    return News(wanted_until(connection), tuple(Eviction(row.id, row.what, row.target, row.at) for row in rows))


def last_eviction(connection: Connection) -> int:
    """The id of the last eviction; 0 where there was none."""
    return int(connection.execute(select(func.max(EVICTIONS.c.id))).scalar() or 0)


def publish(connection: Connection, process: str, rows: Iterable[Row], at: float) -> None:
    """Replace one process's rows."""
    connection.execute(delete(PRESENCE).where(PRESENCE.c.process == process))
    values = [{**asdict(row), "updated": at} for row in rows]
    for start in range(0, len(values), CHUNK):
        connection.execute(insert(PRESENCE), values[start : start + CHUNK])


def withdraw(connection: Connection, process: str, at: float) -> None:
    """Remove one process's rows, and those of processes that died."""
    dead = PRESENCE.c.updated < at - GONE_S
    connection.execute(delete(PRESENCE).where((PRESENCE.c.process == process) | dead))


def everybody(connection: Connection, at: float) -> list[Row]:
    """The live sessions of every process, the newest first."""
    query = select(PRESENCE).where(PRESENCE.c.updated >= at - GONE_S).order_by(PRESENCE.c.since.desc(), PRESENCE.c.sid)
    return [Row(*row[:-1]) for row in connection.execute(query)]


def evict(connection: Connection, what: str, target: str, sockets: int, actor: Actor, at: float) -> int:
    """Send somebody away everywhere; `sockets` is how many that was when it was asked, for the log. The eviction's id."""
    # The version's lock: evictions are kept in the order of their ids, so that who saw one has seen all before it.
    state.bump(connection)
    connection.execute(insert(EVICTIONS).values(what=what, target=target, at=at))
    eviction_id = last_eviction(connection)
    connection.execute(delete(EVICTIONS).where(EVICTIONS.c.id <= eviction_id - KEPT))
    audit.record(connection, actor, "live.disconnect", _ABOUT[what].format(target), at, None, {"sockets": sockets})
    return eviction_id
