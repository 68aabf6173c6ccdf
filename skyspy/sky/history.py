"""Application: what a sky tells its history."""

from __future__ import annotations

from typing import Protocol

from skyspy.clock import Moment
from skyspy.sky.streams.base import Event
from skyspy.tracker import Delta


class HistorySink(Protocol):
    """Keeps what happened in one sky. Called from the tick and from receivers: it queues, and neither waits nor raises."""

    def on_tick(self, delta: Delta | None, now: Moment) -> None:
        """A tick was made: what changed about the aircraft, None when nothing did."""

    def on_event(self, topic: str, event: Event, now: Moment) -> None:
        """A stream made an event; it is published after this."""

    def close(self) -> None:
        """The sky stopped: hand over what is not handed over yet."""


class NoHistory:
    """Keeps nothing."""

    def on_tick(self, delta: Delta | None, now: Moment) -> None:
        """Nothing is kept."""

    def on_event(self, topic: str, event: Event, now: Moment) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is kept."""
