"""What is counted of datalink messages, by days of UTC: what each station heard, and how many messages of each label there were.

Written in the transaction that writes the messages (acars.py): a message is counted once, and each of its stations once, however often it is
written.

Invariants: a day has at most MAX_STATIONS stations and MAX_LABELS labels; what others heard is counted under names that are "".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, case, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.datalink.message import Message, Station
from skyspy.store.history.schema import ACARS_LABEL_DAY, ACARS_STATION_DAY

DAY_S = 86_400
MAX_STATIONS = 500
MAX_LABELS = 2000
MAX_LISTED = 1000
"""Stations that `stations` reads at most."""

_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_S = ACARS_STATION_DAY.c
_L = ACARS_LABEL_DAY.c


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames without text that one station received: they are counted, and make no message. `time`: of the last one, in wall
    seconds; `level`: the best one, in dB; `errors`: corrected errors."""

    link: str
    station: str | None
    receiver: str | None
    time: float
    frames: int
    level: float | None = None
    errors: int = 0
    demo: bool = False


@dataclass(frozen=True, slots=True)
class StationCount:
    """What one station received on one data link in some days. `station` and `receiver` are "" where there is no name. `messages`: those
    that it heard, other stations or not; `frames`: those without text; `errors`: corrected errors; `level`: the best one in dB; `first`
    and `last` in wall seconds."""

    link: str
    station: str
    receiver: str
    messages: int
    frames: int
    errors: int
    level: float | None
    first: float
    last: float
    demo: bool


class LabelCount(NamedTuple):
    """How many messages of one label came over one data link; `label` is "" for those without one."""

    link: str
    label: str
    messages: int


class DayCount(NamedTuple):
    """How many messages there were on one day (days since 1970-01-01, UTC)."""

    day: int
    messages: int


@dataclass(frozen=True, slots=True)
class MessageStatistics:
    """The messages of some days. `downlinks`: sent by aircraft; `incomplete`: parts of them were not received when they were counted;
    `matched`: they belong to an aircraft that was in the sky. `by_label`: the most frequent first; `by_day`: days with messages, in order."""

    messages: int
    downlinks: int
    with_position: int
    incomplete: int
    matched: int
    by_link: tuple[tuple[str, int], ...]
    by_label: tuple[LabelCount, ...]
    by_day: tuple[DayCount, ...]


# -- writing ---------------------------------------------------------------------------------------


def count_heard(connection: Connection, heard: Iterable[tuple[Message, Station, int]], frames: Sequence[Frames]) -> None:
    """Add to what stations heard: for each pair of a message and a station its corrected errors; and frames without text."""
    found: dict[tuple[int, str, str, str], dict[str, Any]] = {}
    for message, station, errors in heard:
        count = StationCount(
            message.link,
            station.name or "",
            station.receiver or "",
            1,
            0,
            errors,
            station.level,
            station.time,
            station.time,
            message.demo,
        )
        _add(found, count)
    for one in frames:
        count = StationCount(
            one.link, one.station or "", one.receiver or "", 0, one.frames, one.errors, one.level, one.time, one.time, one.demo
        )
        _add(found, count)
    rows = _bounded(connection, ACARS_STATION_DAY, list(found.values()), ("link", "station", "receiver"), MAX_STATIONS)
    _upsert(connection, ACARS_STATION_DAY, rows)


def count_messages(connection: Connection, messages: Iterable[Message]) -> None:
    """Add new messages to the counts of their labels."""
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    for message in messages:
        link, label = (
            one_line(text or "", ACARS_LABEL_DAY, name) for text, name in ((message.link, "link"), (message.label, "label"))
        )
        key = {"day": day_of(message.time), "link": link, "label": label, "demo": message.demo}
        row = found.setdefault(tuple(key.values()), key | dict.fromkeys(_COUNTS, 0))
        row["messages"] += 1
        row["downlinks"] += message.downlink is True
        row["with_position"] += message.position is not None
        row["incomplete"] += not message.complete
        row["matched"] += message.matched is not None
    rows = _bounded(connection, ACARS_LABEL_DAY, list(found.values()), ("link", "label"), MAX_LABELS)
    _upsert(connection, ACARS_LABEL_DAY, rows)


_COUNTS = ("messages", "downlinks", "with_position", "incomplete", "matched")


