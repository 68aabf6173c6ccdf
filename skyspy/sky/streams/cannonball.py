"""Application: the mobile display, one drive per session.

Invariants: a driver's position is in the `Drive` of its session, and nowhere else. It is in no room, no event of a sky, no record, no log and no table, and
is forgotten when the session leaves the stream: at its end, and when it moves to another sky or user.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from skyspy.clock import Moment
from skyspy.geo import bearing_deg, distance_nm
from skyspy.presence.sessions import Session
from skyspy.sky.streams.base import Event, Stream, fixed
from skyspy.sky.threat_watch import Candidate, ThreatWatch
from skyspy.sky.view import SkyView
from skyspy.threats import encounter
from skyspy.threats.encounter import Driver, Motion
from skyspy.topics import NAMESPACE_TOPICS

Payload = dict[str, Any]

DEFAULT_RADIUS_NM = 10
MAX_LISTED = 50
"""Threats in one list: the highest level first, then the nearest."""
NM_PER_DEGREE = 60.0


class Look(NamedTuple):
    """A threat as it was last shown to a driver: the place of its level by distance, and its trend."""

    by_distance: int
    trend: str


@dataclass(slots=True, repr=False)
class Drive:
    """The state of one session's drive. No other session sees it, it is never stored, and it has no text form.

    `last` is the payload that was sent last. `next_at`: when the next one is expected, at so many a second, in steady seconds; `is_due`: one waits for its
    time. `looks`: the threats that the last one held, by hex.
    """

    radius_nm: float = DEFAULT_RADIUS_NM
    driver: Driver = field(default_factory=Driver)
    looks: dict[str, Look] = field(default_factory=dict)
    last: Payload | None = None
    next_at: float = 0.0
    is_due: bool = False

    def forget(self) -> None:
        """Hold nothing of the driver any more."""
        self.driver.forget()
        self.looks.clear()
        self.last = None


class CannonballStream(Stream):
    """One drive per session."""

    topic = NAMESPACE_TOPICS["cannonball"]

    def __init__(self, view: SkyView) -> None:
        self._view = view
        self._sessions: dict[str, Session] = {}
        self.watch = ThreatWatch(view, lambda: bool(self._sessions))

    @property
    def sessions(self) -> list[Session]:
        """The sessions that drive in this sky."""
        return list(self._sessions.values())

    def rooms(self, session: Session) -> frozenset[str]:
        """No rooms: every event is for one session."""
        return frozenset()

    def joined(self, session: Session) -> None:
        """Begin a drive."""
        session.state[self.topic.name] = Drive()
        self._sessions[session.sid] = session
        self.watch.wake()

    def left(self, session: Session) -> None:
        """End a drive, and forget it."""
        self._sessions.pop(session.sid, None)
        drive = session.state.get(self.topic.name)
        if isinstance(drive, Drive):
            drive.forget()

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The session's name and the radius it starts with."""
        drive: Drive = session.state[self.topic.name]
        greeting = {
            "session_id": session.sid,
            "default_radius_nm": drive.radius_nm,
            "timestamp": self._view.clock.moment().timestamp,
        }
        return (Event("session_started", fixed(greeting)),)

    def threats(self, drive: Drive, now: Moment) -> Payload:
        """The threats to a driver now, and note how they were shown. An empty list before the first position."""
        driver = drive.driver
        rows = self._rows(drive, now.steady)
        rows.sort(key=lambda row: (-encounter.LEVELS.index(row["threat_level"]), row["distance_nm"]))
        del rows[MAX_LISTED:]
        position = None
        if driver.point is not None:
            lat, lon = driver.point
            position = {"lat": lat, "lon": lon, "heading": driver.heading, "altitude": driver.altitude}
        payload = {
            "aircraft": rows,
            "count": len(rows),
            "threat_level": encounter.highest([row["threat_level"] for row in rows]),
            "position": position,
            "timestamp": now.timestamp,
        }
        return payload | {"demo": True} if self.watch.demo else payload

    def _rows(self, drive: Drive, now: float) -> list[Payload]:
        """Every threat within the radius."""
        here, before, looks, rows = drive.driver.point, drive.looks, {}, []
        if here is None:
            return []
        drives, radius = drive.driver.motion(now), drive.radius_nm
        for candidate in self.watch.candidates:
            there = encounter.place_at(candidate.point, candidate.motion, now - candidate.at)
            if abs(there[0] - here[0]) * NM_PER_DEGREE > radius + 1.0:
                continue
            distance = distance_nm(here, there)
            if distance <= radius:
                hex_ = candidate.state.hex
                closing = None
                if candidate.motion is not None:
                    closing = encounter.closing_kt(here, drives, there, candidate.motion)
                look = _look(before.get(hex_), distance, closing, drives)
                looks[hex_] = look
                rows.append(_row(candidate, look, distance, bearing_deg(here, there)))
        drive.looks = looks
        return rows


def _look(before: Look | None, distance: float, closing: float | None, drives: Motion | None) -> Look:
    by_distance = encounter.level_by_distance(distance, 0 if before is None else before.by_distance)
    trend = encounter.trend_of(None if before is None else before.trend, closing, drives is not None)
    return Look(by_distance, trend)


def _row(candidate: Candidate, look: Look, distance: float, bearing: float) -> Payload:
    state, threat = candidate.state, candidate.threat
    return {
        "hex": state.hex,
        "callsign": state.flight,
        "distance_nm": round(distance, 2),
        "bearing": round(bearing, 1),
        "threat_level": encounter.level_of(look.by_distance, look.trend),
        "trend": look.trend,
        "altitude": candidate.altitude,
        "gs": state.gs,
        "track": state.track,
        "category": threat.category,
        "reason": threat.reason,
        "confidence": threat.confidence,
    }


def differs(before: Payload | None, after: Payload) -> bool:
    """Whether a driver would see another list: other threats, levels, trends or reasons, or one that has moved by a tenth of a mile,
    by 100 ft or by 5 degrees."""
    return before is None or _seen(before) != _seen(after)


def _seen(payload: Payload) -> list[tuple[object, ...]]:
    return [(payload["position"], payload.get("demo")), *(_seen_row(row) for row in payload["aircraft"])]


def _seen_row(row: Payload) -> tuple[object, ...]:
    named = tuple(row[name] for name in ("hex", "callsign", "threat_level", "trend", "category", "reason", "confidence"))
    altitude = row["altitude"]
    return (*named, round(row["distance_nm"], 1), round(row["bearing"] / 5), None if altitude is None else altitude // 100)
