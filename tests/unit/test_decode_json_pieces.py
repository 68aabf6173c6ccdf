"""Claims about large JSON documents (skyspy/decode/json_pieces.py): read in pieces, they read the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.decode.base import DecodeError
from skyspy.decode.json_pieces import MAX_ITEM_BYTES, PIECE_BYTES, parse_listing
from skyspy.decode.lenient_json import parse
from tests.support.examples import at_most

MOST = 1_000_000
TEXTS = st.text('a"\\{}[],: \n', max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ITEMS = st.lists(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=3), max_size=20)


class Parser:
    """The parser, and how long what it was given was."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, text: bytes) -> object:
        self.sizes.append(len(text))
        return parse(text)


@at_most(60)
@given(
    ITEMS,
    st.dictionaries(TEXTS, VALUES, max_size=3),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")]),
    st.integers(1, 60),
)
def test_a_document_in_pieces_reads_as_it_does_whole(
    items: list[Any], after: dict[str, Any], separators: tuple[str, str], piece: int
) -> None:
    text = json.dumps({"now": 1.5, "aircraft": items, **after}, separators=separators).encode()
    document, dropped = parse_listing(text, "aircraft", MOST, piece=piece + 40, largest=1000)
    assert (document, dropped) == (json.loads(text), 0)


def listing(count: int, **fields: object) -> bytes:
    return json.dumps({"now": 1.0, "aircraft": [{"hex": f"{n:06x}", **fields} for n in range(count)], "messages": 7}).encode()


def test_no_piece_of_a_large_document_is_large() -> None:
    text, parser = listing(15_000, flight="},{ ABC", nested=[{"a": 1}, {"b": [{"c": 2}]}]), Parser()
    assert parse_listing(text, "aircraft", MOST, parser=parser) == (json.loads(text), 0)
    assert len(text) > 4 * MAX_ITEM_BYTES
    assert max(parser.sizes) <= MAX_ITEM_BYTES + PIECE_BYTES
    assert sum(parser.sizes) < 2 * len(text), "little is read twice"


HOSTILE = {
    "nested": b'{"now":1,"aircraft":' + b"[" * 2_500_000 + b"]" * 2_500_000 + b"}",
    "nested in an item": b'{"now":1,"aircraft":[{"a":' + b"[" * 2_500_000 + b"]" * 2_500_000 + b"}]}",
    "one item of many keys": b'{"now":1,"aircraft":[{' + b",".join(b'"k%d":1' % n for n in range(200_000)) + b"}]}",
    "one item of many items": b'{"now":1,"aircraft":[{"a":[' + b",".join([b'{"b":1}'] * 500_000) + b"]}]}",
    "one long text": b'{"now":1,"aircraft":["' + b"},{" * 1_000_000 + b'"]}',
    "numbers": b'{"now":1,"aircraft":[' + b"1," * 1_000_000 + b"1]}",
    "blanks": b'{"now":1,"aircraft":[]}' + b" " * 3_000_000,
    "blanks between": b'{"now":1,"aircraft":[{}' + b" " * 3_000_000 + b",{}]}",
    "another list behind": b'{"aircraft":[],"other":[' + b",".join([b'{"b":1}'] * 500_000) + b"]}",
    "no list": b'{"other":[' + b",".join([b'{"b":1}'] * 500_000) + b"]}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_cut_is_refused_and_never_parsed_whole(name: str) -> None:
    parser = Parser()
    with pytest.raises(DecodeError):
        parse_listing(HOSTILE[name], "aircraft", MOST, parser=parser)
    assert max(parser.sizes, default=0) <= MAX_ITEM_BYTES + PIECE_BYTES
    assert sum(parser.sizes) <= 4 * MAX_ITEM_BYTES + len(HOSTILE[name])


@pytest.mark.parametrize("count", [10, 20_000])
def test_items_beyond_the_most_are_dropped_and_counted(count: int) -> None:
    document, dropped = parse_listing(listing(count, flight="ABC12345"), "aircraft", 7)
    assert isinstance(document, dict)
    assert [row["hex"] for row in document["aircraft"]] == [f"{n:06x}" for n in range(7)]
    assert document["messages"] == 7
    assert dropped == count - 7


def test_numbers_that_are_none_are_read_leniently_in_pieces_too() -> None:
    text = listing(20_000, gs="@").replace(b'"@"', b"nan")
    document, _ = parse_listing(text, "aircraft", MOST)
    assert isinstance(document, dict)
    assert len(document["aircraft"]) == 20_000
    assert {row["gs"] for row in document["aircraft"]} == {None}
