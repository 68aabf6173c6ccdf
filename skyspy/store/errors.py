"""Errors of the database, as one line for the operator.

Invariants: a driver's error about the database leaves the store as a StoreError of one line, without the statement's values and
without the password of the database's address. StoreBusy may be tried again; any other StoreError needs a person. A value
that the database does not take is UnstorableValue: the fault of the client that sent it. A driver's error about a faulty statement
is a bug here and is raised unchanged.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import exc


class StoreError(Exception):
    """The database cannot be used as asked; the message is one line for the operator."""


class StoreBusy(StoreError):
    """The database is locked, overloaded or not reachable for longer than the timeout; try again later."""


class StoreFull(StoreError):
    """There is no room on the database's disk: nothing was written, and reading goes on. A later attempt may succeed."""


class NewerSchema(StoreError):
    """A newer version of SkySpy made the schema: this version must not write to it."""


class UnstorableValue(ValueError):
    """A value that the database does not take, such as a text with a NUL character or a number that is too large."""

    def __init__(self) -> None:
        super().__init__("a text with a control character, or a number that is too large, cannot be used")


VALUE_ERRORS = (UnicodeEncodeError, OverflowError)
"""What drivers raise of values that they cannot even send."""

_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
# Lock not available, statement cancelled by its timeout, transaction ended by its timeout, deadlock, serialization failure, too many
# connections, server starting up, server shutting down.
_POSTGRES_BUSY = frozenset({"55P03", "57014", "25P03", "40P01", "40001", "53300", "57P03", "57P01"})

_POSTGRES_FULL = "53100"

_DATABASE_ERRORS: frozenset[type] = frozenset({exc.OperationalError, exc.InternalError, exc.InterfaceError, exc.DatabaseError})
"""Errors about the database, not a statement; a damaged SQLite file raises the plain DatabaseError."""


def first_line(error: BaseException) -> str:
    """The driver's message on one line, without the statement and its values."""
    cause: Any = getattr(error, "orig", None) or error
    return " ".join(str(cause).split())[:300] or type(cause).__name__


def is_busy(error: exc.SQLAlchemyError) -> bool:
    """Whether a later attempt may succeed: a lock, a timeout, no free connection, a server that is not running."""
    if isinstance(error, exc.TimeoutError):
        return True
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_BUSY
    state = getattr(cause, "sqlstate", None)
    # No SQLSTATE: the server never answered. It may be restarting, so a later attempt may succeed.
    return isinstance(error, exc.OperationalError) if state is None else state in _POSTGRES_BUSY


def is_full(error: exc.SQLAlchemyError) -> bool:
    """Whether the disk of the database is full."""
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == _POSTGRES_FULL


def translate(error: exc.SQLAlchemyError, where: str) -> StoreError | UnstorableValue | None:
    """The StoreError or UnstorableValue for a driver's error, or None where the statement is at fault."""
    if isinstance(error, exc.DataError):
        return UnstorableValue()
    if is_busy(error):
        return StoreBusy(f"the database {where} is busy: {first_line(error)}")
    if is_full(error):
        return StoreFull(f"the disk of the database {where} is full: free space on it")
    if type(error) in _DATABASE_ERRORS:
        return StoreError(f"cannot use the database {where}: {first_line(error)}")
    return None
