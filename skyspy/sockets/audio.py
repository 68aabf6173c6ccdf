"""Interfaces: `/audio`, radio transmissions and their transcripts. They flow without subscribing; admission needs `audio.view`."""

from __future__ import annotations

from skyspy.presence.sessions import Session
from skyspy.sockets.base import BaseNamespace


class AudioNamespace(BaseNamespace):
    """Greets with the latest transmissions."""

    path = "/audio"

    def resend_snapshots(self, session: Session) -> None:
        """Another sky, other transmissions."""
        self.greet(session)
