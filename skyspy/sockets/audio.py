"""Interfaces: `/audio`, radio transmissions and their transcripts. Every admitted session gets them; admission needs `audio.view`."""

from __future__ import annotations

from skyspy.presence.sessions import Session
from skyspy.sockets.base import BaseNamespace


class AudioNamespace(BaseNamespace):
    """Sends the latest transmissions to each session when it joins."""

    path = "/audio"

    def resend_snapshots(self, session: Session) -> None:
        """Send the latest transmissions again: another sky has others."""
        self.greet(session)
