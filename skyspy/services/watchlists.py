"""Application: watchlists, which alert rules share, for REST, requests of Socket.IO and the panel.

Invariants: reading needs `alerts.view`, changing `alerts.edit` too. A caller works on its own lists in the sky that it sees
(alert_owner.py). A list that a rule names is not deleted. What is on a list is in no audit row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skyspy.alerts.errors import RuleError
from skyspy.alerts.parsing import parse_rule
from skyspy.alerts.watchlist import Entry, parse_csv, parse_entry
from skyspy.server import Context
from skyspy.services import alert_owner
from skyspy.services.alert_owner import EDIT, VIEW
from skyspy.services.alert_rules import invalid, watchlists_of
from skyspy.services.caller import Caller, Refused, Transaction
from skyspy.store import Connection, alert_rules, watchlists
from skyspy.store.owned import Noun, Owner
from skyspy.store.watchlists import NOUN, EntryRow, StoredEntry, StoredWatchlist

__all__ = ["EDIT", "VIEW"]

ENTRY = Noun("watchlist", "entry", watchlists.MAX_ENTRIES)
MAX_ENTRIES_AT_ONCE = 500
"""Entries of one request; a CSV file may have as many as a user may have."""
MAX_ERRORS = 50
"""Lines of a CSV file that are named in an answer, of those that cannot be used."""


@dataclass(frozen=True, slots=True)
class WatchlistView:
    """A watchlist; `entries` is how many it has, times are wall seconds."""

    id: str
    name: str
    entries: int
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class WatchlistsFound:
    """A page of watchlists, the oldest first, and how many there are. `next_cursor` is None at the end of the list."""

    watchlists: list[WatchlistView]
    next_cursor: str | None
    total: int


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry of a watchlist."""

    id: str
    kind: str
    value: str
    exclude: bool
    note: str


@dataclass(frozen=True, slots=True)
class EntriesFound:
    """A page of entries, the oldest first, and how many the list has. `next_cursor` is None at the end of the list."""

    entries: list[EntryView]
    next_cursor: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of entries that were to be added: so many are new, and so many were on the list. `errors`: what is wrong with a line,
    by its number; such lines are left out."""

    added: int
    known: int
    errors: Mapping[int, str]


# -- lists ----------------------------------------------------------------------------------------


def page(server: Context, caller: Caller, cursor: str | None = None, limit: int = alert_owner.MAX_PAGE) -> WatchlistsFound:
    """The caller's watchlists. Raises Refused."""
    after = alert_owner.after_of(cursor)
    # One more than fits, to know whether another page follows.
    found = alert_owner.read(server, caller, watchlists.page, after, limit + 1)
    total = alert_owner.read(server, caller, watchlists.count)
    listed = [_view(one) for one in found[:limit]]
    return WatchlistsFound(listed, listed[-1].id if len(found) > limit else None, total)


def one(server: Context, caller: Caller, list_id: str) -> WatchlistView:
    """The caller's watchlist of that id. Raises Refused."""
    return _view(alert_owner.read(server, caller, watchlists.one, alert_owner.refused_id(NOUN, list_id)))


def create(server: Context, caller: Caller, name: str, entries: Sequence[Mapping[str, Any]] = ()) -> WatchlistView:
    """Make a watchlist with these entries (`kind`, `value`, and if wanted `exclude` and `note`). Raises Refused, with the message of each
    bad field by its path."""
    named, rows = alert_owner.checked_name(name), _parsed(entries)

    def work(here: Transaction, owner: Owner) -> StoredWatchlist:
        return watchlists.create(here.connection, owner, named, rows, here.actor, here.at)

    return _view(alert_owner.act(server, caller, work))


def rename(server: Context, caller: Caller, list_id: str, name: str) -> WatchlistView:
    """Give a watchlist another name. Raises Refused."""
    named = alert_owner.checked_name(name)

    def work(here: Transaction, owner: Owner) -> StoredWatchlist:
        number = alert_owner.row_id(NOUN, list_id)
        return watchlists.rename(here.connection, owner, number, named, here.actor, here.at)

    return _view(alert_owner.act(server, caller, work))


def delete(server: Context, caller: Caller, list_id: str) -> None:
    """Delete a watchlist with its entries. Raises Refused, also while a rule names it."""

    def work(here: Transaction, owner: Owner) -> None:
        number = alert_owner.row_id(NOUN, list_id)
        watchlists.one(here.connection, owner, number)
        names = _rules_with(here.connection, owner, str(number))
        if names:
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            raise Refused("conflict", f"This watchlist is used by {shown}: change these rules first")
        watchlists.remove(here.connection, owner, number, here.actor, here.at)

    alert_owner.act(server, caller, work)


