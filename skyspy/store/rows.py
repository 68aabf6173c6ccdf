"""From rows of the database to records, and queries over many ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Label, Row, Select

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
