"""Parses a large JSON document in pieces, where one list of objects is nearly all of it.

A JSON parser holds Python's interpreter lock for a whole call, on whatever thread it runs, and with it every other thread, the event
loop's included. A piece of PIECE_BYTES holds it for about a millisecond, and one of MAX_ITEM_BYTES for less than ten.

Invariant: a text that is cut after `}` and before `,{` and parses within brackets was cut between two items of the list: within an
item a bracket, a brace or a quote would be open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from skyspy.decode.base import DecodeError
from skyspy.decode.lenient_json import parse

PIECE_BYTES = 64 * 1024
MAX_ITEM_BYTES = 256 * 1024
"""Largest item, and what may follow the list. An aircraft is less than two kilobytes. A text no larger than this is parsed whole."""

_BETWEEN = re.compile(rb"\}(\s{0,40},\s{0,40})\{")

Parser = Callable[[bytes], object]


def parse_listing(
    text: bytes, name: str, most: int, *, piece: int = PIECE_BYTES, largest: int = MAX_ITEM_BYTES, parser: Parser = parse
) -> tuple[object, int]:
    """The document, and how many items of the list `name` were dropped: those beyond `most`. Raises DecodeError where the text is not JSON,
    an item is larger than `largest`, or the list does not begin in the first `piece` bytes.
    """
    begins = re.compile(rb'"%s"\s{0,40}:\s{0,40}\[' % name.encode()).search(text, 0, piece)
    items: list[object] = []
    dropped = 0
    if len(text) <= largest:
        document = parser(text)
    elif begins is None:
        raise DecodeError(f"no {name} list in the first {piece // 1024} KiB")
    else:
        at = begins.end()
        for upto, found in _pieces(text, name, at, piece, largest, parser):
            at = upto
            kept = found[: max(0, most - len(items))]
            items += kept
            dropped += len(found) - len(kept)
        document = parser(text[: begins.end()] + text[at:])
    last = document.get(name) if isinstance(document, dict) else None
    if isinstance(document, dict) and isinstance(last, list):
        items += last
        document[name] = items[:most]
    return document, dropped + max(0, len(items) - most)


def _pieces(text: bytes, name: str, at: int, piece: int, largest: int, parser: Parser) -> Iterator[tuple[int, list[object]]]:
    """Items from `at` on, some at a time, each time with where the next ones begin; not the last ones. Raises DecodeError."""
    size = piece
    while len(text) - at > largest:
        between = _BETWEEN.search(text, at + size, at + largest)
        if between is None:
            raise DecodeError(f"the {name} list has something else than objects of at most {largest // 1024} KiB")
        try:
            found = parser(b"[" + text[at : between.start() + 1] + b"]")
        except DecodeError:
            # Not between two items, but within one.
            size = between.end() - at + piece
            continue
        assert isinstance(found, list)  # noqa: S101 - it stood in brackets
        size, at = piece, between.start(1) + len(between[1])
        yield at, found
