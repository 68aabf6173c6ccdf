"""Lists as text: rows with named columns (OpenSky, FAA registry, VRS standing data, dump1090), and rows without names (tar1090-db,
Mictronics). Pure, but for reading the given stream.

Columns are known by name, so a list of another maker with usual names is read too.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from skyspy.services.aircraft_lists.entry import Row, Tally, entry, flags_of
from skyspy.services.aircraft_lists.pieces import MAX_LINE

NAMES: dict[str, tuple[str, ...]] = {
    "address": ("icao24", "modeshex", "modescodehex", "modes", "hex", "address", "hexcode", "icaohex", "icao"),
    "r": ("registration", "reg", "r", "nnumber", "tail"),
    "t": ("typecode", "modelicao", "icaotypecode", "icaotype", "t", "type"),
    "desc": ("desc", "description", "manufacturerandmodel"),
    "make": ("manufacturername", "manufacturer"),
    "model": ("model",),
    "ownOp": ("operator", "ownop", "registeredowners", "owner", "name"),
    "owner": ("owner",),
    "year": ("yearbuilt", "built", "yearmfr", "year"),
    "flags": ("flags", "f"),
    "code": ("mfrmdlcode",),
}
"""What a column is, by the names that lists give it (lower case, letters and digits only), the best first."""

TAR1090, OPENSKY, FAA, STANDING_DATA, OTHER = "tar1090-db", "opensky", "faa", "standing-data", "csv"
REFERENCE = "faa-reference"
"""Not a list of aircraft, but of the FAA's codes of makes and models."""

_HEX = re.compile(r"~?[0-9A-Fa-f]{6}\Z")
_CLASS = re.compile(r"[A-Z][0-9C-][A-Z-]\Z")
"""ICAO's class of a type, which some lists give in place of a description."""


class CsvList:
    """One text file: `kind` is its format; None: it is not a list of aircraft."""

    def __init__(self, stream: BinaryIO) -> None:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        self._lines = _lines(text)
        first = next(self._lines, "")
        self._delimiter = max(",;\t|", key=first.count)
        self._quote = "'" if first.lstrip().startswith("'") else '"'
        header = self._split(first)
        self._columns = _columns(header)
        self._number = 1
        self._first = first
        self.kind: str | None = None
        if header and _HEX.match(header[0].strip()) and len(header) >= 2:
            self.kind, self._columns = TAR1090, {}
        elif {"code", "mfr", "model"} <= {_plain(cell) for cell in header}:
            self.kind = REFERENCE
        elif "address" in self._columns and "r" in self._columns:
            self.kind = _maker({_plain(cell) for cell in header})

    def rows(self, tally: Tally, name: str, models: dict[str, str]) -> Iterator[Row]:
        """Its aircraft. `models` are the FAA's descriptions by code."""
        if self.kind == TAR1090:
            found = self._nameless(self._split(self._first), tally, name)
            if found is not None:
                yield found
        for cells in self._cells(tally, name):
            where = f"{name} line {self._number}"
            found = self._nameless(cells, tally, where) if self.kind == TAR1090 else self._named(cells, tally, where, models)
            if found is not None:
                yield found

    def models(self, tally: Tally, name: str) -> dict[str, str]:
        """The FAA's descriptions by code, of a REFERENCE file."""
        return {
            cells[0].strip(): f"{cells[1].strip()} {cells[2].strip()}".strip()
            for cells in self._cells(tally, name)
            if len(cells) > 2
        }

    def _split(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self._delimiter, quotechar=self._quote), [])
        except csv.Error:
            return []

    def _cells(self, tally: Tally, name: str) -> Iterator[list[str]]:
        reader = csv.reader(self._counted(), delimiter=self._delimiter, quotechar=self._quote)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                tally.refuse(f"{name} line {self._number}", f"{error}")
                continue
            if any(cells):
                yield cells

    def _counted(self) -> Iterator[str]:
        for line in self._lines:
            self._number += 1
            yield line

    @staticmethod
    def _nameless(cells: Sequence[str], tally: Tally, where: str) -> Row | None:
        """Address, registration, type, flags, description, year, owner."""
        _, r, t, flags, desc, year, owner = [*cells, "", "", "", "", "", "", ""][:7]
        return entry(
            tally, where, cells[0], {"r": r, "t": t, "desc": desc, "year": year, "ownOp": owner, "dbFlags": flags_of(flags)}
        )

    def _named(self, cells: Sequence[str], tally: Tally, where: str, models: dict[str, str]) -> Row | None:
        def cell(name: str) -> str:
            place = self._columns.get(name, len(cells))
            return cells[place].strip() if place < len(cells) else ""

        desc = cell("desc")
        if not desc or _CLASS.match(desc):
            make, model = cell("make"), cell("model")
            desc = model if model.lower().startswith(make.lower()) else f"{make} {model}"
        r = cell("r")
        if self.kind == FAA:
            r = f"N{r}" if r else ""
            desc = models.get(cell("code"), "")
        fields = {"r": r, "t": cell("t"), "desc": desc, "ownOp": cell("ownOp") or cell("owner"), "year": cell("year")}
        return entry(tally, where, cell("address"), fields | {"dbFlags": flags_of(cell("flags"))})


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(MAX_LINE):
        yield line


def _plain(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.lower())


def _columns(header: Sequence[str]) -> dict[str, int]:
    names = [_plain(cell) for cell in header]
    return {
        wanted: names.index(name)
        for wanted, candidates in NAMES.items()
        if (name := next((candidate for candidate in candidates if candidate in names), None)) is not None
    }


def _maker(names: set[str]) -> str:
    if {"nnumber", "modescodehex"} <= names:
        return FAA
    if {"modelicao", "isprivateoperator"} <= names:
        return STANDING_DATA
    return OPENSKY if {"icao24", "typecode"} <= names else OTHER
