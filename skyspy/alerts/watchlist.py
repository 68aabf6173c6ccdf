"""Watchlists: aircraft that an owner looks for, by hex, registration, callsign or type, with exclusions."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from skyspy.aircraft import clean_hex
from skyspy.alerts.errors import Problems, RuleError

MAX_ENTRIES = 5000
MAX_NAME, MAX_NOTE = 100, 200
MAX_CSV = 1_000_000
"""Characters of a table that is imported."""
MAX_ERRORS = 100
"""Lines whose error is reported."""


class Kind(StrEnum):
    """What an entry names."""

    HEX = "hex"
    REGISTRATION = "registration"
    CALLSIGN = "callsign"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `value` is normalized: upper case, a registration without hyphens and blanks. `exclude`: such an aircraft is not on the
    list, whatever another entry names."""

    kind: Kind
    value: str
    exclude: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Watchlist:
    """A list of its owner, which rules name by `id`."""

    id: str
    owner_id: int
    name: str
    entries: tuple[Entry, ...] = ()


_REGISTRATION = re.compile(r"[A-Z0-9]{2,15}\Z", re.ASCII)
_CALLSIGN = re.compile(r"[A-Z0-9]{1,8}\Z", re.ASCII)
_TYPE = re.compile(r"[A-Z0-9]{2,8}\Z", re.ASCII)


def plain_registration(text: str) -> str:
    """A registration as lists compare it: HB-JCA and hbjca are the same."""
    return text.upper().replace("-", "").replace(" ", "")


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: text if pattern.match(text) else None


_NORMAL: Mapping[Kind, tuple[Callable[[str], str | None], str]] = {
    Kind.HEX: (clean_hex, "Give six hexadecimal digits, such as 4B1815."),
    Kind.REGISTRATION: (lambda text: _matching(_REGISTRATION)(plain_registration(text)), "Give a registration, such as HB-JCA."),
    Kind.CALLSIGN: (_matching(_CALLSIGN), "Give a callsign of letters and digits, at most 8, such as SWR123."),
    Kind.TYPE: (_matching(_TYPE), "Give an ICAO type designator, such as A320."),
}
"""How the values of each kind are normalized, and what to say where one is not valid."""


def parse_entry(document: object, path: str = "") -> Entry:
    """The entry of a document {"kind", "value", "exclude", "note"}. Raises RuleError with paths below `path`."""
    problems = Problems()
    below = f"{path}." if path else ""
    if not isinstance(document, Mapping):
        raise RuleError({path: 'Give an entry such as {"kind": "hex", "value": "4B1815"}.'})
    for name in document.keys() - {"kind", "value", "exclude", "note"}:
        problems.add(f"{below}{name}", "There is no such field; there are kind, value, exclude and note.")
    kind, value = document.get("kind"), document.get("value")
    exclude, note = document.get("exclude", False), document.get("note", "")
    if kind not in list(Kind):
        problems.add(f"{below}kind", f"Give one of {', '.join(Kind)}.")
    elif not isinstance(value, str) or _normal(Kind(kind), value) is None:
        problems.add(f"{below}value", _NORMAL[Kind(kind)][1])
    if not isinstance(exclude, bool):
        problems.add(f"{below}exclude", "Give true or false.")
    if not isinstance(note, str) or not is_line(note, 0, MAX_NOTE):
        problems.add(f"{below}note", f"Give one line of at most {MAX_NOTE} characters.")
    problems.check()
    return Entry(Kind(str(kind)), _normal(Kind(str(kind)), str(value)) or "", bool(exclude), str(note).strip())


def is_line(text: str, least: int, most: int) -> bool:
    """Whether this is one line of so many characters, blanks at its ends not counted."""
    return least <= len(text.strip()) and len(text) <= most and text.isprintable()


def _normal(kind: Kind, value: str) -> str | None:
    return _NORMAL[kind][0](value.strip().upper()) if len(value) <= 64 else None


