"""Full-text search in datalink messages: words of their texts and of the names of the aircraft.

A word is a sequence of letters and digits, in any case; all other characters are between words. SQLite has an FTS5 table, which triggers keep the
same as `acars_message`; Postgres has a generated column (revision 0008). A search finds the messages in which each of its words begins a word; a
word of one character must be a whole one, because half of all words begin with it. A searched word with other characters in it, such
as G-ABCD, is found as its parts one after the other.

Where this SQLite has no FTS5, the triggers are removed at the start, so that messages can be written, and a search looks at the texts one by
one (`LIKE`). The next start with FTS5 makes the index anew.

Invariants: text of people and from the air is never syntax: searches are made of letters and digits, each word in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ClauseElement,
    ColumnElement,
    Connection,
    Executable,
    Select,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.ext.compiler import compiles

from skyspy.store.history.schema import ACARS_MESSAGE

TABLE = "acars_words"
TABLES = frozenset({TABLE, *(f"{TABLE}_{part}" for part in ("data", "idx", "config"))})
"""The tables of SQLite's index."""
COLUMN = "words"
"""The generated column of Postgres."""
SEARCHED = ("text", "tail", "flight", "callsign", "hex")
"""The columns whose words are found. A column that is added here needs a revision."""
MAX_LENGTH = 200
"""Characters of a search."""

MAX_FEW = 5000
"""Messages that are sorted to find the newest; of more frequent words the newest ones are found by walking through all messages."""
FREQUENT = 0.02
"""The share of all messages from which on words are frequent."""

_TRIGGERS = {
    f"{TABLE}_inserted": ("INSERT", "", ("new",)),
    f"{TABLE}_deleted": ("DELETE", "", ("old",)),
    f"{TABLE}_updated": (
        f"UPDATE OF {', '.join(SEARCHED)}",
        f"WHEN {' OR '.join(f'old.{name} IS NOT new.{name}' for name in SEARCHED)}",
        ("old", "new"),
    ),
}
_NAMES = ", ".join(SEARCHED)
_OLD, _NEW = (", ".join(f"{row}.{name}" for name in SEARCHED) for row in ("old", "new"))
_ACTIONS = {
    "old": f"INSERT INTO {TABLE}({TABLE}, rowid, {_NAMES}) VALUES ('delete', old.number, {_OLD});",  # noqa: S608 - constants
    "new": f"INSERT INTO {TABLE}(rowid, {_NAMES}) VALUES (new.number, {_NEW});",  # noqa: S608 - constants
}
_PARTS = re.compile(r"[0-9A-Za-z\u0080-\U0010ffff]+")
_M = ACARS_MESSAGE.c

Words = tuple[tuple[str, ...], ...]
"""The words of a search, each as its parts."""


def words_of(search: str) -> Words:
    """The words that somebody has written, separated by blanks; none where there is no letter and no digit."""
    found = (tuple(_PARTS.findall(word.lower())) for word in search.split())
    return tuple(dict.fromkeys(parts for parts in found if parts))


# -- the index -------------------------------------------------------------------------------------


def is_ready(connection: Connection) -> bool:
    """Whether `prepare` has nothing to do."""
    return connection.dialect.name != "sqlite" or (has_fts5(connection) == has_index(connection))


def prepare(connection: Connection) -> None:
    """Make the index where it is missing and can be made; where it cannot be used, let messages be written without it."""
    if is_ready(connection):
        return
    for name in _TRIGGERS:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
    if not has_fts5(connection):
        return
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE} USING fts5({_NAMES}, content='{ACARS_MESSAGE.name}', content_rowid='number', columnsize=0)"
    )
    for name, (event, condition, rows) in _TRIGGERS.items():
        actions = " ".join(_ACTIONS[row] for row in rows)
        connection.exec_driver_sql(f"CREATE TRIGGER {name} AFTER {event} ON {ACARS_MESSAGE.name} {condition} BEGIN {actions} END")
    connection.exec_driver_sql(f"INSERT INTO {TABLE}({TABLE}) VALUES ('rebuild')")  # noqa: S608 - constants


