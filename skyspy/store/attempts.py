"""Counted attempts, shared by every process on the database.

Invariants: a bucket counts from the first attempt of its window until the window is over; then it starts again. Counting and
checking are one transaction, so that two processes never both get the last allowed attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.store.schema import ATTEMPTS


@dataclass(frozen=True, slots=True)
class Bucket:
    """A counter's name, and how many attempts it allows in one window."""

    name: str
    limit: int


@dataclass(frozen=True, slots=True)
class LimitReached:
    """The full bucket; `until` is the end of its window (wall seconds), `first` is set for the first attempt it refuses."""

    bucket: str
    until: float
    first: bool


def count_attempt(connection: Connection, buckets: Sequence[Bucket], window_s: float, at: float) -> LimitReached | None:
    """Count one attempt in each bucket, in order, up to the first full one, which is returned: later ones do not count an
    attempt that is refused anyway. `at` is wall seconds, because processes share the counters."""
    for bucket in buckets:
        since, taken = _count(connection, bucket.name, window_s, at)
        if taken > bucket.limit:
            return LimitReached(bucket.name, since + window_s, taken == bucket.limit + 1)
    return None


def record_success(connection: Connection, counted: Sequence[tuple[str, bool]], marked: Sequence[str], at: float) -> None:
    """Undo the count of a successful attempt in the buckets `counted`, or empty those whose second part is set, and set the marks
    `marked` to `at` (wall seconds). The buckets are in the order in which `count_attempt` counted them: two transactions that lock the
    same rows in different orders would deadlock."""
    for name, emptied in counted:
        if emptied:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.bucket == name))
        else:
            some = (ATTEMPTS.c.bucket == name) & (ATTEMPTS.c["count"] > 0)
            connection.execute(update(ATTEMPTS).where(some).values({"count": ATTEMPTS.c["count"] - 1}))
    for mark in sorted(marked):
        _count(connection, mark, 0.0, at)


def marked_at(connection: Connection, name: str) -> float | None:
    """When `record_success` last set this mark (wall seconds), or None."""
    return connection.execute(select(ATTEMPTS.c.since).where(ATTEMPTS.c.bucket == name)).scalar_one_or_none()


def prune(connection: Connection, counted_before: float, marked_before: float) -> int:
    """Remove counters whose window began before `counted_before` and marks (names with `known:`) set before `marked_before`;
    returns how many."""
    mark = ATTEMPTS.c.bucket.startswith("known:")
    old = (mark & (ATTEMPTS.c.since < marked_before)) | (~mark & (ATTEMPTS.c.since < counted_before))
    return connection.execute(delete(ATTEMPTS).where(old)).rowcount


def _count(connection: Connection, name: str, window_s: float, now: float) -> tuple[float, int]:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    # A window that starts in the future was written before a clock was set back: it has ended, too.
    over = (ATTEMPTS.c.since + window_s <= now) | (ATTEMPTS.c.since > now)
    new_bucket = dialect.insert(ATTEMPTS).values(bucket=name, since=now, count=1)
    counted = new_bucket.on_conflict_do_update(
        index_elements=[ATTEMPTS.c.bucket],
        set_={
            "count": case((over, literal(1)), else_=ATTEMPTS.c["count"] + 1),
            "since": case((over, literal(now)), else_=ATTEMPTS.c.since),
        },
    )
    connection.execute(counted)
    since, taken = connection.execute(select(ATTEMPTS.c.since, ATTEMPTS.c["count"]).where(ATTEMPTS.c.bucket == name)).one()
    return since, taken
