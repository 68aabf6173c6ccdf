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
from skyspy.decode.lenient_json import MAX_UNREADABLE, parse, parse_document, parse_records

PIECE_BYTES = 64 * 1024
MAX_ITEM_BYTES = 256 * 1024
"""Largest item, and what may follow the list. An aircraft is less than two kilobytes. A text no larger than this is parsed whole."""

_LIST = re.compile(rb'"aircraft"\s{0,40}:\s{0,40}\[')
_BETWEEN = re.compile(rb"\}(\s{0,40},\s{0,40})\{")

Parser = Callable[[bytes], object]


def parse_listing(
    text: bytes, most: int, *, piece: int = PIECE_BYTES, largest: int = MAX_ITEM_BYTES, parser: Parser = parse
) -> tuple[object, int, int]:
    """The document, how many aircraft of its list were dropped because they are beyond `most`, and how many cannot be read. Raises
    DecodeError where the text is not JSON, an aircraft is larger than `largest`, or the list does not begin in the first `piece` bytes.
    """
    if len(text) <= largest:
        document, unreadable = parse_document(text)
        items: list[object] = []
        dropped = 0
    else:
        begins = _LIST.search(text, 0, piece)
        if begins is None:
            raise DecodeError(f"no aircraft list in the first {piece // 1024} KiB")
        at = begins.end()
        items, dropped, unreadable = [], 0, 0
        for upto, found, bad in _pieces(text, at, piece, largest, parser):
            at = upto
            kept = found[: max(0, most - len(items))]
            items += kept
            dropped += len(found) - len(kept)
            unreadable += bad
            if unreadable > MAX_UNREADABLE:
                raise DecodeError(f"not JSON: more than {MAX_UNREADABLE} aircraft cannot be read")
        document, bad = parse_document(text[: begins.end()] + text[at:])
        unreadable += bad
    last = document.get("aircraft") if isinstance(document, dict) else None
    if isinstance(document, dict) and isinstance(last, list):
        items += last
        document["aircraft"] = items[:most]
    return document, dropped + max(0, len(items) - most), unreadable


def _pieces(text: bytes, at: int, piece: int, largest: int, parser: Parser) -> Iterator[tuple[int, list[object], int]]:
    """Aircraft from `at` on, some at a time, each time with where the next ones begin and how many cannot be read; not the last ones.
    Raises DecodeError.
    """
    size = piece
    while len(text) - at > largest:
        between = _BETWEEN.search(text, at + size, at + largest)
        if between is not None:
            try:
                found = parser(b"[" + text[at : between.start() + 1] + b"]")
            except DecodeError:
                # Not between two aircraft but within one, or one of them cannot be read.
                size = between.end() - at + piece
                continue
            assert isinstance(found, list)  # noqa: S101 - it stood in brackets
            bad = 0
        else:
            between = _BETWEEN.search(text, at + piece, at + largest)
            if between is None or not _balanced(text[at : between.start() + 1]):
                raise DecodeError(f"the aircraft list has something else than objects of at most {largest // 1024} KiB")
            found, bad = parse_records(text[at : between.start() + 1])
        size, at = piece, between.start(1) + len(between[1])
        yield at, found, bad


def _balanced(text: bytes) -> bool:
    """If the text begins with an object and closes what it opens: where it does not parse, one aircraft in it is at fault."""
    return text.startswith(b"{") and text.count(b"{") == text.count(b"}") and text.count(b"[") == text.count(b"]")