def parse_csv(text: str) -> tuple[tuple[Entry, ...], dict[int, str]]:
    """The entries of a table, and what is wrong with which of its lines, counted from 1.

    The first line may name the columns `kind`, `value`, `exclude` and `note`, in any order; without such a line these are the columns in
    this order. A line with a single column is a value whose kind follows from it. The separator is a comma, a semicolon or a
    tab. Empty lines and lines that begin with # are skipped. Entries that are there twice are kept once. Raises RuleError where
    there are too many characters or entries.
    """
    if len(text) > MAX_CSV:
        raise RuleError({"csv": f"The table is too long; at most {MAX_CSV:,} characters are read. Divide it."})
    found: dict[tuple[Kind, str, bool], Entry] = {}
    errors: dict[int, str] = {}
    columns: list[str] | None = None
    for number, cells in _rows(text):
        if columns is None:
            names = [cell.lower() for cell in cells]
            columns = names if "value" in names and set(names) <= set(_COLUMNS) else list(_COLUMNS)
            if columns is names:
                continue
        try:
            entry = _entry(cells, columns)
        except RuleError as error:
            if len(errors) < MAX_ERRORS:
                errors[number] = " ".join(error.fields.values())
            continue
        found.setdefault((entry.kind, entry.value, entry.exclude), entry)
        if len(found) > MAX_ENTRIES:
            raise RuleError({"csv": f"A watchlist has at most {MAX_ENTRIES:,} entries; divide the table."})
    return tuple(found.values()), errors


_COLUMNS = ("kind", "value", "exclude", "note")
_YES, _NO = frozenset({"1", "true", "yes", "x", "exclude"}), frozenset({"", "0", "false", "no"})


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    lines = text.removeprefix("\ufeff").splitlines()
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    separator = max(",;\t", key=first.count)
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            # A line is a row: a cell with a line break in it is none of these.
            cells = next(csv.reader([line], delimiter=separator), [])
            yield number, [cell.strip() for cell in cells]


def _entry(cells: list[str], columns: list[str]) -> Entry:
    if len(cells) == 1 and columns == list(_COLUMNS):
        return Entry(*_guessed(cells[0]))
    if len(cells) > len(columns) and any(cells[len(columns) :]):
        raise RuleError({"": f"There are {len(cells)} columns; give {', '.join(columns)}."})
    row = dict(zip(columns, cells, strict=False))
    exclude = row.get("exclude", "").lower()
    if exclude not in _YES | _NO:
        raise RuleError({"exclude": "Write yes or no in the column exclude."})
    value, kind = row.get("value", ""), row.get("kind", "").lower()
    if not kind:
        kind = _guessed(value)[0]
    return parse_entry({"kind": kind, "value": value, "exclude": exclude in _YES, "note": row.get("note", "")})


def _guessed(value: str) -> tuple[Kind, str]:
    """What a value alone is: an address, a registration with its hyphen or that of the United States, or else a callsign. A type is
    not distinguishable from a callsign, and so must be named."""
    if (hex_ := clean_hex(value)) is not None:
        return Kind.HEX, hex_
    kind = Kind.REGISTRATION if "-" in value or re.match(r"[Nn]\d", value) else Kind.CALLSIGN
    normal = _normal(kind, value)
    if normal is None:
        raise RuleError({"value": "Give a hex, registration or callsign, or name the kind in a column before it."})
    return kind, normal


class WatchlistIndex:
    """Which lists name a value, for all lists at once: a value is looked up once, however many lists there are."""

    __slots__ = ("excluded", "listed", "used")

    def __init__(self, lists: Iterable[Watchlist]) -> None:
        self.listed: dict[Kind, dict[str, list[str]]] = {kind: {} for kind in Kind}
        """By kind and value, the ids of the lists that name it."""
        self.excluded: dict[Kind, dict[str, list[str]]] = {kind: {} for kind in Kind}
        """The same for those that exclude it."""
        self.used: dict[str, frozenset[Kind]] = {}
        """By list, the kinds of its entries that do not exclude."""
        for one in lists:
            self.used[one.id] = frozenset(entry.kind for entry in one.entries if not entry.exclude)
            for entry in one.entries:
                table = self.excluded if entry.exclude else self.listed
                table[entry.kind].setdefault(entry.value, []).append(one.id)
