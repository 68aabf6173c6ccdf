"""Ground floor: the one JSON codec, strict in both directions.

Law: nothing that is not JSON passes, in or out. `NaN` and `Infinity` are written as `null` and
refused when read; so are documents nested deeper than the codec's own limit. python-socketio
takes this module as its `json=`, so it has `dumps(obj, separators=...)` returning text.
"""

from __future__ import annotations

from typing import Any

import orjson

JSONDecodeError = orjson.JSONDecodeError


def dumps(value: object, **_: Any) -> str:
    """Compact JSON text. The keyword arguments other codecs take are accepted and ignored."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode("utf-8")


def dump_bytes(value: object) -> bytes:
    """Compact JSON as UTF-8 bytes."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def loads(text: str | bytes | bytearray, **_: Any) -> Any:
    """Parse strict JSON; raises `JSONDecodeError` (a `ValueError`)."""
    return orjson.loads(text)
