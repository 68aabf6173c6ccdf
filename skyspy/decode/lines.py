"""Splits a byte stream into lines.

Invariants: any split of the same bytes gives the same lines and the same number of dropped lines. At most one line of
the permitted length is kept between calls.
"""

from __future__ import annotations

MAX_LINE_BYTES = 64 * 1024
"""Longest line; no record of any supported format is longer."""


class LineSplitter:
    """Collects bytes and returns whole lines without their `\\n`. Lines longer than `max_length` bytes are dropped."""

    __slots__ = ("_discarding", "_max_length", "_rest")

    def __init__(self, max_length: int = MAX_LINE_BYTES) -> None:
        self._max_length = max_length
        self._rest = b""
        self._discarding = False

    def feed(self, data: bytes) -> tuple[list[bytes], int]:
        """The lines that these bytes complete, and the number of lines dropped for their length."""
        dropped = 0
        if self._discarding:
            # Inside a line that was dropped and counted already: discard up to its end.
            end = data.find(b"\n")
            if end < 0:
                return [], 0
            data, self._discarding = data[end + 1 :], False
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > self._max_length:
            self._rest, self._discarding = b"", True
            dropped += 1
        kept = [line for line in lines if len(line) <= self._max_length]
        return kept, dropped + len(lines) - len(kept)
