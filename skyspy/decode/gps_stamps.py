"""The timestamps of Mode S receivers with GPS (Radarcape): the time of day in UTC, 18 bits of seconds and 30 bits of nanoseconds.

Others count at 12 MHz from a moment of their own, which says nothing about a delay; nothing in a frame tells the two apart.
"""

from __future__ import annotations

from skyspy.decode.base import MAX_LAG_S

DAY_S = 86_400
NANOSECOND_BITS = 30
NANOSECONDS = 1_000_000_000
MIN_AGREED_S, MAX_DRIFT_S = 5.0, 1.0
"""Timestamps that keep up with the wall clock to within MAX_DRIFT_S for MIN_AGREED_S are GPS time: a 12 MHz counter read as such
falls behind by almost a second each second."""
MAX_CLOCK_ERROR_S = 1.0

STAMP_BYTES = 6


def gps_seconds(stamp: int) -> float | None:
    """The UTC seconds since midnight of a GPS timestamp; None if it is none."""
    seconds, nanoseconds = stamp >> NANOSECOND_BITS, stamp & ((1 << NANOSECOND_BITS) - 1)
    return seconds + nanoseconds / NANOSECONDS if seconds < DAY_S and nanoseconds < NANOSECONDS else None


class GpsDelay:
    """How late a receiver's frames arrive, by their GPS timestamps. `wall_minus_steady` as in Context."""

    def __init__(self, wall_minus_steady: float | None) -> None:
        self._shift = wall_minus_steady
        self._first = self._first_at = 0.0
        self._is_begun = self._is_gps = False

    def seconds(self, stamp: bytes, now: float) -> float:
        """The delay of a frame that arrived at `now` with this timestamp (6 bytes); 0 where it is not known."""
        if self._shift is None or len(stamp) != STAMP_BYTES:
            return 0.0
        heard = gps_seconds(int.from_bytes(stamp, "big"))
        delay = 0.0 if heard is None else (now + self._shift - heard + DAY_S / 2) % DAY_S - DAY_S / 2
        if heard is None or not -MAX_CLOCK_ERROR_S <= delay <= MAX_LAG_S:
            self._is_begun = self._is_gps = False
            return 0.0
        if not self._is_gps:
            if not self._is_begun or abs(delay - self._first) > MAX_DRIFT_S:
                self._first, self._first_at, self._is_begun = delay, now, True
            self._is_gps = now - self._first_at >= MIN_AGREED_S
        return max(0.0, delay) if self._is_gps else 0.0
