"""Heart: how one aircraft looks to those who may know where the receiver stands, and to the rest.

Law: distance and bearing are counted from a point the audience may know; where none may be known
they are absent. Pure functions over values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from skyspy.geo import Point, bearing_deg, distance_nm

Payload = dict[str, Any]


def seen_from(aircraft: Mapping[str, Any], observer: Point | None) -> Payload:
    """The aircraft with its distance and bearing from the observer, where both are known."""
    result = dict(aircraft)
    lat, lon = result.get("lat"), result.get("lon")
    if observer is not None and lat is not None and lon is not None:
        result["distance_nm"] = round(distance_nm(observer, (lat, lon)), 2)
        result["bearing"] = round(bearing_deg(observer, (lat, lon)), 1)
    return result


def patch_seen_from(patch: Mapping[str, Any], whole: Mapping[str, Any], observer: Point | None) -> Payload:
    """A patch with the distance and bearing of its new position, null when the position is gone.

    Only one of latitude and longitude may have changed, so the pair comes from the whole object.
    """
    result = dict(patch)
    if observer is not None and ("lat" in patch or "lon" in patch):
        here = seen_from({"lat": whole.get("lat"), "lon": whole.get("lon")}, observer)
        result["distance_nm"], result["bearing"] = here.get("distance_nm"), here.get("bearing")
    return result


def summarise(listed: Iterable[Mapping[str, Any]], observer: Point | None) -> Payload:
    """What `stats:update` says of the aircraft themselves; `max_distance_nm` is null without an observer."""
    sources: dict[str, int] = {}
    altitudes: list[float] = []
    total = positioned = military = emergencies = 0
    farthest: float | None = None
    for aircraft in listed:
        total += 1
        sources[aircraft["source"]] = sources.get(aircraft["source"], 0) + 1
        military += bool(aircraft.get("military"))
        emergencies += aircraft.get("emergency", "none") != "none"
        altitude = aircraft.get("alt_baro")
        if isinstance(altitude, int | float):
            altitudes.append(altitude)
        if "lat" in aircraft:
            positioned += 1
            if observer is not None:
                farthest = max(farthest or 0.0, distance_nm(observer, (aircraft["lat"], aircraft["lon"])))
    return {
        "total_aircraft": total,
        "with_position": positioned,
        "military_count": military,
        "emergency_count": emergencies,
        "avg_altitude": round(sum(altitudes) / len(altitudes)) if altitudes else None,
        "max_distance_nm": None if farthest is None else round(farthest, 1),
        "sources": sources,
    }
