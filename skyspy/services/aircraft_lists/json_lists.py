"""Lists as JSON: tar1090-db's folder `db` (files named by the first digits of the addresses in them), Mictronics' one object of all
aircraft, and a file with one object per line. Pure, but for reading the given stream.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from skyspy.services.aircraft_lists.entry import INTERESTING, LADD, MILITARY, PIA, ListError, Row, Tally, entry, flags_of
from skyspy.services.aircraft_lists.pieces import MAX_LINE

MAX_DOCUMENT = 256 * 1024**2
TAR1090, MICTRONICS, LINES = "tar1090-db", "mictronics", "json-lines"

_TILE = re.compile(r"(?:.*/)?([0-9A-Fa-f]{1,5})\.js(?:on)?(?:\.gz)?\Z")
_SUFFIX = re.compile(r"[0-9A-Fa-f]{1,6}\Z")
_CLASS = re.compile(r"[A-Z][0-9C-][A-Z-]\Z")
_ADDRESS_KEYS = ("icao", "icao24", "hex")


class JsonList:
    """One JSON file: `kind` is its format; None: it is not a list of aircraft."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.kind: str | None = None
        self._stream = stream
        self._entries: dict[str, Any] = {}
        match = _TILE.match(name)
        self._prefix = match.group(1).upper() if match else ""
        head = stream.peek(4096)[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")  # type: ignore[attr-defined]
        line = head.split(b"\n", 1)[0]
        if any(f'"{key}"'.encode() in line for key in _ADDRESS_KEYS) and _parsed(line) is not None:
            self.kind = LINES
            return
        document = _parsed(_whole(stream, name))
        if not isinstance(document, dict):
            return
        rest = 6 - len(self._prefix)
        entries = {key: value for key, value in document.items() if isinstance(value, list | dict) and key != "children"}
        fitting = sum(len(key) == rest and _SUFFIX.match(key) is not None for key in entries)
        # A list may have a few bad keys; tables of types or operators have none that fits.
        if fitting * 2 >= max(1, len(entries)):
            self.kind, self._entries = TAR1090 if match else MICTRONICS, entries

    def rows(self, tally: Tally, name: str) -> Iterator[Row]:
        """Its aircraft."""
        if self.kind == LINES:
            yield from self._by_line(tally, name)
            return
        for key, value in self._entries.items():
            address = self._prefix + key
            where = f"{name} {address[:20]}"
            found = entry(tally, where, address, _of_list(value) if isinstance(value, list) else _of_object(value))
            if found is not None:
                yield found

    def _by_line(self, tally: Tally, name: str) -> Iterator[Row]:
        number = 0
        while line := self._stream.readline(MAX_LINE):
            number += 1
            text = line.strip().rstrip(b",")
            if not text or text in (b"[", b"]"):
                continue
            value = _parsed(text)
            where = f"{name} line {number}"
            if not isinstance(value, dict):
                tally.refuse(where, "it is not a JSON object")
                continue
            address = next((value[key] for key in _ADDRESS_KEYS if key in value), None)
            found = entry(tally, where, address, _of_object(value))
            if found is not None:
                yield found


def _of_list(values: list[Any]) -> dict[str, object]:
    r, t, flags, desc = [*values, None, None, None, None][:4]
    return {"r": r, "t": t, "desc": desc, "dbFlags": flags_of(flags)}


def _of_object(values: dict[str, Any]) -> dict[str, object]:
    make, model = values.get("manufacturer"), values.get("model")
    desc = values.get("desc") or " ".join(str(word) for word in (make, model) if word)
    bits = [(MILITARY, "mil"), (INTERESTING, "interesting"), (PIA, "faa_pia"), (LADD, "faa_ladd")]
    named = sum(bit for bit, name in bits if values.get(name) is True) or None
    return {
        "r": values.get("r") or values.get("reg") or values.get("registration"),
        "t": values.get("t") or values.get("icaotype") or values.get("typecode"),
        "desc": None if isinstance(desc, str) and _CLASS.match(desc) else desc,
        "ownOp": values.get("ownOp") or values.get("ownop") or values.get("operator"),
        "year": values.get("year"),
        "dbFlags": flags_of(values.get("f") or values.get("flags")) or named,
    }


def _whole(stream: BinaryIO, name: str) -> bytes:
    text = stream.read(MAX_DOCUMENT + 1)
    if len(text) > MAX_DOCUMENT:
        raise ListError(f"{name} has more than {MAX_DOCUMENT // 1024**2} MiB")
    return text.removeprefix(b"\xef\xbb\xbf")


def _parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text.strip().rstrip(b","))
    except orjson.JSONDecodeError:
        return None
