"""Statistics by minute: one row for each minute and sky, and one for each receiver that was read in it.

Invariants: a minute that is written again replaces the row only if it covers at least as many samples. A batch that is written
twice, a clock that jumps, a restart in the middle of a minute and a second process on the same database therefore make no second
row and lose no fuller one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.store.history.schema import RECEIVER_MINUTE
from skyspy.store.history.schema import STATISTICS_MINUTE as TABLE

_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of one sky. `minute` counts minutes since 1970-01-01T00:00Z; `samples` are about one a second, 60 in a full
    minute. `messages` arrived during the samples. `max_distance_nm` is the distance from the receiver's exact location, None
    where no position or no location was known. `demo`: some of the traffic was simulated."""

    minute: int
    sky: str
    samples: int
    aircraft_max: int
    aircraft_avg: float
    with_position_max: int
    military_max: int
    emergency_max: int
    messages: int
    max_distance_nm: float | None
    demo: bool


@dataclass(frozen=True, slots=True)
class ReceiverMinute:
    """One minute of one receiver: `samples` seconds; the most and the mean number of aircraft that it heard within about a minute;
    `positions` counted positions, one each two seconds of each aircraft at most; `rssi_mean` over `rssi_count` of them, dBFS, None
    where there are none."""

    minute: int
    sky: str
    receiver: str
    samples: int
    messages: int
    aircraft_max: int
    aircraft_avg: float
    positions: int
    max_distance_nm: float | None
    rssi_count: int
    rssi_mean: float | None
    demo: bool


def write_minutes(connection: Connection, minutes: Sequence[Minute]) -> None:
    """Write the minutes, except those whose stored row covers more samples."""
    _write(connection, TABLE, minutes)


def write_receiver_minutes(connection: Connection, minutes: Sequence[ReceiverMinute]) -> None:
    """Write the minutes of receivers, except those whose stored row covers more samples."""
    _write(connection, RECEIVER_MINUTE, minutes)


def _write(connection: Connection, table: Table, rows: Sequence[Minute] | Sequence[ReceiverMinute]) -> None:
    statement = _INSERT[connection.dialect.name](table)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key.columns],
        set_={column.name: new[column.name] for column in table.c if not column.primary_key},
        where=new.samples >= table.c.samples,
    )
    connection.execute(statement, [asdict(row) for row in rows])


def minutes(connection: Connection, first: int, end: int, sky: str = "live", limit: int = 1500) -> list[Minute]:
    """The minutes from `first` up to but not including `end`, in order, at most `limit` of them (a day has 1440)."""
    these = (TABLE.c.sky == sky) & (TABLE.c.minute >= first) & (TABLE.c.minute < end)
    rows = connection.execute(select(TABLE).where(these).order_by(TABLE.c.minute).limit(limit))
    return [Minute(**row._mapping) for row in rows]
