"""The lease: the row that names the one process which writes the history, and the check that every write of that process makes.

`fence` grows by one with each new holder. A writing transaction of the holder runs inside `fenced`: it reads the row first and is
rolled back with Fenced where the fence is no longer its own, so a process that was stopped or cut off for a while writes nothing
after another one took over. writer.py decides when to take, renew and release.

Invariants: `take` is a compare-and-set, so of many processes that try at once one succeeds. No transaction of an earlier holder
commits after a `take` has: SQLite runs writers one after another; on Postgres `take` waits for the lock that `check` holds until
its transaction ends. `renew` does not wait for that lock. Clocks are not compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.store.errors import StoreError
from skyspy.store.history.schema import LEASE

P = ParamSpec("P")
T = TypeVar("T")

WRITER = "history"
"""The name of the row for who writes the history."""

_FENCE = "skyspy.fence"
_FROZEN_MS = 4000
"""Postgres ends a transaction of the holder that sends nothing for so long, which is less than a takeover takes: one of a process
that was frozen keeps the lock no longer. On SQLite it keeps the file locked until the process goes on or ends."""


class Fenced(StoreError):
    """This process does not hold the lease, so it wrote nothing; another process may."""


def not_the_writer(holder: str | None) -> Fenced:
    """The error of a write in a process that does not hold the lease; `holder` does, or no process (None)."""
    return Fenced(
        f"nothing was written: {'no process' if holder is None else described(holder)} writes the history now, not this one"
    )


def described(holder: str) -> str:
    """The name of a holder (`host pid random`) for people."""
    host, _, rest = holder.partition(" ")
    return f"process {rest.partition(' ')[0]} on {host}"


class Lease(NamedTuple):
    """The row as it was read: who holds the lease (None: it was released), its fence, and a count of takings and renewals."""

    holder: str | None
    fence: int
    beat: int


def look(connection: Connection) -> Lease | None:
    """The row; None where no process has held the lease yet."""
    row = connection.execute(select(LEASE.c.holder, LEASE.c.fence, LEASE.c.beat).where(LEASE.c.name == WRITER)).one_or_none()
    return None if row is None else Lease(*row)


def take(connection: Connection, seen: Lease | None, holder: str) -> int | None:
    """Take the lease if the row is still as it was `seen`; returns the new fence, or None where it has changed meanwhile."""
    if seen is None:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        new = dialect.insert(LEASE).values(name=WRITER, holder=holder, fence=1, beat=1).on_conflict_do_nothing()
        return connection.execute(new.returning(LEASE.c.fence)).scalar_one_or_none()
    _bound(connection)
    # On Postgres this waits for every transaction that has checked the fence; on SQLite no other one is running.
    connection.execute(select(LEASE.c.name).where(LEASE.c.name == WRITER).with_for_update())
    same = (LEASE.c.holder.is_not_distinct_from(seen.holder)) & (LEASE.c.fence == seen.fence) & (LEASE.c.beat == seen.beat)
    values = {"holder": holder, "fence": seen.fence + 1, "beat": seen.beat + 1}
    return (
        seen.fence + 1 if connection.execute(update(LEASE).where(LEASE.c.name == WRITER, same).values(values)).rowcount else None
    )


def renew(connection: Connection, holder: str, fence: int) -> bool:
    """Count one renewal; returns whether the lease is still held under this fence."""
    _bound(connection)
    own = (LEASE.c.name == WRITER) & (LEASE.c.holder == holder) & (LEASE.c.fence == fence)
    return bool(connection.execute(update(LEASE).where(own).values(beat=LEASE.c.beat + 1)).rowcount)


def release(connection: Connection, holder: str) -> None:
    """Let the next process take the lease at once, if `holder` holds it."""
    own = (LEASE.c.name == WRITER) & (LEASE.c.holder == holder)
    connection.execute(update(LEASE).where(own).values(holder=None))


def check(connection: Connection, fence: int) -> None:
    """Raise Fenced unless the lease is held under this fence; it is until the end of this transaction, then."""
    _bound(connection)
    row = connection.execute(
        select(LEASE.c.holder, LEASE.c.fence).where(LEASE.c.name == WRITER).with_for_update(read=True, key_share=True)
    ).one_or_none()
    if row is None or row.holder is None or row.fence != fence:
        raise not_the_writer(None if row is None else row.holder)


def fenced(
    connection: Connection, fence: int, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Return `fn(connection, *args, **kwargs)` after the check of the fence, which `fence_of(connection)` gives meanwhile."""
    check(connection, fence)
    info = connection.info
    info[_FENCE] = fence
    try:
        return fn(connection, *args, **kwargs)
    finally:
        # Not by way of the connection: one that broke meanwhile raises here, and hides that it broke.
        info.pop(_FENCE, None)


def _bound(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {_FROZEN_MS}")


def fence_of(connection: Connection) -> int:
    """The fence under which the present transaction writes, for the column `fence`; 0 where there is no lease."""
    return int(connection.info.get(_FENCE, 0))
