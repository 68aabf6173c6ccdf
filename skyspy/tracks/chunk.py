"""The form in which clients read tracks: all tracks of one slot of ten minutes, in columns that a browser reads as typed arrays.

    bytes 0-3    `SKYT`
    bytes 4-7    u32: the length of the header, a multiple of 4
    header       JSON, filled up with spaces: version, start, seconds, points, and a list of tracks with their number of points
    columns      the points of all tracks, one track after the other. i32 times in 0.1 s since the slot's start, i32 latitudes and
                 i32 longitudes in 1e-5 degrees, then i16 altitudes in 25 ft, u16 ground speeds in kt, u16 tracks in degrees. Each
                 is the difference from the one before, over the whole column, the first from 0; those of 16 bits modulo 65536, as
                 typed arrays add

Little-endian; every column begins at a multiple of its own width. docs/protocol.md has the same for clients. There is nothing in it of
the receivers: no place, no distance, no name. Pure.
"""

from __future__ import annotations

import sys
from array import array
from itertools import chain
from operator import sub
from typing import NamedTuple

from skyspy import wirejson
from skyspy.tracks.point import SLOT_S
from skyspy.tracks.segment import NO_ALTITUDE, NO_SPEED, NO_TRACK, ON_GROUND, PER_SECOND, Columns, SegmentError

VERSION = 1
MAGIC = b"SKYT"
MEDIA = "application/octet-stream"
MAX_POINTS = 2_000_000
"""The most points of one chunk (36 MB)."""
MAX_TIME = 12_000
"""In 0.1 s, either side of the slot's start."""

UNKNOWN_ALTITUDE, GROUND = -32_768, -32_767
UNKNOWN = 65_535
"""A ground speed or a track that is not known."""

_PER_TIME = 10
"""A time of a chunk in those of a segment."""


class TrackInfo(NamedTuple):
    """What is known of a track. `visit` is its visit's id; the other names are those of an aircraft's fields."""

    hex: str
    visit: str
    flight: str | None
    r: str | None
    t: str | None
    category: str | None
    military: bool
    demo: bool


class ChunkBuilder:
    """Makes the chunk of one slot, track by track, so that other work can be done between two tracks."""

    def __init__(self, slot: int, start: str) -> None:
        """`start` is the slot's start as ISO 8601."""
        self._first = slot * SLOT_S * PER_SECOND
        self._start = start
        self._tracks: list[bytes] = []
        self._long = (array("i"), array("i"), array("i"))
        self._short = (array("H"), array("H"), array("H"))
        self._last = [0] * 6
        self.points = 0
        self.demo = False
        self.is_truncated = False
        """Whether a track was left out because there are MAX_POINTS points."""

    @property
    def tracks(self) -> int:
        """How many tracks there are."""
        return len(self._tracks)

    def add(self, info: TrackInfo, columns: Columns) -> None:
        """Add a track. Raises SegmentError, and adds nothing, where it has a time far outside the slot."""
        count = len(columns.times)
        if self.points + count > MAX_POINTS:
            self.is_truncated = True
            return
        times = [(time - self._first + _PER_TIME // 2) // _PER_TIME for time in columns.times]
        if min(times) < -MAX_TIME or max(times) > MAX_TIME:
            raise SegmentError("a time of the track is outside its slot")
        known = {name: value for name, value in info._asdict().items() if value}
        self._tracks.append(wirejson.dump_bytes(known | {"points": count}))
        altitudes, speeds, tracks = columns.altitudes, columns.speeds, columns.tracks
        if any(columns.flags):
            altitudes = [
                GROUND if flag & ON_GROUND else UNKNOWN_ALTITUDE if flag & NO_ALTITUDE else altitude
                for flag, altitude in zip(columns.flags, altitudes, strict=True)
            ]
            speeds = [UNKNOWN if flag & NO_SPEED else speed for flag, speed in zip(columns.flags, speeds, strict=True)]
            tracks = [UNKNOWN if flag & NO_TRACK else track for flag, track in zip(columns.flags, tracks, strict=True)]
        longs, shorts = (times, columns.lats, columns.lons), (altitudes, speeds, tracks)
        for column, values, last in zip(self._long, longs, self._last[:3], strict=True):
            column.extend(map(sub, values, chain((last,), values)))
        for column, values, last in zip(self._short, shorts, self._last[3:], strict=True):
            column.extend([(value - before) & 0xFFFF for value, before in zip(values, chain((last,), values), strict=False)])
        self._last = [values[-1] for values in (*longs, *shorts)]
        self.points += count
        self.demo = self.demo or info.demo

    def pieces(self) -> list[bytes | memoryview]:
        """The chunk, in pieces whose bytes are not copied; while one of them exists no track is added."""
        about: dict[str, object] = {"version": VERSION, "start": self._start, "seconds": SLOT_S, "points": self.points}
        about |= {name: True for name, is_so in (("demo", self.demo), ("truncated", self.is_truncated)) if is_so}
        about["tracks"] = wirejson.Encoded(b"[" + b",".join(self._tracks) + b"]")
        header = wirejson.dump_bytes(about)
        header += b" " * (-len(header) % 4)
        columns: tuple[array[int], ...] = (*self._long, *self._short)
        if sys.byteorder == "big":
            columns = tuple(array(column.typecode, column) for column in columns)
            for column in columns:
                column.byteswap()
        head = MAGIC + len(header).to_bytes(4, "little") + header
        return [head, *(memoryview(column).cast("B") for column in columns)]
