"""Which points of a track are kept: the only thinning, for the store and for the replay.

A point is kept where it cannot be computed from the last kept one: dead reckoning from the last kept point (its position, ground speed and
track) is wrong by more than MAX_ERROR_M, the altitude has changed by MIN_CLIMB_FT, the aircraft took off or landed, or
MAX_SECONDS have passed.
"""

from __future__ import annotations

from skyspy.geo import destination, distance_nm
from skyspy.tracks.point import TrackPoint

MAX_ERROR_M = 40.0
MIN_CLIMB_FT = 100
MAX_SECONDS = 30.0

_MAX_ERROR_NM = MAX_ERROR_M / 1852.0


class Thinner:
    """The thinning of one track. `kept`: the last kept point; `skipped`: the newest point after it, which was not kept."""

    __slots__ = ("kept", "skipped")

    def __init__(self, kept: TrackPoint | None = None) -> None:
        self.kept = kept
        self.skipped: TrackPoint | None = None

    def offer(self, point: TrackPoint) -> bool:
        """Whether to keep the point, which is then the last kept one. Never a second point of the same time, nor one from before
        the last kept point, unless the clock was set back by MAX_SECONDS or more."""
        kept = self.kept
        if kept is None or is_needed(kept, point):
            self.kept, self.skipped = point, None
            return True
        if point.at > kept.at:
            self.skipped = point
        return False


def is_needed(kept: TrackPoint, point: TrackPoint) -> bool:
    """Whether `point` is to be kept where `kept` is the last kept point."""
    seconds = point.at - kept.at
    if abs(seconds) >= MAX_SECONDS:
        return True
    if seconds <= 0.0:
        return False
    if point.on_ground != kept.on_ground:
        return True
    if point.alt_baro is not None and (kept.alt_baro is None or abs(point.alt_baro - kept.alt_baro) >= MIN_CLIMB_FT):
        return True
    expected = (kept.lat, kept.lon)
    if kept.gs and kept.track is not None:
        expected = destination(expected, kept.track, kept.gs * seconds / 3600.0)
    return distance_nm(expected, (point.lat, point.lon)) > _MAX_ERROR_NM
