"""JSON parser that accepts what receivers write, which is not always valid JSON.

Text is parsed strictly first. Only what the strict codec rejects is parsed again leniently: `NaN`, `inf` and very large numbers
become None or infinity, which field cleaning drops; bytes that are not UTF-8 become U+FFFD; control characters become blanks.
Of a short text that is still no JSON the usual mistakes are repaired (REPAIRS).
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

_BETWEEN_VALUES = re.compile(r"[\s,]*")
_BORDER = re.compile(r"\}\s*\{")
_LONGEST_CUT = 10
"""A word or an escape that the end of a text cuts is reported at its beginning; the longest is `-Infinity`."""

_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9A-Fa-f]{4})?')


def _int(text: str) -> int | None:
    # Python raises ValueError for integers of thousands of digits, which would reject the whole document.
    return int(text) if len(text) <= _MAX_INT_DIGITS else None


def _constant(_: str) -> None:
    return None


_DECODER = json.JSONDecoder(parse_int=_int, parse_constant=_constant)


def parse(text: bytes, *, repair: bool = True) -> object:
    """The value of a JSON text; raises DecodeError if it cannot be parsed leniently either. `repair`: whether REPAIRS are tried, which may
    change what a text says."""
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
        if not repair or len(readable) > MAX_REPAIRED_CHARS:
            raise DecodeError(f"not JSON: {error}") from None
        # Not the error itself: its traceback holds this function's variables, and both would wait for the garbage collector.
        problem = str(error)
    try:
        return _DECODER.decode(_repaired(readable))
    except (ValueError, RecursionError):
        raise DecodeError(f"not JSON: {problem}") from None


def parse_first(text: bytes) -> object:
    """The value that a text begins with, whatever follows it; raises DecodeError."""
    try:
        return _DECODER.raw_decode(_readable(text).lstrip())[0]
    except RecursionError:
        raise DecodeError("not JSON: nested too deeply") from None
    except ValueError as error:
        raise DecodeError(f"not JSON: {error}") from None


def parse_several(text: bytes, most: int) -> tuple[list[object], int]:
    """The values of a text in which one follows the other, at most so many, and the number of places where none could be read."""
    readable = _readable(text)
    values: list[object] = []
    unreadable, at = 0, _behind_blanks(readable, 0)
    while at < len(readable) and len(values) + unreadable < most:
        try:
            value, at = _DECODER.raw_decode(readable, at)
            values.append(value)
        except (ValueError, RecursionError):
            unreadable += 1
            # Within one value, an opening brace follows a closing one only behind a comma.
            border = _BORDER.search(readable, at)
            at = len(readable) if border is None else border.end() - 1
        at = _behind_blanks(readable, at)
    return values, unreadable + (at < len(readable))


def _behind_blanks(text: str, at: int) -> int:
    """Where the blanks and commas end that begin there."""
    found = _BETWEEN_VALUES.match(text, at)
    return at if found is None else found.end()


def may_go_on(text: bytes) -> bool:
    """Whether this is the beginning of a value that more text would complete: what cannot be read is where the text ends."""
    readable = _readable(text).lstrip()
    try:
        _DECODER.raw_decode(readable)
    except json.JSONDecodeError as error:
        return bool(readable) and (error.msg.startswith("Unterminated string") or error.pos >= len(readable) - _LONGEST_CUT)
    except (ValueError, RecursionError):
        return False
    return False


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
