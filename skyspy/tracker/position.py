"""Decides which positions are plausible. Degrees, nautical miles, knots and seconds.

A position must be within the receiver's range (but one of ADS-C, which comes over HFDL or satellites), not older than the held
position, and reachable from it: within the time since, at the aircraft's reported speed plus a margin, and not backwards along its
track and its last step (which is how the data of a delayed second receiver looks).

The place that is held already, sent again, is a new position only of an aircraft that stands still. Otherwise the source
repeats itself: the position's age counts from the first time, so that the way to the next one fits the time it took.

A position that is not reachable becomes a rival. Four consecutive rivals that are reachable from each other, with no position
near the held one in between, replace it. So a wrong first position or a reused address is corrected, while two aircraft with
one address do not make the position alternate.

Two receivers may hear one aircraft with different delays that neither states. Of two positions on one track the one ahead is
the newer one: rivals ahead replace the held position although others near it come in between; rivals behind wait until the
aircraft must have passed the held position, if they come from the delayed one. The held position neither alternates nor goes back.

A position from a better source than that of the held position is accepted at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, hypot, inf, nan, radians, sin
from typing import Any

from skyspy.geo import Point, distance_nm
from skyspy.tracker.gate import ADSC, Stamp, lifetime_s
from skyspy.tracker.limits import Limits

ACCEPTED, MOVED, DOUBTFUL, SAME, REPEATED = "accepted", "moved", "doubtful", "same", "repeated"
LATE, BEHIND, WORSE, FAR, JUMP = "late", "behind", "worse", "far", "jump"
"""Verdicts. MOVED: accepted, but the aircraft did not fly from the held position to this one. DOUBTFUL: call `resolve_doubtful`; SAME:
call `repeat`. REPEATED: a repeat of a position that has expired. LATE: known to be older than the held position; BEHIND: taken
to be older, because the aircraft was there before."""

MAX_UNKNOWN_SPEED_KT = 1500.0
"""Assumed maximum for an aircraft that reports no speed."""
SPEED_FACTOR, SPEED_MARGIN_KT = 1.5, 150.0
"""Maximum for an aircraft that reports its speed: the speed times the factor, plus the margin."""
MIN_FLOWN_S, MIN_COURSE_NM, COURSE_SLACK_NM, COURSE_SHARE = 10.0, 2.5, 2.0, 0.5
"""After a longer time and a longer way than this, the aircraft must also be near where its speed and track, or last step, lead: within this
distance, plus this share of the way, which is how far a turn of 60 degrees leads away."""
TIME_SLACK_S = 1.0
SLACK_NM, ROUGH_SLACK_NM = 0.3, 2.0
"""Distance that is always accepted: for exact positions, and for computed or relayed ones."""
MAX_EXACT_RANK = 1
"""Sources up to this rank have exact positions."""
MIN_BACKWARD_NM, MIN_BACKWARD_KT, MAX_BACKWARD_S, BACKWARD_S_PER_KT = 0.02, 50.0, 5.0, 0.04
"""A step is backward if it goes at least this far against the track of an aircraft of at least this speed, within at most this
time, or this time per knot, in which an aircraft of that speed cannot turn around (with a bank of 75 degrees)."""
MAX_DELAY_S, DELAY_MARGIN_S, USUAL_KT = 20.0, 1.0, 450.0
"""Flying time between two positions on one track up to which they may be those of receivers with different delays; the margin
added before rivals behind replace the held position; the assumed speed where none is reported."""
MIN_AHEAD = 0.5
"""Cosine of the largest angle from the last step under which a rival lies ahead: an aircraft may turn meanwhile."""
MAX_STANDING_KT = 10.0
"""Below this speed a position that is sent again is a new one."""
MAX_REPEATED_S = 60.0
"""For this long the place of an aircraft that reports no speed may be a repeat."""
CONFIRMED_S = 10.0
"""For this long a repeat of the held position counts against rivals."""
MIN_RIVALS, MIN_RIVAL_SECONDS, MAX_RIVAL_GAP_S = 4, 2.5, 30.0
"""Number and duration of consecutive rivals that replace the held position, and the longest gap between two of them."""

NOBODY = object()
"""In place of a receiver."""
_NO_SOURCE = 99
"""Rank of a position without a source; any source is better."""
_DEGREE_NM = 60.0
_RADIAN = radians(1.0)


class Area:
    """The circle around the receiver within which positions are accepted; everywhere if there is no centre or no range."""

    __slots__ = ("_centre", "_high", "_left", "_low", "_range", "_right")

    def __init__(self, centre: Point | None, range_nm: float) -> None:
        self._centre, self._range = centre, range_nm if range_nm > 0 else inf
        if centre is None or self._range == inf:
            self._low, self._high, self._left, self._right = -inf, inf, -inf, inf
            return
        # A box inside the circle, which contains nearly all positions, is checked first: it needs only comparisons.
        lat, lon = centre
        side = 0.65 * range_nm / _DEGREE_NM
        self._low, self._high = lat - side, lat + side
        nearest_equator = 0.0 if self._low < 0 < self._high else min(abs(self._low), abs(self._high))
        width = side / max(cos(radians(min(nearest_equator, 89.0))), 0.02)
        self._left, self._right = max(lon - width, -180.0), min(lon + width, 180.0)

    def contains(self, lat: float, lon: float) -> bool:
        """Whether the position is within range."""
        if self._low <= lat <= self._high and self._left <= lon <= self._right:
            return True
        return self._centre is None or distance_nm(self._centre, (lat, lon)) <= self._range


class ConflictingTrack:
    """A series of positions that contradict the held one and are consistent with each other. `lat`, `lon`, `at`: the last one;
    `first`: time of the first. `ahead`: it began ahead of the held position. `not_before`: when it may replace that one."""

    __slots__ = ("ahead", "at", "count", "first", "lat", "lon", "not_before")

    def __init__(self, lat: float, lon: float, at: float, ahead: bool, not_before: float) -> None:
        self.lat, self.lon, self.at, self.first, self.count = lat, lon, at, at, 1
        self.ahead, self.not_before = ahead, not_before


class HeldPosition(Stamp):
    """The current position of one aircraft and its rival; also the stamp of the position's fields. `at` is -inf while there
    is no position; `lat` and `lon` are then those of the last one, NaN before the first. `since`, `said_at`: when this place was
    heard first and last. `north`, `east`: the last step in nm, 0 before the first. `holder`: the receiver it is from (None: not
    known); `late`: one that was behind it since, or NOBODY."""

    __slots__ = ("east", "holder", "lat", "late", "lon", "north", "rival", "said_at", "since")

    def __init__(self) -> None:
        super().__init__(-inf, _NO_SOURCE)
        self.lat = self.lon = nan
        self.north = self.east = 0.0
        self.since = self.said_at = -inf
        self.rival: ConflictingTrack | None = None
        self.holder: object = None
        self.late: object = NOBODY

    def hold(self, receiver: object) -> None:
        """The position is this receiver's from now on."""
        self.holder = receiver
        if self.late is receiver:
            self.late = NOBODY

    def clear(self) -> None:
        """Remove the position."""
        self.at, self.rank, self.rival = -inf, _NO_SOURCE, None

    def take_over(self, old: HeldPosition) -> None:
        """Take the last position of an evicted record of this aircraft; any newer position replaces it."""
        self.lat, self.lon, self.at = old.lat, old.lon, old.at
        self.since, self.said_at = old.since, old.said_at

    def shift(self, seconds: float) -> None:
        """Move all times by so many seconds."""
        self.at, self.since, self.said_at = self.at + seconds, self.since + seconds, self.said_at + seconds
        self.rival = None

    def offer(self, fields: Mapping[str, Any], at: float, rank: int, now: float, limits: Limits, area: Area) -> str:
        """Accept the position in `fields` if it is clearly plausible: ACCEPTED, LATE, WORSE, FAR, SAME (call `repeat`) or
        DOUBTFUL (call `resolve_doubtful`)."""
        lat, lon = fields["lat"], fields["lon"]
        if rank > self.rank and now - self.at <= limits.stale_s:
            return WORSE
        if lat == self.lat and lon == self.lon:
            return SAME
        if at < self.at or at + lifetime_s(rank, limits) <= now:
            return LATE
        # What comes by HFDL or satellite is heard from anywhere.
        if rank != ADSC and not area.contains(lat, lon):
            return FAR
        if rank < self.rank:
            self._accept(lat, lon, at, rank, 0.0, 0.0)
            return ACCEPTED
        north, east = _step(self.lat, self.lon, lat, lon)
        square = north * north + east * east
        if square > SLACK_NM * SLACK_NM:
            return DOUBTFUL
        if square > MIN_BACKWARD_NM * MIN_BACKWARD_NM and north * self.north + east * self.east < 0:
            return DOUBTFUL
        self._accept(lat, lon, at, rank, north, east)
        return ACCEPTED

    def repeat(self, at: float, rank: int, now: float, limits: Limits, *, stands: bool | None) -> str:
        """Take the SAME position again, heard at `at`: as a new one if the aircraft stands still (`stands`; where that is not
        known: if it has not moved yet) or if it was silent for a lifetime. ACCEPTED, or LATE or REPEATED where it has expired."""
        said_at, self.said_at = self.said_at, max(at, self.said_at)
        if stands is None:
            stands = self.north == self.east == 0.0
        if stands or at - said_at > lifetime_s(rank, limits):
            if at + lifetime_s(rank, limits) <= now:
                return LATE
            # Another receiver's clock may date the same message slightly earlier.
            if at >= self.at:
                self.at, self.rank = at, rank
            self._drop_rival()
            return ACCEPTED
        if self.at + lifetime_s(rank, limits) <= now:
            return REPEATED
        self.rank = min(self.rank, rank)
        if now - self.at <= CONFIRMED_S:
            self._drop_rival()
        return ACCEPTED

    def resolve_doubtful(
        self, fields: Mapping[str, Any], at: float, rank: int, gs: float | None, track: float | None, pace: float = 1.0
    ) -> str:
        """Accept or reject a DOUBTFUL position of an aircraft with this speed and track: ACCEPTED, MOVED, JUMP or BEHIND.

        `pace` is the playback speed: above 1 for a recording that is played faster than it was made.
        """
        lat, lon = fields["lat"], fields["lon"]
        north, east = _step(self.lat, self.lon, lat, lon)
        # Without a speed, a place sent again may have been a repeat; but reports over a data link are rare.
        is_known = gs is not None or self.rank == ADSC
        seconds = (at - (self.at if is_known else max(self.since, at - MAX_REPEATED_S))) * pace
        distance = hypot(north, east)
        # Backward must also mean against the last step: otherwise an aircraft that reports a wrong track is rejected.
        reverses = north * self.north + east * self.east <= 0 and _is_backward(north, east, gs, track, rank)
        delay = distance * 3600.0 / (USUAL_KT if gs is None else max(gs, MIN_BACKWARD_KT))
        # After a silence, a receiver with a delay is behind by the less: with more than that, the aircraft has turned.
        has_turned = seconds > MIN_FLOWN_S and seconds + delay > MAX_DELAY_S
        may_turn = (seconds > _turn_seconds(gs) or has_turned) and not (reverses and self._rival_comes_nearer(at, distance))
        near = distance <= _max_distance_nm(seconds, gs, max(rank, self.rank))
        if near and seconds > MIN_FLOWN_S and distance > MIN_COURSE_NM and gs is not None and track is not None:
            near = self._is_on_course(north, east, gs * seconds / 3600.0, track)
        if near and (may_turn or not reverses):
            self._accept(lat, lon, at, rank, north, east)
            return ACCEPTED
        is_delay = delay <= MAX_DELAY_S
        ahead = is_delay and not reverses and self._is_ahead(north, east, distance, track)
        not_before = at + (delay + DELAY_MARGIN_S) / pace if reverses and is_delay else -inf
        verdict = self._add_rival(ConflictingTrack(lat, lon, at, ahead, not_before), rank, gs, pace)
        return BEHIND if verdict is JUMP and reverses and is_delay else verdict

    def _rival_comes_nearer(self, at: float, distance: float) -> bool:
        """Whether a rival behind still has time to pass the held position, and comes nearer to it, as a delayed receiver does."""
        rival = self.rival
        return rival is not None and at < rival.not_before and distance < hypot(*_step(self.lat, self.lon, rival.lat, rival.lon))

    def _is_on_course(self, north: float, east: float, flown: float, track: float) -> bool:
        """Whether a step ends near where `flown` nautical miles along the track, or on along the last step, would lead."""
        most = COURSE_SLACK_NM + COURSE_SHARE * flown
        if hypot(north - flown * cos(track * _RADIAN), east - flown * sin(track * _RADIAN)) <= most:
            return True
        length = hypot(self.north, self.east)
        return length > 0.0 and hypot(north - flown * self.north / length, east - flown * self.east / length) <= most

    def _is_ahead(self, north: float, east: float, distance: float, track: float | None) -> bool:
        """Whether a step goes on in the direction of the last one, or of the track where there was none."""
        to_north, to_east = self.north, self.east
        length = hypot(to_north, to_east)
        if length == 0.0:
            if track is None:
                return False
            to_north, to_east, length = cos(track * _RADIAN), sin(track * _RADIAN), 1.0
        return north * to_north + east * to_east >= MIN_AHEAD * distance * length

    def _add_rival(self, new: ConflictingTrack, rank: int, gs: float | None, pace: float) -> str:
        """Add a position to the rival, or start a new one; ACCEPTED or MOVED if the rival replaces the held position (ACCEPTED:
        it is ahead of it), otherwise JUMP."""
        rival, at = self.rival, new.at
        if rival is not None and at <= rival.at:
            return JUMP
        agrees = False
        if rival is not None and (at - rival.at) * pace <= MAX_RIVAL_GAP_S:
            north, east = _step(rival.lat, rival.lon, new.lat, new.lon)
            if north == east == 0.0 and (gs is None or gs >= MAX_STANDING_KT):
                # Its source repeats it: that is no further evidence.
                return JUMP
            agrees = hypot(north, east) <= _max_distance_nm((at - rival.at) * pace, gs, rank)
        if rival is None or not agrees:
            # A rival ahead is not given up for positions of the source that lags behind it.
            if rival is None or not rival.ahead or new.not_before == -inf:
                self.rival = new
            return JUMP
        step = _step(rival.lat, rival.lon, new.lat, new.lon)
        rival.lat, rival.lon, rival.at, rival.count = new.lat, new.lon, at, rival.count + 1
        if rival.count < MIN_RIVALS or (at - rival.first) * pace < MIN_RIVAL_SECONDS or at < rival.not_before:
            return JUMP
        self.rival = None
        self._accept(new.lat, new.lon, at, rank, *step)
        return ACCEPTED if rival.ahead else MOVED

    def _accept(self, lat: float, lon: float, at: float, rank: int, north: float, east: float) -> None:
        self.lat, self.lon, self.at, self.rank = lat, lon, at, rank
        self.since = self.said_at = at
        self.north, self.east = north, east
        if self.rival is not None:
            self._drop_rival()

    def _drop_rival(self) -> None:
        """Give up a rival that is contradicted. One ahead is not: a receiver with a longer delay hears the same track."""
        if self.rival is not None and not self.rival.ahead:
            self.rival = None


