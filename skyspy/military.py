"""Military address blocks.

Source: the code blocks of Virtual Radar Server's standing data (`code-blocks.csv`, CC0). These are overlapping blocks of
24-bit ICAO addresses, each marked military or not; the smallest block that contains an address applies. Data file
`data/military_blocks.csv` is the result: the military addresses as sorted ranges (first and last address included) that
neither overlap nor touch. It is read at import; a lookup is one bisection.

A block tells to whom an address was allotted, not who uses it today. A receiver's own database (`dbFlags`) may have
better data; the tracker marks an aircraft as military if either does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from pathlib import Path

_ADDRESS = re.compile(r"[0-9A-Fa-f]{6}\Z")
_TABLE = Path(__file__).with_name("data") / "military_blocks.csv"


def _read(table: Path) -> tuple[tuple[int, ...], tuple[int, ...]]:
    rows = [line.split(",") for line in table.read_text(encoding="ascii").splitlines()[1:] if line]
    return tuple(int(first, 16) for first, _ in rows), tuple(int(last, 16) for _, last in rows)


FIRST, LAST = _read(_TABLE)
"""First and last address of each range, in ascending order."""


def is_military(hex_: str) -> bool:
    """Whether an address (six hexadecimal digits, upper or lower case) is in a military block.

    False for addresses that are not ICAO addresses (leading `~`) and for text that is not an address.
    """
    if not _ADDRESS.match(hex_):
        return False
    address = int(hex_, 16)
    at = bisect_right(FIRST, address) - 1
    return at >= 0 and address <= LAST[at]
