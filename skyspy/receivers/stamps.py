"""The timestamps of Mode S receivers in captured files: 48 bits, in one of two kinds that nothing in a frame tells apart.

Most receivers count at 12 MHz from a moment of their own. Receivers with GPS write the time of day (decode/gps_stamps.py). `has_gps_stamps` tells which kind a capture has, by what could not be with the other.
"""

from __future__ import annotations

from collections.abc import Iterable

from skyspy.decode.gps_stamps import DAY_S, NANOSECOND_BITS, NANOSECONDS, gps_seconds

BEAST_HZ = 12e6
LEAP_SECONDS = 10.0
_COUNTER_PERIOD_S = 2**48 / BEAST_HZ
_SILENT_UNIT_S = ((1 << NANOSECOND_BITS) - NANOSECONDS) / BEAST_HZ
"""A 12 MHz counter spends so many seconds of every 89 on values that are no nanoseconds."""
MIN_MISSED = 3.0
"""So many frames, expected among those values and not there, tell that the stamps are no 12 MHz counter."""
MAX_BAD_SHARE = 0.03
"""A capture with a larger share of timestamps that are no GPS time has none of it."""
MAX_UNITS = 60
"""A larger step from frame to frame, in seconds of GPS time, is a corrupted timestamp or a restart."""
MIN_RATE = 0.5
"""A capture with fewer frames per second than this, by the 12 MHz counter, has no such counter."""


def has_gps_stamps(stamps: Iterable[int]) -> bool:
    """Whether the timestamps of consecutive frames are GPS time, rather than a 12 MHz counter. Some may be corrupted."""
    count, bad, span, changes, last = 0, 0, 0.0, 0, 0
    for stamp in stamps:
        count += 1
        if gps_seconds(stamp) is None:
            bad += 1
            continue
        units = (stamp >> NANOSECOND_BITS) - (last >> NANOSECOND_BITS)
        if 0 <= units <= MAX_UNITS and stamp > last and last:
            span += (stamp - last) / BEAST_HZ
            changes += units > 0
        last = stamp
    if not changes or bad > count * MAX_BAD_SHARE:
        return False
    rate = count / span
    return rate < MIN_RATE or changes * rate * _SILENT_UNIT_S >= MIN_MISSED


class BeastClock:
    """Elapsed seconds by timestamps that are sometimes corrupted, or start again when a receiver does. A 12 MHz counter that
    overflows and a midnight with GPS time are no jump."""

    def __init__(self, *, gps: bool = False) -> None:
        self._gps, self._period = gps, float(DAY_S) if gps else _COUNTER_PERIOD_S
        self._last: float | None = None
        self._unconfirmed: float | None = None

    def step(self, stamp: int) -> float:
        """Seconds since the previous call. A jump backwards or by more than LEAP_SECONDS counts only when the next frame
        confirms it; a timestamp that is no GPS time counts as 0."""
        now = gps_seconds(stamp) if self._gps else stamp / BEAST_HZ
        if now is None:
            return 0.0
        last, unconfirmed = self._last, self._unconfirmed
        if last is not None and not 0.0 <= (since := self._since(last, now)) <= LEAP_SECONDS:
            if unconfirmed is None or not 0.0 <= (more := self._since(unconfirmed, now)) <= LEAP_SECONDS:
                self._unconfirmed = now
                return 0.0
            self._last, self._unconfirmed = now, None
            return max(0.0, since - more) + more
        self._last, self._unconfirmed = now, None
        return 0.0 if last is None else since

    def _since(self, before: float, now: float) -> float:
        """Seconds from one time to another, which may be past the counter's overflow or midnight."""
        half = self._period / 2
        return (now - before + half) % self._period - half
