"""The JSON codec of the server, strict in both directions (orjson).

`NaN` and `Infinity` are written as `null` and rejected when read. Documents nested deeper than orjson's limit are
rejected. python-socketio uses this module as its `json=`, so `dumps` accepts its keyword arguments and returns text.
"""

from __future__ import annotations

from typing import Any

import orjson

JSONDecodeError = orjson.JSONDecodeError


def dumps(value: object, **_: Any) -> str:
    """Compact JSON text. Keyword arguments of other codecs are accepted and ignored."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode("utf-8")


def dump_bytes(value: object) -> bytes:
    """Compact JSON as UTF-8 bytes."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def loads(text: str | bytes | bytearray, **_: Any) -> Any:
    """Parse strict JSON; raises `JSONDecodeError` (a `ValueError`)."""
    return orjson.loads(text)