def day_of(time: float) -> int:
    """The day of a time (wall seconds), in days since 1970-01-01, UTC."""
    return int(time // DAY_S)


def _add(found: dict[tuple[int, str, str, str], dict[str, Any]], one: StationCount) -> None:
    names = {name: one_line(getattr(one, name), ACARS_STATION_DAY, name) for name in ("link", "station", "receiver")}
    day = day_of(one.last)
    row = {name: getattr(one, name) for name in StationCount.__slots__} | names | {"day": day}
    key = (day, names["link"], names["station"], names["receiver"])
    found[key] = row if key not in found else _merged(found[key], row)


def one_line(text: str, table: Table, column: str) -> str:
    """A text as the column takes it."""
    clean = text.replace("\0", "").encode("utf-8", "replace").decode()
    return clean[: getattr(table.c[column].type, "length", None)]


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    levels = [level for level in (one["level"], other["level"]) if level is not None]
    return one | {
        **{name: one[name] + other[name] for name in ("messages", "frames", "errors")},
        "level": max(levels, default=None),
        "first": min(one["first"], other["first"]),
        "last": max(one["last"], other["last"]),
        "demo": one["demo"] or other["demo"],
    }


def _bounded(
    connection: Connection, table: Table, rows: list[dict[str, Any]], names: tuple[str, ...], most: int
) -> list[dict[str, Any]]:
    """The rows, in which names that would be too many on their day are ""."""
    found = []
    for day in {row["day"] for row in rows}:
        of_day = [row for row in rows if row["day"] == day]
        known = connection.execute(select(func.count()).select_from(table).where(table.c.day == day)).scalar_one()
        if known + len(of_day) > most:
            columns = [table.c[name] for name in names]
            keys = {tuple(row) for row in connection.execute(select(*columns).where(table.c.day == day))}
            of_day = [_without_name(row, names, keys, most) for row in of_day]
        found += of_day
    return found


def _without_name(row: dict[str, Any], names: tuple[str, ...], keys: set[tuple[Any, ...]], most: int) -> dict[str, Any]:
    key = tuple(row[name] for name in names)
    if key not in keys and len(keys) >= most:
        return row | dict.fromkeys(names[1:], "")
    keys.add(key)
    return row


def _upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Add the numbers of the rows to those that are stored. Rows may have the same key."""
    if not rows:
        return
    statement = _INSERT[connection.dialect.name](table)
    new, old = statement.excluded, table.c
    changes = {
        column.name: _CHANGE.get(column.name, _sum)(old[column.name], new[column.name])
        for column in table.c
        if not column.primary_key
    }
    statement = statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changes)
    connection.execute(statement, rows)


def _sum(old: ColumnElement[Any], new: ColumnElement[Any]) -> ColumnElement[Any]:
    return old + new


def _greater(old: ColumnElement[Any], new: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((new.is_(None), old), (old.is_(None), new), (new > old, new), else_=old)


_CHANGE: Mapping[str, Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[Any]]] = {
    "level": _greater,
    "last": _greater,
    "first": lambda old, new: case((new < old, new), else_=old),
    "demo": lambda old, new: old | new,
}
"""How a stored value and a new one become one, where they are not added."""


# -- reading ---------------------------------------------------------------------------------------


def stations(connection: Connection, first_day: int, last_day: int, *, count_demo: bool = False) -> list[StationCount]:
    """What each station heard in these days (days since 1970-01-01, UTC, both counted), the one that heard most first. `count_demo`:
    simulated ones too."""
    of_days = (_S.day >= first_day, _S.day <= last_day, *(() if count_demo else (_S.demo.is_(False),)))
    sums = {name: cast(func.sum(_S[name]), BigInteger).label(name) for name in ("messages", "frames", "errors")}
    level, first, last = func.max(_S.level).label("level"), func.min(_S.first).label("first"), func.max(_S.last).label("last")
    demo = func.max(case((_S.demo, 1), else_=0)).label("demo")
    names = (_S.link, _S.station, _S.receiver)
    rows = select(*names, *sums.values(), level, first, last, demo).where(*of_days).group_by(*names)
    found = connection.execute(rows.order_by(sums["messages"].desc(), *names).limit(MAX_LISTED)).mappings()
    return [StationCount(**row | {"demo": bool(row["demo"])}) for row in map(dict, found)]


def statistics(
    connection: Connection, first_day: int, last_day: int, labels: int, *, count_demo: bool = False
) -> MessageStatistics:
    """The numbers of the messages of these days (days since 1970-01-01, UTC, both counted), with the `labels` most frequent labels.
    `count_demo`: those of simulated traffic too."""
    of_days = (_L.day >= first_day, _L.day <= last_day, *(() if count_demo else (_L.demo.is_(False),)))
    messages = func.sum(_L.messages)
    sums = connection.execute(select(*(func.coalesce(func.sum(_L[name]), 0) for name in _COUNTS)).where(*of_days)).one()
    by_link = connection.execute(select(_L.link, messages).where(*of_days).group_by(_L.link).order_by(messages.desc(), _L.link))
    by_label = select(_L.link, _L.label, messages).where(*of_days).group_by(_L.link, _L.label)
    by_label = by_label.order_by(messages.desc(), _L.link, _L.label).limit(labels)
    by_day = connection.execute(select(_L.day, messages).where(*of_days).group_by(_L.day).order_by(_L.day))
    return MessageStatistics(
        **{name: int(value) for name, value in zip(_COUNTS, sums, strict=True)},
        by_link=tuple((link, int(count)) for link, count in by_link),
        by_label=tuple(LabelCount(link, label, int(count)) for link, label, count in connection.execute(by_label)),
        by_day=tuple(DayCount(day, int(count)) for day, count in by_day),
    )
