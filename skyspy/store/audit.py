"""The audit log: actor, action, object, address, and the state before and after.

Invariants: a row is written in the transaction of the change it describes and is never changed; only `prune` removes it.
No secret is passed in here: no password, key, token, nor digest of one. Text from outside is cut to
length, and its control characters are replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, desc, insert, select

from skyspy import wirejson
from skyspy.store.rows import to_record
from skyspy.store.schema import AUDIT

DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a change. `kind` is user, key, cli, environment, system or anonymous."""

    kind: str
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log; `at` wall seconds, `before` and `after` plain JSON values."""

    id: int
    at: float
    actor_kind: str
    actor: str
    address: str
    action: str
    object: str
    before: Any
    after: Any


def printable(text: str, max_length: int) -> str:
    """The text on one line, cut to `max_length` characters; unprintable characters become `?`."""
    return "".join(c if c.isprintable() else "?" for c in text[:max_length])


def record(
    connection: Connection,
    actor: Actor,
    action: str,
    about: str,
    at: float,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Write one row. `action` is `noun.verb`, `about` names the object, as in `user anna`."""
    texts = {"actor": printable(actor.name, 64), "address": printable(actor.address, 64), "object": printable(about, 128)}
    states = {
        name: None if state is None else wirejson.dumps(dict(state)) for name, state in {"before": before, "after": after}.items()
    }
    connection.execute(insert(AUDIT).values(at=at, actor_kind=actor.kind, action=action, **texts, **states))


def record_all(connection: Connection, rows: Iterable[tuple[Actor, str, str, Mapping[str, object]]], at: float) -> None:
    """Write several rows, (actor, action, about, after) each, about events that are no change in the database."""
    for actor, action, about, after in rows:
        record(connection, actor, action, about, at, None, after)


_CONDITIONS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "actor": lambda name: AUDIT.c.actor == name,
    "action": lambda word: AUDIT.c.action.startswith(word, autoescape=True) if word.endswith(".") else AUDIT.c.action == word,
    "about": lambda text: AUDIT.c.object.contains(text, autoescape=True),
    "address": lambda address: AUDIT.c.address == address,
    "since": lambda wall: AUDIT.c.at >= wall,
    "until": lambda wall: AUDIT.c.at < wall,
}


def page(connection: Connection, /, limit: int = 100, before_id: int | None = None, **search: str | float | None) -> list[Entry]:
    """At most `limit` rows, newest first; `before_id` continues after a page. `search` has the names of _CONDITIONS, "" and None match any:
    `actor` and `address` are exact, `action` may end in `.` to select its whole noun (`user.`), `about` is part of the object's
    name, `since` (inclusive) and `until` (exclusive) are wall seconds."""
    query = select(AUDIT).order_by(desc(AUDIT.c.id)).limit(max(1, min(limit, 1000)))
    if before_id is not None:
        query = query.where(AUDIT.c.id < before_id)
    conditions = [_CONDITIONS[name](value) for name, value in search.items() if value not in ("", None)]
    return [_entry(row) for row in connection.execute(query.where(*conditions))]


def actions(connection: Connection) -> list[str]:
    """Every action that occurs in the log, by name."""
    return list(connection.execute(select(AUDIT.c.action).distinct().order_by(AUDIT.c.action)).scalars())


def prune(connection: Connection, before: float) -> int:
    """Remove rows older than `before` (wall seconds); returns how many."""
    return connection.execute(delete(AUDIT).where(AUDIT.c.at < before)).rowcount


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    def value(text: str | None) -> Any:
        return None if text is None else wirejson.loads(text)

    return to_record(Entry, row, before=value(row.before), after=value(row.after))
