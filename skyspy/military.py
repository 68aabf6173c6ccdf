"""Ground floor: which addresses belong to military aircraft.

The facts come from the code blocks of Virtual Radar Server's standing data (`code-blocks.csv`, CC0):
blocks of 24-bit ICAO addresses, each marked military or not, which overlap; for an address the
smallest block that holds it decides. `data/military_blocks.csv` is that rule carried out once:
the addresses it calls military as sorted ranges that neither overlap nor touch, first and last
address included.

Law: a look-up is one bisection in a table read at import. A block says who was allotted an
address, not who flies under it today; a receiver's own database (`dbFlags`) may know better, and
the tracker believes either.
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
"""First and last address of each range, in rising order."""


def is_military(hex_: str) -> bool:
    """Whether an address of six hexadecimal digits, in any case, lies in a military block.

    An address that is no ICAO one (leading `~`), and text that is no address at all, are not military.
    """
    if not _ADDRESS.match(hex_):
        return False
    address = int(hex_, 16)
    at = bisect_right(FIRST, address) - 1
    return at >= 0 and address <= LAST[at]
