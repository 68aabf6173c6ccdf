"""Application: ACARS, VDL2 and HFDL messages."""

from __future__ import annotations

from collections.abc import Iterable

from skyspy.presence.sessions import Session
from skyspy.sky.streams.base import Event, Stream, listing
from skyspy.sky.view import SkyView
from skyspy.topics import TOPICS


class AcarsStream(Stream):
    """The datalink messages of one sky, to subscribers of `/` and to everyone in `/acars`."""

    topic = TOPICS["acars"]

    def __init__(self, view: SkyView) -> None:
        self._view = view

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The latest messages; none, because no receiver decodes datalink yet."""
        return (listing(self.topic, [], self._view.clock.moment()),)
