"""Rows of every kind in a history, for tests of what is deleted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import func, insert, select

from skyspy.store import Connection
from skyspy.store.history import HistoryStore
from skyspy.store.history.kinds import KINDS, HistoryLimits, Kind
from skyspy.store.history.schema import CHUNK, HISTORY_SIZE, RECEIVER_RANGE, SEGMENT, STATISTICS_HOUR, STATISTICS_MINUTE, VISIT
from skyspy.store.registry import Settings
from tests.support.history import a_minute

HOUR_S, DAY_S = 3600.0, 86400.0
BY_NAME = {kind.name: kind for kind in KINDS}


def limits(**settings: int) -> HistoryLimits:
    """The limits of the default settings, with these changed."""
    return HistoryLimits.of(Settings(**settings))  # type: ignore[arg-type]


def add_tracks(connection: Connection, slots: Iterable[int], visit: int = 1, size: int = 300, demo: bool = False) -> None:
    """A segment and a chunk for each slot."""
    segment = {"visit_id": visit, "part": 0, "south": 0, "north": 1, "west": 0, "east": 1, "points": 9, "fence": 1}
    chunk = {"tracks": 1, "points": 9, "demo": demo, "made": 0.0, "fence": 1}
    data = os.urandom(size)
    rows = [{"slot": slot, "t0": slot * 600_000, "t1": slot * 600_000 + 599_000, "data": data} for slot in slots]
    if rows:
        connection.execute(insert(SEGMENT), [segment | row for row in rows])
        connection.execute(insert(CHUNK), [chunk | {"slot": row["slot"], "data": data} for row in rows])


def add_visit(connection: Connection, last: float, demo: bool = False) -> int:
    """A visit that was last heard at that time; returns its id."""
    number = connection.execute(select(func.count()).select_from(VISIT)).scalar_one()
    texts = dict.fromkeys(("callsigns", "squawks", "receivers", "sources"), "[]")
    flags = {"ended": True, "military": False, "demo": demo, "on_ground": False}
    values = {"hex": f"{number:06x}", "start": int(last) - 60, "first": last - 60, "last": last, "messages": 1, "positions": 1}
    made = connection.execute(insert(VISIT).values(**texts, **flags, **values, fence=1))
    return int((made.inserted_primary_key or (0,))[0])


def add_minutes(connection: Connection, these: Iterable[int], demo: bool = False) -> None:
    if rows := [asdict(a_minute(minute, demo=demo)) for minute in these]:
        connection.execute(insert(STATISTICS_MINUTE), rows)


def add_hours(connection: Connection, these: Iterable[int], demo: bool = False) -> None:
    """Hours; minutes count as rolled up until the last but one."""
    rows = [asdict(a_minute(0, demo=demo)) | {"hour": hour, "aircraft": None} for hour in these]
    for row in rows:
        del row["minute"]
    connection.execute(insert(STATISTICS_HOUR), rows)


def add_ranges(connection: Connection, hours: Iterable[int], receiver: str = "roof", demo: bool = False) -> None:
    """What a receiver hears from where: a row for each hour, and one of all time up to the last one."""
    values = {"sky": "live", "receiver": receiver, "place_lat": 47.0, "place_lon": 8.0, "positions": 9, "demo": demo}
    rows = [values | {"unit": "hour", "at": hour, "upto": None, "data": b"x"} for hour in hours]
    whole = values | {"unit": "all", "at": 0, "upto": max(row["at"] for row in rows) + 1, "data": b"x"}
    connection.execute(insert(RECEIVER_RANGE), [*rows, whole])


def add_size(connection: Connection, day: int, size: int) -> None:
    connection.execute(insert(HISTORY_SIZE).values(day=day, bytes=size))


def times(history: HistoryStore, name: str) -> list[float]:
    """The times of all rows of a kind, in its units, in order."""
    column = BY_NAME[name].column
    return history.read(
        lambda c: [float(time) for time in c.execute(select(column).where(BY_NAME[name].rows).order_by(column)).scalars()]
    )


def kind(name: str) -> Kind:
    return BY_NAME[name]
