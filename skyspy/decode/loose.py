"""Decode: JSON as receivers write it, which is not always JSON.

Law: strict first. Only what the strict codec refuses is read again tolerantly: `NaN`, `inf` and numbers too
large become None or infinity (and so drop out where fields are cleaned), bytes that are no UTF-8 become U+FFFD.
What is broken for good raises DecodeError.
"""

from __future__ import annotations

import json
import re

from skyspy import wirejson
from skyspy.decode.base import DecodeError

# C prints not-a-number in several ways; each stands where a value stands.
_NOT_A_NUMBER = re.compile(r"([:\[,]\s*)[-+]?(?:nan|inf|infinity)(?=\s*[,}\]])", re.IGNORECASE)
_LONGEST_INT = 40


def _int(text: str) -> int | None:
    # Python refuses whole documents for an integer of thousands of digits; none of ours has that many.
    return int(text) if len(text) <= _LONGEST_INT else None


def _constant(_: str) -> None:
    return None


def parse(text: bytes) -> object:
    """The value of a JSON text; raises DecodeError."""
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
