"""Application: sightings as files: CSV.

Invariants: a file is made in slices while it is sent, so that its size costs no memory. Texts that others wrote (callsigns,
registrations, names of receivers) are text in every format.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from skyspy.cooperate import Yielder
from skyspy.services.csv_cells import escape_formula

CSV_COLUMNS = (
    "id", "hex", "first", "last", "duration_s", "ended", "flight", "callsigns", "squawks", "receivers", "sources", "r", "t", "ownOp",
    "country", "category", "military", "emergency", "on_ground", "messages", "positions", "closest_nm", "closest_at", "farthest_nm",
    "farthest_at", "alt_min", "alt_max", "gs_max", "first_lat", "first_lon", "last_lat", "last_lon", "first_ever", "demo",
)  # fmt: skip
"""The fields of a sighting; its two positions have a column for each number."""
_PLACES = {f"{which}_{axis}": (f"{which}_position", axis) for which in ("first", "last") for axis in ("lat", "lon")}

Sightings = Iterable[list[dict[str, Any]]]
"""Sightings in slices, as services/history.py gives them."""


def as_csv(slices: Sightings) -> Iterator[str]:
    """A CSV file with a line of names. Lists are joined with commas; what is not known is empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    yielder = Yielder()
    writer.writerow(CSV_COLUMNS)
    for sightings in slices:
        for sighting in sightings:
            writer.writerow([_cell(_value(sighting, name)) for name in CSV_COLUMNS])
            yielder.maybe_yield()
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _value(sighting: Mapping[str, Any], column: str) -> object:
    if column in _PLACES:
        name, axis = _PLACES[column]
        return sighting.get(name, {}).get(axis)
    return sighting.get(column)


def _cell(value: object) -> object:
    """A cell: numbers as they are, texts so that no spreadsheet runs them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return escape_formula(", ".join(value))
    return escape_formula(value) if isinstance(value, str) else value
