"""Decode: what every decoder is and counts.

Law: bytes and the time come in, records go out. A decoder remembers only what its format
needs to be understood (half a line, half a position); it knows no socket, no clock, no other receiver.
Stream formats never raise, whatever they are fed; a broken whole document raises DecodeError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

from skyspy.aircraft import Record
from skyspy.geo import Point

MAX_LAG_S = 15.0
"""How late a document may be and still be believed late. A source that seems further behind has a wrong clock."""


class DecodeError(ValueError):
    """A whole document cannot be read; the message is one line for the operator."""


@dataclass(slots=True)
class Counters:
    """What a decoder has met. `messages`: understood and laid to an aircraft's account; `bad`: damaged
    (checksum, syntax, length, address); `skipped`: whole, but of no use here (another record type, an address
    nobody vouched for, a duplicate)."""

    messages: int = 0
    bad: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """What a decoder may know of its receiver.

    `location` is the antenna's position (a surface position is ambiguous without one). `wall_minus_steady` is wall
    seconds minus steady seconds on this machine; with it a document that comes late is dated by its own clock."""

    location: Point | None = None
    wall_minus_steady: float | None = None

    def arrived(self, source_now: float | None, now: float) -> float:
        """The steady time at which a source said `source_now` (epoch seconds): `now`, less its delay where
        both clocks are known and agree that there is a small one."""
        if source_now is None or self.wall_minus_steady is None:
            return now
        lag = now + self.wall_minus_steady - source_now
        return now - lag if 0.0 < lag <= MAX_LAG_S else now


class Decoder(Protocol):
    """One receiver's bytes become records; which kind (Observation for aircraft) is the type that `feed` of a decoder gives."""

    @property
    def counters(self) -> Counters:
        """What it met so far."""

    @property
    def source_now(self) -> float | None:
        """The clock of a source that sends snapshots (epoch seconds); None for streams."""

    def feed(self, data: bytes, now: float) -> Sequence[Record]:
        """Take bytes as they arrived at `now` (steady seconds). Streams may be split anywhere; a snapshot format
        takes one whole document per call and raises DecodeError on a broken one."""


@dataclass(frozen=True, slots=True)
class Format:
    """A row of FORMATS: a receiver format by name, and how to make its decoder."""

    name: str
    make: Callable[[Context], Decoder]
    says: str


def number(value: object) -> float | None:
    """A finite JSON number as a float, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if isfinite(result) else None
