"""Counted attempts, shared by every process on the database.

Law: a bucket counts from the first attempt of its window until the window is over; then it starts anew.
Counting and looking is one transaction, so that two processes never both take the last attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.store.schema import ATTEMPTS


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is counted, and how many are allowed in one window."""

    name: str
    limit: int


@dataclass(frozen=True, slots=True)
class Full:
    """The bucket that allows no more; `until` wall seconds, `first` for the attempt that met it first."""

    bucket: str
    until: float
    first: bool


def take(connection: Connection, buckets: Sequence[Bucket], window_s: float, at: float) -> Full | None:
    """Count one attempt in each bucket, in order, up to the first that is full, which is returned: later ones are not
    touched, so that an attempt that is refused anyway uses up no other limit. `at` is wall seconds, because processes share
    the counters."""
    for bucket in buckets:
        since, taken = _count(connection, bucket.name, window_s, at)
        if taken > bucket.limit:
            return Full(bucket.name, since + window_s, taken == bucket.limit + 1)
    return None


def give_back(connection: Connection, uncounted: Sequence[str], cleared: str, marked: str, at: float) -> None:
    """An attempt was good after all: uncount it, forget all that was counted in `cleared`, and remember in
    `marked` that it was good at `at`."""
    # In one order everywhere: two transactions that lock rows in two orders would wait for each other.
    for name in sorted(uncounted):
        some = (ATTEMPTS.c.bucket == name) & (ATTEMPTS.c["count"] > 0)
        connection.execute(update(ATTEMPTS).where(some).values({"count": ATTEMPTS.c["count"] - 1}))
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.bucket == cleared))
    _count(connection, marked, 0.0, at)


def marked_at(connection: Connection, name: str) -> float | None:
    """When `give_back` last marked this name (wall seconds), or None."""
    return connection.execute(select(ATTEMPTS.c.since).where(ATTEMPTS.c.bucket == name)).scalar_one_or_none()


def prune(connection: Connection, counted_before: float, marked_before: float) -> int:
    """Remove counters whose window opened, and marks (named `known:`) made, before those moments; returns how many."""
    mark = ATTEMPTS.c.bucket.startswith("known:")
    old = (mark & (ATTEMPTS.c.since < marked_before)) | (~mark & (ATTEMPTS.c.since < counted_before))
    return connection.execute(delete(ATTEMPTS).where(old)).rowcount


def _count(connection: Connection, name: str, window_s: float, now: float) -> tuple[float, int]:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    # A window that opens in the future was written before a clock was set back: it is over, too.
    over = (ATTEMPTS.c.since + window_s <= now) | (ATTEMPTS.c.since > now)
    fresh = dialect.insert(ATTEMPTS).values(bucket=name, since=now, count=1)
    counted = fresh.on_conflict_do_update(
        index_elements=[ATTEMPTS.c.bucket],
        set_={
            "count": case((over, literal(1)), else_=ATTEMPTS.c["count"] + 1),
            "since": case((over, literal(now)), else_=ATTEMPTS.c.since),
        },
    )
    connection.execute(counted)
    since, taken = connection.execute(select(ATTEMPTS.c.since, ATTEMPTS.c["count"]).where(ATTEMPTS.c.bucket == name)).one()
    return since, taken