def has_fts5(connection: Connection) -> bool:
    """Whether this SQLite has FTS5."""
    return connection.exec_driver_sql("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").first() is not None


def has_index(connection: Connection) -> bool:
    """Whether the index is there and is kept the same as the messages."""
    if connection.dialect.name != "sqlite":
        return True
    found = text("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name IN :names")
    counted = connection.execute(found.bindparams(bindparam("names", list(_TRIGGERS), expanding=True))).scalar_one()
    return int(counted) == len(_TRIGGERS)


# -- searching -------------------------------------------------------------------------------------


def found_by_index(connection: Connection) -> bool:
    """Whether the index gives the newest messages with some words first: FTS5 does, Postgres' does not."""
    return connection.dialect.name == "sqlite" and has_index(connection)


def numbers(words: Words) -> Select[tuple[int]]:
    """The numbers of the messages with all these words, from SQLite's index; its column is named number. `words` is not empty."""
    index = table(TABLE, column("rowid"))
    match = literal_column(TABLE).op("MATCH")(" AND ".join(_fts5(parts) for parts in words))
    return select(index.c.rowid.label("number")).where(match)


def condition(connection: Connection, words: Words) -> ColumnElement[bool]:
    """Whether a message has all these words, where SQLite's index is not asked. `words` is not empty."""
    if connection.dialect.name == "sqlite":
        return and_(*(_has(parts) for parts in words))
    query = func.to_tsquery(literal_column("'simple'::regconfig"), " & ".join(_tsquery(parts) for parts in words))
    return literal_column(f"{ACARS_MESSAGE.name}.{COLUMN}", Boolean).op("@@", is_comparison=True)(query)


def few(connection: Connection, words: Words) -> list[int] | None:
    """On Postgres the numbers of all messages with these words, the highest first, where there are MAX_FEW at most; None: there are more, or it is
    SQLite.

    An index of words knows no order. Postgres guesses how frequent the words are, and for rare ones may walk through all messages from the
    newest on; by the index alone it is told here which they are. The guess is good for frequent words, and the index is not asked for those.
    """
    if connection.dialect.name == "sqlite":
        return None
    has = select(_M.number).where(condition(connection, words))
    if _share(connection, has) >= FREQUENT:
        return None
    use = text("SELECT set_config('enable_seqscan', :scan, true), set_config('enable_indexscan', :scan, true)")
    connection.execute(use, {"scan": "off"})
    found = list(connection.execute(has.limit(MAX_FEW + 1)).scalars())
    connection.execute(use, {"scan": "on"})
    return None if len(found) > MAX_FEW else sorted(found, reverse=True)


def _share(connection: Connection, has: Select[tuple[int]]) -> float:
    """What share of the messages has the words, as Postgres guesses."""
    guess = connection.execute(_Guess(has)).scalar_one()[0]["Plan"]["Plan Rows"]
    rows = text("SELECT reltuples FROM pg_class WHERE oid = CAST(:name AS regclass)")
    return float(guess / max(connection.execute(rows, {"name": ACARS_MESSAGE.name}).scalar_one(), 1.0))


class _Guess(Executable, ClauseElement):
    """EXPLAIN of a statement."""

    inherit_cache = False

    def __init__(self, statement: Select[tuple[int]]) -> None:
        self.statement = statement


@compiles(_Guess)
def _explain(element: _Guess, compiler: Any, **more: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **more)}"


def _fts5(parts: Sequence[str]) -> str:
    return f'"{" ".join(parts)}"' + (" *" if _begins(parts) else "")


def _tsquery(parts: Sequence[str]) -> str:
    return "(" + " <-> ".join(f"'{part}'" for part in parts) + (":*)" if _begins(parts) else ")")


def _begins(parts: Sequence[str]) -> bool:
    """Whether the last part may be the beginning of a word."""
    return len(parts[-1]) > 1


def _has(parts: Sequence[str]) -> ColumnElement[bool]:
    """Whether one of the columns holds these parts anywhere, with one character between them."""
    pattern = "_".join(parts)
    return or_(*(_M[name].ilike(f"%{pattern}%") for name in SEARCHED))
