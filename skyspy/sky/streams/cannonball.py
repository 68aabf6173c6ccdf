"""Application: the mobile display, one drive per session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from skyspy.presence.sessions import Session
from skyspy.sky.streams.base import Event, Stream, fixed
from skyspy.sky.view import SkyView
from skyspy.topics import NAMESPACE_TOPICS

DEFAULT_RADIUS_NM = 10


@dataclass(slots=True)
class Drive:
    """The state of one session's drive. No other session sees it, and it is never stored."""

    radius_nm: float = DEFAULT_RADIUS_NM


class CannonballStream(Stream):
    """One drive per session."""

    topic = NAMESPACE_TOPICS["cannonball"]

    def __init__(self, view: SkyView) -> None:
        self._view = view

    def rooms(self, session: Session) -> frozenset[str]:
        """No rooms: every event is for one session."""
        return frozenset()

    def joined(self, session: Session) -> None:
        """Begin a drive."""
        session.state[self.topic.name] = Drive()

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The session's name and the radius it starts with."""
        drive: Drive = session.state[self.topic.name]
        greeting = {
            "session_id": session.sid,
            "default_radius_nm": drive.radius_nm,
            "timestamp": self._view.clock.moment().timestamp,
        }
        return (Event("session_started", fixed(greeting)),)
