"""The random id that a database and its instance folder share, so that a lost or exchanged database is noticed.

Invariants: a server that starts without the folder's file gives both the same id; a migration writes none. Where the file names an
id, the database is this installation's only if it holds that id; every other one is foreign until `adopt`, and a file that cannot be
read makes every database foreign.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
from pathlib import Path

from sqlalchemy import Connection, update

from skyspy.files import write_atomically
from skyspy.store import Store, StoreError, audit, state
from skyspy.store.audit import Actor
from skyspy.store.schema import STATE

log = logging.getLogger(__name__)

FILE = "installation"
"""The file's name in the instance folder. It holds the id on one line, and is no secret."""
_ID = re.compile(r"[0-9a-f]{32}")
_ADVICE = "AUTH_MODE is private until you restore this installation's own database, or accept this one with the command: skyspy db adopt"


class Installation:
    """The id of one installation: in the file of its instance folder, and in its database."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._path = folder / FILE
        # A database in memory is new at every start.
        self._lasts = store.is_file or not store.is_sqlite
        self._id: str | None = None

    def settle(self) -> None:
        """Where the folder has no file (a first start, or one of before there was an id): give the database's id, or a new one, to
        both. Where that fails the server starts all the same, and the log says so."""
        if not self._lasts or os.path.lexists(self._path):
            return
        try:
            # The database first: a server that is killed in between finds no file, and goes on here at its next start.
            self._id = self._store.read(state.version_and_installation)[1] or self._store.write(_give, _new())
            write_atomically(self._path, self._id + "\n")
        except (OSError, StoreError) as error:
            log.warning("%s could not be written, so a lost database will not be noticed: %s", self._path, error)

    def why_foreign(self, found: str | None) -> str:
        """Why the database, which holds the id `found`, is not this installation's, and what to do, on one line; "" if it is."""
        if not self._lasts or (found is not None and found == self._id):
            return ""
        try:
            # Read again each time: `skyspy db adopt` may have changed it.
            self._id = self._read() or self._id
        except ValueError:
            return f"{self._path} is damaged, so this may be another installation's database: {_ADVICE}"
        if self._id is None or found == self._id:
            return ""
        what = "is new or was lost" if found is None else "belongs to another installation"
        return f"the database {self._store.where} {what} ({self._path} names another one): {_ADVICE}"

    def adopt(self, actor: Actor, at: float) -> bool:
        """Make the database this installation's own, with one audit row; False where it was. Raises StoreError."""
        try:
            named = self._read()
        except ValueError:
            named = None
        found = self._store.read(state.version_and_installation)[1]
        if found is not None and found == named:
            return False
        self._store.write(self._adopt, named or _new(), actor, at)
        return True

    def _adopt(self, connection: Connection, new: str, actor: Actor, at: float) -> None:
        state.bump(connection)
        found = _give(connection, new)
        audit.record(connection, actor, "database.adopt", "database", at)
        try:
            # Before the commit: servers read the file again when they see the new version.
            write_atomically(self._path, found + "\n")
        except OSError as error:
            raise StoreError(f"cannot write {self._path}: {error.strerror}") from None

    def _read(self) -> str | None:
        """The id in the file, None without a file; raises ValueError where it holds none or cannot be read."""
        if not os.path.lexists(self._path):
            return None
        try:
            text = self._path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ValueError(str(error)) from None
        if _ID.fullmatch(text) is None:
            raise ValueError("no id")
        return text


def _new() -> str:
    return secrets.token_hex(16)


def _give(connection: Connection, new: str) -> str:
    """Give the database this id if it has none; returns the one it has then."""
    connection.execute(update(STATE).where(STATE.c.installation.is_(None)).values(installation=new))
    found = state.version_and_installation(connection)[1]
    return found or new
