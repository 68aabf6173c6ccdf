"""Application: where an aircraft has been in its present visit: what is stored of it, then what is in memory.

The tracker's trail begins when this process first heard the aircraft, or heard it again. Before that, the trail is what the history
has of the visit that is under way (sky/recorder.py): of the last MAX_STORED_S, thinned to MAX_STORED_POINTS. Where the history cannot be
read, the trail is the tracker's alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from skyspy.clock import iso
from skyspy.cooperate import Yielder
from skyspy.server import Server
from skyspy.sky.audience import Payload
from skyspy.store.errors import StoreError
from skyspy.store.history import segments
from skyspy.tracks.point import SLOT_S, TrackPoint, slot_of
from skyspy.tracks.segment import SegmentError, unpack
from skyspy.visits import VisitState

log = logging.getLogger(__name__)

MAX_STORED_POINTS = 600
MAX_STORED_S = 24 * 3600
MAX_SEGMENTS = 400
"""Of one visit in that time, read at once: a slot has more than one where the track crosses the antimeridian."""
SAME_S = 1.0
"""The tracker's trail that begins within this time of the beginning of the visit has all of it."""


def trail(server: Server, sky: str, hex_: str) -> list[TrackPoint]:
    """The positions of an aircraft of a sky (hex in upper case) in its present visit, oldest first. Yields."""
    live = server.skies[sky].view.trail(hex_)
    visit = server.recorders[sky].visit(hex_)
    if visit is None:
        return live
    # After a turnaround the tracker's trail still has the visit before.
    live = [point for point in live if point.at >= visit.first - SAME_S]
    before = live[0].at if live else server.clock.wall()
    if before <= visit.first + SAME_S:
        return live
    return [*_stored(server, sky, visit, before), *live]


def shown(points: Iterable[TrackPoint]) -> list[Payload]:
    """A track as clients get it. Yields."""
    yielder = Yielder()
    trail = []
    for point in points:
        altitude = "ground" if point.on_ground else point.alt_baro
        fields = {"timestamp": iso(point.at), "lat": point.lat, "lon": point.lon, "alt_baro": altitude}
        trail.append(fields | {"gs": point.gs, "track": point.track})
        yielder.maybe_yield()
    return trail


def readable(segment: segments.StoredSegment) -> list[TrackPoint]:
    """The points of a stored segment; none, with a line in the log, where it cannot be read."""
    try:
        return unpack(segment.data)
    except SegmentError as error:
        log.warning("a piece of the track of %s-%d is left out: %s", segment.hex, segment.start, error)
        return []


def _stored(server: Server, sky: str, visit: VisitState, before: float) -> list[TrackPoint]:
    """The stored points of a visit before a moment (wall seconds), thinned."""
    first = slot_of(max(visit.first - SLOT_S, server.clock.wall() - MAX_STORED_S))
    try:
        found = server.histories[sky].read(segments.of_visit, (visit.hex, visit.start), first, MAX_SEGMENTS)
    except StoreError as error:
        log.debug("a trail is shown without what is stored: %s", error)
        return []
    yielder = Yielder()
    points: list[TrackPoint] = []
    for segment in found:
        points += [point for point in readable(segment) if point.at < before]
        yielder.maybe_yield()
    return points[:: 1 + (len(points) - 1) // MAX_STORED_POINTS]
