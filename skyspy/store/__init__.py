"""The main database of an installation: everything that must survive the process.

Each noun (users, roles, keys, families, panel, audit, attempts, feeds, invitations, presence) is a module of functions whose
first argument is a connection. They are called through a store, which opens the transaction:

    user = store.read(users.by_id, user_id)
    store.write(users.set_role, user_id, "operator", actor, clock.wall())

Invariants: one call of `Store.read` or `Store.write` is one transaction; no call blocks the gevent hub longer than a statement.
Functions that change something take `actor` and `at` (wall seconds) last, write the audit row in the same transaction, and raise
the version where open sessions are affected. Permissions are checked above, in services/ and auth/policy.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, exc, make_url
from sqlalchemy.engine import URL

from skyspy.store import upgrade
from skyspy.store.errors import StoreBusy, StoreError
from skyspy.store.postgres import Postgres
from skyspy.store.sqlite import Sqlite

__all__ = ["Connection", "Store", "StoreBusy", "StoreError"]

P = ParamSpec("P")
T = TypeVar("T")


class Store:
    """One database. `url` is SQLAlchemy's: `sqlite:///file` or `postgresql+psycopg://..`.

    Opening is lazy: the first `upgrade`, `read` or `write` opens the database. Where gevent patches the process, it must
    have done so before a Store is made.
    """

    def __init__(self, url: str, schema: upgrade.Schema = upgrade.MAIN) -> None:
        self._url = _parse(url)
        self._schema = schema
        self.where = _where(self._url) + (f" (schema {schema.namespace})" if schema.namespace else "")
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.in_memory = self.is_sqlite and self._url.database in (None, "", ":memory:")
        self.is_file = self.is_sqlite and not self.in_memory
        self.after_write: Callable[[], object] | None = None
        """Called after each committed write of this process."""
        self._backend: Sqlite | Postgres = (Sqlite if self.is_sqlite else Postgres)(self._url, self.where)

    def __repr__(self) -> str:
        return f"Store({self.where})"

    def upgrade(self) -> str:
        """Bring the schema to the newest revision this code knows, and return its name.

        Safe while another process does the same, and after one that was killed doing it. Raises StoreError, one line, where the
        database cannot be used or was made by a newer SkySpy.
        """
        try:
            if self.in_memory:
                return self._backend.write(lambda connection: upgrade.to_newest(connection, self._schema))
            return upgrade.upgrade_database(self._url, self.where, self._schema)
        except OSError as error:
            # A revision's file cannot be read: no descriptors are left, say. The log says that once, elsewhere.
            raise StoreError(f"cannot open the database {self.where} now: a file of the program cannot be read") from error

    def read(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `fn(connection, *args, **kwargs)`, run in a transaction that only reads.

        `fn` may run in a native thread: it must not touch gevent, and must return plain values, not
        cursors. Raises StoreBusy, StoreError, and whatever `fn` raises.
        """
        return self._backend.read(lambda connection: fn(connection, *args, **kwargs))

    def write(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `fn(connection, *args, **kwargs)`, run in a transaction that writes: committed, or rolled back where it raises.

        On SQLite writers run one after another; on Postgres they may run at the same time, and a function whose writes depend on
        what it read takes the lock first (`state.bump`). Raises as `read` does.
        """
        result = self._backend.write(lambda connection: fn(connection, *args, **kwargs))
        if self.after_write is not None:
            self.after_write()
        return result

    def close(self) -> None:
        """Close all connections; a later use opens new ones."""
        self._backend.close()


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
    except exc.ArgumentError:
        raise StoreError("the database's address is not a URL: write sqlite:///path or postgresql://user@host/name") from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        raise StoreError(f"databases of the kind {url.get_backend_name()!r} are not supported: use sqlite or postgresql")
    return url


def _where(url: URL) -> str:
    """The database's name for logs: without a password."""
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    return f"{url.host or 'localhost'}/{url.database or ''}"
