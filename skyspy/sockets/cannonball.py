"""Doors: `/cannonball`, for somebody on the road. Law: what a client says here belongs to its socket
alone and is never kept. It greets; positions and threats come with the rules that judge them."""

from __future__ import annotations

from skyspy.presence.sessions import Session
from skyspy.sockets.base import BaseNamespace

DEFAULT_RADIUS_NM = 10


class CannonballNamespace(BaseNamespace):
    """One session per socket."""

    path = "/cannonball"

    def greet(self, session: Session) -> None:
        """Tell the client its session and the radius it starts with."""
        greeting = {"session_id": session.sid, "default_radius_nm": DEFAULT_RADIUS_NM, "timestamp": self.timestamp()}
        self.send(session, "session_started", greeting)
