"""The form in which clients read tracks: the decoder that the docs give reads it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from skyspy.tracks.chunk import GROUND, MAX_POINTS, UNKNOWN, UNKNOWN_ALTITUDE, ChunkBuilder, TrackInfo
from skyspy.tracks.point import TrackPoint
from skyspy.tracks.segment import SegmentError, columns_of
from tests.support.chunks import read_chunk
from tests.support.machine import missing
from tests.support.tracks import AT, SLOT, flight

START = "2027-01-15T08:00:00.000Z"
SWISS = TrackInfo("4B1805", "4B1805-1799999000", "SWR12A", "HB-JCA", "BCS3", "A3", False, False)
BARE = TrackInfo("ABCDEF", "ABCDEF-1", None, None, None, None, True, True)


def a_chunk(*tracks: tuple[TrackInfo, list[TrackPoint]]) -> bytes:
    builder = ChunkBuilder(SLOT, START)
    for info, points in tracks:
        builder.add(info, columns_of(points))
    return b"".join(builder.pieces())


ODD = [
    TrackPoint(AT + 0.26, -90.0, -180.0, None, False, None, None),
    TrackPoint(AT + 700, 90.0, 180.0, 500, True, 0.0, 0.0),
    TrackPoint(AT - 5, 0.0, 0.0, 126_750, False, 4096.0, 359.6),
]


def test_a_chunk_holds_its_tracks_one_after_the_other() -> None:
    found = read_chunk(a_chunk((SWISS, flight()), (BARE, ODD)))
    swiss, bare = found.pop("tracks")
    assert found == {"version": 1, "start": START, "seconds": 600, "points": 13, "demo": True}
    assert swiss.pop("track") == [(5.0 * n, 47.0, round(8 + n / 100, 5), 480 + n, 250, 90) for n in range(10)]
    assert bare.pop("track") == [
        (0.3, -90.0, -180.0, UNKNOWN_ALTITUDE, UNKNOWN, UNKNOWN),
        (700.0, 90.0, 180.0, GROUND, 0, 0),
        (-5.0, 0.0, 0.0, 5070, 4096, 0),
    ]
    assert swiss == {
        "hex": "4B1805",
        "visit": "4B1805-1799999000",
        "flight": "SWR12A",
        "r": "HB-JCA",
        "t": "BCS3",
        "category": "A3",
        "points": 10,
    }
    assert bare == {"hex": "ABCDEF", "visit": "ABCDEF-1", "military": True, "demo": True, "points": 3}


def test_the_decoder_of_the_docs_reads_a_chunk(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        missing("node is not installed")
    page = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```js\n(function decodeTracks.*?)```", page, re.S)
    data = a_chunk((SWISS, flight()), (BARE, ODD))
    (tmp_path / "chunk").write_bytes(data)
    script = f"""
        {code}
        const bytes = require("fs").readFileSync({json.dumps(str(tmp_path / "chunk"))});
        const found = decodeTracks(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
        console.log(JSON.stringify(found, (name, value) => ArrayBuffer.isView(value) ? [...value] : value));
    """
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, timeout=30, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    expected = read_chunk(data)
    names = ("time", "lat", "lon", "altitude", "speed", "track")
    columns = [found.pop(name) for name in names]
    points = [
        (time / 10, lat / 1e5, lon / 1e5, altitude, speed, track)
        for time, lat, lon, altitude, speed, track in zip(*columns, strict=True)
    ]
    for track in found["tracks"]:
        first = track.pop("first")
        track["track"] = points[first : first + track["points"]]
    assert found == expected


def test_a_time_far_outside_the_slot_is_refused_and_adds_nothing() -> None:
    builder = ChunkBuilder(SLOT, START)
    for at in (AT - 1300, AT + 1300):
        with pytest.raises(SegmentError):
            builder.add(SWISS, columns_of(flight(at)))
    builder.add(SWISS, columns_of(flight()))
    assert len(read_chunk(b"".join(builder.pieces()))["tracks"][0]["track"]) == builder.points == 10


def test_a_chunk_is_bounded_and_says_what_it_left_out() -> None:
    builder = ChunkBuilder(SLOT, START)
    builder.points = MAX_POINTS - 9
    builder.add(SWISS, columns_of(flight()))
    assert builder.is_truncated
    assert builder.tracks == 0
    assert b'"truncated":true' in b"".join(builder.pieces())
