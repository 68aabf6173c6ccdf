"""Decides which positions are plausible. Degrees, nautical miles, knots and seconds.

A position must be within the receiver's range, not older than the held position, and reachable from it: within the time
since, at the aircraft's reported speed plus a margin, and not backwards along its track and its last step (which is how the
data of a delayed second receiver looks).

A position that is not reachable becomes a rival. Four consecutive rivals that are reachable from each other, with no position
near the held one in between, replace it. So a wrong first position or a reused address is corrected, while two aircraft with
one address, or a delayed receiver, do not make the position alternate.

A position from a better source than that of the held position is accepted at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, inf, radians, sin
from typing import Any

from skyspy.geo import Point, distance_nm
from skyspy.tracker.gate import Stamp, lifetime_s
from skyspy.tracker.limits import Limits

ACCEPTED, MOVED, DOUBTFUL, LATE, WORSE, FAR, JUMP = "accepted", "moved", "doubtful", "late", "worse", "far", "jump"
"""Verdicts. MOVED: accepted, but the aircraft did not fly from the held position to this one. DOUBTFUL: call `resolve`."""

MAX_UNKNOWN_SPEED_KT = 1500.0
"""Assumed maximum for an aircraft that reports no speed."""
SPEED_FACTOR, SPEED_MARGIN_KT = 1.5, 150.0
"""Maximum for an aircraft that reports its speed: the speed times the factor, plus the margin."""
TIME_SLACK_S = 1.0
SLACK_NM, ROUGH_SLACK_NM = 0.3, 2.0
"""Distance that is always accepted: for exact positions, and for computed or relayed ones."""
MAX_EXACT_RANK = 1
"""Sources up to this rank have exact positions."""
MIN_BACKWARD_NM, MIN_BACKWARD_KT, MAX_BACKWARD_S = 0.05, 50.0, 5.0
"""A step is backward if it goes at least this far against the track of an aircraft of at least this speed, within at most this
time: in which an aircraft of that speed cannot turn around."""
MIN_RIVALS, MIN_RIVAL_SECONDS, MAX_RIVAL_GAP_S = 4, 2.5, 30.0
"""Number and duration of consecutive rivals that replace the held position, and the longest gap between two of them."""

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
    `first`: time of the first."""

    __slots__ = ("at", "count", "first", "lat", "lon")

    def __init__(self, lat: float, lon: float, at: float) -> None:
        self.lat, self.lon, self.at, self.first, self.count = lat, lon, at, at, 1


class HeldPosition(Stamp):
    """The current position of one aircraft and its rival; also the stamp of the position's fields. `at` is -inf while there
    is no position. `north`, `east`: the last step in nm."""

    __slots__ = ("east", "lat", "lon", "north", "rival")

    def __init__(self) -> None:
        super().__init__(-inf, _NO_SOURCE)
        self.lat = self.lon = 0.0
        self.north = self.east = 0.0
        self.rival: ConflictingTrack | None = None

    def clear(self) -> None:
        """Remove the position."""
        self.at, self.rank, self.rival = -inf, _NO_SOURCE, None

    def set_last_seen(self, old: HeldPosition) -> None:
        """Take the last position of an evicted record of this aircraft; any newer position replaces it."""
        self.lat, self.lon, self.at = old.lat, old.lon, old.at

    def offer(self, fields: Mapping[str, Any], at: float, rank: int, now: float, limits: Limits, area: Area) -> str:
        """Accept the position in `fields` if it is clearly plausible: ACCEPTED, LATE, WORSE, FAR, or DOUBTFUL (call `resolve`)."""
        lat, lon = fields["lat"], fields["lon"]
        if rank > self.rank and now - self.at <= limits.stale_s:
            return WORSE
        if lat == self.lat and lon == self.lon and self.at != -inf and rank <= self.rank:
            # The same position again confirms the held one, even if another receiver's clock dates it slightly earlier.
            if at >= self.at:
                self.at, self.rank = at, rank
            self.rival = None
            return ACCEPTED
        if at < self.at or at + lifetime_s(rank, limits) <= now:
            return LATE
        if not area.contains(lat, lon):
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

    def resolve(
        self, fields: Mapping[str, Any], at: float, rank: int, gs: float | None, track: float | None, pace: float = 1.0
    ) -> str:
        """Accept or reject a DOUBTFUL position of an aircraft with this speed and track: ACCEPTED, MOVED or JUMP.

        `pace` is the playback speed: above 1 for a recording that is played faster than it was made.
        """
        lat, lon = fields["lat"], fields["lon"]
        north, east = _step(self.lat, self.lon, lat, lon)
        seconds = (at - self.at) * pace
        near = north * north + east * east <= _max_distance_nm(seconds, gs, max(rank, self.rank)) ** 2
        # Backward must also mean against the last step: otherwise an aircraft that reports a wrong track is rejected.
        reverses = north * self.north + east * self.east <= 0
        if near and not (reverses and _is_backward(north, east, seconds, gs, track, rank)):
            self._accept(lat, lon, at, rank, north, east)
            return ACCEPTED
        return self._add_rival(lat, lon, at, rank, gs, pace)

    def _add_rival(self, lat: float, lon: float, at: float, rank: int, gs: float | None, pace: float) -> str:
        """Add a position to the rival, or start a new one; MOVED if the rival replaces the held position, otherwise JUMP."""
        rival = self.rival
        if rival is not None and at <= rival.at:
            return JUMP
        agrees = False
        if rival is not None and (at - rival.at) * pace <= MAX_RIVAL_GAP_S:
            north, east = _step(rival.lat, rival.lon, lat, lon)
            agrees = north * north + east * east <= _max_distance_nm((at - rival.at) * pace, gs, rank) ** 2
        if rival is None or not agrees:
            self.rival = ConflictingTrack(lat, lon, at)
            return JUMP
        rival.lat, rival.lon, rival.at, rival.count = lat, lon, at, rival.count + 1
        if rival.count < MIN_RIVALS or (at - rival.first) * pace < MIN_RIVAL_SECONDS:
            return JUMP
        self._accept(lat, lon, at, rank, 0.0, 0.0)
        return MOVED

    def _accept(self, lat: float, lon: float, at: float, rank: int, north: float, east: float) -> None:
        self.lat, self.lon, self.at, self.rank = lat, lon, at, rank
        self.north, self.east = north, east
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


def _is_backward(north: float, east: float, seconds: float, gs: float | None, track: float | None, rank: int) -> bool:
    """Whether the step goes against the aircraft's track, in a time too short to turn around."""
    if gs is None or track is None or gs < MIN_BACKWARD_KT or seconds > MAX_BACKWARD_S or rank > MAX_EXACT_RANK:
        return False
    return north * cos(track * _RADIAN) + east * sin(track * _RADIAN) < -MIN_BACKWARD_NM
