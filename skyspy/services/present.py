"""Heart: who is connected now, to this process or another on the same database.

Law: this process's own part of the list is always true; another's comes within a second of the first look and is
then at most two seconds old. Looking is what keeps the other processes' lists coming, so nothing is written while
nobody looks. Who may look is decided by whoever asks here.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import gevent
from sqlalchemy import Connection

from skyspy.presence.sessions import Session
from skyspy.server import Server
from skyspy.store import presence
from skyspy.store.presence import Row

SETTLE_SECONDS = 1.0
"""After the first look: the others see within half a second that they are wanted, and then write."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many live sessions belong to whom: by user's id (his sign-ins and keys), key's id and role's name."""

    users: Counter[int | None]
    keys: Counter[int | None]
    roles: Counter[str]


def everybody(server: Server) -> list[Row]:
    """Everybody, the newest first, as far as it is known now."""
    return _look(server)[0]


def settled(server: Server) -> list[Row]:
    """Everybody, the newest first: where nobody looked lately this waits until the other processes had their say.
    For what an operator is told before he acts."""
    rows, was_wanted = _look(server)
    if was_wanted:
        return rows
    gevent.sleep(SETTLE_SECONDS)
    return everybody(server)


def tally(server: Server) -> Tally:
    """Whose sessions there are."""
    rows = everybody(server)
    known = [row for row in rows if row.kind != "anonymous"]
    return Tally(Counter(row.user_id for row in known), Counter(row.key_id for row in known), Counter(row.role for row in known))


def clients(rows: Iterable[Row]) -> int:
    """How many clients these sessions belong to: one client may stand in several namespaces over one transport."""
    # A process that does not tell transports yet has its sessions counted one by one.
    return len({(row.process, row.transport or row.sid) for row in rows})


def is_meant(row: Row, what: str, target: str) -> bool:
    """Whether an eviction (see presence.Eviction) means this session."""
    if what == "anonymous":
        return row.kind == "anonymous"
    known = {"session": row.sid, "key": row.key_id, "user": row.user_id}.get(what)
    return known is not None and str(known) == target


def row_of(process: str, session: Session, messages: int = 0, size: int = 0, lag_s: float = 0.0) -> Row:
    """A session of this process as the common list has it."""
    principal = session.principal
    return Row(
        process,
        session.sid,
        session.namespace,
        principal.kind,
        principal.user_id,
        principal.key_id,
        principal.name,
        principal.key_name,
        principal.role,
        session.address[:64],
        session.user_agent[:200],
        session.token_state,
        session.sky,
        " ".join(sorted(session.topics)),
        session.since,
        messages,
        size,
        round(lag_s * 1000),
        _transport(session),
    )


def _transport(session: Session) -> str:
    # The transport's id lets whoever knows it speak for the client over polling: it stays in this process.
    return hashlib.sha256(session.eio_sid.encode()).hexdigest()[:16]


def _look(server: Server) -> tuple[list[Row], bool]:
    """Everybody, and whether somebody had looked before for long enough that all processes were heard."""
    now, process = server.clock.wall(), server.sessions.process

    def read(connection: Connection) -> tuple[float, list[Row]]:
        return presence.wanted_until(connection), presence.everybody(connection, now)

    wanted_until, rows = server.store.read(read)
    if wanted_until < now + presence.WANTED_S / 2:
        server.store.write(presence.want, now)
    published = {row.sid: row for row in rows if row.process == process}
    others = [row for row in rows if row.process != process]
    own = [_with_counts(row_of(process, session), published.get(session.sid)) for session in server.sessions]
    # A look that has just begun ends WANTED_S from now: one that is older left the others time to answer it.
    was_wanted = now < wanted_until <= now + presence.WANTED_S - SETTLE_SECONDS
    return sorted(own + others, key=lambda row: -row.since), was_wanted


def _with_counts(row: Row, published: Row | None) -> Row:
    if published is None:
        return row
    return replace(row, messages=published.messages, bytes=published.bytes, lag_ms=published.lag_ms)
