"""Writing and reading tracks: the pieces of one visit in one slot of ten minutes.

A slot of a visit is written as a whole each time it grows: its rows are found by visit, slot and part.

Invariants: writing a slot again replaces all its parts, so a batch that is written twice changes nothing. A track is stored only
with its visit: where the visit has no row, nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from math import ceil, floor
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, bindparam, case, delete, func, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.store.history.schema import SEGMENT, VISIT
from skyspy.tracks.point import SLOT_S, TrackPoint, slot_of
from skyspy.tracks.segment import PER_DEGREE, Box, box_of, pack, split

Key = tuple[str, int]
"""What identifies a visit: hex and start."""

PAGE = 500
KEYS_AT_ONCE = 400

_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_KEY = ("visit_id", "slot", "part")


class Part(NamedTuple):
    """One row's content: `t0` and `t1` are the earliest and latest time in milliseconds, the box is in 1e-5 degrees, `data` is a
    segment of `points` points."""

    t0: int
    t1: int
    south: int
    north: int
    west: int
    east: int
    points: int
    data: bytes


class SlotTrack(NamedTuple):
    """All of what is known of one visit in one slot."""

    hex: str
    start: int
    slot: int
    parts: tuple[Part, ...]


class StoredSegment(NamedTuple):
    """One row, and what is known of its visit. `data` is a segment (tracks/segment.py)."""

    id: int
    slot: int
    part: int
    t0: int
    t1: int
    points: int
    data: bytes
    hex: str
    start: int
    flight: str | None
    r: str | None
    t: str | None
    category: str | None
    military: bool
    demo: bool


class SlotCount(NamedTuple):
    """How many segments and points there are in a slot; `demo`: some are of simulated traffic."""

    segments: int
    points: int
    demo: bool


_COLUMNS: tuple[ColumnElement[Any], ...] = (
    *(SEGMENT.c[name] for name in StoredSegment._fields[:7]),
    *(VISIT.c[name] for name in StoredSegment._fields[7:]),
)


def parts_of(points: Sequence[TrackPoint]) -> tuple[Part, ...]:
    """The points of one visit in one slot, packed: some 4 microseconds a point. Raises ValueError as `pack` does."""
    found = []
    for piece in split(points):
        south, north, west, east = (round(edge * PER_DEGREE) for edge in box_of(piece))
        times = [round(point.at * 1000) for point in piece]
        found.append(Part(min(times), max(times), south, north, west, east, len(piece), pack(piece)))
    return tuple(found)


def write_tracks(connection: Connection, tracks: Iterable[SlotTrack], fence: int = 0) -> int:
    """Write these slots of visits. Of two states of one slot the later one in the list is kept. Returns how many were not written
    because their visit has no row."""
    latest = {(track.hex, track.start, track.slot): track for track in tracks}
    visits = _visit_ids(connection, {(hex_, start) for hex_, start, _ in latest})
    known = [(visits[track.hex, track.start], track) for track in latest.values() if (track.hex, track.start) in visits]
    if not known:
        return len(latest)
    # SQLite keeps rows that are written anew denser (90 % of a page) than rows that grow (84 %); Postgres keeps rows that grow denser.
    is_anew = connection.dialect.name == "sqlite"
    connection.execute(
        delete(SEGMENT).where(
            SEGMENT.c.visit_id == bindparam("visit"), SEGMENT.c.slot == bindparam("of_slot"), SEGMENT.c.part >= bindparam("parts")
        ),
        [{"visit": visit, "of_slot": track.slot, "parts": 0 if is_anew else len(track.parts)} for visit, track in known],
    )
    rows = [
        {"visit_id": visit, "slot": track.slot, "part": number, "fence": fence, **part._asdict()}
        for visit, track in known
        for number, part in enumerate(track.parts)
    ]
    if rows:
        statement = _INSERT[connection.dialect.name](SEGMENT)
        changed = {name: statement.excluded[name] for name in (*Part._fields, "fence")}
        connection.execute(statement.on_conflict_do_update(index_elements=list(_KEY), set_=changed), rows)
    return len(latest) - len(known)


def of_visit(connection: Connection, key: Key, first_slot: int | None = None, limit: int = PAGE) -> list[StoredSegment]:
    """The segments of one visit in order, from a slot on; at most `limit`."""
    these = (VISIT.c.hex == key[0]) & (VISIT.c.start == key[1])
    if first_slot is not None:
        these &= SEGMENT.c.slot >= first_slot
    return _read(connection, these, (SEGMENT.c.slot, SEGMENT.c.part), limit)


def of_visits(connection: Connection, keys: Iterable[Key], slot: int) -> dict[Key, list[StoredSegment]]:
    """The segments of one slot of each of these visits, in order."""
    found: dict[Key, list[StoredSegment]] = {}
    remaining = iter(keys)
    while some := list(islice(remaining, KEYS_AT_ONCE)):
        these = (SEGMENT.c.slot == slot) & tuple_(VISIT.c.hex, VISIT.c.start).in_(some)
        for segment in _read(connection, these, (SEGMENT.c.visit_id, SEGMENT.c.part), None):
            found.setdefault((segment.hex, segment.start), []).append(segment)
    return found


def within(
    connection: Connection,
    since: float,
    until: float,
    box: Box | None = None,
    after: StoredSegment | None = None,
    limit: int = PAGE,
) -> list[StoredSegment]:
    """One page of the segments that have a point from `since` up to but not including `until` (wall seconds), and whose own box meets
    `box`; in the order of their slots. `after`: the last one of the page before."""
    first, last = slot_of(since), slot_of(until - 0.001)
    these = (SEGMENT.c.slot >= first) & (SEGMENT.c.slot <= last)
    if since > first * SLOT_S:
        these &= SEGMENT.c.t1 >= since * 1000
    if until < (last + 1) * SLOT_S:
        these &= SEGMENT.c.t0 < until * 1000
    if after is not None:
        these &= tuple_(SEGMENT.c.slot, SEGMENT.c.id) > tuple_(after.slot, after.id)
    if box is not None:
        these &= _meets(box)
    return _read(connection, these, (SEGMENT.c.slot, SEGMENT.c.id), limit)


def counts(connection: Connection, slots: Iterable[int]) -> dict[int, SlotCount]:
    """What there is in each of these slots; those without any segment are left out."""
    statement = (
        select(SEGMENT.c.slot, func.count(), func.sum(SEGMENT.c.points), func.max(case((VISIT.c.demo, 1), else_=0)))
        .join(VISIT, VISIT.c.id == SEGMENT.c.visit_id)
        .where(SEGMENT.c.slot.in_(list(slots)))
        .group_by(SEGMENT.c.slot)
    )
    return {slot: SlotCount(number, int(points), bool(demo)) for slot, number, points, demo in connection.execute(statement)}


def _meets(box: Box) -> ColumnElement[bool]:
    south, north = floor(box.south * PER_DEGREE), ceil(box.north * PER_DEGREE)
    west, east = floor(box.west * PER_DEGREE), ceil(box.east * PER_DEGREE)
    lats = (SEGMENT.c.south <= north) & (SEGMENT.c.north >= south)
    if box.west <= box.east:
        return lats & (SEGMENT.c.west <= east) & (SEGMENT.c.east >= west)
    return lats & or_(SEGMENT.c.east >= west, SEGMENT.c.west <= east)


def _read(
    connection: Connection, these: ColumnElement[bool], order: Sequence[ColumnElement[Any]], limit: int | None
) -> list[StoredSegment]:
    statement = select(*_COLUMNS).join(VISIT, VISIT.c.id == SEGMENT.c.visit_id).where(these).order_by(*order).limit(limit)
    return [StoredSegment(*row) for row in connection.execute(statement)]


def _visit_ids(connection: Connection, keys: Iterable[Key]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    remaining = iter(keys)
    while some := list(islice(remaining, KEYS_AT_ONCE)):
        these = tuple_(VISIT.c.hex, VISIT.c.start).in_(some)
        found |= {
            (row.hex, row.start): row.id
            for row in connection.execute(select(VISIT.c.hex, VISIT.c.start, VISIT.c.id).where(these))
        }
    return found
