"""Application: datalink messages as a CSV file.

Invariants: the file is made in slices while it is sent, so that its size costs no memory. Texts from the air are text in it, and no formulas.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from skyspy import wirejson
from skyspy.cooperate import Yielder
from skyspy.services.csv_cells import escape_formula
from skyspy.sky.audience import Payload

CSV_COLUMNS = (
    "id", "timestamp", "link", "link_name", "label", "label_name", "sublabel", "hex", "tail", "flight", "callsign", "matched", "ground",
    "downlink", "mode", "msgno", "blocks", "complete", "text", "origin", "destination", "out", "off", "on", "in", "eta", "lat", "lon",
    "altitude", "position_source", "on_ground", "libacars", "app", "errors", "station_count", "stations", "freq", "demo",
)  # fmt: skip
"""The fields of a message."""


def as_csv(slices: Iterable[list[Payload]]) -> Iterator[str]:
    """A CSV file with a line of names. Blocks and names of stations are joined with commas, `libacars` is JSON; what is not known is
    empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    yielder = Yielder()
    writer.writerow(CSV_COLUMNS)
    for messages in slices:
        for message in messages:
            writer.writerow([_cell(name, message.get(name)) for name in CSV_COLUMNS])
            yielder.maybe_yield()
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _cell(name: str, value: Any) -> object:
    """A cell: numbers as they are, texts so that no spreadsheet runs them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if name == "stations" and value is not None:
        value = [station.get("station") or station.get("receiver") or "" for station in value]
    if isinstance(value, list):
        value = ", ".join(value)
    if isinstance(value, dict):
        value = wirejson.dumps(value)
    return escape_formula(value) if isinstance(value, str) else value
