"""What all decoders share: the Decoder protocol, its counters, its context and its error.

Invariants:
- A decoder keeps only the state that its format needs (part of a line, one of a pair of position messages). It has no
  socket, no clock and no other receiver's data.
- Decoders of streams never raise. Decoders of whole documents raise DecodeError for an invalid document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

from skyspy.aircraft import Record
from skyspy.geo import Point

MAX_LAG_S = 15.0
"""Seconds of delay that are accepted from a source's clock. A larger difference means that the clock is wrong."""


class DecodeError(ValueError):
    """A document cannot be decoded. The message is one line for the operator."""


@dataclass(slots=True)
class Counters:
    """Input counters of one decoder. `messages`: decoded and attributed to an aircraft; `bad`: damaged (checksum,
    syntax, length, address); `skipped`: intact but not used (other record type, unverified address, duplicate)."""

    messages: int = 0
    bad: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """What a decoder knows about its receiver.

    `location` is the antenna's position; surface positions are ambiguous without it. `wall_minus_steady` is wall
    seconds minus steady seconds on this machine; with it, a delayed document is dated by its own clock. `is_live`: the data comes
    as it is received, so that how fast new addresses come can be limited."""

    location: Point | None = None
    wall_minus_steady: float | None = None
    moving: Callable[[], Point | None] | None = None
    """Where the antenna is now, where that may change while the decoder runs; None: at `location`."""
    is_live: bool = False

    def antenna(self) -> Point | None:
        """The antenna's position now."""
        return self.location if self.moving is None else self.moving()

    def arrival_time(self, source_now: float | None, now: float) -> float:
        """The steady time at which a source sent data dated `source_now` (epoch seconds): `now` minus the delay if
        both clocks are known and the delay is between 0 and MAX_LAG_S, otherwise `now`."""
        if source_now is None or self.wall_minus_steady is None:
            return now
        lag = now + self.wall_minus_steady - source_now
        return now - lag if 0.0 < lag <= MAX_LAG_S else now


class Decoder(Protocol):
    """Turns the bytes of one receiver into records. The result type of `feed` is the kind of record: Observation for
    aircraft."""

    @property
    def counters(self) -> Counters:
        """Input counted so far."""

    @property
    def source_now(self) -> float | None:
        """The time of the last snapshot on the source's clock (epoch seconds); None for streams."""

    def feed(self, data: bytes, now: float) -> Sequence[Record]:
        """Decode bytes that arrived at `now` (steady seconds). Streams may be split anywhere. A snapshot format takes
        one whole document per call and raises DecodeError if it is invalid."""


@dataclass(frozen=True, slots=True)
class Format:
    """A row of FORMATS: the format's name, the factory of its decoder, and what it is."""

    name: str
    make: Callable[[Context], Decoder]
    description: str


def number(value: object) -> float | None:
    """A finite JSON number as a float, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if isfinite(result) else None
