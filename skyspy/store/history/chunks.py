"""Writing and reading chunks: all tracks of one slot, in the form in which clients read them.

Invariants: a chunk that is stored is never changed: writing it again does nothing. `data` is compressed by gzip.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.store.history import segments
from skyspy.store.history.lease import fence_of
from skyspy.store.history.schema import CHUNK
from skyspy.store.history.segments import SlotCount

_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Chunk(NamedTuple):
    """One chunk: `tracks` and `points` count, `demo`: some of the traffic was simulated, `made` is in wall seconds."""

    slot: int
    tracks: int
    points: int
    demo: bool
    made: float
    data: bytes


class ListedChunk(NamedTuple):
    """A chunk without its data, which has `bytes` bytes."""

    slot: int
    tracks: int
    points: int
    demo: bool
    made: float
    bytes: int


def write(connection: Connection, chunk: Chunk) -> bool:
    """Keep a chunk; returns False, and changes nothing, where its slot has one."""
    statement = _INSERT[connection.dialect.name](CHUNK).on_conflict_do_nothing().returning(CHUNK.c.slot)
    return connection.execute(statement.values(**chunk._asdict(), fence=fence_of(connection))).scalar_one_or_none() is not None


def read(connection: Connection, slot: int) -> Chunk | None:
    """The chunk of a slot."""
    row = connection.execute(select(*(CHUNK.c[name] for name in Chunk._fields)).where(CHUNK.c.slot == slot)).one_or_none()
    return None if row is None else Chunk(*row)


def listed(connection: Connection, first: int, end: int) -> list[ListedChunk]:
    """The chunks of the slots from `first` up to but not including `end`, in order."""
    size = func.length(CHUNK.c.data).label("bytes")
    statement = select(*(CHUNK.c[name] for name in Chunk._fields[:-1]), size).where(CHUNK.c.slot >= first, CHUNK.c.slot < end)
    return [
        ListedChunk(row.slot, row.tracks, row.points, row.demo, row.made, row.bytes)
        for row in connection.execute(statement.order_by(CHUNK.c.slot))
    ]


def unmade(connection: Connection, first: int, end: int) -> dict[int, SlotCount]:
    """What there is in each slot from `first` up to but not including `end` that has some and no chunk."""
    made = set(connection.execute(select(CHUNK.c.slot).where(CHUNK.c.slot >= first, CHUNK.c.slot < end)).scalars())
    return segments.counts(connection, (slot for slot in range(first, end) if slot not in made))
