"""The form in which the store keeps a piece of a track: about 4 bytes a point.

Version 1: one byte 1, then a zlib stream of the header and the columns.

    header   little-endian: u16 number of points; i64 time and i64 first difference of time, in TIME_S; i32 latitude, i32 longitude
             and i64, i64 their first differences, in 1e-5 degrees; i16 altitude in 25 ft; u16 ground speed in kt; u16 track in
             degrees; one byte for each of the six columns below: the width of its values in bytes (1, 2, 4 or 8)
    flags    one byte per point: 1 on ground, 2 altitude unknown, 4 ground speed unknown, 8 track unknown
    columns  time, latitude, longitude: second differences; altitude, speed, track: first differences (of the track the shorter
             way round); negative values folded to odd ones, 2n to n and 2n - 1 to -n; all first bytes of a column, then all second
             ones, and so on

What is read differs from what was packed by at most 5 ms, 0.5e-5 degrees, 12.5 ft, 0.5 kt and 0.5 degrees. Pure.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, floor, isfinite
from operator import sub
from typing import NamedTuple

from skyspy.tracks.point import TrackPoint

VERSION = 1
TIME_S = 0.01
PER_SECOND = 100
PER_DEGREE = 100_000
FEET = 25
MAX_POINTS = 4096
"""The most points of one segment; `split` keeps below it."""

ON_GROUND, NO_ALTITUDE, NO_SPEED, NO_TRACK = 1, 2, 4, 8

MAX_TIME = 1 << 44
"""In TIME_S, either side of 1970: some 5,500 years."""
MAX_LAT, MAX_LON, MAX_ALTITUDE, MAX_SPEED = 90 * PER_DEGREE, 180 * PER_DEGREE, 32_000, 65_000

_HEADER = struct.Struct("<HqqiiqqhHH6B")
_TYPES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_MAX_BYTES = _HEADER.size + MAX_POINTS * (1 + 6 * 8)
_LEVEL = 6


class SegmentError(ValueError):
    """Bytes that are no segment, or values that none can hold."""


class Box(NamedTuple):
    """A box in degrees. A box of points has `west` <= `east`; one that is searched crosses the antimeridian where `west` > `east`."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        """Whether a position lies in the box."""
        if not self.south <= lat <= self.north:
            return False
        return self.west <= lon <= self.east if self.west <= self.east else lon >= self.west or lon <= self.east


@dataclass(frozen=True, slots=True)
class Columns:
    """The points of a segment as lists of whole numbers, all of the same length: `times` in TIME_S, `lats` and `lons` in 1e-5
    degrees, `altitudes` in 25 ft, `speeds` in kt, `tracks` in degrees 0 <= x < 360. `flags` holds one byte per point; where it says
    that a value is unknown, the list has the value before."""

    flags: bytes
    times: list[int]
    lats: list[int]
    lons: list[int]
    altitudes: list[int]
    speeds: list[int]
    tracks: list[int]


def pack(points: Sequence[TrackPoint]) -> bytes:
    """The points as a segment. Raises ValueError for no points, for more than MAX_POINTS, and for values that are not finite or
    beyond what the form holds."""
    if not 0 < len(points) <= MAX_POINTS:
        raise ValueError(f"a segment has 1 to {MAX_POINTS} points, not {len(points)}")
    columns = columns_of(points)
    heads: list[int] = []
    bodies: list[list[int]] = []
    for values in (columns.times, columns.lats, columns.lons):
        steps = _differences(values)
        heads.append(steps[0] if steps else 0)
        bodies.append(_differences(steps))
    bodies += [_differences(columns.altitudes), _differences(columns.speeds)]
    bodies.append([(turn + 180) % 360 - 180 for turn in _differences(columns.tracks)])
    packed = [_planes(body) for body in bodies]
    header = _HEADER.pack(
        len(points),
        columns.times[0],
        heads[0],
        columns.lats[0],
        columns.lons[0],
        heads[1],
        heads[2],
        columns.altitudes[0],
        columns.speeds[0],
        columns.tracks[0],
        *(width for width, _ in packed),
    )
    raw = header + columns.flags + b"".join(data for _, data in packed)
    return bytes([VERSION]) + zlib.compress(raw, _LEVEL)


def unpack(data: bytes) -> list[TrackPoint]:
    """The points of a segment. Raises SegmentError."""
    columns = unpack_columns(data)
    return [
        TrackPoint(
            time / PER_SECOND,
            lat / PER_DEGREE,
            lon / PER_DEGREE,
            None if flag & NO_ALTITUDE else altitude * FEET,
            bool(flag & ON_GROUND),
            None if flag & NO_SPEED else float(speed),
            None if flag & NO_TRACK else float(track),
        )
        for flag, time, lat, lon, altitude, speed, track in zip(
            columns.flags,
            columns.times,
            columns.lats,
            columns.lons,
            columns.altitudes,
            columns.speeds,
            columns.tracks,
            strict=True,
        )
    ]


def unpack_columns(data: bytes) -> Columns:
    """The points of a segment as columns. Raises SegmentError for bytes that are no segment; reads at most 200 kB of them."""
    raw = _decompressed(data)
    if len(raw) < _HEADER.size:
        raise SegmentError("the segment is too short")
    count, time, time_step, lat, lon, lat_step, lon_step, altitude, speed, track, *widths = _HEADER.unpack_from(raw)
    if not 0 < count <= MAX_POINTS or not _TYPES.keys() >= set(widths):
        raise SegmentError("the segment's header is damaged")
    lengths = [max(count - 2, 0)] * 3 + [count - 1] * 3
    end = _HEADER.size + count
    if len(raw) != end + sum(length * width for length, width in zip(lengths, widths, strict=True)):
        raise SegmentError("the segment has another length than its header says")
    bodies = []
    flags = raw[_HEADER.size : end]
    for length, width in zip(lengths, widths, strict=True):
        begin, end = end, end + length * width
        bodies.append(_unfolded(raw[begin:end], width))
    return Columns(
        flags,
        _checked(_twice(bodies[0], time, time_step, count), MAX_TIME),
        _checked(_twice(bodies[1], lat, lat_step, count), MAX_LAT),
        _checked(_twice(bodies[2], lon, lon_step, count), MAX_LON),
        _checked(list(accumulate(bodies[3], initial=altitude)), MAX_ALTITUDE),
        _checked(list(accumulate(bodies[4], initial=speed)), MAX_SPEED, 0),
        [value % 360 for value in accumulate(bodies[5], initial=track)],
    )


def columns_of(points: Sequence[TrackPoint]) -> Columns:
    """The points as columns. Raises ValueError for values that are not finite or beyond what the form holds."""
    flags = bytearray()
    altitudes: list[int] = []
    speeds: list[int] = []
    tracks: list[int] = []
    altitude = speed = track = 0
    for point in points:
        flag = ON_GROUND if point.on_ground else 0
        if point.alt_baro is None:
            flag |= NO_ALTITUDE
        else:
            altitude = _rounded(point.alt_baro / FEET)
        if point.gs is None:
            flag |= NO_SPEED
        else:
            speed = _rounded(point.gs)
        if point.track is None:
            flag |= NO_TRACK
        else:
            track = _rounded(point.track) % 360
        flags.append(flag)
        altitudes.append(altitude)
        speeds.append(speed)
        tracks.append(track)
    return Columns(
        bytes(flags),
        _checked([_rounded(point.at * PER_SECOND) for point in points], MAX_TIME),
        _checked([_rounded(point.lat * PER_DEGREE) for point in points], MAX_LAT),
        _checked([_rounded(point.lon * PER_DEGREE) for point in points], MAX_LON),
        _checked(altitudes, MAX_ALTITUDE),
        _checked(speeds, MAX_SPEED, 0),
        tracks,
    )


def split(points: Iterable[TrackPoint]) -> list[list[TrackPoint]]:
    """The points in pieces for one segment each: none crosses the antimeridian, none has more than MAX_POINTS."""
    pieces: list[list[TrackPoint]] = []
    before: TrackPoint | None = None
    for point in points:
        if before is None or abs(point.lon - before.lon) > 180.0 or len(pieces[-1]) == MAX_POINTS:
            pieces.append([])
        pieces[-1].append(point)
        before = point
    return pieces


def box_of(points: Sequence[TrackPoint]) -> Box:
    """The smallest box of these points, on whole 1e-5 degrees. Raises ValueError for no points."""
    lats, lons = [point.lat for point in points], [point.lon for point in points]
    return Box(
        floor(min(lats) * PER_DEGREE) / PER_DEGREE,
        ceil(max(lats) * PER_DEGREE) / PER_DEGREE,
        floor(min(lons) * PER_DEGREE) / PER_DEGREE,
        ceil(max(lons) * PER_DEGREE) / PER_DEGREE,
    )


def _rounded(value: float) -> int:
    if not isfinite(value):
        raise ValueError("a track's values are finite numbers")
    return round(value)


def _checked(values: list[int], high: int, low: int | None = None) -> list[int]:
    if max(values) > high or min(values) < (-high if low is None else low):
        raise SegmentError("a value of the track is out of range")
    return values


def _differences(values: list[int]) -> list[int]:
    return list(map(sub, values[1:], values))


def _twice(body: Iterable[int], first: int, step: int, count: int) -> list[int]:
    """The values whose second differences these are."""
    return [first] if count == 1 else list(accumulate(accumulate(body, initial=step), initial=first))


def _planes(values: list[int]) -> tuple[int, bytes]:
    """The width of these values in bytes, and their bytes: all first ones, all second ones, and so on."""
    folded = [2 * value if value >= 0 else -2 * value - 1 for value in values]
    largest = max(folded, default=0)
    width = 1 if largest < 1 << 8 else 2 if largest < 1 << 16 else 4 if largest < 1 << 32 else 8
    numbers = array(_TYPES[width], folded)
    if sys.byteorder == "big":
        numbers.byteswap()
    data = numbers.tobytes()
    return width, b"".join(data[place::width] for place in range(width))


def _unfolded(planes: bytes, width: int) -> list[int]:
    data = bytearray(len(planes))
    length = len(planes) // width
    for place in range(width):
        data[place::width] = planes[place * length : (place + 1) * length]
    numbers = array(_TYPES[width], bytes(data))
    if sys.byteorder == "big":
        numbers.byteswap()
    return [-(value >> 1) - 1 if value & 1 else value >> 1 for value in numbers]


def _decompressed(data: bytes) -> bytes:
    if data[:1] != bytes([VERSION]):
        raise SegmentError(f"the segment has version {data[0]}, and only {VERSION} is known" if data else "the segment is empty")
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(data[1:], _MAX_BYTES)
    except zlib.error as error:
        raise SegmentError("the segment cannot be decompressed") from error
    if not stream.eof or stream.unused_data:
        raise SegmentError("the segment is cut off, too long, or followed by something else")
    return raw
