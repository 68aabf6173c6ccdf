"""What is made of the recordings of data links, against tests/golden/datalink.json, which was written by hand from their raw text."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from skyspy.datalink.message import Block
from skyspy.decode import FORMATS, Context, Counters
from skyspy.decode.datalink import Datalink
from skyspy.registration.addresses import registration_of
from tests.support.datalink_samples import RECORDED, recorded_lines
from tests.support.machine import ROOT

GOLDEN: dict[str, Any] = json.loads((ROOT / "tests" / "golden" / "datalink.json").read_text(encoding="utf-8"))["files"]


def spot(block: Block, field: str) -> object:
    if field == "text_length":
        return len(block.text)
    return block.text[:16] if field == "text_start" else getattr(block, field)


def as_stream(data: bytes) -> tuple[list[Block], Counters]:
    decoder = Datalink(Context())
    return [block for at in range(0, len(data), 700) for block in decoder.feed(data[at : at + 700], 5.0)], decoder.counters


def as_datagrams(data: bytes) -> tuple[list[Block], Counters]:
    decoder = Datalink(Context())
    return [block for line in data.splitlines() for block in decoder.datagram(line, ("a", 1), 5.0)], decoder.counters


def as_cut_datagrams(data: bytes) -> tuple[list[Block], Counters]:
    """Each object in three datagrams, those of two peers alternating."""
    decoder, result = Datalink(Context()), []
    for number, line in enumerate(data.splitlines()):
        third = len(line) // 3
        for begin, end in pairwise((0, third, 2 * third, len(line))):
            result += decoder.datagram(line[begin:end], number % 2, 5.0)
    return result, decoder.counters


@pytest.mark.parametrize("way", [as_stream, as_datagrams, as_cut_datagrams])
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_each_block_of_a_recording_is_the_one_that_was_read_by_hand(path: Path, way: Any) -> None:
    if not path.exists():
        pytest.skip(f"recording not here: {path}")
    expected = GOLDEN[path.name]
    blocks, counters = way(path.read_bytes())
    assert (counters.messages, counters.bad, counters.skipped) == tuple(expected[name] for name in ("messages", "bad", "skipped"))
    assert [[spot(block, field) for field in expected["columns"]] for block in blocks] == expected["rows"]
    for block in blocks:
        assert {field: spot(block, field) for field in expected["every"]} == expected["every"]


def test_the_address_and_the_registration_of_each_recorded_aircraft_are_of_the_same_one() -> None:
    found = {
        (block.hex, block.tail)
        for line in recorded_lines()
        for block in Datalink(Context()).feed(line, 5.0)
        if block.hex and block.tail
    }
    if not found:
        pytest.skip("recordings not here")
    assert len(found) == 5
    assert [tail for _, tail in sorted(found)] == [registration_of(address) for address, _ in sorted(found)]


@pytest.mark.parametrize("name", ["acars", "vdlm2", "hfdl", "imsl", "irdm"])
def test_each_row_of_the_formats_reads_the_objects_of_all_decoders(name: str) -> None:
    data = b"".join(recorded_lines())
    if not data:
        pytest.skip("recordings not here")
    decoder = FORMATS[name].make(Context())
    assert len(decoder.feed(data, 5.0)) == decoder.counters.messages == 17 + 14 + 10 + 9
