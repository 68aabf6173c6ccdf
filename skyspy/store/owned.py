"""Rows that belong to one user in one sky: alert rules, watchlists, destinations.

Invariants: what reads or changes such rows takes an Owner and sees no other rows. A row of somebody else is not found, with the
same error as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, and_, func, select
from sqlalchemy import insert as insert_into

from skyspy.store.roles import AccountError, NotFound


class Owner(NamedTuple):
    """A user, and the sky (live or sandbox) of which the rows are."""

    user_id: int
    sky: str


class Noun(NamedTuple):
    """What a row is called. `action`: in the audit log; `name`: in sentences; `most`: how many an owner may have."""

    action: str
    name: str
    most: int


def is_of(table: Table, owner: Owner) -> Any:
    """The condition that a row of this table is the owner's."""
    return and_(table.c.owner_id == owner.user_id, table.c.sky == owner.sky)


def row(connection: Connection, table: Table, noun: Noun, owner: Owner, row_id: int) -> Row[Any]:
    """The owner's row of that id; raises NotFound."""
    found = connection.execute(select(table).where(is_of(table, owner), table.c.id == row_id)).one_or_none()
    if found is None:
        raise unknown(noun)
    return found


def rows(
    connection: Connection, table: Table, owner: Owner, after: int | None = None, limit: int | None = None
) -> Sequence[Row[Any]]:
    """The owner's rows, the oldest first: those with an id above `after`, `limit` at most."""
    query = select(table).where(is_of(table, owner)).order_by(table.c.id).limit(limit)
    return connection.execute(query if after is None else query.where(table.c.id > after)).all()


def count(connection: Connection, table: Table, owner: Owner) -> int:
    """How many rows the owner has."""
    return int(connection.execute(select(func.count()).select_from(table).where(is_of(table, owner))).scalar_one())


def insert(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """Insert a row; returns its id."""
    key = connection.execute(insert_into(table).values(dict(values))).inserted_primary_key
    assert key is not None  # noqa: S101 - one row was inserted
    return int(key[0])


def require_room(connection: Connection, table: Table, noun: Noun, owner: Owner) -> None:
    """Raise AccountError where the owner has as many rows as are allowed."""
    if count(connection, table, owner) >= noun.most:
        raise AccountError(f"you have {noun.most} {noun.name}s already: delete one first")


def unknown(noun: Noun) -> NotFound:
    """The error about a row that does not exist, or is not the owner's."""
    return NotFound(f"you have no {noun.name} with this id; the list shows those you have")


def users_with(connection: Connection, table: Table) -> dict[int, int]:
    """How many rows each user has in both skies, by user id; users without any are left out."""
    query = select(table.c.owner_id, func.count().label("number")).group_by(table.c.owner_id)
    return {found.owner_id: found.number for found in connection.execute(query)}