def _step(lat0: float, lon0: float, lat: float, lon: float) -> tuple[float, float]:
    """Nautical miles north and east from one position to another one nearby."""
    turn = lon - lon0
    if turn > 180.0:
        turn -= 360.0
    elif turn < -180.0:
        turn += 360.0
    return (lat - lat0) * _DEGREE_NM, turn * _DEGREE_NM * cos(lat * _RADIAN)


def _max_distance_nm(seconds: float, gs: float | None, rank: int) -> float:
    """Nautical miles that an aircraft can have moved in this time, with tolerance for the source's accuracy."""
    speed = MAX_UNKNOWN_SPEED_KT if gs is None else gs * SPEED_FACTOR + SPEED_MARGIN_KT
    return speed * (seconds + TIME_SLACK_S) / 3600.0 + (SLACK_NM if rank <= MAX_EXACT_RANK else ROUGH_SLACK_NM)


def _is_backward(north: float, east: float, gs: float | None, track: float | None, rank: int) -> bool:
    """Whether the step goes against the track of an aircraft that flies."""
    if gs is None or track is None or gs < MIN_BACKWARD_KT or rank > MAX_EXACT_RANK:
        return False
    return north * cos(track * _RADIAN) + east * sin(track * _RADIAN) < -MIN_BACKWARD_NM


def _turn_seconds(gs: float | None) -> float:
    """Seconds in which an aircraft of this speed cannot turn around."""
    return max(MAX_BACKWARD_S, BACKWARD_S_PER_KT * (gs or 0.0))
