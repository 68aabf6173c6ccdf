"""Recorded trajectories (a JSON list of points, as research tools write them) in order of time.

Such a file lists flight after flight, so its points are not in order of time: they are read once, in chunks, into columns of
numbers (about seventy bytes a point), and merged by time as they are replayed.

Invariants: a file with more than MAX_POINTS is refused. Reading yields to other greenlets.
"""

from __future__ import annotations

import codecs
import json
from array import array
from collections.abc import Iterator
from heapq import merge
from itertools import pairwise
from math import isfinite, nan
from typing import Any, BinaryIO

from skyspy.aircraft import Observation, clean_fields, clean_hex
from skyspy.cooperate import Yielder

MAX_POINTS = 1_000_000
MAX_RUNS = 20_000
CHUNK = 256 * 1024
MAX_POINT_CHARS = 64 * 1024
POINTS_PER_YIELD = 200
"""Points read between two yields to other greenlets."""
COLUMNS = {
    "latitude": "lat", "longitude": "lon", "altitude": "alt_baro", "groundspeed": "gs", "track": "track",
    "vertical_rate": "baro_rate",
}  # fmt: skip
"""The file's field names, and those of an Observation."""
MILLISECONDS = 1e11
"""A timestamp larger than this is in milliseconds, any other in seconds."""


class PointsError(ValueError):
    """The file is not a list of points; the message is one line."""


class Points:
    """All points of a file, as columns of numbers and an index into distinct labels: (hex, callsign, squawk, on ground)."""

    def __init__(self) -> None:
        self.times = array("d")
        self._label_index = array("L")
        self._columns = {name: array("d") for name in COLUMNS}
        self._index: dict[tuple[str, str | None, str | None, bool], int] = {}
        self._labels: list[tuple[str, str | None, str | None, bool]] = []

    def add(self, point: dict[str, Any]) -> None:
        """Add a point; one without a time or an address is skipped."""
        when, hex_ = point.get("timestamp"), clean_hex(point.get("icao24"))
        if isinstance(when, bool) or not isinstance(when, int | float) or not isfinite(when) or hex_ is None:
            return
        label = (hex_, _text(point.get("callsign")), _text(point.get("squawk")), point.get("onground") is True)
        if label not in self._index:
            self._index[label] = len(self._labels)
            self._labels.append(label)
        self.times.append(when / 1000 if when > MILLISECONDS else when)
        self._label_index.append(self._index[label])
        for name, column in self._columns.items():
            value = point.get(name)
            column.append(value if isinstance(value, int | float) else nan)

    def observation(self, index: int) -> Observation:
        """The point with this index; its `at` is 0, the caller sets it."""
        hex_, callsign, squawk, on_ground = self._labels[self._label_index[index]]
        # clean_fields drops a NaN like any other value that does not fit its field.
        raw: dict[str, object] = {ours: self._columns[name][index] for name, ours in COLUMNS.items()}
        raw |= {"flight": callsign, "squawk": squawk}
        if on_ground:
            raw["alt_baro"] = "ground"
        return Observation(hex_, 0.0, "adsb_icao", clean_fields(raw))

    def in_order(self) -> Iterator[tuple[float, int]]:
        """(Time, index) in order of time: the file's ascending runs are merged lazily; more than MAX_RUNS of them are sorted."""
        times = self.times
        starts = [0, *(n for n in range(1, len(times)) if times[n] < times[n - 1]), len(times)]
        if len(starts) > MAX_RUNS:
            return iter(sorted((when, index) for index, when in enumerate(times)))
        runs = [_run(times, begin, end) for begin, end in pairwise(starts)]
        return merge(*runs)


def trajectories(file: BinaryIO, yielder: Yielder | None = None) -> Iterator[tuple[float, Observation]]:
    """The file's points as (seconds, observation) in order of time. Raises PointsError, OSError."""
    points, yielder = Points(), yielder or Yielder()
    for count, point in enumerate(_objects(file), start=1):
        points.add(point)
        if count % POINTS_PER_YIELD == 0:
            yielder.maybe_yield()
        if count > MAX_POINTS:
            raise PointsError(f"more than {MAX_POINTS} points")
    if not points.times:
        raise PointsError("no points with timestamp and icao24")
    for when, index in points.in_order():
        yield when, points.observation(index)


def _objects(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """The objects of a JSON list, parsed one by one: memory does not depend on its length. Raises PointsError."""
    decode = json.JSONDecoder().raw_decode
    text = codecs.getincrementaldecoder("utf-8")("replace")
    buffer = ""
    while chunk := file.read(CHUNK):
        buffer = buffer + text.decode(chunk)
        at = 0
        while True:
            at = _skip(buffer, at)
            if at >= len(buffer) or buffer[at] == "]":
                break
            try:
                value, at = decode(buffer, at)
            except ValueError:
                if len(buffer) - at > MAX_POINT_CHARS:
                    raise PointsError("not a JSON list of points") from None
                break
            if isinstance(value, dict):
                yield value
        buffer = buffer[at:]


def _skip(buffer: str, at: int) -> int:
    while at < len(buffer) and buffer[at] in " \t\r\n,[":
        at += 1
    return at


def _run(times: array[float], begin: int, end: int) -> Iterator[tuple[float, int]]:
    for index in range(begin, end):
        yield times[index], index


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
