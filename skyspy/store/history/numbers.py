"""Numbers of rows in the order in which they are committed, so that a process that has read up to one number misses none.

SQLite runs writers one after another; on Postgres a lock does that for the transactions that take numbers of one column. A number is at
least the wall time in milliseconds, so that none returns when rows are deleted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, text


def last_number(connection: Connection, column: ColumnElement[Any]) -> int:
    """The latest number of the column; 0 before any."""
    return connection.execute(select(func.max(column))).scalar() or 0


def next_number(connection: Connection, column: ColumnElement[Any], lock: int, now: float) -> int:
    """The next number of the column, at the time `now` (wall seconds); no other transaction that names this `lock` takes one until this
    one ends. The column should have an index."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
    return max(last_number(connection, column) + 1, int(now * 1000))
