"""JSON objects from lines and from datagrams.

A line, or a datagram, has one object. Several that follow one another are told apart too, and an object that a relay has cut into
several datagrams is joined where all come from one peer within a second. A datagram that is an object by itself is never a part.

Invariants: nothing raises; at most MAX_BEGUN beginnings of MAX_BYTES are kept; what follows something unreadable is read.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from skyspy.decode.base import DecodeError
from skyspy.decode.lenient_json import may_go_on, parse, parse_several

MAX_BYTES = 60_000
"""Largest object. A datagram has at most 65,507 bytes, and acars_router cuts before that."""
JOIN_S = 1.0
"""The parts of an object arrive within this many seconds."""
MAX_BEGUN = 32
"""Peers whose object is not complete yet; the one that began first is given up for another."""
MAX_PARTS = 64
MAX_ON_ONE_LINE = 50
MAX_LINES = 100
"""Lines of one datagram; those beyond count as unreadable. A listener cannot pause within a datagram."""
_BETWEEN = b" \t\r\n,"

Objects = list[dict[str, Any]]


def objects_in(text: bytes) -> tuple[Objects, int]:
    """The objects of one line, and the number of those that cannot be read (0 for a blank line)."""
    if not text.strip(_BETWEEN):
        return [], 0
    whole = _object_in(text.strip().rstrip(b","))
    return _several_in(text) if whole is None else ([whole], 0)


def _several_in(text: bytes) -> tuple[Objects, int]:
    """The same for a line that is not one object."""
    text = text.strip(_BETWEEN)
    if len(text) > MAX_BYTES or not text.startswith(b"{"):
        return [], 1 if text else 0
    values, unreadable = parse_several(text, MAX_ON_ONE_LINE)
    kept = [value for value in values if isinstance(value, dict)]
    return kept, len(values) - len(kept) + unreadable


def _object_in(text: bytes) -> dict[str, Any] | None:
    if len(text) > MAX_BYTES:
        return None
    try:
        # What decoders of data links write is JSON, or damaged; repairing it might put words into a message.
        value = parse(text, repair=False)
    except DecodeError:
        return None
    return value if isinstance(value, dict) else None


@dataclass(frozen=True, slots=True)
class _Begun:
    """The first parts of an object, and the steady time of the first one."""

    text: bytes
    since: float
    parts: int


class Datagrams:
    """Reads the datagrams of one listener, from all its peers."""

    def __init__(self) -> None:
        self._begun: dict[Hashable, _Begun] = {}

    def add(self, data: bytes, peer: Hashable, now: float) -> tuple[Objects, int]:
        """The objects that this datagram completes, and how many were given up as unreadable. `now`: steady seconds of its arrival."""
        bad = self._give_up_old(now) if self._begun else 0
        if (whole := _object_in(data)) is not None:
            return [whole], bad
        # A blank may be a part too: the middle of a text.
        lines = [line for line in data.split(b"\n") if line.strip() or (line and peer in self._begun)]
        found: Objects = []
        for line in lines[:MAX_LINES]:
            # A sender ends a line only behind a whole object.
            is_cut = line is lines[-1] and not data.rstrip(b" \t\r").endswith(b"\n")
            values, wrong = self._line(line, peer, now, is_cut=is_cut, is_known=line is lines[0] and len(lines) == 1)
            found += values
            bad += wrong
        return found, bad + len(lines[MAX_LINES:])

    def _line(self, line: bytes, peer: Hashable, now: float, *, is_cut: bool, is_known: bool) -> tuple[Objects, int]:
        """The same for one line. `is_cut`: the datagram ends in it; `is_known`: it is known to be no whole object."""
        begun = self._begun.pop(peer, None)
        bad = 0
        if begun is not None:
            joined = begun.text + line
            if (whole := _object_in(joined)) is not None:
                return [whole], 0
            if is_cut and begun.parts < MAX_PARTS and len(joined) <= MAX_BYTES and may_go_on(joined):
                return [], self._keep(peer, _Begun(joined, begun.since, begun.parts + 1))
            bad = 1
        if is_cut and len(line) <= MAX_BYTES and line.lstrip().startswith(b"{") and may_go_on(line):
            return [], bad + self._keep(peer, _Begun(line.lstrip(), now, 1))
        values, wrong = _several_in(line) if is_known else objects_in(line)
        return values, bad + wrong

    def _keep(self, peer: Hashable, begun: _Begun) -> int:
        """Keep the beginning of an object; how many others were given up for it."""
        given_up = 0
        if len(self._begun) >= MAX_BEGUN:
            del self._begun[min(self._begun, key=lambda other: self._begun[other].since)]
            given_up = 1
        self._begun[peer] = begun
        return given_up

    def _give_up_old(self, now: float) -> int:
        """Give up what was not completed in time; how many."""
        old = [peer for peer, begun in self._begun.items() if now - begun.since > JOIN_S]
        for peer in old:
            del self._begun[peer]
        return len(old)
