"""Lists in pages: `limit` how many, `cursor` where the page before ended.

Law: a list is ordered by a key that does not change while somebody pages through it, and the cursor is
that key, made opaque. Something new or gone between two pages moves nothing else.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import TypeVar

from skyspy.api.errors import bad_fields

Item = TypeVar("Item")

_MARK = "k:"


def page(items: Iterable[Item], key: Callable[[Item], str], limit: int, cursor: str | None) -> tuple[list[Item], str | None]:
    """The `limit` items after the cursor, by key, and the next page's cursor (None: this was the last)."""
    after = None if cursor is None else _opened(cursor)
    ordered = sorted((item for item in items if after is None or key(item) > after), key=key)
    shown = ordered[:limit]
    return shown, _closed(key(shown[-1])) if len(ordered) > limit else None


def _closed(key: str) -> str:
    return base64.urlsafe_b64encode((_MARK + key).encode()).decode().rstrip("=")


def _opened(cursor: str) -> str:
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
    except (UnicodeError, binascii.Error, ValueError):
        text = ""
    if not text.startswith(_MARK):
        raise bad_fields({"cursor": "is not one that this server gave; leave it out to begin at the first page"})
    return text[len(_MARK) :]
