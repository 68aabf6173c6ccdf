"""Statistics by minute, hour and day: hours are made from minutes and days from hours.

Invariants: a row is a sum over the rows of the smaller unit, made in SQL. Making it again changes nothing, and a row that covers
fewer samples never replaces one that covers more: minutes that were deleted meanwhile take nothing from their hour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, case, distinct, func, select
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.store.history.schema import (
    RECEIVER_DAY,
    RECEIVER_HOUR,
    RECEIVER_MINUTE,
    STATISTICS_DAY,
    STATISTICS_HOUR,
    STATISTICS_MINUTE,
    VISIT,
)

HOUR_S, DAY_S = 3600, 86_400

_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of time and its tables. The column `name` counts units of `seconds` since 1970-01-01T00:00Z."""

    name: str
    seconds: int
    sky: Table
    receiver: Table


MINUTE = Unit("minute", 60, STATISTICS_MINUTE, RECEIVER_MINUTE)
HOUR = Unit("hour", HOUR_S, STATISTICS_HOUR, RECEIVER_HOUR)
DAY = Unit("day", DAY_S, STATISTICS_DAY, RECEIVER_DAY)
UNITS = {unit.name: unit for unit in (MINUTE, HOUR, DAY)}


@dataclass(frozen=True, slots=True)
class Steps:
    """Rows of statistics in order of time: `at` counts units, `values` has a tuple for each, of the columns in `names`."""

    names: tuple[str, ...]
    at: list[int]
    values: list[tuple[Any, ...]]


def steps(connection: Connection, unit: Unit, sky: str, first: int, end: int, limit: int, receiver: str | None = None) -> Steps:
    """The rows from `first` up to but not including `end`, at most `limit` of them: of the sky, or of one of its receivers."""
    table = unit.sky if receiver is None else unit.receiver
    at = table.c[unit.name]
    these = (table.c.sky == sky) & (at >= first) & (at < end)
    if receiver is not None:
        these &= table.c.receiver == receiver
    columns = [column for column in table.c if not column.primary_key]
    rows = connection.execute(select(at, *columns).where(these).order_by(at).limit(limit)).all()
    return Steps(tuple(column.name for column in columns), [row[0] for row in rows], [tuple(row[1:]) for row in rows])


def first_unfinished_hour(connection: Connection, sky: str) -> int | None:
    """The hour from which on hours may lack minutes: the one before the last that was made, or that of the first minute. None: there
    are no minutes."""
    last = connection.execute(select(func.max(STATISTICS_HOUR.c.hour)).where(STATISTICS_HOUR.c.sky == sky)).scalar()
    if last is not None:
        return int(last) - 1
    minute = connection.execute(select(func.min(STATISTICS_MINUTE.c.minute)).where(STATISTICS_MINUTE.c.sky == sky)).scalar()
    return None if minute is None else int(minute) // 60


def next_hour(connection: Connection, sky: str, hour: int) -> int | None:
    """The first hour from this one on that has a minute; None: there is none."""
    table = STATISTICS_MINUTE
    these = (table.c.sky == sky) & (table.c.minute >= hour * 60)
    minute = connection.execute(select(func.min(table.c.minute)).where(these)).scalar()
    return None if minute is None else int(minute) // 60


def roll_up(connection: Connection, sky: str, first: int, end: int, *, count_demo: bool = False) -> None:
    """Make the hours from `first` up to but not including `end`, and the days that they are in. `count_demo`: simulated aircraft
    count among the different ones."""
    days = first // 24, (end - 1) // 24 + 1
    for small, large, per, (begin, stop) in ((MINUTE, HOUR, 60, (first, end)), (HOUR, DAY, 24, days)):
        _roll(connection, small.sky, large.sky, (small.name, large.name, per), (sky, begin, stop), _different(large, count_demo))
        _roll(connection, small.receiver, large.receiver, (small.name, large.name, per), (sky, begin, stop), {})


def _roll(
    connection: Connection,
    source: Table,
    target: Table,
    units: tuple[str, str, int],
    rows: tuple[str, int, int],
    more: dict[str, Callable[[ColumnElement[int]], Any]],
) -> None:
    """Make the target's rows from the source's; `units` are their names and how many of the source are in one of the target."""
    small, large, per = units
    sky, first, end = rows
    of = source.c[small]
    these = (source.c.sky == sky) & (of >= first * per) & (of < end * per)
    # A query of its own, because Postgres takes an expression with parameters for another one in GROUP BY.
    inner = select(source, (of // per).label(large)).where(these).subquery()
    key = [column.name for column in target.primary_key.columns]
    columns = [column.name for column in target.c if not column.primary_key]
    values = [more[name](inner.c[large]) if name in more else _combined(inner, name) for name in columns]
    made: Select[Any] = select(*(inner.c[name] for name in key), *values).group_by(*(inner.c[name] for name in key))
    insert = _INSERT[connection.dialect.name](target)
    insert = insert.from_select([*key, *columns], made)
    new = insert.excluded
    insert = insert.on_conflict_do_update(
        index_elements=key,
        set_={name: new[name] for name in columns},
        where=new.samples >= target.c.samples,
    )
    connection.execute(insert)


def _combined(source: FromClause, name: str) -> ColumnElement[Any]:
    """The value of a column over several rows."""
    column = source.c[name]
    if name == "aircraft_avg":
        return func.sum(column * source.c.samples) / func.sum(source.c.samples)
    if name == "rssi_mean":
        return func.sum(column * source.c.rssi_count) / func.nullif(func.sum(source.c.rssi_count), 0)
    if name == "demo":
        return func.max(case((column, 1), else_=0)) == 1
    if name in ("samples", "messages", "positions", "rssi_count"):
        return func.sum(column)
    return func.max(column)


def _different(unit: Unit, count_demo: bool) -> dict[str, Callable[[ColumnElement[int]], Any]]:
    """The column `aircraft`: how many different ones had a visit in the unit; null where none did."""

    def count(at: ColumnElement[int]) -> Any:
        during = (VISIT.c.first < (at + 1) * unit.seconds) & (VISIT.c.last >= at * unit.seconds)
        if not count_demo:
            during &= VISIT.c.demo.is_(False)
        return func.nullif(select(func.count(distinct(VISIT.c.hex))).where(during).scalar_subquery(), 0)

    return {"aircraft": count}


def receivers(connection: Connection, sky: str) -> Sequence[tuple[str, bool, int, int]]:
    """Each receiver of which hours are kept: its name, whether it is simulated, and its first and last hour."""
    table = RECEIVER_HOUR
    demo = func.max(case((table.c.demo, 1), else_=0))
    query = select(table.c.receiver, demo, func.min(table.c.hour), func.max(table.c.hour)).where(table.c.sky == sky)
    return [
        (name, bool(is_demo), first, last) for name, is_demo, first, last in connection.execute(query.group_by(table.c.receiver))
    ]
