"""The size of the history: rows, times and bytes of each table, and of the whole.

A table's bytes are estimated from its newest rows, their indexes included. On SQLite the estimates are scaled to the exact sum. On
Postgres the disk holds more: room of deleted rows, which new rows use again. Limits are compared with the estimate, for the disk
does not shrink when rows are deleted.

Invariants: rows are counted in windows of time, each a transaction of its own, so that no read takes long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Double,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.store import sqlite_space
from skyspy.store.history.kinds import DAY_S, KINDS, Kind
from skyspy.store.history.schema import ACARS_MESSAGE, HISTORY_SIZE, METADATA

SAMPLE_ROWS = 500
MAX_WINDOWS = 200
_ROW_BYTES = {"sqlite": 6.0, "postgresql": 32.0}
_ENTRY_BYTES = {"sqlite": 6.0, "postgresql": 12.0}
"""What a row, and an entry of an index, takes beside its values."""
_INDEX_OF_WORDS = {"sqlite": 1.6, "postgresql": 6.0}
"""The bytes of the index of words (words.py) for each byte of a message's text: measured on messages of 3 to 30 words."""
_FILL = 1.15
"""Pages are not full."""


class Read(Protocol):
    """As HistoryStore.read."""

    def __call__(self, fn: Callable[..., Any], /, *args: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class TableSize:
    """One table. `oldest` and `newest` are wall seconds, None where it is empty or its rows have no time."""

    name: str
    group: str
    rows: int
    oldest: float | None
    newest: float | None
    bytes: int

    @property
    def row_bytes(self) -> float:
        return self.bytes / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """The whole history. `used` bytes hold rows; `free` are those of deleted rows that are not used again yet; `shrinks`: they
    are given back to the disk."""

    tables: tuple[TableSize, ...]
    used: int
    free: int
    shrinks: bool

    def of_groups(self, groups: tuple[str, ...]) -> int:
        """The bytes of these groups together."""
        return sum(table.bytes for table in self.tables if table.group in groups)


def measure(read: Read) -> Sizes:
    """Measure every table, by calls of `read`. Raises StoreError."""
    kinds = {kind.table.name: kind for kind in KINDS}
    estimates = [_table(read, table, kinds.get(table.name)) for table in METADATA.sorted_tables]
    total = sum(table.bytes for table in estimates)
    used, free, shrinks = read(_whole, total)
    scale = min(used / total, 3.0) if total else 1.0
    tables = (TableSize(one.name, one.group, one.rows, one.oldest, one.newest, round(one.bytes * scale)) for one in estimates)
    return Sizes(tuple(tables), used, free, shrinks)


def used_bytes(connection: Connection) -> int | None:
    """The exact bytes in use, or None on Postgres."""
    return sqlite_space.space(connection).used if connection.dialect.name == "sqlite" else None


def record_size(connection: Connection, day: int, size: int) -> None:
    """Keep the size of this day (days since 1970-01-01), in place of an earlier one of that day."""
    insert: Callable[[Table], Any] = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(HISTORY_SIZE).values(day=day, bytes=size)
    connection.execute(statement.on_conflict_do_update(index_elements=["day"], set_={"bytes": size}))


def recorded_sizes(connection: Connection, since: int, limit: int = 400) -> list[tuple[int, int]]:
    """The (day, bytes) from this day on, in order."""
    rows = select(HISTORY_SIZE.c.day, HISTORY_SIZE.c.bytes).where(HISTORY_SIZE.c.day >= since).order_by(HISTORY_SIZE.c.day)
    return [(day, size) for day, size in connection.execute(rows.limit(limit))]


def last_recorded_day(connection: Connection) -> int | None:
    """The last day (days since 1970-01-01) of which the size was kept; None: of no day."""
    return connection.execute(select(func.max(HISTORY_SIZE.c.day))).scalar()


def growth(sizes: list[tuple[int, int]]) -> float | None:
    """The bytes by which the history grows a day, from the sizes of the days given; None where there are fewer than two."""
    if len(sizes) < 2:
        return None
    (first, before), (last, after) = sizes[0], sizes[-1]
    return (after - before) / (last - first)


def count(read: Read, kind: Kind, first: float, end: float) -> int:
    """The rows of a kind from time `first` up to but not including `end` (in its units), counted in windows."""
    step = max(DAY_S / kind.unit_s, (end - first) / MAX_WINDOWS)
    rows = 0
    while first < end:
        rows += read(_count_between, kind, first, min(first + step, end))
        first += step
    return rows


def span(connection: Connection, kind: Kind) -> tuple[float, float] | None:
    """The oldest and newest time of a kind in its units; None where it has no rows."""
    oldest, newest = (
        connection.execute(select(order(kind.column)).where(kind.rows)).scalar_one() for order in (func.min, func.max)
    )
    return None if oldest is None else (float(oldest), float(newest))


def _table(read: Read, table: Table, kind: Kind | None) -> TableSize:
    width = read(_row_width, table, kind)
    if kind is None:
        rows = read(_count_all, table)
        return TableSize(table.name, "", rows, None, None, round(rows * width))
    times = read(span, kind)
    if times is None:
        return TableSize(table.name, kind.group, 0, None, None, 0)
    rows = count(read, kind, times[0], times[1] + 1)
    oldest, newest = (time * kind.unit_s for time in times)
    return TableSize(table.name, kind.group, rows, oldest, newest, round(rows * width))


def _count_all(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _count_between(connection: Connection, kind: Kind, first: float, end: float) -> int:
    rows = select(func.count()).select_from(kind.table).where(kind.rows, kind.column >= first, kind.column < end)
    return int(connection.execute(rows).scalar_one())


def _row_width(connection: Connection, table: Table, kind: Kind | None) -> float:
    """The average bytes of a row with its entries in indexes, from the newest rows."""
    dialect = connection.dialect.name
    names = list(table.c.keys())
    sample = select(table).limit(SAMPLE_ROWS)
    if kind is not None:
        sample = sample.where(kind.rows).order_by(kind.column.desc())
    rows = sample.subquery()
    averages = connection.execute(select(*(func.avg(_width(rows.c[name], table, dialect)) for name in names))).one()
    width = {name: float(value or 0.0) for name, value in zip(names, averages, strict=True)}
    words = _INDEX_OF_WORDS[dialect] * width["text"] if table is ACARS_MESSAGE else 0.0
    return _FILL * (_ROW_BYTES[dialect] + sum(width.values()) + sum(_entries(table, width, dialect)) + words)


def _width(column: Any, table: Table, dialect: str) -> Any:
    if dialect == "postgresql":
        return func.pg_column_size(column)
    kind = table.c[column.name].type
    if isinstance(kind, String | LargeBinary):
        return 2 + func.coalesce(func.length(column), 0)
    size = 1 if isinstance(kind, Boolean) else 9 if isinstance(kind, Double) else 6 if isinstance(kind, BigInteger) else 4
    return literal(size, Integer) * cast(column.is_not(None), Integer) + 1


def _entries(table: Table, width: Mapping[str, float], dialect: str) -> list[float]:
    """The bytes of a row's entry in each index."""
    keys = [[column.name for column in index.columns] for index in table.indexes]
    keys += [[column.name for column in one.columns] for one in table.constraints if isinstance(one, UniqueConstraint)]
    primary = list(table.primary_key.columns)
    # An integer key of one column is the row's own number on SQLite, and needs no index.
    if dialect == "postgresql" or len(primary) > 1 or not isinstance(primary[0].type, Integer):
        keys.append([column.name for column in primary])
    return [_ENTRY_BYTES[dialect] + sum(width[name] for name in key) for key in keys]


def _whole(connection: Connection, estimate: int) -> tuple[int, int, bool]:
    if connection.dialect.name == "sqlite":
        found = sqlite_space.space(connection)
        return found.used, found.free, found.shrinks
    disk = sum(
        int(connection.execute(select(func.pg_total_relation_size(cast(name, postgresql.REGCLASS)))).scalar_one())
        for name in METADATA.tables
    )
    used = min(estimate, disk)
    return used, disk - used, True
