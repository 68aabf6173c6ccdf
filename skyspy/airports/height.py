"""Domain: the height above an airport from a barometric altitude.

A transponder reports the altitude in the standard atmosphere (1013.25 hPa). Mean sea level is elsewhere on most days: 27 feet for each
hectopascal. With the altimeter setting (QNH) it is as exact as an altimeter; without it, high or low by up to about 900 feet.
"""

from __future__ import annotations

from math import pow as power
from typing import TypeGuard

from skyspy.airports.records import Airport

STANDARD_HPA = 1013.25
MIN_QNH, MAX_QNH = 870.0, 1085.0
"""The lowest and highest pressures at sea level that were ever measured, about."""
ERROR_FT = 150
"""By how much a height may be wrong with QNH: steps of 25 ft, instrument, temperature near the ground, elevation."""
ERROR_WITHOUT_QNH_FT = 1000


def altitude_ft(alt_baro: float, qnh: float | None) -> float:
    """Feet above mean sea level, from pressure altitude and QNH (hPa). A QNH that is None or impossible is taken as standard."""
    if not is_qnh(qnh):
        return alt_baro
    return alt_baro - 145366.45 * (1.0 - power(qnh / STANDARD_HPA, 0.190284))


def is_qnh(qnh: float | None) -> TypeGuard[float]:
    """Whether a pressure (hPa) can be a QNH."""
    return qnh is not None and MIN_QNH <= qnh <= MAX_QNH


def height_above(airport: Airport, alt_baro: float, qnh: float | None = None) -> float | None:
    """Feet above the airport's elevation; None where that is unknown."""
    return None if airport.elevation_ft is None else altitude_ft(alt_baro, qnh) - airport.elevation_ft
