"""Watchlists of users, and their entries.

Invariants: a change raises the version, so that every process loads the lists again. An entry is on a list once. What a list holds
stays out of the audit log: only its owner may read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from skyspy.store import audit, owned, state
from skyspy.store.audit import Actor
from skyspy.store.owned import Noun, Owner
from skyspy.store.roles import AccountError, NotFound
from skyspy.store.rows import for_ids, to_record
from skyspy.store.schema import WATCHLIST_ENTRIES, WATCHLISTS

NOUN = Noun("watchlist", "watchlist", 50)
MAX_ENTRIES = 5000
"""Entries of all watchlists of an owner."""
_E = WATCHLIST_ENTRIES.c


class EntryRow(NamedTuple):
    """What an entry names; `kind` and `value` as alerts/watchlist.py normalizes them."""

    kind: str
    value: str
    exclude: bool = False
    note: str = ""

    @property
    def key(self) -> tuple[str, str, bool]:
        """By which an entry is on a list once."""
        return self.kind, self.value, self.exclude


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as stored."""

    id: int
    watchlist_id: int
    kind: str
    value: str
    exclude: bool
    note: str


@dataclass(frozen=True, slots=True)
class StoredWatchlist:
    """A watchlist; `entries` is how many it has, times are wall seconds."""

    id: int
    owner_id: int
    sky: str
    name: str
    created_at: float
    updated_at: float
    entries: int


class Change(NamedTuple):
    """What became of entries that were to be added: so many are new, and so many were on the list."""

    added: int
    known: int


def page(connection: Connection, owner: Owner, after: int | None = None, limit: int | None = None) -> list[StoredWatchlist]:
    """The owner's watchlists, the oldest first: those with an id above `after`, `limit` at most."""
    return _counted(connection, owned.rows(connection, WATCHLISTS, owner, after, limit))


def count(connection: Connection, owner: Owner) -> int:
    """How many watchlists the owner has."""
    return owned.count(connection, WATCHLISTS, owner)


def one(connection: Connection, owner: Owner, list_id: int) -> StoredWatchlist:
    """The owner's watchlist of that id; raises NotFound."""
    return _counted(connection, [owned.row(connection, WATCHLISTS, NOUN, owner, list_id)])[0]


def in_sky(connection: Connection, sky: str) -> list[StoredWatchlist]:
    """The watchlists of all users in that sky."""
    return _counted(connection, connection.execute(select(WATCHLISTS).where(WATCHLISTS.c.sky == sky)).all())


def entries_of(connection: Connection, list_ids: Iterable[int]) -> dict[int, list[EntryRow]]:
    """The entries of these watchlists, by the id of the list."""
    found: dict[int, list[EntryRow]] = {}
    for row in for_ids(connection, select(WATCHLIST_ENTRIES).order_by(_E.id), _E.watchlist_id, list_ids):
        found.setdefault(row.watchlist_id, []).append(EntryRow(row.kind, row.value, row.exclude, row.note))
    return found


def create(
    connection: Connection, owner: Owner, name: str, entries: Sequence[EntryRow], actor: Actor, at: float
) -> StoredWatchlist:
    """Store a new watchlist. Raises AccountError where the owner has too many, or too many entries."""
    state.bump(connection)
    owned.require_room(connection, WATCHLISTS, NOUN, owner)
    values = {"owner_id": owner.user_id, "sky": owner.sky, "name": name, "created_at": at, "updated_at": at}
    list_id = owned.insert(connection, WATCHLISTS, values)
    _insert(connection, owner, list_id, entries)
    made = one(connection, owner, list_id)
    audit.record(connection, actor, "watchlist.create", _about(made), at, None, _told(made))
    return made


def rename(connection: Connection, owner: Owner, list_id: int, name: str, actor: Actor, at: float) -> StoredWatchlist:
    """Give a watchlist another name. Raises NotFound."""
    state.bump(connection)
    old = one(connection, owner, list_id)
    connection.execute(update(WATCHLISTS).where(WATCHLISTS.c.id == old.id).values(name=name, updated_at=at))
    audit.record(connection, actor, "watchlist.rename", _about(old), at)
    return one(connection, owner, list_id)


