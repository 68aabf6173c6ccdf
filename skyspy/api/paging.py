"""Interfaces: lists in pages: `limit` is the size of a page, `cursor` the position where the previous page ended.

Invariants: a list is ordered by a key that does not change while a client pages through it, and the cursor is that key,
opaque. An item that appears or disappears between two pages shifts no other item.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from skyspy.api.errors import ApiError, bad_fields
from skyspy.store.rows import parse_row_id

Item = TypeVar("Item")

_MARK = "k:"


def page(items: Iterable[Item], key: Callable[[Item], str], limit: int, cursor: str | None) -> tuple[list[Item], str | None]:
    """The `limit` items after the cursor, by key, and the next page's cursor (None: this was the last)."""
    after = decode_cursor(cursor)
    ordered = sorted((item for item in items if after is None or key(item) > after), key=key)
    return truncate(ordered, key, limit)


def truncate(ordered: Sequence[Item], key: Callable[[Item], str], limit: int) -> tuple[list[Item], str | None]:
    """The first `limit` of sorted items, and the next page's cursor (None: there is no more)."""
    shown = list(ordered[:limit])
    return shown, encode_cursor(key(shown[-1])) if len(ordered) > limit else None


def encode_cursor(key: str) -> str:
    """The cursor for the items after this key."""
    return base64.urlsafe_b64encode((_MARK + key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> str | None:
    """The last key of the previous page; None: this is the first page. Raises ApiError for an invalid cursor."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
    except (UnicodeError, binascii.Error, ValueError):
        text = ""
    if not text.startswith(_MARK) or "\0" in text:
        raise _no_cursor()
    return text[len(_MARK) :]


def number(key: str | None) -> int | None:
    """The key of a list that is ordered by a number. Raises ApiError for the cursor of another list."""
    if key is None:
        return None
    found = parse_row_id(key)
    if found is None:
        raise _no_cursor()
    return found


def _no_cursor() -> ApiError:
    return bad_fields({"cursor": "is not one that this server gave; leave it out to begin at the first page"})
