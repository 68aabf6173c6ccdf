"""Application: samples a sky once a second and hands a row of statistics to the history for each minute that ended.

Invariants: minutes end on the wall clock. A clock that jumps only makes minutes of fewer samples, of which the history keeps the
fullest. Nothing here waits for the history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, Protocol

from sqlalchemy import Connection

from skyspy.clock import Moment
from skyspy.sky.streams.base import Event
from skyspy.sky.view import SkyView
from skyspy.store.history.statistics import Minute, write_minutes
from skyspy.tracker import Delta, Totals

SAMPLE_SECONDS = 1.0
MIN_WALL = 1_577_836_800.0
"""2020-01-01: a machine without a battery-backed clock starts before it; what it counts until the clock is set has no date."""


class History(Protocol):
    """The part of the history store that this module uses."""

    def enqueue(self, write: Callable[[Connection, Sequence[Any]], object], row: object) -> None: ...


class MinuteStatistics:
    """The statistics of one sky by minute. It is the sky's HistorySink: ticks, of which there is one a second at least, are its clock."""

    def __init__(self, view: SkyView, history: History) -> None:
        self._view = view
        self._history = history
        self._sampled_at = -inf
        self._received: dict[str, int] = {}
        self._minute = 0
        self._samples: list[Totals] = []
        self._messages = 0
        self._demo = False

    def on_tick(self, delta: Delta | None, now: Moment) -> None:  # noqa: ARG002 - the sink's signature
        """Take a sample, SAMPLE_SECONDS after the last one."""
        if now.steady - self._sampled_at >= SAMPLE_SECONDS:
            self._sampled_at = now.steady
            self._sample(int(now.wall // 60), now.steady)

    def on_event(self, topic: str, event: Event, now: Moment) -> None:
        """Events are not counted."""

    def close(self) -> None:
        """Store the minute that has begun."""
        self._end_minute()

    def _sample(self, minute: int, now: float) -> None:
        if minute != self._minute:
            self._end_minute()
            self._minute = minute
        receivers = self._view.receivers.status()
        self._samples.append(self._view.tracker.totals(self._view.location, now))
        before, self._received = self._received, {receiver["name"]: receiver["messages"] for receiver in receivers}
        self._messages += sum(risen(before, self._received).values())
        self._demo = self._demo or self._view.demo

    def _end_minute(self) -> None:
        samples, messages, demo = self._samples, self._messages, self._demo
        self._samples, self._messages, self._demo = [], 0, False
        if not samples or self._minute * 60 < MIN_WALL:
            return
        far = [totals.max_distance_nm for totals in samples if totals.max_distance_nm is not None]
        row = Minute(
            minute=self._minute,
            sky=self._view.name,
            samples=len(samples),
            aircraft_max=max(totals.total for totals in samples),
            aircraft_avg=round(sum(totals.total for totals in samples) / len(samples), 2),
            with_position_max=max(totals.with_position for totals in samples),
            military_max=max(totals.military for totals in samples),
            emergency_max=max(totals.emergency for totals in samples),
            messages=messages,
            max_distance_nm=max(far, default=None),
            demo=demo,
        )
        self._history.enqueue(write_minutes, row)


def risen(before: Mapping[str, int], received: Mapping[str, int]) -> dict[str, int]:
    """How many messages came of each receiver since their counts were as `before`; one that was created again counts from 0."""
    return {name: count - before.get(name, 0) if count >= before.get(name, 0) else count for name, count in received.items()}
