"""One aircraft of a list, its cleaning, and the count of what was taken and refused. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from skyspy.aircraft import Value, clean, clean_hex

MAX_REASONS = 5
"""Refused lines that are shown."""

_FLAGS = re.compile(r"[01]{1,8}\Z")
_YEAR = re.compile(r"(?:18|19|20)[0-9]{2}")
_DESIGNATOR = re.compile(r"[A-Z0-9]{2,4}\Z")
_BLANK = frozenset({"", "-", "null", "none", "n/a", "unknown", "\\n", "nan"})
MILITARY, INTERESTING, PIA, LADD = 1, 2, 4, 8


class ListError(ValueError):
    """A list cannot be read; the message is one line for the operator."""


@dataclass(slots=True)
class Tally:
    """What was found: `taken` and `refused` count rows; `reasons` has the first refused ones with where and why; `ignored` counts
    files that are no list of aircraft; `formats` counts files by format."""

    taken: int = 0
    refused: int = 0
    ignored: int = 0
    reasons: list[str] = field(default_factory=list)
    formats: dict[str, int] = field(default_factory=dict)

    def refuse(self, where: str, why: str) -> None:
        """Count a row that is not taken."""
        self.refused += 1
        if len(self.reasons) < MAX_REASONS:
            self.reasons.append(f"{where}: {why}")


Row = tuple[int, dict[str, Value]]
"""An address and its clean fields."""


def entry(tally: Tally, where: str, address: object, fields: Mapping[str, object]) -> Row | None:
    """A row of clean fields; None, counted, where it has no address, or an address and nothing else."""
    text = f"{address}".strip().upper() if address is not None else ""
    hex_ = clean_hex(text)
    if hex_ is None or hex_.startswith("~"):
        tally.refuse(where, f"{text[:20]!r} is not an address of six hexadecimal digits" if text else "it has no address")
        return None
    kept: dict[str, Value] = {}
    for name, value in fields.items():
        cleaned = clean(name, _tidy(name, value))
        if cleaned is not None:
            kept[name] = cleaned
    if not kept:
        tally.refuse(where, f"nothing is said about {hex_}")
        return None
    tally.taken += 1
    return int(hex_, 16), kept


def flags_of(text: object) -> int | None:
    """`dbFlags` from a text of zeros and ones: military, interesting, PIA, LADD; None where it is none, or says nothing."""
    if not isinstance(text, str) or not _FLAGS.match(text.strip()):
        return None
    return sum(1 << place for place, bit in enumerate(text.strip()[:4]) if bit == "1") or None


def _tidy(name: str, value: object) -> object:
    if isinstance(value, bool) or value is None:
        return None
    if name == "dbFlags":
        return value
    text = " ".join(f"{value}".split())
    if text.lower() in _BLANK:
        return None
    if name == "year":
        match = _YEAR.search(text)
        return match.group() if match else None
    if name == "t":
        return text.upper() if _DESIGNATOR.match(text.upper()) else None
    return text.upper() if name == "r" else text
