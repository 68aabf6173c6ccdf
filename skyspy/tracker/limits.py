"""Pure floor: how long a field is believed, how far a receiver hears, how much the tracker may hold.

Law: values only. A tracker is handed new Limits as a whole; nobody changes one of them in place.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a Tracker keeps to. Times in seconds, distances in nautical miles.

    `stale_s`: up to this age a field is fresh, and a worse source is not believed.
    `expire_s`: at this age a field is gone; `adsc_expire_s` is the same for ADS-C, whose reports are rare.
    `timeout_s`: an aircraft not heard for this long is removed (unless an ADS-C field still lives).
    `max_range_nm`: a position farther from the reference is not believed; 0 believes all.
    `max_aircraft`: how many aircraft are held, listed or not; one more evicts the longest unheard.
    `refresh_s`: how often at most an aircraft's volatile fields are told.
    `trail_points`: points of one aircraft's trail; `trail_total`: the sum they share when the sky is full.
    """

    stale_s: float = 15.0
    expire_s: float = 60.0
    adsc_expire_s: float = 33 * 60.0
    timeout_s: float = 60.0
    max_range_nm: float = 450.0
    max_aircraft: int = 20_000
    refresh_s: float = 5.0
    trail_points: int = 600
    trail_total: int = 1_000_000
