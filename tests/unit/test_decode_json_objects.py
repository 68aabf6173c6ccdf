"""JSON objects from lines and datagrams: several in one, one in several, and what is unreadable."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skyspy.decode.json_objects import JOIN_S, MAX_BEGUN, MAX_BYTES, MAX_LINES, MAX_PARTS, Datagrams, objects_in
from skyspy.decode.lenient_json import may_go_on
from tests.support.datalink_samples import DOCUMENTED, lines

OBJECTS = list(DOCUMENTED.values())
LINES = [line.rstrip() for line in lines(DOCUMENTED)]
TEXT = json.dumps(
    {"a": 'ä\\" } {', "b": [1.5e3, -7, True, None, {"c": {}}], "d\u00e9": "\u20ac \\u0041 \n"}, ensure_ascii=False
).encode()


def test_a_line_has_one_object_and_a_blank_one_none() -> None:
    assert objects_in(b' {"a": 1},\r') == ([{"a": 1}], 0)
    assert objects_in(b" \r") == ([], 0)
    assert objects_in(b",") == ([], 0)


@pytest.mark.parametrize("between", [b"", b" ", b",", b" , \r"])
def test_objects_that_follow_one_another_are_told_apart(between: bytes) -> None:
    assert objects_in(between.join(LINES)) == (OBJECTS, 0)


def test_what_is_beside_something_unreadable_is_read() -> None:
    assert objects_in(b'{"a":1}{"b":nonsense}{"c":3}') == ([{"a": 1}, {"c": 3}], 1)
    assert objects_in(b'nonsense{"a":1}') == ([], 1)


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b'[{"a":1}]',
        b"7",
        b'"a"',
        b"null",
        b"{",
        b"}",
        b'{"a":1',
        b'{"a":}}',
        b"\x00",
        b"\xff\xfe",
        b"{" * 50_000,
        b'{"a":' * 9_000,
    ],
)
def test_what_is_no_object_counts_once(text: bytes) -> None:
    assert objects_in(text) == ([], 1)


def test_an_object_that_is_too_long_counts_once() -> None:
    fits = b'{"a":"%s"}' % (b"x" * (MAX_BYTES - 8))
    assert len(fits) == MAX_BYTES
    assert objects_in(fits)[1] == 0
    assert objects_in(fits.replace(b"xx", b"xxx", 1)) == ([], 1)


def test_a_line_of_ten_thousand_brackets_takes_no_time() -> None:
    found, bad = objects_in(b"{}{" * 20_000)
    assert len(found) <= 50
    assert bad <= 51


@pytest.mark.parametrize("text", [TEXT, *LINES])
def test_the_beginning_of_an_object_may_go_on_wherever_it_is_cut(text: bytes) -> None:
    step = 1 if text is TEXT else 37
    assert all(may_go_on(text[:end]) for end in range(1, len(text), step))
    assert not may_go_on(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b'{"a":1}{',
        b'{"a" 1, "bbbbbbbbbbbbb":2',
        b'{"a":1]            ',
        b"nonsense that is longer than a word",
        b"[" * 100_000,
    ],
)
def test_what_no_more_text_completes_does_not_go_on(text: bytes) -> None:
    assert not may_go_on(text)


@given(st.sets(st.integers(1, len(TEXT) - 1), min_size=1, max_size=6), st.booleans())
def test_an_object_in_several_datagrams_is_joined_wherever_it_was_cut(cuts: set[int], has_end: bool) -> None:
    datagrams = Datagrams()
    text = TEXT + (b"\n" if has_end else b"")
    # A part that is an object by itself is taken for one: relays cut into parts of hundreds of bytes, of which none is.
    assume(not any(objects_in(text[begin:end])[0] for begin, end in pairwise((0, *sorted(cuts), len(text)))))
    found: list[Any] = []
    for begin, end in pairwise((0, *sorted(cuts), len(text))):
        values, bad = datagrams.add(text[begin:end], "peer", 5.0 + begin / 1000)
        found += values
        assert bad == 0
    assert found == [json.loads(TEXT)]


def test_the_parts_of_two_peers_are_not_mixed_up() -> None:
    datagrams = Datagrams()
    half = len(LINES[0]) // 2
    assert datagrams.add(LINES[0][:half], "a", 1.0) == datagrams.add(LINES[1][:100], "b", 1.0) == ([], 0)
    assert datagrams.add(LINES[1][100:], "b", 1.1) == ([OBJECTS[1]], 0)
    assert datagrams.add(LINES[0][half:], "a", 1.2) == ([OBJECTS[0]], 0)


def test_parts_that_come_too_late_are_given_up_and_counted() -> None:
    datagrams = Datagrams()
    half = len(LINES[0]) // 2
    assert datagrams.add(LINES[0][:half], "a", 1.0) == ([], 0)
    assert datagrams.add(LINES[1], "b", 1.0 + JOIN_S) == ([OBJECTS[1]], 0)
    assert datagrams.add(LINES[1], "b", 1.01 + JOIN_S) == ([OBJECTS[1]], 1)
    assert datagrams.add(LINES[0][half:], "a", 1.02 + JOIN_S) == ([], 1)


def test_a_second_later_than_the_first_part_ends_the_wait_not_later_than_the_last() -> None:
    datagrams = Datagrams()
    third = len(LINES[0]) // 3
    assert datagrams.add(LINES[0][:third], "a", 1.0) == ([], 0)
    assert datagrams.add(LINES[0][third : 2 * third], "a", 1.9) == ([], 0)
    _, bad = datagrams.add(LINES[0][2 * third :], "a", 2.1)
    assert bad == 2


def test_a_whole_object_among_the_parts_of_another_harms_neither() -> None:
    datagrams = Datagrams()
    half = len(LINES[0]) // 2
    assert datagrams.add(LINES[0][:half], "a", 1.0) == ([], 0)
    assert datagrams.add(LINES[1], "a", 1.1) == ([OBJECTS[1]], 0)
    assert datagrams.add(LINES[0][half:], "a", 1.2) == ([OBJECTS[0]], 0)


def test_a_lost_part_costs_one_object_and_not_the_next() -> None:
    datagrams = Datagrams()
    half = len(LINES[0]) // 2
    assert datagrams.add(LINES[0][:half], "a", 1.0) == ([], 0)
    assert datagrams.add(LINES[1][:100], "a", 1.1)[0] == []
    found, bad = datagrams.add(LINES[1][100:], "a", 1.2)
    later, more = datagrams.add(LINES[2], "a", 9.0)
    assert found in ([OBJECTS[1]], [])
    assert later == [OBJECTS[2]]
    assert 1 <= bad + more + 1 <= 3


def test_several_lines_of_one_datagram_are_read_each() -> None:
    datagrams = Datagrams()
    assert datagrams.add(b"\n".join(LINES) + b"\n", "a", 1.0) == (OBJECTS, 0)
    assert datagrams.add(LINES[0] + b"\n\nnonsense\n" + LINES[1], "a", 1.0) == (OBJECTS[:2], 1)


def test_a_datagram_may_have_line_breaks_within_an_object() -> None:
    assert Datagrams().add(json.dumps(OBJECTS[0], indent=1).encode(), "a", 1.0) == ([OBJECTS[0]], 0)


def test_the_last_line_of_a_datagram_may_go_on_in_the_next() -> None:
    datagrams = Datagrams()
    half = len(LINES[1]) // 2
    assert datagrams.add(LINES[0] + b"\n" + LINES[1][:half], "a", 1.0) == (OBJECTS[:1], 0)
    assert datagrams.add(LINES[1][half:] + b"\n" + LINES[2] + b"\n", "a", 1.1) == (OBJECTS[1:3], 0)


def test_a_line_that_has_ended_does_not_go_on() -> None:
    datagrams = Datagrams()
    assert datagrams.add(LINES[0][:50] + b"\n", "a", 1.0) == ([], 1)
    assert datagrams.add(LINES[0], "a", 1.1) == ([OBJECTS[0]], 0)


@pytest.mark.parametrize("data", [b"", b"\n", b" \r\n "])
def test_a_datagram_without_text_is_nothing(data: bytes) -> None:
    assert Datagrams().add(data, "a", 1.0) == ([], 0)


def test_what_is_kept_is_bounded_in_size_parts_and_peers() -> None:
    datagrams = Datagrams()
    bad = sum(datagrams.add(b'{"a":"', peer, 1.0 + peer / 10_000)[1] for peer in range(MAX_BEGUN + 5))
    assert (len(datagrams._begun), bad) == (MAX_BEGUN, 5)
    # Those that began first were given up.
    assert datagrams.add(b'x"}', 4, 1.1) == ([], 1)
    assert datagrams.add(b'x"}', 5, 1.1) == ([{"a": "x"}], 0)
    datagrams = Datagrams()
    sizes = []
    for _ in range(10):
        datagrams.add(b'{"a":"' if not sizes else b"x" * 30_000, "a", 1.0)
        sizes.append(sum(len(begun.text) for begun in datagrams._begun.values()))
    assert max(sizes) == 6 + 30_000 <= MAX_BYTES
    datagrams = Datagrams()
    datagrams.add(b'{"a":"', "a", 1.0)
    assert sum(datagrams.add(b"x", "a", 1.0)[1] for _ in range(MAX_PARTS - 1)) == 0
    assert datagrams.add(b"x", "a", 1.0)[1] == 2


def test_a_damaged_object_is_not_repaired_because_its_text_would_change() -> None:
    assert objects_in(b'{"label":"H1","text":"FUEL 5. , ,","level":-5.,}') == ([], 1)


def test_a_datagram_of_thousands_of_lines_costs_a_hundred() -> None:
    datagrams = Datagrams()
    assert datagrams.add(b'{"a":1}\n' * 1000, "a", 1.0) == ([{"a": 1}] * MAX_LINES, 1000 - MAX_LINES)
    assert datagrams.add(b'{"a":1}\n' * MAX_LINES, "a", 1.0) == ([{"a": 1}] * MAX_LINES, 0)
