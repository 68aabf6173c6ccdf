"""What one receiver hears from where: range outline, coverage, and signal strength over distance.

The outline is the farthest counted distance for each sector of 5 degrees and band of altitudes; coverage counts positions by sector
and step of 10 nm; signal strength is counted by step of 10 nm. Only confirmed positions are added (confirmed.py).

Invariants: `merge` is commutative and associative: pictures of hours make that of a day. The outline of a merged picture is nowhere
farther than that of one of its parts.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from math import inf
from typing import Any, NamedTuple

from skyspy.rollups.confirmed import Reading

SECTOR_DEG = 5
SECTORS = 360 // SECTOR_DEG
STEP_NM = 10
STEPS = 40
"""Steps of distance; the last one holds everything beyond."""
MAX_TENTHS_NM = 0xFFFF

VERSION = 1
_HEAD = struct.Struct("<BIII")


class Band(NamedTuple):
    """A band of barometric altitudes, ft: from `low` up to but not including `high`. None: no bound."""

    name: str
    low: int | None
    high: int | None


BANDS = (
    Band("below 10000", None, 10_000),
    Band("10000 to 20000", 10_000, 20_000),
    Band("20000 to 30000", 20_000, 30_000),
    Band("30000 and above", 30_000, None),
)
ALL = Band("all", None, None)
_ROWS = len(BANDS) + 1
"""The last row of the outline holds positions without an altitude."""


class PictureError(ValueError):
    """These bytes are no picture."""


class Signal(NamedTuple):
    """Signal strength in one step of distance: how many positions, and their mean, least and greatest in dBFS."""

    positions: int
    mean: float
    least: float
    greatest: float


class Picture:
    """The picture of one receiver over some time. `positions` counts those that were added."""

    def __init__(self) -> None:
        self.positions = 0
        self._outline = array("H", bytes(2 * _ROWS * SECTORS))
        self._coverage = array("I", bytes(4 * SECTORS * STEPS))
        self._heard = array("I", bytes(4 * STEPS))
        self._sums = array("d", bytes(8 * STEPS))
        self._least = array("f", [inf] * STEPS)
        self._greatest = array("f", [-inf] * STEPS)

    def add(self, reading: Reading, rssi: float | None) -> None:
        """Add a position that counts, and its signal strength in dBFS (None: not known)."""
        sector = int(reading.bearing % 360.0 // SECTOR_DEG) % SECTORS
        step = min(int(reading.distance_nm // STEP_NM), STEPS - 1)
        cell = _row(reading.altitude) * SECTORS + sector
        tenths = min(int(reading.distance_nm * 10.0), MAX_TENTHS_NM)
        self._outline[cell] = max(self._outline[cell], tenths)
        self.positions += 1
        self._coverage[sector * STEPS + step] += 1
        if rssi is not None:
            self._heard[step] += 1
            self._sums[step] += rssi
            self._least[step] = min(self._least[step], rssi)
            self._greatest[step] = max(self._greatest[step], rssi)

    def merge(self, other: Picture) -> None:
        """Add another picture, measured from the same place."""
        self.positions += other.positions
        self._outline = array("H", map(max, self._outline, other._outline))
        self._coverage = array("I", map(_sum, self._coverage, other._coverage))
        self._heard = array("I", map(_sum, self._heard, other._heard))
        self._sums = array("d", (a + b for a, b in zip(self._sums, other._sums, strict=True)))
        self._least = array("f", map(min, self._least, other._least))
        self._greatest = array("f", map(max, self._greatest, other._greatest))

    def distances(self, band: Band) -> list[float | None]:
        """The outline of a band, or of ALL: the farthest distance in each sector, nm; None where nothing was heard."""
        outline = self._outline
        if band is ALL:
            cells = [max(outline[row * SECTORS + sector] for row in range(_ROWS)) for sector in range(SECTORS)]
        else:
            cells = list(outline[BANDS.index(band) * SECTORS : (BANDS.index(band) + 1) * SECTORS])
        return [tenths / 10.0 if tenths else None for tenths in cells]

    def coverage(self) -> list[list[int]]:
        """Positions by sector, and in it by step of distance."""
        return [list(self._coverage[sector * STEPS : (sector + 1) * STEPS]) for sector in range(SECTORS)]

    def signals(self) -> list[Signal | None]:
        """Signal strength by step of distance; None where it is not known."""
        rows = zip(self._heard, self._sums, self._least, self._greatest, strict=True)
        return [Signal(count, total / count, least, greatest) if count else None for count, total, least, greatest in rows]

    def pack(self) -> bytes:
        """The picture as bytes: the version, the sizes, and the columns compressed."""
        columns = (self._outline, self._coverage, self._heard, self._sums, self._least, self._greatest)
        body = b"".join(_little(column).tobytes() for column in columns)
        return _HEAD.pack(VERSION, _ROWS, STEPS, min(self.positions, 0xFFFFFFFF)) + zlib.compress(body, 6)


def unpack(data: bytes) -> Picture:
    """The picture that `pack` wrote. Raises PictureError."""
    if len(data) < _HEAD.size:
        raise PictureError("too short")
    version, rows, steps, positions = _HEAD.unpack_from(data)
    if (version, rows, steps) != (VERSION, _ROWS, STEPS):
        raise PictureError(f"version {version} with {rows} rows and {steps} steps is not known")
    picture = Picture()
    columns = (picture._outline, picture._coverage, picture._heard, picture._sums, picture._least, picture._greatest)
    size = sum(len(column) * column.itemsize for column in columns)
    try:
        body = zlib.decompressobj().decompress(data[_HEAD.size :], size + 1)
    except zlib.error as error:
        raise PictureError("damaged") from error
    if len(body) != size:
        raise PictureError("of another size")
    picture.positions = positions
    at = 0
    for column in columns:
        length = len(column) * column.itemsize
        column[:] = _little(array(column.typecode, body[at : at + length]))
        at += length
    return picture


def _row(altitude: int | None) -> int:
    if altitude is None:
        return _ROWS - 1
    return min(max(altitude, 0) // 10_000, len(BANDS) - 1)


def _little(column: array[Any]) -> array[Any]:
    """The column in little-endian order; on most machines it is in that already."""
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column


def _sum(a: int, b: int) -> int:
    return min(a + b, 0xFFFFFFFF)
