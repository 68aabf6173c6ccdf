"""Application: dangerous situations in a sky."""

from __future__ import annotations

from collections.abc import Iterable

from skyspy.presence.sessions import Session
from skyspy.sky.streams.base import Event, Stream, listing
from skyspy.sky.view import SkyView
from skyspy.topics import TOPICS


class SafetyStream(Stream):
    """The safety events of one sky."""

    topic = TOPICS["safety"]

    def __init__(self, view: SkyView) -> None:
        self._view = view

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The events that have not ended; none, because no rule makes one yet."""
        return (listing(self.topic, [], self._view.clock.moment()),)
