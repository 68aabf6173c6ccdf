"""The two clocks: steady and wall.

Ages and time-outs are measured on the steady clock, which never jumps. The wall clock is read only to print a time, to date a row,
and to compare a token's end. A Raspberry Pi without a battery-backed clock starts in the past and jumps forward when NTP answers; on
the steady clock no aircraft ages by that.

Packages of the domain layer never hold a Clock; they take seconds as arguments.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import gevent
from gevent.event import Event


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of both clocks, in seconds: ages are counted from `steady`, times are written from `wall`."""

    steady: float
    wall: float

    @property
    def timestamp(self) -> str:
        """The wall time as messages carry it."""
        return iso(self.wall)


class Clock:
    """Reads the machine's clocks, and waits by them. Tests hand in a subclass that stands still, or on which no wait takes long."""

    def steady(self) -> float:
        """Seconds on a clock that only moves forward; meaningless outside this process."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970-01-01T00:00:00Z."""
        return time.time()

    def moment(self) -> Moment:
        """Both clocks now."""
        return Moment(self.steady(), self.wall())

    def sleep(self, seconds: float) -> None:
        """Wait, others having their turn meanwhile."""
        gevent.sleep(seconds)

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait until the event is set, at most for so long; whether it is set."""
        return bool(event.wait(seconds))


def iso(wall: float) -> str:
    """Write a wall time as ISO 8601 UTC with milliseconds and `Z`, as every message carries it."""
    moment = datetime.fromtimestamp(wall, tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def from_iso(text: str) -> float | None:
    """A time as ISO 8601 in wall seconds, UTC where it names no zone; None for what is no time."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def wall_of(moment: datetime | None) -> float | None:
    """A moment with its zone, as a filter gives it, in wall seconds; None for None."""
    return None if moment is None else moment.timestamp()
