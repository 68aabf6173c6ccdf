"""Deleting rows of deleted users from the history store.

The main store records a deleted user in the transaction of the deletion (store/deleted_owners.py); the history store applies
those records at its start, whenever the main store changed, and from time to time. A crash between the two transactions only
delays this.

Invariants: a deletion is applied again at every pass for RECHECK_S seconds, because a process that had not read it yet may have
written a row of that user meanwhile. The mark moves past it after that time. The rows of a pass and the mark are one transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, MetaData, Table, delete, insert, select

from skyspy.store import Store, StoreError, deleted_owners
from skyspy.store.deleted_owners import DeletedOwner
from skyspy.store.history.schema import APPLIED_DELETION

log = logging.getLogger(__name__)

RECHECK_S = 600.0
CHUNK = 500
"""How many ids one statement names: SQLite bounds the number of values."""


def owned_tables(metadata: MetaData) -> list[Table]:
    """The tables whose rows belong to a user."""
    return [table for table in metadata.sorted_tables if "owner_id" in table.c]


def last_applied(connection: Connection) -> DeletedOwner | None:
    """The last deletion that needs no further application; None where there is none."""
    row = connection.execute(select(APPLIED_DELETION)).one_or_none()
    return None if row is None else DeletedOwner(row.id, row.user_id, row.deleted_at)


def apply_new(main: Store, history: Store, tables: Iterable[Table], at: float) -> int | None:
    """Delete the rows of users that were deleted from `main`; returns the number of rows, or None where nothing was written. Raises
    the history's StoreError."""
    applied = history.read(last_applied)
    try:
        owners = main.read(deleted_owners.after, applied)
    except StoreError as error:
        # Not an error of the history: the main store's callers report it.
        log.debug("deleted users are asked for again later: %s", error)
        return None
    return history.write(apply, owners, tables, at) if owners else None


def apply(connection: Connection, owners: Sequence[DeletedOwner], tables: Iterable[Table], at: float) -> int:
    """Delete the owners' rows and advance the mark past deletions older than RECHECK_S (`at`: wall seconds); returns the number
    of rows."""
    ids = [owner.user_id for owner in owners]
    deleted = 0
    for table in tables:
        for start in range(0, len(ids), CHUNK):
            deleted += connection.execute(delete(table).where(table.c.owner_id.in_(ids[start : start + CHUNK]))).rowcount
    settled: DeletedOwner | None = None
    for owner in owners:
        if owner.deleted_at > at - RECHECK_S:
            break
        settled = owner
    if settled is not None:
        connection.execute(delete(APPLIED_DELETION))
        values = {"single": 1, "id": settled.id, "user_id": settled.user_id, "deleted_at": settled.deleted_at}
        connection.execute(insert(APPLIED_DELETION).values(values))
    return deleted
