"""Application: one aircraft as the recorder follows it: its visit, its track, and what is known of it at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from skyspy.clock import Moment
from skyspy.geo import Point, distance_nm
from skyspy.receivers.manager import Hearing
from skyspy.sky.unsaved_track import UnsavedTrack
from skyspy.tracker.tracked_aircraft import TrackedAircraft
from skyspy.tracks.point import TrackPoint
from skyspy.visits import Sample, Visit

WRITE_S = 50.0
"""With a second until a change is noted and up to 6 until a batch is written, less than a minute is not stored."""


class Followed:
    """One visit under way, or ended and not handed over yet.

    `aircraft`, `version`: the tracker's aircraft and its state that were noted last; None while it is not listed. `seen_at`,
    `position_at`: when it and its position were heard, on its own clock. `heard`: the same for it in steady seconds. `due`: when
    it is written next, inf while nothing has changed. `wait`: seconds from the first change to that; later it is WRITE_S.
    """

    __slots__ = ("_wait", "aircraft", "due", "heard", "position_at", "seen_at", "track", "version", "visit")

    def __init__(self, visit: Visit, track: UnsavedTrack, heard: float, due: float, wait: float) -> None:
        self.visit = visit
        self.track = track
        self.heard = heard
        self.due = due
        self._wait = wait
        self.aircraft: TrackedAircraft | None = None
        self.version = -1
        self.seen_at = self.position_at = -inf

    def take(self, aircraft: TrackedAircraft, sample: Sample, now: Moment) -> None:
        """Follow this state of the aircraft, which the visit has noted, and offer its position to the track."""
        self.aircraft, self.version, self.seen_at = aircraft, aircraft.version, aircraft.seen_at
        self.heard = now.steady - max(0.0, now.wall - sample.at)
        self.mark_changed(now)
        if sample.position is None or sample.position_heard == self.position_at:
            return
        self.position_at = sample.position_heard
        get = sample.fields.get
        altitude: Any = get("alt_baro")
        is_feet = isinstance(altitude, int)
        on_ground = altitude == "ground" or (not is_feet and self.visit.state.on_ground)
        self.track.offer(
            TrackPoint(
                sample.position_at,
                *sample.position,
                altitude if is_feet else None,
                on_ground,
                get("gs"),
                get("track"),
            )
        )

    def mark_changed(self, now: Moment) -> None:
        """Have it written in time."""
        if self.due == inf:
            self.due, self._wait = now.steady + self._wait, WRITE_S

    def let_go(self, now: Moment) -> None:
        """The tracker has removed the aircraft: note when it was last heard."""
        aircraft, self.aircraft = self.aircraft, None
        if aircraft is not None and aircraft.timeline is None:
            last = aircraft.seen_at + now.wall - now.steady
            if last > self.visit.state.last:
                self.visit.state.last, self.heard = last, aircraft.seen_at
                self.mark_changed(now)


def sample_of(
    aircraft: TrackedAircraft,
    followed: Followed | None,
    hearings: Sequence[Hearing],
    location: Point | None,
    now: Moment,
    *,
    stands_in: bool,
) -> Sample:
    """What is known of an aircraft now. `followed`: as it was noted last; `stands_in`: all traffic is simulated.

    Times are those of the measurements. Of a recording that is played, they are the time at which each is shown.
    """
    position, public, hex_ = aircraft.position, aircraft.public, aircraft.hex
    has_position = "lat" in public and position.at != -inf
    if aircraft.timeline is None:
        shift = now.wall - now.steady
        at, position_at = min(aircraft.seen_at + shift, now.wall), position.at + shift
    else:
        was_heard = followed is None or aircraft.seen_at != followed.seen_at
        at, position_at = now.wall if was_heard or followed is None else followed.visit.state.last, now.wall
    receivers = [hearing for hearing in hearings if hex_ in hearing.addresses]
    if receivers:
        demo = all(hearing.is_demo for hearing in receivers)
    else:
        demo = stands_in if followed is None else followed.visit.state.demo
    where = (position.lat, position.lon) if has_position else None
    altitude, speed = aircraft.stamps.get("alt_baro"), aircraft.stamps.get("gs")
    return Sample(
        at,
        public,
        aircraft.messages,
        where,
        position_at,
        0.0 if altitude is None else altitude.at,
        0.0 if speed is None else speed.at,
        position.at,
        None if where is None or location is None else distance_nm(location, where),
        [hearing.receiver for hearing in receivers],
        demo,
    )
