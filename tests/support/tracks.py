"""Tracks, and the visits that they belong to, in a history store."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert

from skyspy.store.history import HistoryStore, segments
from skyspy.store.history.schema import VISIT
from skyspy.store.history.segments import SlotTrack, parts_of
from skyspy.tracks.point import SLOT_S, TrackPoint

SLOT = 3_000_000
"""The slot of the clock of tests."""
AT = float(SLOT * SLOT_S)


def flight(at: float = AT, count: int = 10, lat: float = 47.0, lon: float = 8.0, east: float = 0.01) -> list[TrackPoint]:
    """A level flight to the east, a point each 5 s."""
    return [
        TrackPoint(at + 5 * n, lat, round((lon + n * east + 180) % 360 - 180, 5), 12_000 + 25 * n, False, 250.0, 90.0)
        for n in range(count)
    ]


def add_visit(connection: Connection, hex_: str, start: int, **more: object) -> None:
    values = {"first": float(start), "last": float(start), "ended": False, "military": False, "demo": False, "on_ground": False}
    values |= dict.fromkeys(("callsigns", "squawks", "receivers", "sources"), "[]") | {"messages": 1, "positions": 1, "fence": 0}
    connection.execute(insert(VISIT).values({"hex": hex_, "start": start, **values, **more}))


def keep(history: HistoryStore, hex_: str, points: Sequence[TrackPoint], slot: int = SLOT, **visit: object) -> None:
    """A visit with a track in one slot."""
    start = int(points[0].at)
    history.commit_now(add_visit, hex_, start, **visit)
    history.commit_now(segments.write_tracks, [SlotTrack(hex_, start, slot, parts_of(points))])
