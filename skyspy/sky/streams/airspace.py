"""Application: airspace advisories."""

from __future__ import annotations

from collections.abc import Iterable

from skyspy.presence.sessions import Session
from skyspy.sky.streams.base import Event, Stream, listing
from skyspy.sky.view import SkyView
from skyspy.topics import TOPICS


class AirspaceStream(Stream):
    """The advisories in force around one sky."""

    topic = TOPICS["airspace"]

    def __init__(self, view: SkyView) -> None:
        self._view = view

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The advisories in force; none, because there is no source yet."""
        return (listing(self.topic, [], self._view.clock.moment()),)
