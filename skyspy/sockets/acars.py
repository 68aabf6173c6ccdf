"""Doors: `/acars`, datalink messages alone. Law: no greeting and no subscribing; who is admitted
stands in the room of its sky's messages until it goes."""

from __future__ import annotations

from skyspy import topics
from skyspy.presence.sessions import Session
from skyspy.sockets.base import BaseNamespace


class AcarsNamespace(BaseNamespace):
    """Messages flow from the moment of admission."""

    path = "/acars"

    def rooms_of(self, session: Session) -> set[str]:
        """The room of this sky's messages."""
        return {topics.room(session.sky, "acars", topics.WHOLE, session.audience)}
