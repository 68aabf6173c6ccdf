"""A list as an SQLite file: BaseStation.sqb, as Kinetic's BaseStation, Virtual Radar Server and others write it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from skyspy.services.aircraft_lists.entry import ListError, Row, Tally, entry

KIND = "basestation"
MAGIC = b"SQLite format 3\x00"

_COLUMNS = ("ModeS", "Registration", "ICAOTypeCode", "Manufacturer", "Type", "RegisteredOwners", "YearBuilt")


def rows(tally: Tally, name: str, path: Path) -> Iterator[Row]:
    """Its aircraft. Raises ListError."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error as error:
        raise ListError(f"{name} cannot be read: {error}") from None
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        there = {str(row[1]).lower() for row in connection.execute("PRAGMA table_info(Aircraft)")}
        if "modes" not in there or "registration" not in there:
            raise ListError(f"{name} is an SQLite file without BaseStation's table Aircraft")
        chosen = ", ".join(column if column.lower() in there else "NULL" for column in _COLUMNS)
        for number, row in enumerate(connection.execute(f"SELECT {chosen} FROM Aircraft"), 1):  # noqa: S608 - names of ours
            address, r, t, make, model, owner, year = row
            make, model = make or "", model or ""
            desc = model if str(model).lower().startswith(str(make).lower()) else f"{make} {model}"
            found = entry(tally, f"{name} row {number}", address, {"r": r, "t": t, "desc": desc, "ownOp": owner, "year": year})
            if found is not None:
                yield found
    except sqlite3.Error as error:
        raise ListError(f"{name} cannot be read: {error}") from None
    finally:
        connection.close()
