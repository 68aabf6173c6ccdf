"""Reads what can be read of a JSON document that is not JSON: what cannot costs one record of its list.

Each record is parsed for itself, and the document around them without them. A document without its end is rejected as a whole: it
was read while it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from skyspy.decode.base import DecodeError
from skyspy.decode.lenient_json import parse, parse_first

MAX_UNREADABLE = 1000
MAX_UNREADABLE_BYTES = 1024 * 1024
"""A document with more records, or more bytes of them, than this that cannot be read is rejected."""
MAX_WHOLE_BYTES = 256 * 1024
"""Of a document up to this size, what follows its end is ignored: it was left over from a longer one."""
MAX_RECORD_BYTES = HEAD_BYTES = 64 * 1024
"""Largest record that is read, and where the list must have begun."""

_TAIL = re.compile(rb"\]\s*(?:,[^\[\]{}]*)?\}[\s\0]*\Z")
_BETWEEN = re.compile(rb"\}\s{0,40}(?:,\s{0,40})?(?=\{)")
MOST_BETWEEN = 83
"""The longest text that _BETWEEN looks at."""
WINDOW_BYTES = 16 * 1024


def parse_skipping_unreadable(text: bytes, name: str, most: int) -> tuple[object, int, int]:
    """The document with the records of its list `name` that can be read, at most `most`; how many more there are; and how many
    cannot be read. Raises DecodeError."""
    if len(text) <= MAX_WHOLE_BYTES:
        try:
            return parse_first(text), 0, 0
        except DecodeError:
            pass
    begins = re.compile(rb'"%s"\s{0,40}:\s{0,40}\[' % name.encode()).search(text, 0, HEAD_BYTES)
    end = text.rfind(b"]")
    if begins is None or end < begins.end() or len(text) - end > HEAD_BYTES or _TAIL.match(text, end) is None:
        raise DecodeError(f"not JSON, and no whole {name} list")
    document = parse(text[: begins.end()] + text[end:])
    if not isinstance(document, dict):
        raise DecodeError("not JSON: no object")
    records: list[object] = []
    dropped = unreadable = unreadable_bytes = 0
    for piece in _pieces(text, begins.end(), end):
        if len(records) >= most:
            dropped += 1
            continue
        try:
            records.append(_record(piece))
        except DecodeError:
            unreadable += 1
            unreadable_bytes += min(len(piece), MAX_RECORD_BYTES)
            if unreadable > MAX_UNREADABLE or unreadable_bytes > MAX_UNREADABLE_BYTES:
                raise
    if unreadable and not records:
        raise DecodeError("no record can be read")
    return {**document, name: records}, dropped, unreadable


def _record(text: bytes) -> object:
    """One record; raises DecodeError, also for a large one: parsing it would hold up every thread."""
    if len(text) > MAX_RECORD_BYTES:
        raise DecodeError("a record is too large")
    return parse(text)


def _pieces(text: bytes, at: int, end: int) -> Iterator[bytes]:
    """The texts of the records from `at` to `end`."""
    looked = at
    while looked < end:
        # Some at a time: a search holds the interpreter's lock to its end.
        upto = min(end, looked + WINDOW_BYTES)
        between = _BETWEEN.search(text, looked, upto)
        if between is not None:
            yield text[at : between.start() + 1]
            at = looked = between.end()
        else:
            looked = upto if upto == end else upto - MOST_BETWEEN
    last = text[at:end]
    if len(last) <= MAX_RECORD_BYTES:
        last = last.strip().rstrip(b",")
    if last:
        yield last
