"""What a client reads of a chunk, written independently of the code that makes it."""

from __future__ import annotations

import json
import struct
from itertools import accumulate
from typing import Any


def read_chunk(data: bytes) -> dict[str, Any]:
    """The header, and for each track its points as (seconds after the start, lat, lon, altitude, speed, track)."""
    assert data[:4] == b"SKYT"
    (length,) = struct.unpack_from("<I", data, 4)
    header: dict[str, Any] = json.loads(data[8 : 8 + length])
    place, count = 8 + length, header["points"]
    columns = []
    for kind, width in (("i", 4), ("i", 4), ("i", 4), ("h", 2), ("H", 2), ("H", 2)):
        assert place % width == 0
        columns.append(struct.unpack_from(f"<{count}{kind}", data, place))
        place += width * count
    assert place == len(data)
    times, lats, lons, altitudes, speeds, tracks = (list(accumulate(column)) for column in columns)
    points = [
        (time / 10, lat / 1e5, lon / 1e5, (altitude + 0x8000) % 0x10000 - 0x8000, speed % 0x10000, track % 0x10000)
        for time, lat, lon, altitude, speed, track in zip(times, lats, lons, altitudes, speeds, tracks, strict=True)
    ]
    for track in header["tracks"]:
        track["track"], points = points[: track["points"]], points[track["points"] :]
    assert points == []
    return header
