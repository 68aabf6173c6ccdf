"""The decoder for data links: streams and datagrams, counters, and input that nobody should send."""

from __future__ import annotations

import gc
import json
import random
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy import wirejson
from skyspy.datalink.message import LINKS, Block
from skyspy.decode import Context, Counters
from skyspy.decode.datalink import Datalink
from skyspy.decode.json_objects import MAX_BYTES
from tests.support.datalink_samples import DAMAGED, DOCUMENTED, NOTHING_RECEIVED, SEEN_AT, lines, recorded_lines

LINES = lines(DOCUMENTED)
STREAM = b"".join(
    [b"tail of one\n", *LINES[:6], b"nonsense\r\n", *lines(NOTHING_RECEIVED), *lines(DAMAGED), *LINES[6:], b'{"vdl2":']
)


def heard(parts: list[bytes]) -> tuple[list[Block], Counters]:
    decoder = Datalink(Context())
    return [block for part in parts for block in decoder.feed(part, 1000.0)], decoder.counters


def is_clean(block: Block) -> bool:
    """Whether this can be stored, shown and sent: each text printable, each number finite, libacars' object JSON."""
    texts = [value for name in block.__dataclass_fields__ if isinstance(value := getattr(block, name), str) and name != "text"]
    assert block.link in LINKS
    assert all(text.isprintable() and text == text.strip() and text for text in texts if text is not block.link), block
    assert all(c.isprintable() or c in "\r\n\t" for c in block.text)
    block.text.encode()
    assert block.hex is None or (
        len(block.hex) == 6 and int(block.hex, 16) not in (0, 0xFFFFFF) and block.hex == block.hex.upper()
    )
    assert block.label is None or len(block.label) == 2
    assert block.position is None or (abs(block.position.lat) <= 90 and abs(block.position.lon) <= 180)
    assert wirejson.loads(wirejson.dumps([block.libacars, dict(block.times), block.time, block.freq, block.level])) is not None
    return True


def test_each_object_counts_once() -> None:
    blocks, counters = heard([STREAM])
    assert len(blocks) == len(DOCUMENTED)
    assert counters == Counters(len(DOCUMENTED), 2 + len(DAMAGED), len(NOTHING_RECEIVED))


def test_any_split_of_a_stream_gives_the_same_blocks() -> None:
    expected = heard([STREAM])

    @given(st.lists(st.integers(0, len(STREAM)), max_size=12))
    def check(cuts: list[int]) -> None:
        edges = [0, *sorted(cuts), len(STREAM)]
        assert heard([STREAM[a:b] for a, b in pairwise(edges)]) == expected

    check()
    assert heard([STREAM[i : i + 1] for i in range(len(STREAM))]) == expected


def test_datagrams_give_the_same_blocks_as_a_stream() -> None:
    decoder = Datalink(Context())
    blocks = [block for line in LINES for block in decoder.datagram(line.rstrip(), ("127.0.0.1", 5), 1000.0)]
    assert blocks == heard([b"".join(LINES)])[0]
    assert decoder.counters == Counters(len(LINES), 0, 0)


def test_a_block_of_a_station_whose_clock_is_right_is_dated_by_it() -> None:
    decoder = Datalink(Context(wall_minus_steady=SEEN_AT - 990.0))
    (block,) = decoder.feed(LINES[0], 1000.0)
    assert block.at == 990.25
    # A clock that is wrong by a day dates nothing.
    (block,) = Datalink(Context(wall_minus_steady=SEEN_AT + 86_400.0)).feed(LINES[0], 1000.0)
    assert (block.at, block.time) == (1000.0, SEEN_AT + 0.25)


def test_what_a_relay_adds_changes_nothing() -> None:
    raw = json.loads(LINES[4])
    raw["vdl2"]["app"] |= {"proxied": True, "proxied_by": "acars_router", "acars_router_version": "1.0", "acars_router_uuid": "x"}
    assert Datalink(Context()).feed(json.dumps(raw).encode() + b"\n", 1000.0) == Datalink(Context()).feed(LINES[4], 1000.0)


