"""Turns: when a limit that is shared with strangers is full, who waits gets one attempt all the same, then one after a longer wait.

Invariants: a turn belongs to one bucket of the table of attempts (`turn:` and the address), so nobody can take another's. Trying
before it comes does not move it. Taking one makes the next wait twice as long, up to a bound; a success or a long silence ends that.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.store.schema import ATTEMPTS


@dataclass(frozen=True, slots=True)
class BackoffPolicy:
    """How long the first wait is, and how long any may be, in seconds."""

    first_s: float
    longest_s: float

    def after(self, taken: int) -> float:
        """The wait after so many turns were taken."""
        return min(self.first_s * 2.0 ** min(taken, 30), self.longest_s)


def take(connection: Connection, bucket: str, waits: BackoffPolicy, at: float) -> float:
    """Take the turn if it has come (0.0), or return the seconds until it does; who has none gets one. `at` is wall seconds."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    mine = ATTEMPTS.c.bucket == bucket
    # A turn that was not used for long is forgotten, and so is one of before a clock was set back.
    stale = (ATTEMPTS.c.since + waits.longest_s <= at) | (ATTEMPTS.c.since > at + waits.longest_s)
    connection.execute(delete(ATTEMPTS).where(mine & stale))
    new = dialect.insert(ATTEMPTS).values(bucket=bucket, since=at + waits.first_s, count=0)
    connection.execute(new.on_conflict_do_nothing(index_elements=[ATTEMPTS.c.bucket]))
    comes_at, taken = connection.execute(select(ATTEMPTS.c.since, ATTEMPTS.c["count"]).where(mine)).one()
    if comes_at > at:
        return float(comes_at) - at
    wait = waits.after(taken + 1)
    # Of two processes that see the same turn, one takes it.
    took = connection.execute(
        update(ATTEMPTS).where(mine & (ATTEMPTS.c.since == comes_at)).values(since=at + wait, count=taken + 1)
    )
    return 0.0 if took.rowcount else wait
