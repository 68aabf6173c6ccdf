"""Application: makes the chunks of one sky's history: all tracks of ten minutes, in the form in which clients read them.

Each slot's chunk is made once, MAKE_AFTER_S after its end, by the process that writes the history, and stored. Slots of the last day
that have none yet are made too, the newest first. The slot under way, and a part of the map, are made on request and not stored.

Invariants: reading is in pages, unpacking in pieces with yields between them, compressing on a native thread. A slot without
tracks gets no chunk. A segment that cannot be read is left out, counted and logged; it stops no chunk.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import gevent
from gevent.lock import BoundedSemaphore

from skyspy.clock import Clock, iso
from skyspy.cooperate import Yielder
from skyspy.loop import Loop
from skyspy.store.errors import StoreBusy, StoreError
from skyspy.store.history import HistoryStore, chunks, segments
from skyspy.store.history.chunks import Chunk
from skyspy.store.history.lease import Fenced
from skyspy.store.history.segments import StoredSegment
from skyspy.tracks.chunk import ChunkBuilder, TrackInfo
from skyspy.tracks.point import SLOT_S, slot_of
from skyspy.tracks.segment import PER_DEGREE, Box, Columns, SegmentError, unpack_columns

log = logging.getLogger(__name__)

MAKE_AFTER_S = 120.0
"""Seconds after a slot's end in which what is queued is written."""
EVERY_S = 10.0
MAX_BACKLOG = 144
"""How many slots are made that ended earlier: a day."""
MAX_QUEUED = 5000
"""With more rows than these waiting to be written, a slot may not be complete."""
KEEP_OPEN_S = 10.0
"""How long the answer for the slot under way is given again."""
TURN_S = 10.0
"""How long a request waits for those before it."""
ROWS_AT_ONCE = 100
_LEVEL = 6


class Made(NamedTuple):
    """A chunk made on request: `data` is not compressed, None where there are no tracks. `looked_at`: how many segments were unpacked."""

    data: bytes | None
    looked_at: int


class ChunkMaker:
    """Makes chunks from one history. `held`: whether this process writes the history now. `made` and `damaged` count chunks that
    were stored and segments that could not be read."""

    def __init__(self, name: str, history: HistoryStore, clock: Clock, held: Callable[[], bool]) -> None:
        self._history = history
        self._clock = clock
        self._held = held
        self._finished: int | None = None
        """The newest slot up to which all are made, None: not known."""
        self._turn = BoundedSemaphore(1)
        self._open: tuple[int, float, bytes | None] | None = None
        self.made = self.damaged = 0
        self.loop = Loop(f"making the chunks of the {name} sky", self.run, clock, EVERY_S)

    def start(self) -> None:
        """Make chunks from now on."""
        self.loop.start()

    def stop(self) -> None:
        """Make no more."""
        self.loop.stop()

    def run(self) -> None:
        """One round: make what is due, the newest slot first."""
        if not self._held():
            self._finished = None
            return
        newest = newest_due(self._clock.wall())
        status = self._history.status()
        if newest == self._finished or not status.available or status.queued > MAX_QUEUED:
            return
        try:
            due = self._history.read(chunks.unmade, newest + 1 - MAX_BACKLOG, newest + 1)
            for slot in sorted(due, reverse=True):
                if not self._held():
                    return
                self._keep(slot)
        except Fenced:
            return  # Another process writes, and makes them.
        except StoreError as error:
            log.warning("chunks of tracks cannot be made now, the next attempt is in %g s: %s", EVERY_S, error)
            return
        self._finished = newest

    def on_request(self, slot: int, box: Box | None = None) -> Made:
        """The tracks of a slot, as stored until now; in a box, those with a point in it. One at a time; yields. Raises StoreError."""
        if not self._turn.acquire(timeout=TURN_S):
            raise StoreBusy("other tracks of the history are still being read")
        try:
            kept = self._open
            if box is None and kept is not None and kept[0] == slot and self._clock.steady() - kept[1] < KEEP_OPEN_S:
                return Made(kept[2], 0)
            builder, looked_at = self._build(slot, box)
            data = b"".join(builder.pieces()) if builder.tracks else None
            if box is None:
                self._open = (slot, self._clock.steady(), data)
            return Made(data, looked_at)
        finally:
            self._turn.release()

    def _keep(self, slot: int) -> None:
        builder, _ = self._build(slot)
        if not builder.tracks:
            return
        if builder.is_truncated:
            log.warning("the chunk of %s holds its first %d points only", iso(slot * SLOT_S), builder.points)
        data = gevent.get_hub().threadpool.apply(_compressed, (builder.pieces(),))
        chunk = Chunk(slot, builder.tracks, builder.points, builder.demo, self._clock.wall(), data)
        self.made += self._history.commit_now(chunks.write, chunk)

    def _build(self, slot: int, box: Box | None = None) -> tuple[ChunkBuilder, int]:
        """The tracks of a slot, and how many segments were looked at."""
        builder, yielder, damaged, looked_at = ChunkBuilder(slot, iso(slot * SLOT_S)), Yielder(), 0, 0
        since, until = slot * SLOT_S, (slot + 1) * SLOT_S
        after: StoredSegment | None = None
        seen: set[tuple[str, int, int]] = set()
        while page := self._history.read(segments.within, since, until, box, after, ROWS_AT_ONCE):
            looked_at += len(page)
            for segment in page:
                key = (segment.hex, segment.start, segment.part)
                if key in seen:
                    continue  # It was written anew, further behind, while the slot was being read.
                seen.add(key)
                try:
                    columns = unpack_columns(segment.data)
                    if box is None or _has_point_in(columns, box):
                        builder.add(info_of(segment), columns)
                except SegmentError:
                    damaged += 1
                yielder.maybe_yield()
            if len(page) < ROWS_AT_ONCE or builder.is_truncated:
                break
            after = page[-1]
        if damaged:
            self.damaged += damaged
            log.warning("%d segments of %s cannot be read and are left out", damaged, iso(slot * SLOT_S))
        return builder, looked_at


def newest_due(wall: float) -> int:
    """The newest slot whose chunk is due at this wall time."""
    return slot_of(wall - MAKE_AFTER_S) - 1


def info_of(segment: StoredSegment) -> TrackInfo:
    """What a chunk says about the track of a segment."""
    return TrackInfo(
        segment.hex,
        f"{segment.hex}-{segment.start}",
        segment.flight,
        segment.r,
        segment.t,
        segment.category,
        segment.military,
        segment.demo,
    )


def _has_point_in(columns: Columns, box: Box) -> bool:
    return any(box.holds(lat / PER_DEGREE, lon / PER_DEGREE) for lat, lon in zip(columns.lats, columns.lons, strict=True))


def _compressed(pieces: Sequence[bytes | memoryview]) -> bytes:
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join((*(stream.compress(piece) for piece in pieces), stream.flush()))
