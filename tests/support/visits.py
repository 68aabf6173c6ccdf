"""Rows of the history's tables of visits, written directly."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert

from skyspy import wirejson
from skyspy.store.history.schema import AIRCRAFT_SEEN, VISIT

AT = 1_764_203_575.25
"""When the visit of `a_visit` began, wall seconds."""
LISTS = ("callsigns", "squawks", "receivers", "sources")


def a_visit(**more: Any) -> dict[str, Any]:
    """The row of a visit with some columns changed: of ten minutes, with its lists as Python lists."""
    first = more.get("first", AT)
    row = {
        "hex": "4B1805",
        "start": int(first),
        "first": first,
        "last": first + 600.0,
        "ended": True,
        "flight": "SWR12",
        "callsigns": [more.get("flight", "SWR12")],
        "squawks": ["1000"],
        "receivers": ["roof"],
        "sources": ["adsb"],
        "r": "HB-IJU",
        "t": "A320",
        "own_op": "Swiss International",
        "country": "Switzerland",
        "category": "A3",
        "military": False,
        "emergency": None,
        "demo": False,
        "messages": 900,
        "positions": 300,
        "closest_nm": 4.125,
        "closest_at": first + 300,
        "farthest_nm": 120.5,
        "farthest_at": first,
        "alt_min": 3000,
        "alt_max": 36000,
        "gs_max": 451.5,
        "on_ground": False,
        "first_lat": 47.5,
        "first_lon": 8.25,
        "last_lat": 48.5,
        "last_lon": 9.25,
        "fence": 1,
        **more,
    }
    return row | {name: wirejson.dumps(row[name]) for name in LISTS}


def write_visits(connection: Connection, *rows: dict[str, Any]) -> None:
    """Write visits, and the aircraft that were ever seen by them, demo traffic left out."""
    connection.execute(insert(VISIT), list(rows))
    real = [row for row in rows if not row["demo"]]
    for hex_ in {row["hex"] for row in real}:
        those = [row for row in real if row["hex"] == hex_]
        seen = {"first": min(row["first"] for row in those), "last": max(row["last"] for row in those), "visits": len(those)}
        connection.execute(insert(AIRCRAFT_SEEN).values(hex=hex_, **seen))
