"""Interfaces: `/cannonball`, the mobile display. What a client sends here stays in its session and is never stored.

Invariants: a position is checked here before anything is made of it; one that is not good changes nothing, and no error repeats what
was sent. A client gets at most MAX_HZ lists of threats a second in the long run: what it asks for beyond that is answered by one at its time.
"""

from __future__ import annotations

from functools import partial

import gevent

from skyspy.auth.principal import Refused
from skyspy.cooperate import PAUSE_SECONDS
from skyspy.presence.sessions import Session
from skyspy.server import Server
from skyspy.sky.streams.cannonball import CannonballStream, Drive, differs
from skyspy.sockets.base import BaseNamespace, Payload

MAX_HZ = 5.0
PERIOD_S = 1.0 / MAX_HZ
EARLY_S = PERIOD_S / 2
"""A list may be sent so much before its time: positions do not arrive as regularly as they were sent."""
MIN_RADIUS_NM, MAX_RADIUS_NM = 1.0, 100.0
MIN_ALTITUDE_FT, MAX_ALTITUDE_FT = -2000.0, 60_000.0
NO_HEADING = -1.0
"""What devices report as heading where they have none."""
SESSIONS_PER_YIELD = 25
TOPIC = CannonballStream.topic.name


class CannonballNamespace(BaseNamespace):
    """One drive per session, answered to that session only."""

    path = "/cannonball"

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.events |= {"position_update": self._move, "set_radius": self._set_radius, "get_threats": self._get_threats}
        for sky in server.skies.values():
            stream = sky.streams.get(TOPIC)
            if isinstance(stream, CannonballStream):
                stream.watch.on_refreshed = partial(self.show_changes, stream)

    def resend_snapshots(self, session: Session) -> None:
        """Greet a session whose drive began anew, in another sky or as another user."""
        if self._drive(session).last is None:
            self.greet(session)

    # -- what clients send ---------------------------------------------------------------------

    def _move(self, session: Session, payload: Payload) -> Payload:
        lat, lon = _number(payload, "lat", -90.0, 90.0), _number(payload, "lon", -180.0, 180.0)
        if lat is None or lon is None:
            raise Refused("bad_payload", "A position is {lat, lon} in degrees")
        heading = None if payload.get("heading") == NO_HEADING else _number(payload, "heading", 0.0, 360.0)
        altitude = _number(payload, "altitude", MIN_ALTITUDE_FT, MAX_ALTITUDE_FT)
        self._drive(session).driver.move((lat, lon), self.skyspy.clock.steady(), heading, altitude)
        return self._show(session)

    def _set_radius(self, session: Session, payload: Payload) -> Payload:
        radius = _number(payload, "radius_nm", MIN_RADIUS_NM, MAX_RADIUS_NM)
        if radius is None:
            raise Refused("bad_payload", "radius_nm is a number from 1 to 100")
        drive = self._drive(session)
        drive.radius_nm = radius
        answer = {"radius_nm": radius}
        self.send(session, "radius_updated", answer)
        if drive.driver.point is not None:
            self._show(session)
        return answer

    def _get_threats(self, session: Session, _payload: Payload) -> Payload:
        return self._show(session)

    # -- what they get -------------------------------------------------------------------------

    def _show(self, session: Session) -> Payload:
        """Send the threats, and return them; where that was done a moment ago, send them at their time, and return the last ones."""
        drive = self._drive(session)
        wait = self._seconds_to_wait(drive)
        if wait <= 0:
            return self._send_threats(session, drive)
        if not drive.is_due:
            drive.is_due = True
            gevent.spawn(self._show_later, session, drive, wait)
        return drive.last or {}

    def _show_later(self, session: Session, drive: Drive, wait: float) -> None:
        self.skyspy.clock.sleep(wait)
        drive.is_due = False
        if session.state.get(TOPIC) is drive and self.skyspy.sessions.get(session.sid) is session:
            self._send_threats(session, drive)

    def show_changes(self, stream: CannonballStream) -> None:
        """Send the threats to every session of a stream to which they look different now. Yields."""
        for count, session in enumerate(stream.sessions, start=1):
            drive = session.state.get(TOPIC)
            if isinstance(drive, Drive) and drive.driver.point is not None and not drive.is_due and self._is_live(session):
                self._show_if_changed(session, drive, stream)
            if count % SESSIONS_PER_YIELD == 0:
                gevent.sleep(PAUSE_SECONDS)

    def _show_if_changed(self, session: Session, drive: Drive, stream: CannonballStream) -> None:
        if self._seconds_to_wait(drive) > 0:
            return
        payload = stream.threats(drive, self.skyspy.clock.moment())
        if differs(drive.last, payload):
            self._send(session, drive, payload)

    def _send_threats(self, session: Session, drive: Drive) -> Payload:
        return self._send(session, drive, self._stream(session).threats(drive, self.skyspy.clock.moment()))

    def _send(self, session: Session, drive: Drive, payload: Payload) -> Payload:
        drive.last, drive.next_at = payload, max(drive.next_at, self.skyspy.clock.steady()) + PERIOD_S
        self.send(session, "threats", payload)
        return payload

    def _seconds_to_wait(self, drive: Drive) -> float:
        return drive.next_at - EARLY_S - self.skyspy.clock.steady()

    def _is_live(self, session: Session) -> bool:
        return self.skyspy.sessions.get(session.sid) is session

    def _stream(self, session: Session) -> CannonballStream:
        stream = self.skyspy.skies[session.sky].streams[TOPIC]
        assert isinstance(stream, CannonballStream)  # noqa: S101 - the row of this topic
        return stream

    def _drive(self, session: Session) -> Drive:
        """The session's drive. An event that comes before the greeting begins it."""
        if not isinstance(session.state.get(TOPIC), Drive):
            self.sync_rooms(session)
        drive: Drive = session.state[TOPIC]
        return drive


def _number(payload: Payload, name: str, low: float, high: float) -> float | None:
    """A number within these bounds, None where there is none; raises Refused for anything else. The error does not repeat it."""
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise Refused("bad_payload", f"{name} is a number from {low:g} to {high:g}")
    return float(value)
