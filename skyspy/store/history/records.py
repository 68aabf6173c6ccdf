"""Records of a sky: the greatest value of each kind. A lesser value never replaces a greater one, so writing again changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.rollups.records import MinuteNumbers, Record, of_minutes
from skyspy.store.history.schema import STATISTICS_MINUTE
from skyspy.store.history.schema import STATISTICS_RECORD as TABLE

_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class RecordRow(NamedTuple):
    """A record of one sky."""

    sky: str
    record: Record


def write_records(connection: Connection, rows: Sequence[RecordRow]) -> None:
    """Write the records that are greater than the stored ones of their kind."""
    statement = _INSERT[connection.dialect.name](TABLE)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["sky", "kind"],
        set_={name: new[name] for name in ("value", "at", "hex", "flight")},
        where=new.value > TABLE.c.value,
    )
    connection.execute(statement, [{"sky": row.sky, **row.record._asdict()} for row in rows])


def stored(connection: Connection, sky: str) -> dict[str, Record]:
    """The records of a sky, by kind."""
    rows = connection.execute(select(TABLE).where(TABLE.c.sky == sky))
    return {row.kind: Record(row.kind, row.value, row.at, row.hex, row.flight) for row in rows}


def note_minutes(connection: Connection, sky: str, first: int, end: int, *, count_demo: bool = False) -> None:
    """Write the records among the minutes of the hours from `first` up to but not including `end`. `count_demo`: simulated traffic
    counts."""
    table = STATISTICS_MINUTE
    # A minute beside the first one decides about it.
    these = (table.c.sky == sky) & (table.c.minute >= first * 60 - 1) & (table.c.minute < end * 60)
    if not count_demo:
        these &= table.c.demo.is_(False)
    columns = (table.c.minute, table.c.samples, table.c.messages, table.c.aircraft_max)
    rows = connection.execute(select(*columns).where(these).order_by(table.c.minute))
    if found := [RecordRow(sky, record) for record in of_minutes([MinuteNumbers(*row) for row in rows])]:
        write_records(connection, found)
