"""The JSON codec of the server, strict in both directions (orjson).

`NaN` and `Infinity` are written as `null` and rejected when read. Documents nested deeper than orjson's limit are
rejected. python-socketio uses this module as its `json=`, so `dumps` accepts its keyword arguments and returns text.
What is sent to many is encoded once, as an `Encoded`, and put into each document without being copied (`dump_parts`).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import orjson

JSONDecodeError = orjson.JSONDecodeError


class Encoded:
    """A value that is JSON already: `text` in UTF-8. It may stand anywhere in a value that is dumped."""

    __slots__ = ("__weakref__", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text


class Parts:
    """A document of `size` bytes around one Encoded; iterating gives its three parts. The Encoded's own bytes are not copied: however
    many documents are around it, it is in memory once."""

    __slots__ = ("__weakref__", "_head", "_shared", "_tail", "size")

    def __init__(self, head: bytes, shared: Encoded, tail: bytes) -> None:
        self._head, self._shared, self._tail = head, shared, tail
        self.size = len(head) + len(shared.text) + len(tail)

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._head, self._shared.text, self._tail))

    def __bytes__(self) -> bytes:
        return b"".join(self)

    def __str__(self) -> str:
        return bytes(self).decode("utf-8")

    def after(self, head: bytes) -> Parts:
        """The same document with bytes before it."""
        return Parts(head + self._head, self._shared, self._tail)


_PLACE = secrets.token_bytes(16).hex().encode()
"""Stands for an Encoded while the document around it is made. Not JSON, and nobody outside this process can know it."""


def dumps(value: object, **_: Any) -> str:
    """Compact JSON text. Keyword arguments of other codecs are accepted and ignored."""
    return dump_bytes(value).decode("utf-8")


def dump_bytes(value: object) -> bytes:
    """Compact JSON as UTF-8 bytes."""
    return orjson.dumps(value, default=_copied, option=orjson.OPT_NON_STR_KEYS)


def dump_parts(value: object) -> bytes | Parts:
    """Compact JSON as UTF-8 bytes; around the Encoded that stands in the value, in parts. More than one are copied."""
    found: list[Encoded] = []

    def place(inner: object) -> orjson.Fragment:
        if not isinstance(inner, Encoded):
            raise TypeError
        found.append(inner)
        return orjson.Fragment(_PLACE if len(found) == 1 else inner.text)

    whole = orjson.dumps(value, default=place, option=orjson.OPT_NON_STR_KEYS)
    if not found:
        return whole
    head, _, tail = whole.partition(_PLACE)
    return Parts(head, found[0], tail)


def loads(text: str | bytes | bytearray, **_: Any) -> Any:
    """Parse strict JSON; raises `JSONDecodeError` (a `ValueError`)."""
    return orjson.loads(text)


def _copied(inner: object) -> orjson.Fragment:
    if not isinstance(inner, Encoded):
        raise TypeError
    return orjson.Fragment(inner.text)
