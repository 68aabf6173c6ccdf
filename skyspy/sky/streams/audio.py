"""Application: radio transmissions and their transcripts."""

from __future__ import annotations

from collections.abc import Iterable

from skyspy.presence.sessions import Session
from skyspy.sky.streams.base import Event, Stream, listing
from skyspy.sky.view import SkyView
from skyspy.topics import NAMESPACE_TOPICS


class AudioStream(Stream):
    """The transmissions heard in one sky, to everyone in `/audio`."""

    topic = NAMESPACE_TOPICS["audio"]

    def __init__(self, view: SkyView) -> None:
        self._view = view

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The latest transmissions; none, because there is no source yet."""
        return (listing(self.topic, [], self._view.clock.moment()),)
