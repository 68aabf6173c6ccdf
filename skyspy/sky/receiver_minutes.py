"""Application: the numbers of each receiver of a sky in the minute that is under way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from skyspy.receivers.manager import Hearing
from skyspy.rollups.confirmed import Reading
from skyspy.sky.minutes import risen
from skyspy.store.history.statistics import ReceiverMinute


class _Numbers:
    __slots__ = ("aircraft", "aircraft_max", "demo", "farthest", "messages", "positions", "rssi", "rssi_count", "samples")

    def __init__(self) -> None:
        self.samples = self.messages = self.aircraft = self.aircraft_max = self.positions = self.rssi_count = 0
        self.rssi = 0.0
        self.farthest: float | None = None
        self.demo = False


class ReceiverMinutes:
    """Counts for each receiver; `end` gives the rows of the minute and begins the next one."""

    def __init__(self) -> None:
        self._received: dict[str, int] = {}
        self._numbers: dict[str, _Numbers] = {}

    def sample(self, hearings: Iterable[Hearing], received: dict[str, int]) -> None:
        """Take a sample, of which one a second is made: what each receiver hears, and its count of messages by name."""
        before, self._received = self._received, received
        rise = risen(before, received)
        for hearing in hearings:
            numbers = self._of(hearing.receiver)
            numbers.samples += 1
            numbers.messages += rise.get(hearing.receiver, 0)
            numbers.aircraft += len(hearing.addresses)
            numbers.aircraft_max = max(numbers.aircraft_max, len(hearing.addresses))
            numbers.demo = numbers.demo or hearing.is_demo

    def add(self, readings: Sequence[Reading], *, has_place: bool) -> None:
        """Add positions that count. `has_place`: their distances are known."""
        for reading in readings:
            for name in reading.heard:
                numbers = self._of(name)
                numbers.positions += 1
                if has_place:
                    numbers.farthest = max(numbers.farthest or 0.0, reading.distance_nm)
                if reading.rssi is not None and reading.rssi_by == name:
                    numbers.rssi_count += 1
                    numbers.rssi += reading.rssi

    def end(self, minute: int, sky: str) -> Iterator[ReceiverMinute]:
        """The rows of the minute that ended."""
        ended, self._numbers = self._numbers, {}
        for name, one in ended.items():
            if one.samples:
                yield ReceiverMinute(
                    minute=minute,
                    sky=sky,
                    receiver=name,
                    samples=one.samples,
                    messages=one.messages,
                    aircraft_max=one.aircraft_max,
                    aircraft_avg=round(one.aircraft / one.samples, 2),
                    positions=one.positions,
                    max_distance_nm=None if one.farthest is None else round(one.farthest, 1),
                    rssi_count=one.rssi_count,
                    rssi_mean=round(one.rssi / one.rssi_count, 2) if one.rssi_count else None,
                    demo=one.demo,
                )

    def _of(self, name: str) -> _Numbers:
        return self._numbers.setdefault(name, _Numbers())
