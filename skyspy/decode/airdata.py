"""Airspeeds, temperature and wind from each other, in the standard atmosphere (ICAO Doc 7488).

Speeds are knots, altitudes pressure altitudes in feet, temperatures degrees Celsius, angles degrees.
"""

from __future__ import annotations

from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

SOUND_KT = 661.4788
"""Speed of sound at 15 degrees Celsius."""

_SEA_LEVEL_K, _LAPSE_K, _TROPOPAUSE_M, _TROPOPAUSE_K = 288.15, 0.0065, 11_000.0, 216.65
_TROPOPAUSE_RATIO = 0.2233611


def _standard(feet: float) -> tuple[float, float]:
    """The standard temperature in kelvin, and the pressure relative to that at sea level."""
    metres = feet * 0.3048
    if metres <= _TROPOPAUSE_M:
        kelvin = _SEA_LEVEL_K - _LAPSE_K * metres
        return kelvin, (kelvin / _SEA_LEVEL_K) ** 5.25588
    return _TROPOPAUSE_K, _TROPOPAUSE_RATIO * exp((_TROPOPAUSE_M - metres) / 6341.62)


def calibrated_kt(mach: float, feet: float) -> float:
    """The calibrated airspeed at a Mach number below 1."""
    impact = _standard(feet)[1] * ((1 + 0.2 * mach * mach) ** 3.5 - 1)
    return SOUND_KT * sqrt(5 * ((impact + 1) ** (2 / 7) - 1))


def true_airspeed_kt(mach: float, feet: float) -> float:
    """The true airspeed at a Mach number and standard temperature."""
    return mach * SOUND_KT * sqrt(_standard(feet)[0] / _SEA_LEVEL_K)


def outer_air(tas: float, mach: float) -> tuple[float, float]:
    """The static and the total air temperature that a true airspeed and a Mach number have in common."""
    kelvin = (tas / SOUND_KT / mach) ** 2 * _SEA_LEVEL_K
    return kelvin - 273.15, kelvin * (1 + 0.2 * mach * mach) - 273.15


def wind(gs: float, track: float, tas: float, heading: float) -> tuple[float, float]:
    """Where the wind comes from and its speed: the ground speed less the true airspeed, both as vectors (true angles)."""
    east = gs * sin(radians(track)) - tas * sin(radians(heading))
    north = gs * cos(radians(track)) - tas * cos(radians(heading))
    return degrees(atan2(-east, -north)) % 360.0, hypot(east, north)
