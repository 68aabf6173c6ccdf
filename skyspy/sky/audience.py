"""Application: one aircraft as clients see it, who may or may not know the receiver's location.

Invariants: distance and bearing are measured from a point that the audience may know, and absent without one. Pure
functions over values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.geo import Point, bearing_deg, distance_nm
from skyspy.tracker import Totals

Payload = dict[str, Any]


NEAR_RECEIVER = ("rr_lat", "rr_lon")
"""Fields that tell roughly where the receiver stands."""


def seen_from(aircraft: Mapping[str, Any], observer: Point | None, *, hidden: bool = False) -> Payload:
    """The aircraft with its distance and bearing from the observer, where both are known. `hidden`: without what tells where the
    receiver stands."""
    result = dict(aircraft)
    if hidden and "rr_lat" in result:
        result = {name: value for name, value in result.items() if name not in NEAR_RECEIVER}
    lat, lon = result.get("lat"), result.get("lon")
    if observer is not None and lat is not None and lon is not None:
        result["distance_nm"] = round(distance_nm(observer, (lat, lon)), 2)
        result["bearing"] = round(bearing_deg(observer, (lat, lon)), 1)
    return result


def patch_seen_from(
    patch: Mapping[str, Any], whole: Mapping[str, Any], observer: Point | None, *, hidden: bool = False
) -> Payload:
    """A patch with the distance and bearing of its new position, null when the position is gone. `hidden` as in `seen_from`.

    Only one of latitude and longitude may have changed, so the pair comes from the whole object.
    """
    result = {name: value for name, value in patch.items() if not (hidden and name in NEAR_RECEIVER)}
    if observer is not None and ("lat" in patch or "lon" in patch):
        here = seen_from({"lat": whole.get("lat"), "lon": whole.get("lon")}, observer)
        result["distance_nm"], result["bearing"] = here.get("distance_nm"), here.get("bearing")
    return result


def summarise(totals: Totals) -> Payload:
    """The numbers of `stats:update` that are about the aircraft; `max_distance_nm` is null without an observer."""
    return {
        "total_aircraft": totals.total,
        "with_position": totals.with_position,
        "military_count": totals.military,
        "emergency_count": totals.emergency,
        "avg_altitude": totals.avg_altitude,
        "max_distance_nm": totals.max_distance_nm,
        "sources": dict(totals.by_source),
    }
