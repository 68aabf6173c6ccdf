"""The tables of this package: CSV files in `skyspy/data`, read at import."""

from __future__ import annotations

import csv
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "data"


def load_csv_rows(name: str) -> list[list[str]]:
    """The rows of a table without its header."""
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]