# -- entries --------------------------------------------------------------------------------------


def entries(server: Context, caller: Caller, list_id: str, cursor: str | None = None, limit: int = 100) -> EntriesFound:
    """The entries of a watchlist. Raises Refused."""
    number, after = alert_owner.refused_id(NOUN, list_id), alert_owner.after_of(cursor)
    total = alert_owner.read(server, caller, watchlists.one, number).entries
    found = alert_owner.read(server, caller, watchlists.entries_page, number, after, limit + 1)
    listed = [_entry_view(entry) for entry in found[:limit]]
    return EntriesFound(listed, listed[-1].id if len(found) > limit else None, total)


def add(server: Context, caller: Caller, list_id: str, entries: Sequence[Mapping[str, Any]]) -> Imported:
    """Add entries to a watchlist, MAX_ENTRIES_AT_ONCE at most; one that is on it stays as it is. Raises Refused, with the message of
    each bad field by its path."""
    return _add(server, caller, list_id, _parsed(entries), {}, replace=False)


def import_csv(server: Context, caller: Caller, list_id: str, text: str, *, replace: bool = False) -> Imported:
    """Add the entries of a CSV file, or put them in the place of all that the list has. Lines that cannot be used are left out and named.
    Raises Refused, also where no line can be used."""
    try:
        found, errors = parse_csv(text)
    except RuleError as error:
        raise invalid(error.fields) from error
    if not found:
        named = {f"csv.{line}": message for line, message in list(errors.items())[:MAX_ERRORS]}
        raise Refused("invalid", "No line of the CSV file can be used", named or {"csv": "has no entries"})
    shown = dict(list(errors.items())[:MAX_ERRORS])
    return _add(server, caller, list_id, [_row(entry) for entry in found], shown, replace=replace)


def remove(server: Context, caller: Caller, list_id: str, entry_id: str) -> None:
    """Take an entry off a watchlist. Raises Refused."""

    def work(here: Transaction, owner: Owner) -> None:
        number, entry = alert_owner.row_id(NOUN, list_id), alert_owner.row_id(ENTRY, entry_id)
        watchlists.remove_entry(here.connection, owner, number, entry, here.actor, here.at)

    alert_owner.act(server, caller, work)


def _add(
    server: Context, caller: Caller, list_id: str, rows: Sequence[EntryRow], errors: Mapping[int, str], *, replace: bool
) -> Imported:
    def work(here: Transaction, owner: Owner) -> watchlists.Change:
        number = alert_owner.row_id(NOUN, list_id)
        return watchlists.add(here.connection, owner, number, rows, here.actor, here.at, replace=replace)

    change = alert_owner.act(server, caller, work)
    return Imported(change.added, change.known, errors)


def _parsed(documents: Sequence[Mapping[str, Any]]) -> list[EntryRow]:
    if len(documents) > MAX_ENTRIES_AT_ONCE:
        raise invalid({"entries": f"are at most {MAX_ENTRIES_AT_ONCE} at once: import more as CSV"})
    rows: list[EntryRow] = []
    wrong: dict[str, str] = {}
    for place, document in enumerate(documents):
        try:
            rows.append(_row(parse_entry(document, f"entries[{place}]")))
        except RuleError as error:
            wrong |= error.fields
    if wrong:
        raise invalid(wrong)
    return rows


def _row(entry: Entry) -> EntryRow:
    return EntryRow(entry.kind.value, entry.value, entry.exclude, entry.note)


def _rules_with(connection: Connection, owner: Owner, list_id: str) -> list[str]:
    """The names of the owner's rules that name this watchlist."""
    found = []
    for rule in alert_rules.page(connection, owner):
        try:
            parsed = parse_rule(rule.document)
        except RuleError:
            continue
        if list_id in watchlists_of(parsed):
            found.append(rule.name)
    return found


def _view(found: StoredWatchlist) -> WatchlistView:
    return WatchlistView(str(found.id), found.name, found.entries, found.created_at, found.updated_at)


def _entry_view(entry: StoredEntry) -> EntryView:
    return EntryView(str(entry.id), entry.kind, entry.value, entry.exclude, entry.note)
