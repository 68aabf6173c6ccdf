"""Short distances as a plane: east and north of a point, in nautical miles. Over the poles and the antimeridian, too."""

from __future__ import annotations

from math import atan2, cos, degrees, radians, sin

from skyspy.geo import bearing_deg, distance_nm

POLAR_LAT = 80.0
"""From here on a degree of longitude changes too fast with the latitude: positions are projected by distance and bearing."""

_RADIAN, _DEGREES = radians(1.0), degrees(1.0)


def offset_nm(lat: float, lon: float, to_lat: float, to_lon: float) -> tuple[float, float]:
    """How far the second point is east and north of the first one. Where that is not polar, it is the opposite of the way back."""
    if -POLAR_LAT < lat < POLAR_LAT:
        return ((to_lon - lon + 540.0) % 360.0 - 180.0) * 60.0 * cos((lat + to_lat) / 2 * _RADIAN), (to_lat - lat) * 60.0
    distance, bearing = distance_nm((lat, lon), (to_lat, to_lon)), radians(bearing_deg((lat, lon), (to_lat, to_lon)))
    return distance * sin(bearing), distance * cos(bearing)


def direction_deg(east: float, north: float) -> float:
    """The direction of an offset, -180 to 180 degrees from north."""
    return atan2(east, north) * _DEGREES


def signed_turn(before: float, after: float) -> float:
    """By how much one turns from one direction to another, the short way: -180 to 180 degrees, positive to the right."""
    return (after - before + 540.0) % 360.0 - 180.0
