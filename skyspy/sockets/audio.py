"""Doors: `/audio`, radio transmissions and their transcripts. Law: what flows here needs `audio.view`;
the door asks for it before anybody comes in. Part of what it will carry has no source yet."""

from __future__ import annotations

from skyspy import topics
from skyspy.presence.sessions import Session
from skyspy.sockets.base import BaseNamespace


class AudioNamespace(BaseNamespace):
    """Greets with the latest transmissions; then they flow without subscribing."""

    path = "/audio"

    def rooms_of(self, session: Session) -> set[str]:
        """The room of this sky's radio."""
        return {topics.room(session.sky, "audio", topics.WHOLE, session.audience)}

    def greet(self, session: Session) -> None:
        """Show the latest transmissions."""
        self.send(session, "audio:snapshot", {"transmissions": [], "count": 0, "timestamp": self.timestamp()})

    def moved(self, session: Session) -> None:
        """Another sky, other transmissions."""
        self.greet(session)
