"""JSON parser that accepts what receivers write, which is not always valid JSON.

Text is parsed strictly first. Only what the strict codec rejects is parsed again leniently: `NaN`, `inf` and very large numbers
become None or infinity, which field cleaning drops; bytes that are not UTF-8 become U+FFFD; control characters become blanks.
Of a record that is still no JSON the usual mistakes are repaired (REPAIRS). What cannot be repaired costs one record: a
document is then read record by record. A document without its end is rejected as a whole: it was read while it was written.
"""

from __future__ import annotations

import json
import re

from skyspy import wirejson
from skyspy.decode.base import DecodeError

# The spellings of not-a-number and infinity that C's printf produces, in the place of a JSON value.
_NOT_A_NUMBER = re.compile(r"([:\[,]\s*)[-+]?(?:nan|inf|infinity)(?=\s*[,}\]])", re.IGNORECASE)
_MAX_INT_DIGITS = 40
_BLANKS = bytes.maketrans(bytes(range(32)), b" " * 32)
"""Control characters are blanks between values, and not allowed in strings, where they are blanks too."""

REPAIRS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"(:\s*-?\d+),(\d+)(?=\s*[,}])", r"\1.\2"),  # a decimal comma: "lat":47,5
        (r"([:\[,]\s*-?)\+?0*(\d)", r"\1\2"),  # a plus sign and leading zeros: +5, 0047
        (r"([:\[,]\s*)\+?(-?)\.(?=\d)", r"\g<1>\g<2>0."),  # .5
        (r"(\d)\.(?=\s*[,}\]])", r"\1"),  # 5.
        (r"([:\[,]\s*)(?:None|undefined)(?=\s*[,}\]])", r"\1null"),
        (r"([:\[,]\s*)True(?=\s*[,}\]])", r"\1true"),
        (r"([:\[,]\s*)False(?=\s*[,}\]])", r"\1false"),
        (r":(?=\s*[,}])", ":null"),  # no value: "lat":,
        (r",(?:\s*,)+", ","),  # two commas
        (r"([{\[])\s*,", r"\1"),
        (r",(\s*[}\]])", r"\1"),  # a comma before the end
    )
)
"""Mistakes that are repaired in one record, and what they become. In a text they may change what stands there."""

MAX_REPAIRED_CHARS = 8 * 1024
"""A longer text is not repaired."""

MAX_UNREADABLE = 1000
"""A document with more records than this that cannot be read is rejected."""

_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9A-Fa-f]{4})?')

_LIST = re.compile(rb'"aircraft"\s*:\s*\[')
_TAIL = re.compile(rb"\]\s*(?:,[^\[\]{}]*)?\}\s*\Z")
_BETWEEN = re.compile(rb"\}\s*(?:,\s*)?(?=\{)")


def _int(text: str) -> int | None:
    # Python raises ValueError for integers of thousands of digits, which would reject the whole document.
    return int(text) if len(text) <= _MAX_INT_DIGITS else None


def _constant(_: str) -> None:
    return None


_DECODER = json.JSONDecoder(parse_int=_int, parse_constant=_constant)


def parse(text: bytes) -> object:
    """The value of a JSON text; raises DecodeError if it cannot be parsed leniently either."""
    try:
        return wirejson.loads(text)
    except wirejson.JSONDecodeError:
        pass
    readable = _readable(text)
    try:
        return _DECODER.decode(readable)
    except RecursionError:
        raise DecodeError("not JSON: nested too deeply") from None
    except ValueError as error:
        if len(readable) > MAX_REPAIRED_CHARS:
            raise DecodeError(f"not JSON: {error}") from None
        problem = error
    try:
        return _DECODER.decode(_repaired(readable))
    except (ValueError, RecursionError):
        raise DecodeError(f"not JSON: {problem}") from None


def parse_document(text: bytes) -> tuple[object, int]:
    """The value of an aircraft.json, and the number of records in it that cannot be read; raises DecodeError. What follows the
    end of a document is not read: it was left over from a longer one."""
    try:
        return wirejson.loads(text), 0
    except wirejson.JSONDecodeError:
        pass
    try:
        return _DECODER.raw_decode(_readable(text).lstrip())[0], 0
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:
        problem = str(error)
    text = text.translate(_BLANKS)
    start, end = _LIST.search(text), max(text.rfind(b"]"), 0)
    if start is None or end < start.end() or _TAIL.match(text, end) is None:
        raise DecodeError(f"not JSON: {problem}")
    document = parse(text[: start.end()] + text[end:])
    if not isinstance(document, dict):
        raise DecodeError(f"not JSON: {problem}")
    records, bad = parse_records(text[start.end() : end])
    return {**document, "aircraft": records}, bad


def parse_records(text: bytes) -> tuple[list[object], int]:
    """The records of a list, each parsed for itself, and the number of those that cannot be."""
    records: list[object] = []
    bad = 0
    pieces = _BETWEEN.split(text)
    for number, piece in enumerate(pieces, start=1):
        try:
            records.append(parse(piece + b"}" if number < len(pieces) else piece.strip().rstrip(b",")))
        except DecodeError:
            bad += 1
            if bad > MAX_UNREADABLE:
                raise
    return records, bad


def _readable(text: bytes) -> str:
    """The text without what no JSON has: not-a-numbers, control characters, invalid UTF-8, a byte order mark."""
    return _NOT_A_NUMBER.sub(r"\1null", text.translate(_BLANKS).decode("utf-8-sig", "replace"))


def _repaired(text: str) -> str:
    """The text with the usual mistakes of one record repaired."""
    # A backslash that begins no escape is one that was meant.
    text = _ESCAPE.sub(lambda found: found[0] if found[1] else r"\\", text)
    for pattern, by in REPAIRS:
        text = pattern.sub(by, text)
    return text
