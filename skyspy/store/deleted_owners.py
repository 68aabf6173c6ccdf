"""Deleted users, as other stores need to know them: they hold rows of a user by id, without a foreign key.

Invariants: a row is written in the transaction that deletes the user, and stays for good. Ids rise, and are never given again.
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

    All of them where `last` is None or no row of this database: another one, or an older backup, took the place of the
    database in which it was read.
    """
    rows = [DeletedOwner(*row) for row in connection.execute(select(DELETED_OWNERS).order_by(DELETED_OWNERS.c.id))]
    return rows[rows.index(last) + 1 :] if last in rows else rows
