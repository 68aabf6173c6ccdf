"""What can go wrong with a database, in the words of an operator.

Law: every complaint of a driver about the database leaves this room as a StoreError of one line, without
the statement's values and without the password of the database's address. A caller needs to tell only two
apart: StoreBusy may be tried again, any other StoreError needs a person. A fault in our own statement
stays what it is, and is loud.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import exc


class StoreError(Exception):
    """The database cannot be used as asked; the message is one line for the operator."""


class StoreBusy(StoreError):
    """Somebody else holds the database longer than we wait: try again later."""


class NewerSchema(StoreError):
    """A newer version of SkySpy made the schema: this version must not write to it."""


_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
# Lock not available, statement cancelled by its timeout, deadlock, serialization failure, too many
# connections, server starting up, server shutting down.
_POSTGRES_BUSY = frozenset({"55P03", "57014", "40P01", "40001", "53300", "57P03", "57P01"})

_WORLD: frozenset[type] = frozenset({exc.OperationalError, exc.InternalError, exc.InterfaceError, exc.DatabaseError})
"""Errors that speak of the database; a damaged SQLite file comes as the plain DatabaseError."""


def first_line(error: BaseException) -> str:
    """What a driver says, on one line; the statement and its values are not in it."""
    cause: Any = getattr(error, "orig", None) or error
    return " ".join(str(cause).split())[:300] or type(cause).__name__


def is_busy(error: exc.SQLAlchemyError) -> bool:
    """Whether waiting may help: a lock, a timeout, no free connection, a server that is not up."""
    if isinstance(error, exc.TimeoutError):
        return True
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_BUSY
    state = getattr(cause, "sqlstate", None)
    # No state: the server never answered. A Postgres that is away may come back, so callers may too.
    return isinstance(error, exc.OperationalError) if state is None else state in _POSTGRES_BUSY


def translate(error: exc.SQLAlchemyError, where: str) -> StoreError | None:
    """The StoreError for a driver's complaint, or None where the fault is our own statement."""
    if is_busy(error):
        return StoreBusy(f"the database {where} is busy: {first_line(error)}")
    if type(error) in _WORLD:
        return StoreError(f"cannot use the database {where}: {first_line(error)}")
    return None
