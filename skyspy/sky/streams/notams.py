"""Application: notices to airmen (NOTAMs) and flight restrictions (TFRs)."""

from __future__ import annotations

from collections.abc import Iterable

from skyspy.presence.sessions import Session
from skyspy.sky.streams.base import Event, Stream, listing
from skyspy.sky.view import SkyView
from skyspy.topics import TOPICS


class NotamsStream(Stream):
    """The notices in force around one sky."""

    topic = TOPICS["notams"]

    def __init__(self, view: SkyView) -> None:
        self._view = view

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The notices in force; none, because there is no source yet."""
        return (listing(self.topic, [], self._view.clock.moment(), tfrs=[]),)
