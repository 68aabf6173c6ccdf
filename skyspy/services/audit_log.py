"""Application: reading the audit log.

Invariants: needs `audit.view`. Nothing here changes a row. No cell of the CSV export is run as a formula by a spreadsheet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from skyspy import wirejson
from skyspy.auth.policy import may
from skyspy.clock import iso
from skyspy.server import Context, Server
from skyspy.services.caller import Caller
from skyspy.services.csv_cells import escape_formula
from skyspy.store import audit, keys, roles, users
from skyspy.store.audit import Entry
from skyspy.store.keys import Key
from skyspy.store.registry import NAMES
from skyspy.store.roles import Role
from skyspy.store.users import User

PERMISSION = "audit.view"
COLUMNS = ("id", "time", "actor_kind", "actor", "address", "action", "object", "before", "after")
MAX_CSV_ROWS = 50_000
_VIEW_PERMISSIONS = {"user": "users.manage", "role": "users.manage", "key": "keys.manage", "setting": "settings.manage"}
"""The permission to view what an entry is about, by its kind."""
_KINDS = ("user", "user#", "key#", "role")


@dataclass(frozen=True, slots=True)
class Search:
    """Which rows; an empty text matches any. `action` may be a prefix that ends in a dot (`user.`); `since` (inclusive) and
    `until` (exclusive) are wall seconds."""

    actor: str = ""
    action: str = ""
    about: str = ""
    address: str = ""
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about, if it still exists: `kind` is user, key, role or setting; `id` identifies it; `name` is its
    present name, set where the entry has only the id."""

    kind: str
    id: str
    name: str = ""


def search_by_days(since: str, until: str, **words: str) -> Search:
    """A search from the day `since` to the end of the day `until`; what is no day is no bound."""
    first, last = day(since), day(until)
    after = None if last is None else last + timedelta(days=1)
    bounds = {"since": first, "until": after}
    return Search(**words, **{name: None if at is None else at.timestamp() for name, at in bounds.items()})  # type: ignore[arg-type]


def day(text: str) -> datetime | None:
    """The beginning of a day of UTC, such as 2026-03-05; None for any other text."""
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if 1970 <= found.year < 9999 else None


def page(context: Context, caller: Caller, search: Search, limit: int = 100, before_id: int | None = None) -> list[Entry]:
    """The matching rows, newest first; `before_id` is the id of the last row of the previous page."""
    return caller.read(context, PERMISSION, audit.page, limit, before_id, **asdict(search))


def actions(server: Server, caller: Caller) -> list[str]:
    """Every action that occurs in the log."""
    return caller.read(server, PERMISSION, audit.actions)


def visible_subjects(server: Server, caller: Caller, rows: Iterable[Entry]) -> dict[int, Subject]:
    """What the entries are about, by entry id: only what still exists and what the caller has permission to view."""
    settings = server.settings.current
    seen = {kind for kind, permission in _VIEW_PERMISSIONS.items() if may(caller.principal, permission, settings)}
    named = [(row, *words) for row in rows if (words := _named(row)) is not None and words[0].partition("#")[0] in seen]
    asked = {kind: {word for _, other, word in named if other == kind} for kind in _KINDS}

    def read(connection: Connection) -> list[User | Key | Role]:
        found: list[User | Key | Role] = [u for name in asked["user"] if (u := users.by_name(connection, name)) is not None]
        found += users.by_ids(connection, map(int, asked["user#"])).values()
        found += keys.by_ids(connection, map(int, asked["key#"])).values()
        return found + (list(roles.every(connection)) if asked["role"] else [])

    existing: dict[tuple[str, str], tuple[float, Subject]] = {
        ("setting", name): (0.0, Subject("setting", name)) for name in NAMES
    }
    for one in server.store.read(read):
        if isinstance(one, Role):
            existing["role", one.name] = (0.0, Subject("role", one.name))
        elif isinstance(one, User):
            existing["user", one.name] = existing["user#", str(one.id)] = (one.created_at, Subject("user", str(one.id), one.name))
        else:
            existing["key#", str(one.id)] = (one.created_at, Subject("key", str(one.id), one.name))
    found = {row.id: existing[kind, word] for row, kind, word in named if (kind, word) in existing}
    # An object created after the entry only has the same name.
    at = {row.id: row.at for row, _, _ in named}
    return {row_id: place for row_id, (made_at, place) in found.items() if made_at <= at[row_id]}


def _named(row: Entry) -> tuple[str, str] | None:
    """What an entry names, whether or not it still exists: (kind, word). The kind ends in `#` where the word is an id."""
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


def as_csv(context: Context, caller: Caller, search: Search) -> str:
    """The matching rows as CSV, the newest first, at most MAX_CSV_ROWS."""
    rows: list[Entry] = []
    before: int | None = None
    while len(rows) < MAX_CSV_ROWS:
        more = page(context, caller, search, 1000, before)
        rows += more
        if len(more) < 1000:
            break
        before = more[-1].id
    return _to_csv(rows)


def _to_csv(rows: Iterable[Entry]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        written = {"time": iso(row.at), "before": _json(row.before), "after": _json(row.after)}
        values = [written[name] if name in written else getattr(row, name) for name in COLUMNS]
        writer.writerow([escape_formula(str(value)) for value in values])
    return out.getvalue()


def _json(value: object) -> str:
    return "" if value is None else wirejson.dumps(value)
