"""Deleted users, for stores that hold rows of a user by id without a foreign key.

Invariants: a row is written in the transaction that deletes the user, and is never removed. Ids rise and are never reused.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from skyspy.store.schema import DELETED_OWNERS


@dataclass(frozen=True, slots=True)
class DeletedOwner:
    """A deleted user. `id` orders the deletions; `deleted_at` is wall seconds."""

    id: int
    user_id: int
    deleted_at: float


def add(connection: Connection, user_id: int, at: float) -> None:
    """Record that the user was deleted."""
    connection.execute(insert(DELETED_OWNERS).values(user_id=user_id, deleted_at=at))


def after(connection: Connection, last: DeletedOwner | None) -> list[DeletedOwner]:
    """The deletions after `last`, in order.

    All of them where `last` is None or not a row of this database: the database in which it was read was replaced by another
    one or by an older backup.
    """
    rows = [DeletedOwner(*row) for row in connection.execute(select(DELETED_OWNERS).order_by(DELETED_OWNERS.c.id))]
    return rows[rows.index(last) + 1 :] if last in rows else rows
