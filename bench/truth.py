"""Compares what is decoded with what was sent: frames made by the encoder of known truth, and captures that are here.

    python bench/truth.py [KIND …]

For each kind it prints how many values were sent, and how many of them were shown right, wrong, or not at all (missing). Exit
status 1 if anything is wrong. The encoder is in tests/support (mode_s.py, comm_b.py); its seeds are fixed. Without arguments it takes
about three minutes.

To add kinds: a function that yields `Row`s, and its name in `SECTIONS`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "bench"))


class Row(NamedTuple):
    """One kind: values sent, and how many were shown right, wrong and not at all; what to know about it."""

    kind: str
    sent: int
    right: int
    wrong: int
    missing: int
    note: str = ""


class Tally:
    """Counts one kind. `expect(sent, shown)`: `shown` is None where nothing was shown."""

    def __init__(self, kind: str, note: str = "") -> None:
        self.kind, self.note = kind, note
        self.right = self.wrong = self.missing = 0
        self.first_wrong = ""

    def expect(self, sent: object, shown: object, tolerance: float = 0.0) -> None:
        if shown is None and sent is not None:
            self.missing += 1
        elif sent == shown or (
            isinstance(sent, int | float) and isinstance(shown, int | float) and abs(sent - shown) <= tolerance
        ):
            self.right += 1
        else:
            self.wrong += 1
            self.first_wrong = self.first_wrong or f"sent {sent}, shown {shown}"

    def row(self) -> Row:
        note = "; ".join(text for text in (self.note, self.first_wrong) if text)
        return Row(self.kind, self.right + self.wrong + self.missing, self.right, self.wrong, self.missing, note)


def decoded() -> Iterator[Row]:
    """What one frame, or a few, say: altitudes, squawks, positions, quality, registers, captures."""
    import truth_decode

    yield from truth_decode.rows()


def recorded() -> Iterator[Row]:
    """What recordings of others say."""
    import truth_captures

    yield from truth_captures.rows()


def believed() -> Iterator[Row]:
    """Which recorded positions the tracker believes, and which false ones among them."""
    import truth_positions

    yield from truth_positions.rows()


def flown() -> Iterator[Row]:
    """Which positions of computed flights the tracker believes."""
    import truth_flights

    yield from truth_flights.rows()


SECTIONS: tuple[Callable[[], Iterable[Row]], ...] = (decoded, recorded, believed, flown)


def main(wanted: list[str]) -> int:
    print(f"{'kind':44} {'sent':>8} {'right':>8} {'wrong':>6} {'missing':>8}")
    wrong = 0
    for section in SECTIONS:
        for row in section():
            if wanted and not any(word in row.kind for word in wanted):
                continue
            wrong += row.wrong
            print(f"{row.kind:44} {row.sent:8,} {row.right:8,} {row.wrong:6,} {row.missing:8,}  {row.note}", flush=True)
    print(f"wrong: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.modules["truth"] = sys.modules["__main__"]
    sys.exit(main(sys.argv[1:]))
