"""A track as lines on a map. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from skyspy.tracks.point import TrackPoint


def lines(points: Iterable[TrackPoint]) -> list[list[TrackPoint]]:
    """The track as lines of which none crosses the antimeridian: where it does, one line ends and the next begins on it, at 180 and
    at -180 degrees, where a straight line on the map meets it."""
    found: list[list[TrackPoint]] = []
    before: TrackPoint | None = None
    for point in points:
        if before is None:
            found.append([point])
        elif abs(point.lon - before.lon) > 180.0:
            end = _on_antimeridian(before, point)
            found[-1].append(end)
            found.append([end._replace(lon=-end.lon), point])
        else:
            found[-1].append(point)
        before = point
    return found


def _on_antimeridian(before: TrackPoint, after: TrackPoint) -> TrackPoint:
    """Where the way between two points meets the antimeridian, on the side of the first one."""
    edge = 180.0 if before.lon > 0 else -180.0
    way = after.lon + 2 * edge - before.lon
    part = (edge - before.lon) / way if way else 0.0
    lat = before.lat + part * (after.lat - before.lat)
    return before._replace(at=before.at + part * (after.at - before.at), lat=round(lat, 5), lon=edge)
