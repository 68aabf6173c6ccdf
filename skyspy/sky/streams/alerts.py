"""Application: alerts that a user's own rules triggered, sent to that user only."""

from __future__ import annotations

from collections.abc import Iterable

from skyspy.presence.sessions import Session
from skyspy.sky.streams.base import Event, Stream, listing
from skyspy.sky.view import SkyView
from skyspy.topics import TOPICS


class AlertsStream(Stream):
    """Each user's alerts, in one room per user."""

    topic = TOPICS["alerts"]

    def __init__(self, view: SkyView) -> None:
        self._view = view

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The user's alerts; none, because there are no rules yet."""
        return (listing(self.topic, [], self._view.clock.moment()),)
