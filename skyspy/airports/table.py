"""Domain: the table of airports as bytes. `pack` makes them, `unpack` gives the columns without a loop over the rows.

One line with the format's name, one line of JSON (counts, sources), then the columns, little-endian, compressed with zlib, in
the order of COLUMNS. Airports are sorted by cells of 1° and, in a cell, by latitude: `cells[n]` is the first airport of cell n
(see `cell_of`) and `cells[n + 1]` the first behind it. The same holds for `runways` and `texts`, by airport. Positions are
millionths of a degree.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

from skyspy.airports.records import KINDS, Airport, Runway, runway_between

FORMAT = b"skyspy airports 1\n"
SCALE = 1_000_000
ROWS_OF_CELLS, CELLS_PER_ROW = 180, 360
UNKNOWN = -32768
"""An elevation that is not known."""
MAX_BYTES = 32 << 20
"""A table that is larger when decompressed is refused."""
_HAS_ICAO = 128
_END_BYTES = 3
"""Bytes of the name of a runway's end (`07L`), filled with spaces."""


class TableError(ValueError):
    """The bytes are no table of airports, or one of a format that this version cannot read."""


COLUMNS: dict[str, tuple[str, str]] = {
    "cells": ("I", "cells"),
    "lat": ("i", "airports"),
    "lon": ("i", "airports"),
    "elevation": ("h", "airports"),
    "kind": ("B", "airports"),
    "by_ident": ("I", "airports"),
    "by_iata": ("I", "iata"),
    "runways": ("I", "airports+1"),
    "texts": ("I", "airports+1"),
    "lat0": ("i", "runways"),
    "lon0": ("i", "runways"),
    "lat1": ("i", "runways"),
    "lon1": ("i", "runways"),
    "elevation0": ("h", "runways"),
    "elevation1": ("h", "runways"),
    "displaced0": ("H", "runways"),
    "displaced1": ("H", "runways"),
    "length": ("H", "runways"),
    "width": ("H", "runways"),
}
"""Type (of `array`) and number of rows of each column; the names of runway ends and the airports' texts follow them."""


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a table. `header`: counts and sources. `ends`: six bytes a runway. `text`: ident, IATA code, country and name of
    each airport, separated by tabs (UTF-8)."""

    header: Mapping[str, Any]
    columns: Mapping[str, array[int]]
    ends: bytes
    text: bytes


def cell_of(lat: float, lon: float) -> int:
    """The number of the 1° cell that holds a position: rows from the south pole, in each row eastward from 180° west."""
    row = min(max(floor(lat) + 90, 0), ROWS_OF_CELLS - 1)
    return row * CELLS_PER_ROW + (floor(lon) + 180) % CELLS_PER_ROW


def pack(airports: Iterable[Airport], sources: Sequence[Mapping[str, str]]) -> bytes:
    """The table of these airports, as bytes. Raises ValueError where two have the same ident."""
    rows = sorted(airports, key=lambda row: (cell_of(row.lat, row.lon), row.lat, row.lon, row.ident))
    by_ident = sorted(range(len(rows)), key=lambda row: rows[row].ident)
    if len({row.ident for row in rows}) < len(rows):
        raise ValueError("two airports have the same ident")
    runways = [runway for row in rows for runway in row.runways]
    texts = ["\t".join((row.ident, row.iata, row.country, row.name)).encode() for row in rows]
    cells = [0] * (ROWS_OF_CELLS * CELLS_PER_ROW)
    for row in rows:
        cells[cell_of(row.lat, row.lon)] += 1
    columns: dict[str, list[int]] = {
        "cells": _running(cells),
        "lat": [round(row.lat * SCALE) for row in rows],
        "lon": [round(row.lon * SCALE) for row in rows],
        "elevation": [_elevation(row.elevation_ft) for row in rows],
        "kind": [KINDS.index(row.kind) | (_HAS_ICAO if row.icao else 0) for row in rows],
        "by_ident": by_ident,
        "by_iata": sorted((n for n, row in enumerate(rows) if row.iata), key=lambda row: rows[row].iata),
        "runways": _running([len(row.runways) for row in rows]),
        "texts": _running([len(text) for text in texts]),
        **_runway_columns(runways),
    }
    body = b"".join(_bytes(array(code, columns[name])) for name, (code, _) in COLUMNS.items())
    ends = "".join(end.ident.ljust(_END_BYTES) for runway in runways for end in runway.ends).encode("ascii")
    if len(ends) != 2 * _END_BYTES * len(runways):
        raise ValueError("the name of a runway's end is longer than three characters")
    header = {"airports": len(rows), "runways": len(runways), "iata": len(columns["by_iata"]), "sources": list(sources)}
    line = json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
    return FORMAT + line + zlib.compress(body + ends + b"".join(texts), 9)


def unpack(data: bytes) -> Table:
    """The columns of a table. Raises TableError."""
    header, body = opened(data)
    counts = {
        "airports": header["airports"],
        "airports+1": header["airports"] + 1,
        "runways": header["runways"],
        "iata": header["iata"],
        "cells": ROWS_OF_CELLS * CELLS_PER_ROW + 1,
    }
    columns: dict[str, array[int]] = {}
    at = 0
    for name, (code, rows) in COLUMNS.items():
        column = array(code)
        size = counts[rows] * column.itemsize
        if at + size > len(body):
            raise TableError("the table of airports is cut off")
        column.frombytes(body[at : at + size])
        if sys.byteorder == "big":
            column.byteswap()
        columns[name] = column
        at += size
    ends = at + 2 * _END_BYTES * counts["runways"]
    table = Table(header, columns, body[at:ends], body[ends:])
    if len(table.text) != columns["texts"][-1]:
        raise TableError("the table of airports is cut off")
    return table


def opened(data: bytes) -> tuple[Mapping[str, Any], bytes]:
    """The header and the decompressed columns. Raises TableError."""
    if not data.startswith(FORMAT):
        raise TableError("this is no table of airports that this version can read")
    line, _, packed = data[len(FORMAT) :].partition(b"\n")
    decompressor = zlib.decompressobj()
    try:
        header, body = json.loads(line), decompressor.decompress(packed, MAX_BYTES)
    except (ValueError, zlib.error) as error:
        raise TableError(f"the table of airports is damaged: {error}") from None
    if not decompressor.eof:
        raise TableError("the table of airports is cut off")
    return header, body


def airport_at(table: Table, row: int) -> Airport:
    """The airport of one row with its runways."""
    columns = table.columns
    ident, iata, country, name = table.text[columns["texts"][row] : columns["texts"][row + 1]].decode().split("\t")
    kind, elevation = columns["kind"][row], columns["elevation"][row]
    return Airport(
        ident,
        ident if kind & _HAS_ICAO else "",
        iata,
        name,
        country,
        KINDS[kind & ~_HAS_ICAO],
        columns["lat"][row] / SCALE,
        columns["lon"][row] / SCALE,
        _known(elevation),
        tuple(_runway_at(table, n) for n in range(columns["runways"][row], columns["runways"][row + 1])),
    )


def ident_at(table: Table, row: int) -> str:
    """The ident of one row."""
    return _text(table, row)[0]


def iata_at(table: Table, row: int) -> str:
    """The IATA code of one row, "" where it has none."""
    return _text(table, row)[1]


def _text(table: Table, row: int) -> list[str]:
    texts = table.columns["texts"]
    return table.text[texts[row] : texts[row + 1]].decode().split("\t")


def _runway_at(table: Table, n: int) -> Runway:
    at = 2 * _END_BYTES * n
    columns = table.columns
    return runway_between(
        (_end(table.ends, at), _end(table.ends, at + _END_BYTES)),
        (
            (columns["lat0"][n] / SCALE, columns["lon0"][n] / SCALE),
            (columns["lat1"][n] / SCALE, columns["lon1"][n] / SCALE),
        ),
        columns["length"][n],
        columns["width"][n] or None,
        (_known(columns["elevation0"][n]), _known(columns["elevation1"][n])),
        (columns["displaced0"][n], columns["displaced1"][n]),
    )


def _runway_columns(runways: Sequence[Runway]) -> dict[str, list[int]]:
    columns: dict[str, list[int]] = {
        "length": [runway.length_ft for runway in runways],
        "width": [runway.width_ft or 0 for runway in runways],
    }
    for n in (0, 1):
        columns[f"lat{n}"] = [round(runway.ends[n].lat * SCALE) for runway in runways]
        columns[f"lon{n}"] = [round(runway.ends[n].lon * SCALE) for runway in runways]
        columns[f"elevation{n}"] = [_elevation(runway.ends[n].elevation_ft) for runway in runways]
        columns[f"displaced{n}"] = [runway.ends[n].displaced_ft for runway in runways]
    return columns


def _running(counts: Sequence[int]) -> list[int]:
    """Where each group begins, and where the last one ends."""
    starts = [0]
    for count in counts:
        starts.append(starts[-1] + count)
    return starts


def _bytes(column: array[int]) -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def _end(ends: bytes, at: int) -> str:
    return ends[at : at + _END_BYTES].decode("ascii").rstrip()


def _elevation(feet: int | None) -> int:
    return UNKNOWN if feet is None else feet


def _known(feet: int) -> int | None:
    return None if feet == UNKNOWN else feet
