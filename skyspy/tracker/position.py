"""Pure floor: which positions can be true.

A position must lie within the receiver's range, must not be older than the one held, and must be
reachable from it: in the time between, at the speed the aircraft says it has and some more, and
not backwards along its own track and its last step (which is what a second receiver some seconds
late looks like). A position that is none of this becomes a *rival*. Rivals that agree among
themselves, four in a row and nothing of the old place heard meanwhile, replace it: so a wrong first
position or a reused address recovers, while two aircraft with one address, or one receiver that
lags, never make the position flap.

Law: degrees, nautical miles, knots and seconds in, a verdict out. A better source than the
one that holds the position is believed at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, inf, radians, sin
from typing import Any

from skyspy.geo import Point, distance_nm
from skyspy.tracker.gate import Stamp, life
from skyspy.tracker.limits import Limits

TAKEN, MOVED, DOUBTFUL, LATE, WORSE, FAR, JUMP = "taken", "moved", "doubtful", "late", "worse", "far", "jump"
"""Verdicts. MOVED is taken, but from another place: what lies between was not flown. DOUBTFUL asks for `judge`."""

FASTEST_KT = 1500.0
"""Believed of an aircraft that does not tell its speed."""
SPEED_FACTOR, SPEED_MORE_KT = 1.5, 150.0
"""An aircraft that tells its speed may have been this much faster."""
TIME_SLACK_S = 1.0
SLACK_NM, ROUGH_SLACK_NM = 0.3, 2.0
"""What is always allowed, for exact positions and for those that others computed or relayed."""
EXACT_RANK = 1
BACKWARD_NM, BACKWARD_KT, BACKWARD_S = 0.05, 50.0, 5.0
RIVALS, RIVAL_SECONDS, RIVAL_PAUSE_S = 4, 2.5, 30.0

_NOBODY = 99
"""The rank of no source: any is better."""
_DEGREE_NM = 60.0
_RADIAN = radians(1.0)


class Area:
    """The circle around the receiver within which positions are believed; everywhere, without a centre or range."""

    __slots__ = ("_centre", "_high", "_left", "_low", "_range", "_right")

    def __init__(self, centre: Point | None, range_nm: float) -> None:
        self._centre, self._range = centre, range_nm if range_nm > 0 else inf
        if centre is None or self._range == inf:
            self._low, self._high, self._left, self._right = -inf, inf, -inf, inf
            return
        # Nearly every position lies in a box well inside the circle, and two comparisons say so.
        lat, lon = centre
        side = 0.65 * range_nm / _DEGREE_NM
        self._low, self._high = lat - side, lat + side
        nearest_equator = 0.0 if self._low < 0 < self._high else min(abs(self._low), abs(self._high))
        width = side / max(cos(radians(min(nearest_equator, 89.0))), 0.02)
        self._left, self._right = max(lon - width, -180.0), min(lon + width, 180.0)

    def holds(self, lat: float, lon: float) -> bool:
        """Whether the position is near enough to be heard."""
        if self._low <= lat <= self._high and self._left <= lon <= self._right:
            return True
        return self._centre is None or distance_nm(self._centre, (lat, lon)) <= self._range


class Rival:
    """Positions that contradict the one held and agree among themselves."""

    __slots__ = ("at", "count", "first", "lat", "lon")

    def __init__(self, lat: float, lon: float, at: float) -> None:
        self.lat, self.lon, self.at, self.first, self.count = lat, lon, at, at, 1


class Place(Stamp):
    """The position that is held of one aircraft, and what contradicts it; the stamp of its fields. `at` is -inf
    while there is none."""

    __slots__ = ("east", "lat", "lon", "north", "rival")

    def __init__(self) -> None:
        super().__init__(-inf, _NOBODY)
        self.lat = self.lon = 0.0
        self.north = self.east = 0.0
        self.rival: Rival | None = None

    def forget(self) -> None:
        """Hold no position any more."""
        self.at, self.rank, self.rival = -inf, _NOBODY, None

    def follow(self, old: Place) -> None:
        """Know where another record last saw this aircraft, and believe any newer position."""
        self.lat, self.lon, self.at = old.lat, old.lon, old.at

    def offer(self, fields: Mapping[str, Any], at: float, rank: int, now: float, limits: Limits, area: Area) -> str:
        """Take the position in `fields` if it is plainly right: TAKEN, LATE, WORSE, FAR, or DOUBTFUL: then `judge` must say."""
        lat, lon = fields["lat"], fields["lon"]
        if rank > self.rank and now - self.at <= limits.stale_s:
            return WORSE
        if lat == self.lat and lon == self.lon and self.at != -inf and rank <= self.rank:
            # The same again, perhaps a little older by another clock: it confirms.
            if at >= self.at:
                self.at, self.rank = at, rank
            self.rival = None
            return TAKEN
        if at < self.at or at + life(rank, limits) <= now:
            return LATE
        if not area.holds(lat, lon):
            return FAR
        if rank < self.rank:
            self._take(lat, lon, at, rank, 0.0, 0.0)
            return TAKEN
        north, east = _step(self.lat, self.lon, lat, lon)
        square = north * north + east * east
        if square > SLACK_NM * SLACK_NM:
            return DOUBTFUL
        if square > BACKWARD_NM * BACKWARD_NM and north * self.north + east * self.east < 0:
            return DOUBTFUL
        self._take(lat, lon, at, rank, north, east)
        return TAKEN

    def judge(
        self, fields: Mapping[str, Any], at: float, rank: int, gs: float | None, track: float | None, pace: float = 1.0
    ) -> str:
        """Take or refuse a DOUBTFUL position of an aircraft of this speed and track: TAKEN, MOVED or JUMP.

        `pace` is how many seconds of flight pass in one second here: above 1 for a recording played fast.
        """
        lat, lon = fields["lat"], fields["lon"]
        north, east = _step(self.lat, self.lon, lat, lon)
        seconds = (at - self.at) * pace
        near = north * north + east * east <= _reach(seconds, gs, max(rank, self.rank)) ** 2
        # Against its own last step too: an aircraft whose track is wrong, but wrong for long, flies on all the same.
        turned = north * self.north + east * self.east <= 0
        if near and not (turned and _backward(north, east, seconds, gs, track, rank)):
            self._take(lat, lon, at, rank, north, east)
            return TAKEN
        return self._rival(lat, lon, at, rank, gs, pace)

    def _rival(self, lat: float, lon: float, at: float, rank: int, gs: float | None, pace: float) -> str:
        rival = self.rival
        if rival is not None and at <= rival.at:
            return JUMP
        agrees = False
        if rival is not None and (at - rival.at) * pace <= RIVAL_PAUSE_S:
            north, east = _step(rival.lat, rival.lon, lat, lon)
            agrees = north * north + east * east <= _reach((at - rival.at) * pace, gs, rank) ** 2
        if rival is None or not agrees:
            self.rival = Rival(lat, lon, at)
            return JUMP
        rival.lat, rival.lon, rival.at, rival.count = lat, lon, at, rival.count + 1
        if rival.count < RIVALS or (at - rival.first) * pace < RIVAL_SECONDS:
            return JUMP
        self._take(lat, lon, at, rank, 0.0, 0.0)
        return MOVED

    def _take(self, lat: float, lon: float, at: float, rank: int, north: float, east: float) -> None:
        self.lat, self.lon, self.at, self.rank = lat, lon, at, rank
        self.north, self.east = north, east
        self.rival = None


def _step(lat0: float, lon0: float, lat: float, lon: float) -> tuple[float, float]:
    """Nautical miles north and east from one position to another near it."""
    turn = lon - lon0
    if turn > 180.0:
        turn -= 360.0
    elif turn < -180.0:
        turn += 360.0
    return (lat - lat0) * _DEGREE_NM, turn * _DEGREE_NM * cos(lat * _RADIAN)


def _reach(seconds: float, gs: float | None, rank: int) -> float:
    """Nautical miles an aircraft can have gone in that time."""
    speed = FASTEST_KT if gs is None else gs * SPEED_FACTOR + SPEED_MORE_KT
    return speed * (seconds + TIME_SLACK_S) / 3600.0 + (SLACK_NM if rank <= EXACT_RANK else ROUGH_SLACK_NM)


def _backward(north: float, east: float, seconds: float, gs: float | None, track: float | None, rank: int) -> bool:
    """Whether the step goes against the aircraft's own track, within a time in which nothing that fast turns round."""
    if gs is None or track is None or gs < BACKWARD_KT or seconds > BACKWARD_S or rank > EXACT_RANK:
        return False
    return north * cos(track * _RADIAN) + east * sin(track * _RADIAN) < -BACKWARD_NM
