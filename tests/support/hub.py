"""What tests know of the hub: its rounds, a clock on which no wait takes long, and who did which work in which round.

That nobody is starved is shown here by order, not by speed: between two pieces of work the hub went round, which
gives every timer and socket its turn, however busy the machine is.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import gevent

from skyspy.aircraft import Observation
from skyspy.decode import FORMATS, Context, Counters, Decoder, Format
from tests.conftest import StillClock


class HastyClock(StillClock):
    """A clock that moves only when somebody waits by it or works: waiting takes no time of ours, one round of the hub."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.pass_by(seconds)
        gevent.sleep(0.0001)


class Rounds:
    """How often the hub went round: each time it looks at every timer and socket. `gevent.sleep(0)` is no round."""

    def __init__(self) -> None:
        self.count = 0
        self._watcher = gevent.get_hub().loop.check(ref=False)
        self._watcher.start(self._one)

    def _one(self) -> None:
        self.count += 1

    def close(self) -> None:
        self._watcher.stop()
        self._watcher.close()


@contextmanager
def rounds_counted() -> Iterator[Rounds]:
    # The loop's time is that of its last round: time-outs would count from then, which may be long ago in a process of other tests.
    gevent.get_hub().loop.update_now()
    counted = Rounds()
    try:
        yield counted
    finally:
        counted.close()


@dataclass(frozen=True, slots=True)
class Piece:
    """What a decoder was given at once: how much, in which round of the hub, on which native thread."""

    size: int
    round: int
    thread: int


class Meter:
    """Decoders that are watched. Each piece costs `seconds` of the clock, and each KiB of it `per_kib` more."""

    def __init__(self, rounds: Rounds, clock: StillClock, seconds: float = 0.0, per_kib: float = 0.0) -> None:
        self.pieces: list[Piece] = []
        self._rounds, self._clock, self._seconds, self._per_kib = rounds, clock, seconds, per_kib

    @property
    def formats(self) -> Mapping[str, Format]:
        """FORMATS with every decoder watched."""

        def watched(row: Format) -> Format:
            return Format(row.name, lambda context: _Watched(row.make(context), self), row.description)

        return {name: watched(row) for name, row in FORMATS.items()}

    def make(self, name: str) -> Decoder:
        """One watched decoder of a format."""
        return self.formats[name].make(Context(None))

    def note(self, data: bytes) -> None:
        self.pieces.append(Piece(len(data), self._rounds.count, threading.get_ident()))
        self._clock.pass_by(self._seconds + len(data) / 1024 * self._per_kib)

    @property
    def largest_turn(self) -> int:
        """The most bytes that were decoded without a round between."""
        yielder: Counter[int] = Counter()
        for piece in self.pieces:
            yielder[piece.round] += piece.size
        return max(yielder.values(), default=0)


class _Watched:
    """A real decoder, and a meter that is told of every piece."""

    def __init__(self, inner: Decoder, meter: Meter) -> None:
        self._inner, self._meter = inner, meter

    @property
    def counters(self) -> Counters:
        return self._inner.counters

    @property
    def source_now(self) -> float | None:
        return self._inner.source_now

    def feed(self, data: bytes, now: float) -> list[Observation]:
        self._meter.note(data)
        return self._inner.feed(data, now)