def remove(connection: Connection, owner: Owner, list_id: int, actor: Actor, at: float) -> None:
    """Delete a watchlist with its entries. Raises NotFound."""
    state.bump(connection)
    old = one(connection, owner, list_id)
    connection.execute(delete(WATCHLISTS).where(WATCHLISTS.c.id == old.id))
    audit.record(connection, actor, "watchlist.delete", _about(old), at, _told(old), None)


# -- entries --------------------------------------------------------------------------------------


def entries_page(
    connection: Connection, owner: Owner, list_id: int, after: int | None = None, limit: int | None = None
) -> list[StoredEntry]:
    """The entries of the owner's watchlist, the oldest first: those with an id above `after`, `limit` at most. Raises NotFound."""
    owned.row(connection, WATCHLISTS, NOUN, owner, list_id)
    query = select(WATCHLIST_ENTRIES).where(_E.watchlist_id == list_id).order_by(_E.id).limit(limit)
    found = connection.execute(query if after is None else query.where(_E.id > after))
    return [to_record(StoredEntry, row) for row in found]


def add(
    connection: Connection,
    owner: Owner,
    list_id: int,
    entries: Sequence[EntryRow],
    actor: Actor,
    at: float,
    *,
    replace: bool = False,
) -> Change:
    """Add entries to a watchlist, or put them in the place of all that it has. Raises NotFound, AccountError where there are too many."""
    state.bump(connection)
    old = one(connection, owner, list_id)
    if replace:
        connection.execute(delete(WATCHLIST_ENTRIES).where(_E.watchlist_id == list_id))
    change = _insert(connection, owner, list_id, entries)
    _touch(connection, list_id, at)
    new = one(connection, owner, list_id)
    audit.record(connection, actor, "watchlist.change", _about(old), at, _told(old), _told(new))
    return change


def remove_entry(connection: Connection, owner: Owner, list_id: int, entry_id: int, actor: Actor, at: float) -> None:
    """Take an entry off a watchlist. Raises NotFound."""
    state.bump(connection)
    old = one(connection, owner, list_id)
    this = (_E.id == entry_id) & (_E.watchlist_id == list_id)
    if not connection.execute(delete(WATCHLIST_ENTRIES).where(this)).rowcount:
        raise NotFound("this watchlist has no entry with this id; the list shows those it has")
    _touch(connection, list_id, at)
    new = one(connection, owner, list_id)
    audit.record(connection, actor, "watchlist.change", _about(old), at, _told(old), _told(new))


def _insert(connection: Connection, owner: Owner, list_id: int, entries: Sequence[EntryRow]) -> Change:
    on_list = {(row.kind, row.value, row.exclude) for row in connection.execute(_columns().where(_E.watchlist_id == list_id))}
    new = list({entry.key: entry for entry in entries if entry.key not in on_list}.values())
    has = sum(found.entries for found in page(connection, owner))
    if has + len(new) > MAX_ENTRIES:
        raise AccountError(f"your watchlists hold {has} entries, and {MAX_ENTRIES:,} is the most: take some off first")
    if new:
        connection.execute(insert(WATCHLIST_ENTRIES), [{"watchlist_id": list_id, **entry._asdict()} for entry in new])
    return Change(len(new), len(entries) - len(new))


def _columns() -> Any:
    return select(_E.kind, _E.value, _E.exclude)


def _touch(connection: Connection, list_id: int, at: float) -> None:
    connection.execute(update(WATCHLISTS).where(WATCHLISTS.c.id == list_id).values(updated_at=at))


def _counted(connection: Connection, rows: Sequence[Row[Any]]) -> list[StoredWatchlist]:
    query = select(_E.watchlist_id, func.count().label("entries")).group_by(_E.watchlist_id)
    column: ColumnElement[Any] = _E.watchlist_id
    numbers = {row.watchlist_id: row.entries for row in for_ids(connection, query, column, [row.id for row in rows])}
    return [to_record(StoredWatchlist, row, entries=numbers.get(row.id, 0)) for row in rows]


def _about(found: StoredWatchlist) -> str:
    return f"watchlist {found.id}"


def _told(found: StoredWatchlist) -> dict[str, object]:
    """What the audit log holds of a watchlist: neither its name nor its entries."""
    return {"sky": found.sky, "entries": found.entries}
