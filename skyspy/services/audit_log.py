"""Heart: reading the audit log.

Law: `audit.view`. Nothing here can change a row. What leaves as CSV cannot be run by a spreadsheet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from skyspy import wirejson
from skyspy.auth.policy import may
from skyspy.clock import iso
from skyspy.server import Server
from skyspy.services.caller import Caller
from skyspy.store import audit, keys, roles, users
from skyspy.store.audit import Entry
from skyspy.store.keys import Key
from skyspy.store.registry import NAMES
from skyspy.store.roles import Role
from skyspy.store.users import User

NEEDS = "audit.view"
COLUMNS = ("id", "time", "actor_kind", "actor", "address", "action", "object", "before", "after")
MOST_ROWS = 50_000
_LOOKED_AT = {"user": "users.manage", "role": "users.manage", "key": "keys.manage", "setting": "settings.manage"}
"""What one must hold to look at what an entry is about."""
_KINDS = ("user", "user#", "key#", "role")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Search:
    """Which rows; empty texts mean any. `action` may end in a dot to mean its whole noun (`user.`); `since` and `until`
    are wall seconds, `until` the first moment that is left out."""

    actor: str = ""
    action: str = ""
    about: str = ""
    address: str = ""
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """What an entry is about, where it still exists: `kind` is user, key, role or setting, `id` what it is found by,
    `name` what it is called now, where the entry has only its id."""

    kind: str
    id: str
    name: str = ""


def page(server: Server, caller: Caller, search: Search, limit: int = 100, before_id: int | None = None) -> list[Entry]:
    """The newest rows first; `before_id` continues a page."""
    caller.require(server, NEEDS)
    return server.store.read(
        audit.page,
        limit,
        before_id,
        actor=search.actor or None,
        action=search.action or None,
        about=search.about or None,
        address=search.address or None,
        since=search.since,
        until=search.until,
    )


def actions(server: Server, caller: Caller) -> list[str]:
    """Every action that occurs in the log."""
    caller.require(server, NEEDS)
    return server.store.read(audit.actions)


def places(server: Server, caller: Caller, rows: Iterable[Entry]) -> dict[int, Place]:
    """What the entries are about, by their ids: only what still exists, and what `caller` may look at."""
    settings = server.settings.current
    seen = {kind for kind, permission in _LOOKED_AT.items() if may(caller.principal, permission, settings)}
    named = [(row, *words) for row in rows if (words := _named(row)) is not None and words[0].partition("#")[0] in seen]
    asked = {kind: {word for _, other, word in named if other == kind} for kind in _KINDS}

    def read(connection: Connection) -> list[User | Key | Role]:
        found: list[User | Key | Role] = [u for name in asked["user"] if (u := users.by_name(connection, name)) is not None]
        found += users.by_ids(connection, map(int, asked["user#"])).values()
        found += keys.by_ids(connection, map(int, asked["key#"])).values()
        return found + (list(roles.every(connection)) if asked["role"] else [])

    there: dict[tuple[str, str], tuple[float, Place]] = {("setting", name): (0.0, Place("setting", name)) for name in NAMES}
    for one in server.store.read(read):
        if isinstance(one, Role):
            there["role", one.name] = (0.0, Place("role", one.name))
        elif isinstance(one, User):
            there["user", one.name] = there["user#", str(one.id)] = (one.created_at, Place("user", str(one.id), one.name))
        else:
            there["key#", str(one.id)] = (one.created_at, Place("key", str(one.id), one.name))
    found = {row.id: there[kind, word] for row, kind, word in named if (kind, word) in there}
    # A name that is given again later is somebody else's.
    at = {row.id: row.at for row, _, _ in named}
    return {row_id: place for row_id, (made_at, place) in found.items() if made_at <= at[row_id]}


def _named(row: Entry) -> tuple[str, str] | None:
    """What an entry names, whether or not it exists: a kind, with `#` where the word is an id, and the word."""
    noun, _, word = row.object.partition(" ")
    if row.action.startswith("setting."):
        return "setting", row.object
    if row.action.startswith("link."):
        noun, word = "user", word.partition(" ")[2]
    elif noun == "key":
        word = word.partition(" ")[0]
    by_id = noun == "key" or row.action.startswith(("link.", "live."))
    if not word or noun not in ("user", "key", "role") or (by_id and not (word.isdecimal() and len(word) < 10)):
        return None
    return (f"{noun}#" if by_id else noun), word


def as_csv(server: Server, caller: Caller, search: Search) -> str:
    """The matching rows as CSV, the newest first, at most MOST_ROWS."""
    rows: list[Entry] = []
    before: int | None = None
    while len(rows) < MOST_ROWS:
        more = page(server, caller, search, 1000, before)
        rows += more
        if len(more) < 1000:
            break
        before = more[-1].id
    return _written(rows)


def _written(rows: Iterable[Entry]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        values = (
            row.id,
            iso(row.at),
            row.actor_kind,
            row.actor,
            row.address,
            row.action,
            row.object,
            _json(row.before),
            _json(row.after),
        )
        writer.writerow([_inert(str(value)) for value in values])
    return out.getvalue()


def _json(value: object) -> str:
    return "" if value is None else wirejson.dumps(value)


def _inert(text: str) -> str:
    """A cell that a spreadsheet shows and never runs."""
    return f"'{text}" if text.startswith(_FORMULA) else text
