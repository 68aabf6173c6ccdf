"""The tracker's limits: lifetimes of fields and aircraft, receiver range, memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a Tracker. Times in seconds, distances in nautical miles.

    `stale_s`: up to this age a field is fresh and is not replaced by a worse source.
    `expire_s`: at this age a field is removed; `adsc_expire_s`: the same for ADS-C, whose reports are rare.
    `timeout_s`: an aircraft not heard for this long is removed, unless it has an unexpired ADS-C field.
    `max_range_nm`: positions farther from the reference are rejected, but those of ADS-C; 0: no limit.
    `max_aircraft`: aircraft in memory, listed or not; beyond it, those not heard for longest are evicted.
    `refresh_s`: minimum interval between updates of an aircraft's volatile fields.
    `trail_points`: maximum points of one aircraft's trail; `trail_total`: maximum of all trails together.
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
