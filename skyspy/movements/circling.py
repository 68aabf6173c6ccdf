"""Whether a path circles, and whether it loiters. Pure functions of a path.

Turn alone is not enough: of 1,243 recorded en-route flights one made 360 degrees in ten minutes in a bend 42 nm wide, and a flight that
calibrates navigation aids made 1,451 degrees over 12 nm. So the circles must be small, too. What begins under one rule goes on
under a looser one, so that it does not begin and end again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from skyspy.movements.path import MAX_GAP_S, WINDOW_S, Path

MIN_CIRCLING_DEG = 1080.0
"""Net turn in WINDOW_S: what is turned to the left is subtracted from what is turned to the right."""
HELICOPTER_DEG, HELICOPTER_S = 720.0, 600.0
MAX_CIRCLING_NM = 5.0
"""Root mean square of the distances from the centre of the circles."""
STILL_CIRCLING_DEG, STILL_CIRCLING_S = 90.0, 300.0
"""Circling ends with a smaller net turn in so much time."""

MIN_LOITERING_S, MAX_LOITERING_NM, MIN_LOITERING_RATIO = 900.0, 3.0, 5.0
"""So long within so small a circle, on a path so many times as long as the distance between its ends."""
MIN_LOITERING_PATH_NM = 3.0
"""What moves less stands (a parked aircraft that sends an altitude), hovers or drifts."""
LOOSE = 1.5
"""What has begun goes on up to so many times the radius, down to that part of the path and of its ratio."""


@dataclass(frozen=True, slots=True)
class Area:
    """Where a behavior takes place. `east`, `north`: its centre, from the last position, in nm; `radius_nm` of it; `seconds`: how
    long it has lasted; `turn_deg`: net turn, positive to the right; `path_nm`: the length of the path."""

    east: float
    north: float
    radius_nm: float
    seconds: float
    turn_deg: float
    path_nm: float


def circling(path: Path, since: float, is_helicopter: bool) -> Area | None:
    """The circles flown until now; None where there are none. Turns before `since` do not count."""
    rules = [(MIN_CIRCLING_DEG, WINDOW_S)]
    if is_helicopter:
        rules.insert(0, (HELICOPTER_DEG, HELICOPTER_S))
    for degrees, seconds in rules:
        first = path.index_at(max(since, path.at - seconds))
        turns = path.turns(first)
        if not turns or max(path.turn - min(turns), max(turns) - path.turn) < degrees:
            continue
        latest = max(index for index, turn in enumerate(turns) if abs(path.turn - turn) >= degrees)
        area = _circle(path, first + latest)
        if area.radius_nm <= MAX_CIRCLING_NM:
            return area
    return None


def is_still_circling(path: Path) -> bool:
    """Whether what has begun to circle goes on."""
    return abs(path.turn_since(path.at - STILL_CIRCLING_S)) >= STILL_CIRCLING_DEG


def loitering(path: Path, since: float, slack: float = 1.0) -> Area | None:
    """The area in which the aircraft stayed in the last quarter of an hour; None where it was elsewhere, or for some time not seen.
    The path before `since` does not count. `slack`: LOOSE for what has begun."""
    from_ = path.at - MIN_LOITERING_S
    if max(path.unbroken_since, since) > from_:
        return None
    first = path.index_at(from_) - 1
    if first < 0 or path.time_of(first) < from_ - MAX_GAP_S:
        return None
    most = MAX_LOITERING_NM * slack
    displacement, length = hypot(*path.offset_of(first)), path.nm_since(first)
    if displacement > 2 * most or length * slack < max(MIN_LOITERING_RATIO * displacement, MIN_LOITERING_PATH_NM):
        return None
    offsets = list(path.offsets(first))
    easts, norths = [east for east, _ in offsets], [north for _, north in offsets]
    east, north = (min(easts) + max(easts)) / 2, (min(norths) + max(norths)) / 2
    radius = max(hypot(x - east, y - north) for x, y in offsets)
    if radius > most:
        return None
    return Area(east, north, radius, path.at - path.time_of(first), path.turns(first)[0] * -1 + path.turn, length)


def _circle(path: Path, first: int) -> Area:
    """Centre and root mean square radius of the path from a point on."""
    offsets = list(path.offsets(first))
    east, north = sum(x for x, _ in offsets) / len(offsets), sum(y for _, y in offsets) / len(offsets)
    radius = (sum((x - east) ** 2 + (y - north) ** 2 for x, y in offsets) / len(offsets)) ** 0.5
    return Area(east, north, radius, path.at - path.time_of(first), path.turn - path.turns(first)[0], path.nm_since(first))
