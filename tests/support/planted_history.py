"""Statistics and visits of many days in a real SQLite history, for pages that show them.

    .venv/bin/python -m tests.support.planted_history instance/history.sqlite3 [DAYS]

The values are made from a fixed seed; with a gap of four hours, and receivers named as given.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, create_engine, insert

from skyspy.rollups.confirmed import Reading
from skyspy.rollups.picture import Picture
from skyspy.rollups.records import Record
from skyspy.store.history.periods import roll_up
from skyspy.store.history.ranges import RangeRow, write_ranges
from skyspy.store.history.records import RecordRow, write_records
from skyspy.store.history.schema import HISTORY_SIZE, VISIT
from skyspy.store.history.statistics import Minute, ReceiverMinute, write_minutes, write_receiver_minutes

PLACE = (47.5, 8.5)
RECEIVERS = ("roof", "garden")
_TYPES = ("A320", "B738", "A21N", "A20N", "E190", "C172", "PC12", "A359", "B77W", "EC35", "DA42", "CRJ9")
_OPERATORS = ("Swiss International Air Lines", "Lufthansa", "easyJet", "Edelweiss Air", "KLM", "Rega", "Private")
_COUNTRIES = ("Switzerland", "Germany", "United Kingdom", "United States", "Austria", "France", "Ireland", "Malta")


def plant(connection: Connection, now: float, days: float) -> None:
    """Rows of the live sky for `days` up to `now` (wall seconds)."""
    chance = random.Random(7)
    first, end = int((now - days * 86400) // 3600) * 60, int(now // 60)
    write_minutes(connection, list(_minutes(chance, first, end)))
    for receiver, share in zip(RECEIVERS, (0.8, 0.45), strict=True):
        write_receiver_minutes(connection, list(_receiver_minutes(chance, first, end, receiver, share)))
    _plant_visits(connection, chance, now, days)
    roll_up(connection, "live", first // 60, end // 60 + 1)
    hour = int(now // 3600)
    for receiver, reach in zip(RECEIVERS, (1.0, 0.6), strict=True):
        picture = _picture(chance, reach)
        row = RangeRow("hour", hour - 1, "live", receiver, PLACE, picture.positions, False, picture.pack())
        write_ranges(connection, [row, row._replace(unit="all", at=0, upto=hour)])
    records = (
        Record("farthest", 243.7, now - 9 * 86400, "4B1805", "SWR12"),
        Record("highest", 47025, now - 3 * 86400, "4B1806"),
        Record("fastest", 632.0, now - 86400, "3C4DD2", "DLH4X"),
        Record("busiest_minute", 61230, now - 5000),
        Record("busiest_hour", 2941230, now - 12 * 86400),
        Record("most_aircraft", 173, now - 6 * 86400),
    )
    write_records(connection, [RecordRow("live", record) for record in records])
    today = int(now // 86400)
    sizes = [{"day": today - ago, "bytes": int(4e6 + (days - ago) * 9.3e6)} for ago in range(1, int(days)) if ago != 9]
    if sizes:
        connection.execute(insert(HISTORY_SIZE), sizes)


def _traffic(minute: int) -> float:
    """Aircraft at that time of day: few at night."""
    return 90 + 70 * math.sin((minute % 1440) / 1440 * 2 * math.pi - 2.2)


def _is_gap(minute: int, end: int) -> bool:
    return 10 * 60 < end - minute < 14 * 60


def _minutes(chance: random.Random, first: int, end: int) -> Iterator[Minute]:
    for minute in range(first, end):
        if not _is_gap(minute, end):
            most = _traffic(minute) * chance.uniform(0.93, 1.07)
            far = min(245.0, 150 + most * 0.4 * chance.uniform(0.9, 1.1))
            yield Minute(minute, "live", 60, int(most), most * 0.95, int(most * 0.8), 2, 0, int(most * 540), far, False)


def _receiver_minutes(chance: random.Random, first: int, end: int, receiver: str, share: float) -> Iterator[ReceiverMinute]:
    for minute in range(first, end):
        if not _is_gap(minute, end):
            most = _traffic(minute) * share * chance.uniform(0.93, 1.07)
            yield ReceiverMinute(
                minute=minute,
                sky="live",
                receiver=receiver,
                samples=60,
                messages=int(most * 500),
                aircraft_max=int(most),
                aircraft_avg=most * 0.95,
                positions=int(most * 90),
                max_distance_nm=200.0 * share,
                rssi_mean=-14.0,
                rssi_count=900,
                demo=False,
            )


def _picture(chance: random.Random, reach: float) -> Picture:
    picture = Picture()
    for _ in range(20_000):
        bearing, altitude = chance.uniform(0, 360), chance.choice((2_000, 8_000, 15_000, 25_000, 36_000, 38_000))
        horizon = min(230.0, 1.23 * math.sqrt(altitude)) * (0.85 + 0.15 * math.sin(math.radians(3 * bearing)))
        # Something high stands in the south-west.
        far = reach * horizon * (0.4 if 200 < bearing < 235 else 1.0)
        distance = far * math.sqrt(chance.random())
        picture.add(
            Reading(0.0, *PLACE, distance, bearing, altitude), -4 - 20 * math.sqrt(distance / 250) + chance.uniform(-3, 3)
        )
    return picture


def _plant_visits(connection: Connection, chance: random.Random, now: float, days: float) -> None:
    texts = dict.fromkeys(("callsigns", "squawks", "receivers", "sources"), "[]")
    flags = {"ended": True, "military": False, "demo": False, "on_ground": False}
    rows = []
    for number in range(int(days * 120)):
        last = now - chance.uniform(600, days * 86400)
        about = [names[min(int(chance.expovariate(0.45)), len(names) - 1)] for names in (_TYPES, _OPERATORS, _COUNTRIES)]
        row = {"hex": f"{0x4B0000 + number % 900:06X}", "start": int(last) - 900, "first": last - 900, "last": last}
        row |= dict(zip(("t", "own_op", "country"), about, strict=True))
        rows.append({**texts, **flags, **row, "messages": 2000, "positions": 300, "fence": 1})
    connection.execute(insert(VISIT), rows)


def plant_file(path: Path, days: float = 30) -> None:
    """Plant into the history of a server that does not run."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        plant(connection, time.time(), days)
    engine.dispose()


if __name__ == "__main__":
    plant_file(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 30)
