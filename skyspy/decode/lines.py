"""Decode: bytes into lines, however the network cut them.

Law: any split of the same bytes gives the same lines and the same count of dropped ones. What is kept
between calls is never longer than one permitted line.
"""

from __future__ import annotations

MAX_LINE = 64 * 1024
"""Longest line in bytes; anything longer is no record of any format here."""


class Lines:
    """Collects bytes, hands out whole lines without their `\\n`."""

    __slots__ = ("_longest", "_losing", "_rest")

    def __init__(self, longest: int = MAX_LINE) -> None:
        self._longest = longest
        self._rest = b""
        self._losing = False

    def feed(self, data: bytes) -> tuple[list[bytes], int]:
        """The lines these bytes complete, and how many over-long ones were dropped."""
        dropped = 0
        if self._losing:
            # We are inside a line already given up and counted: wait for its end.
            end = data.find(b"\n")
            if end < 0:
                return [], 0
            data, self._losing = data[end + 1 :], False
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > self._longest:
            self._rest, self._losing = b"", True
            dropped += 1
        kept = [line for line in lines if len(line) <= self._longest]
        return kept, dropped + len(lines) - len(kept)