@given(data=st.binary(max_size=400), more=st.binary(max_size=400))
def test_garbage_never_raises(data: bytes, more: bytes) -> None:
    decoder = Datalink(Context())
    for part in (data, b"\n", more):
        assert all(map(is_clean, [*decoder.feed(part, 1000.0), *decoder.datagram(part, "a", 1000.0)]))


ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 1e308, -0.0, 2**63, 10**30, "", "x", "\x00", "\ud800", "A" * 300, ".", "NaN", "136975000", [], [1], {}, {"a": 1},
    [[[[]]]], {"name": "ac_location", "value": 5}, "Aircraft", "FFFFFF",
)  # fmt: skip
"""Values that a field may have where somebody is careless or malicious."""


def places(raw: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value in an object."""
    items = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for name, value in items:
        yield (*at, name)
        yield from places(value, (*at, name))


@pytest.mark.parametrize("name", DOCUMENTED)
def test_no_value_of_any_field_raises_or_gives_something_that_cannot_be_kept(name: str) -> None:
    for path in places(DOCUMENTED[name]):
        for odd in ODD:
            raw = json.loads(json.dumps(DOCUMENTED[name]))
            inner = raw
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = odd
            decoder = Datalink(Context())
            assert all(map(is_clean, decoder.datagram(json.dumps(raw).encode(), "a", 1.0)))
            counters = decoder.counters
            assert counters.messages + counters.bad + counters.skipped == 1


def mutated(chance: random.Random, line: bytes) -> bytes:
    """A datagram with some damage: bytes changed, cut, put in or doubled, or two datagrams mixed."""
    damaged = bytearray(line.rstrip())
    for _ in range(chance.randrange(1, 3)):
        where, kind = chance.randrange(len(damaged) + 1), chance.choice((0, 0, 1, 2, 2, 3, 4, 4, 4, 5))
        if kind == 0:
            damaged[where : where + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
        elif kind == 1:
            del damaged[where:]
        elif kind == 2:
            damaged[where:where] = chance.choice(
                (b'"', b"{", b"}", b"[", b"\\", b"\n", b",", b"1e999", b"\\ud800", b"\x00", b":", b"-")
            )
        elif kind == 3:
            damaged[where:where] = damaged[where : where + chance.randrange(60)]
        elif kind == 4:
            damaged[where : where + 1] = bytes([damaged[where] ^ 1 << chance.randrange(8)]) if where < len(damaged) else b""
        else:
            del damaged[:where]
    return bytes(damaged)


def test_ten_thousand_mutated_datagrams_are_counted_and_take_no_memory() -> None:
    chance = random.Random(13)
    whole = [*LINES, *recorded_lines(), *lines(DAMAGED), *lines(NOTHING_RECEIVED)]
    datagrams = [mutated(chance, chance.choice(whole)) for _ in range(10_000)]
    decoder = Datalink(Context())
    kept: list[int] = []
    good = 0
    for number, datagram in enumerate(datagrams):
        if number == 7_000:
            gc.collect()
            tracemalloc.start()
        good += sum(map(is_clean, decoder.datagram(datagram, chance.randrange(100), 1000.0 + number / 500)))
        if number in (8_000, 9_999):
            gc.collect()
            kept.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    counters = decoder.counters
    assert good == counters.messages
    assert counters.messages > 500
    assert counters.bad > 2_000
    # One datagram may hold several lines or be a part of another object; none is lost without being counted.
    blank = sum(not datagram.strip() for datagram in datagrams)
    assert counters.messages + counters.bad + counters.skipped >= 0.7 * (len(datagrams) - blank)
    assert kept[1] - kept[0] < 64 * 1024
    assert decoder.datagram(LINES[0], "somebody", 2000.0)


@pytest.mark.parametrize(
    "filling", [b"A", b'{"a":', b"\x00", b'{"vdl2":{"avlc":"', b"}{"], ids=["text", "nested", "zeros", "open text", "brackets"]
)
def test_a_line_that_never_ends_takes_no_memory_and_the_next_is_read(filling: bytes) -> None:
    decoder = Datalink(Context())
    part = filling * (16_384 // len(filling))
    decoder.feed(part, 1000.0)
    tracemalloc.start()
    for _ in range(12):
        decoder.feed(part, 1000.0)
        decoder.datagram(part, "a", 1000.0)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 3 * MAX_BYTES < 12 * len(part)
    assert decoder.counters.bad > 0
    assert len(decoder.feed(b"\n" + LINES[0], 1000.0)) == 1
    assert len(decoder.datagram(LINES[0], "a", 1000.0)) == 1
