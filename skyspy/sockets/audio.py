"""Interfaces: `/audio`, radio transmissions and their transcripts. Every admitted session gets them; admission needs `audio.view`."""

from __future__ import annotations

from skyspy.presence.sessions import Session
from skyspy.sockets.base import BaseNamespace


class AudioNamespace(BaseNamespace):
    """Greets with the latest transmissions."""

    path = "/audio"

    def resend_snapshots(self, session: Session) -> None:
        """Greet again: another sky has other transmissions."""
        self.greet(session)
