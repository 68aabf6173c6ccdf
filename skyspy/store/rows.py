"""From rows of the database to records, and queries over many ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Label, Row, Select

from skyspy import wirejson
from skyspy.store.schema import MAX_ID

Record = TypeVar("Record")
Id = TypeVar("Id", int, str)

CHUNK = 500
"""How many ids one query names: SQLite bounds the number of values in a statement."""


def to_record(model: type[Record], row: Row[*tuple[Any, ...]], prefix: str = "", **values: object) -> Record:
    """The dataclass, each field taken from `values` or from the column of that name, with the prefix."""
    names, columns = _columns_of(model, prefix, tuple(values))  # type: ignore[arg-type] # a class is hashable
    return model(**dict(zip(names, columns(row), strict=True)), **values)


@cache
def _columns_of(model: type[Any], prefix: str, given: tuple[str, ...]) -> tuple[list[str], attrgetter[tuple[Any, ...]]]:
    """The fields that come from columns, and what reads these; once for each model, because thousands of rows are read at a time."""
    names = [field.name for field in fields(model) if field.name not in given]
    return names, attrgetter(*(prefix + name for name in names))


def labelled(prefix: str, *columns: Column[Any]) -> tuple[Label[Any], ...]:
    """The columns under names with a prefix, for queries that join tables with columns of the same name."""
    return tuple(column.label(prefix + column.name) for column in columns)


def for_ids(connection: Connection, query: Select[Any], column: ColumnElement[Any], ids: Iterable[Id]) -> Iterator[Row[Any]]:
    """The rows of the query whose `column` is one of the ids."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), CHUNK):
        yield from connection.execute(query.where(column.in_(wanted[start : start + CHUNK])))


def parse_row_id(text: str) -> int | None:
    """A row's id in a URL or a document, None for what cannot be one: an id has only digits and is never larger than the column."""
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(MAX_ID)) or int(text) > MAX_ID:
        return None
    return int(text)


def word_list(text: str | None) -> tuple[str, ...] | None:
    """A stored JSON list of strings, None for None; a damaged one reads as empty."""
    if text is None:
        return None
    try:
        listed = wirejson.loads(text)
    except ValueError:
        return ()
    return tuple(word for word in listed if isinstance(word, str)) if isinstance(listed, list) else ()


def scopes_of(text: str | None) -> frozenset[str] | None:
    """Stored scopes of a key; None: no limit. Damaged ones permit nothing."""
    words = word_list(text)
    return None if words is None else frozenset(words)
