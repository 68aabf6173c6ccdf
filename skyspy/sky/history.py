"""Application: the interface through which a sky records its history."""

from __future__ import annotations

from typing import Protocol

from skyspy.clock import Moment
from skyspy.sky.streams.base import Event
from skyspy.tracker import Delta


class HistorySink(Protocol):
    """Stores what happened in one sky. Called from the tick and from receivers: it queues, and neither waits nor raises."""

    def on_tick(self, delta: Delta | None, now: Moment) -> None:
        """Called once per tick: `delta` is what changed about the aircraft, None when nothing did."""

    def on_event(self, topic: str, event: Event, now: Moment) -> None:
        """Called for each event of a stream, before it is published."""

    def close(self) -> None:
        """The sky stopped: hand over what is not handed over yet."""


class NoHistory:
    """A HistorySink that stores nothing."""

    def on_tick(self, delta: Delta | None, now: Moment) -> None:
        """Does nothing."""

    def on_event(self, topic: str, event: Event, now: Moment) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""
