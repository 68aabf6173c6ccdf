"""Application: reads the lists of aircraft that operators have, and puts them into the aircraft database.

Formats are recognized by content. It blocks, and runs in the process of the command line only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from skyspy.services.aircraft_lists import csv_lists, json_lists, sqlite_lists
from skyspy.services.aircraft_lists.entry import ListError, Row, Tally
from skyspy.services.aircraft_lists.pieces import Piece, Progress, origin_of, pieces_of
from skyspy.store import aircraft_file

__all__ = ["Imported", "ListError", "Tally", "import_list", "pieces_of"]

MAX_AIRCRAFT = 5_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the name of the source, its format, how many different aircraft it has, and how its rows fared."""

    name: str
    format: str
    aircraft: int
    tally: Tally


def import_list(path: Path, place: str, pieces: Sequence[Piece], name: str | None, at: float, progress: Progress) -> Imported:
    """Put the aircraft of these files into the database at `path`, in place of those of the source `name` (None: named after its
    format). `at`: wall seconds; `progress` gets the bytes of each read. Raises ListError, StoreError."""
    tally = Tally()
    rows = _rows(pieces, tally, progress)
    # The format, and so the name of the source, is known with the first row.
    first = next(rows, None)
    if first is None:
        raise ListError(_why_empty(place, tally))
    kind = max(tally.formats, key=lambda format_: tally.formats[format_])
    source = name or kind
    with aircraft_file.replacing(path, source) as writer:
        writer.put([first])
        writer.put(rows)
        kind = max(tally.formats, key=lambda format_: tally.formats[format_])
        aircraft = writer.finish(source, kind, origin_of(place), at, tally.refused)
    return Imported(source, kind, aircraft, tally)


def _rows(pieces: Sequence[Piece], tally: Tally, progress: Progress) -> Iterator[Row]:
    models: dict[str, str] = {}
    # The FAA's codes are needed before the aircraft that use them.
    for piece in sorted(pieces, key=lambda piece: "ACFTREF" not in piece.name.upper()):
        for row in _of_piece(piece, tally, models, progress):
            yield row
            if tally.taken > MAX_AIRCRAFT:
                raise ListError(f"the list has more than {MAX_AIRCRAFT} aircraft")


def _of_piece(piece: Piece, tally: Tally, models: dict[str, str], progress: Progress) -> Iterator[Row]:
    with piece.open(progress) as stream:
        head = stream.peek(64)[:64]  # type: ignore[attr-defined]
        if head.startswith(sqlite_lists.MAGIC):
            if piece.path is None or piece.path.suffix == ".gz":
                raise ListError(f"{piece.name} is a packed SQLite file: unpack it first")
            _count(tally, sqlite_lists.KIND)
            yield from sqlite_lists.rows(tally, piece.name, piece.path)
        elif head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            json_list = json_lists.JsonList(stream, piece.name)
            if _count(tally, json_list.kind):
                yield from json_list.rows(tally, piece.name)
        else:
            csv_list = csv_lists.CsvList(stream)
            if csv_list.kind == csv_lists.REFERENCE:
                models.update(csv_list.models(tally, piece.name))
            elif _count(tally, csv_list.kind):
                yield from csv_list.rows(tally, piece.name, models)


def _count(tally: Tally, kind: str | None) -> bool:
    """Count a file by its format; returns whether it has one."""
    if kind is None:
        tally.ignored += 1
        return False
    tally.formats[kind] = tally.formats.get(kind, 0) + 1
    return True


def _why_empty(place: str, tally: Tally) -> str:
    shown = origin_of(place)
    if tally.formats:
        reason = f": {tally.reasons[0]}" if tally.reasons else ""
        return f"{shown} has the format {', '.join(tally.formats)} and no aircraft that can be taken{reason}"
    return (
        f"{shown} is no known list of aircraft: tar1090-db, Mictronics, BaseStation.sqb, OpenSky, the FAA registry, VRS standing-data,"
        " or CSV with columns such as icao24, registration, typecode"
    )
