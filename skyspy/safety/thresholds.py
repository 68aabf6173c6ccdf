"""The thresholds of the safety rules, each a setting of the same name (`SAFETY_...` in store/registry.py). Sources are named beside them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds in force."""

    vertical_rate_ft_min: int = 6000
    """Vertical rates from here on are extreme. An airliner's emergency descent is 5,000 to 7,000 ft/min; of 139,098 samples of en-route
    traffic three were above 6,000, all decoding errors."""
    proximity_nm: float = 0.5
    """Horizontal distance, now or at the closest point of approach, below which two aircraft are too near."""
    proximity_critical_nm: float = 0.25
    proximity_ft: int = 600
    """Vertical distance below FL290. Legal separation of 1,000 ft shows as 925 to 975 ft: never 900 or more."""
    proximity_high_ft: int = 700
    """Vertical distance from FL290 on."""
    proximity_critical_ft: int = 300
    proximity_ahead_s: float = 35.0
    """How far ahead the closest point of approach may be: the resolution advisory of TCAS II version 7.1 comes 35 s before it."""
    low_altitude_ft: int = 500
    """Height below which an aircraft far from every airport is low (ICAO Annex 2, 4.6 b)."""
    low_altitude_airport_nm: float = 5.0
    """How far from every airport that is."""
    low_altitude_helicopters: bool = False
    """Whether helicopters are looked at too."""
    gps_aircraft: int = 3
    """How many aircraft must have lost GPS."""
    gps_percent: int = 20
    """And what share of those around."""
    gps_radius_nm: float = 60.0
    gps_minutes: float = 10.0
    cooldown_s: float = 60.0
    """After an event was resolved, the same situation raises no new one for so long; it goes on with the old one."""
