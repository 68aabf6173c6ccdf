"""JSON parser that accepts what receivers write, which is not always valid JSON.

Text is parsed strictly first. Only text that the strict codec rejects is parsed again leniently: `NaN`, `inf` and very
large numbers become None or infinity, which field cleaning drops; bytes that are not UTF-8 become U+FFFD.
"""

from __future__ import annotations

import json
import re

from skyspy import wirejson
from skyspy.decode.base import DecodeError

# The spellings of not-a-number and infinity that C's printf produces, in the place of a JSON value.
_NOT_A_NUMBER = re.compile(r"([:\[,]\s*)[-+]?(?:nan|inf|infinity)(?=\s*[,}\]])", re.IGNORECASE)
_MAX_INT_DIGITS = 40


def _int(text: str) -> int | None:
    # Python raises ValueError for integers of thousands of digits, which would reject the whole document.
    return int(text) if len(text) <= _MAX_INT_DIGITS else None


def _constant(_: str) -> None:
    return None


def parse(text: bytes) -> object:
    """The value of a JSON text; raises DecodeError if it cannot be parsed leniently either."""
    try:
        return wirejson.loads(text)
    except wirejson.JSONDecodeError:
        pass
    readable = _NOT_A_NUMBER.sub(r"\1null", text.decode("utf-8-sig", "replace"))
    try:
        return json.loads(readable, parse_int=_int, parse_constant=_constant)
    except RecursionError:
        raise DecodeError("not JSON: nested too deeply") from None
    except ValueError as error:
        raise DecodeError(f"not JSON: {error}") from None
