"""What each receiver hears from where, by hour and of all time: rows that hold packed pictures (rollups/picture.py).

Invariants: an hour's row is the whole state of that hour, so writing it again adds nothing; a row that counts fewer positions does
not replace one that counts more, unless it was measured from another place. Of all time holds each hour at most once: `upto` says
which, and only hours from there on are added.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.geo import Point
from skyspy.store.history.schema import RECEIVER_RANGE as TABLE

HOUR, ALL = "hour", "all"

_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_KEY = [column.name for column in TABLE.primary_key.columns]


class RangeRow(NamedTuple):
    """A picture of one receiver. `at` counts hours since 1970-01-01T00:00Z; 0 for all time, where `upto` is the first hour
    that is not in it. `place`: where it was measured from."""

    unit: str
    at: int
    sky: str
    receiver: str
    place: Point
    positions: int
    demo: bool
    data: bytes
    upto: int | None = None


def write_ranges(connection: Connection, rows: Sequence[RangeRow]) -> None:
    """Write rows that are whole states of an hour or of all time."""
    statement = _INSERT[connection.dialect.name](TABLE)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=_KEY,
        set_={column.name: new[column.name] for column in TABLE.c if not column.primary_key},
        where=or_(
            new.positions >= TABLE.c.positions,
            new.place_lat != TABLE.c.place_lat,
            new.place_lon != TABLE.c.place_lon,
        ),
    )
    connection.execute(statement, [_values(row) for row in rows])


def hours(
    connection: Connection, sky: str, first: int, end: int, receiver: str | None = None, limit: int | None = None
) -> list[RangeRow]:
    """The rows of the hours from `first` up to but not including `end`, in order, at most `limit` of them: of one receiver or of all."""
    these = (TABLE.c.sky == sky) & (TABLE.c.unit == HOUR) & (TABLE.c.at >= first) & (TABLE.c.at < end)
    if receiver is not None:
        these &= TABLE.c.receiver == receiver
    return [
        _row(row) for row in connection.execute(select(TABLE).where(these).order_by(TABLE.c.at, TABLE.c.receiver).limit(limit))
    ]


def of_all_time(connection: Connection, sky: str, receiver: str | None = None) -> list[RangeRow]:
    """The rows of all time: of one receiver or of all. The hours from their `upto` on are not in them."""
    these = (TABLE.c.sky == sky) & (TABLE.c.unit == ALL)
    if receiver is not None:
        these &= TABLE.c.receiver == receiver
    return [_row(row) for row in connection.execute(select(TABLE).where(these).order_by(TABLE.c.receiver))]


def receivers(connection: Connection, sky: str) -> list[str]:
    """The receivers of which hours are kept."""
    query = select(TABLE.c.receiver).distinct().where((TABLE.c.sky == sky) & (TABLE.c.unit == HOUR)).order_by(TABLE.c.receiver)
    return list(connection.execute(query).scalars())


def _values(row: RangeRow) -> dict[str, Any]:
    values = row._asdict()
    lat, lon = values.pop("place")
    return values | {"place_lat": lat, "place_lon": lon}


def _row(row: Row[Any]) -> RangeRow:
    place = (row.place_lat, row.place_lon)
    return RangeRow(row.unit, row.at, row.sky, row.receiver, place, row.positions, row.demo, bytes(row.data), row.upto)
