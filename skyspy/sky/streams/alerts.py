"""Application: what a user's own rules triggered, for that user alone."""

from __future__ import annotations

from collections.abc import Iterable

from skyspy.presence.sessions import Session
from skyspy.sky.streams.base import Event, Stream, listing
from skyspy.sky.view import SkyView
from skyspy.topics import TOPICS


class AlertsStream(Stream):
    """Each user's alerts, in a room of their own."""

    topic = TOPICS["alerts"]

    def __init__(self, view: SkyView) -> None:
        self._view = view

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The user's own alerts: without rules there are none."""
        return (listing(self.topic, [], self._view.clock.moment()),)
