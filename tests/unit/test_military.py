"""The table of military address blocks: its shape, its answers, and that it is what the public blocks say."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from skyspy.military import FIRST, LAST, is_military

BLOCKS = Path(__file__).parents[3] / "shared/data/vrs-standing-data/code-blocks/schema-01/code-blocks.csv"


def test_ranges_are_sorted_and_neither_overlap_nor_touch() -> None:
    assert len(FIRST) == len(LAST) > 100
    assert all(first <= last for first, last in zip(FIRST, LAST, strict=True))
    assert all(last + 1 < following for last, following in zip(LAST, FIRST[1:], strict=False))
    assert FIRST[0] >= 0
    assert LAST[-1] <= 0xFFFFFF


@pytest.mark.parametrize(
    ("hex_", "military"),
    [
        ("AE1234", True),  # United States
        ("ae1234", True),
        ("ADF7C8", True),
        ("ADF7C7", False),
        ("43C123", True),  # United Kingdom
        ("3EA000", True),  # Germany
        ("A3E31A", False),
        ("4CA87C", False),
        ("000000", False),
        ("FFFFFF", False),
    ],
)
def test_known_addresses_are_told_apart(hex_: str, military: bool) -> None:
    assert is_military(hex_) is military


@pytest.mark.parametrize(
    "text", ["", "~AE1234", "AE123", "AE12345", "GGGGGG", "AE 123", "AE_123", "+AE123", "AE1234\n", "AE12٣4", "ＡＥ１２３４５"]
)
def test_what_is_no_icao_address_is_not_military(text: str) -> None:
    assert is_military(text) is False


def test_table_says_what_the_smallest_public_block_says() -> None:
    if not BLOCKS.exists():
        pytest.skip(f"{BLOCKS.name} of the standing data is not here")
    with BLOCKS.open(encoding="utf-8-sig") as file:
        rows = [(int(row["Start"], 16), int(row["Finish"], 16), row["IsMilitary"] == "1") for row in csv.DictReader(file)]
    # The smallest block is painted last, over those that hold it.
    wanted = bytearray(0x1000000)
    for first, last, military in sorted(rows, key=lambda row: row[0] - row[1]):
        wanted[first : last + 1] = bytes([military]) * (last + 1 - first)
    # Every edge of a block and its neighbours, and a seeded handful of addresses anywhere.
    probes = {edge + step for first, last, _ in rows for edge in (first, last) for step in (-1, 0, 1)}
    probes |= set(random.Random(7).choices(range(0x1000000), k=500))
    for address in (one for one in probes if 0 <= one <= 0xFFFFFF):
        assert is_military(f"{address:06X}") is bool(wanted[address]), f"{address:06X}"
