"""Which pairs of moving aircraft come near each other within some seconds. Pure: arithmetic, no thresholds, no clock.

Each aircraft has the box that it sweeps in that time: where it is and where it will be, widened by half the distances that matter.
Boxes are put into cells of 0.1 degree, and only pairs whose boxes overlap in altitude, latitude and longitude are candidates. In one
cell nearly all pairs differ in altitude, which is compared first.

Invariants:
- A box that crosses 180 degrees of longitude is entered on both sides of it.
- Above MIN_POLAR_LAT boxes are (also) made in coordinates whose poles lie on the equator, so that every place has a frame in which
  a degree of longitude is not short.
- A cell holds, and a search gives, a limited number: an impossible density costs pairs, never an endless search.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import asin, atan2, cos, degrees, radians, sin, sqrt
from typing import NamedTuple

from skyspy.geo import EARTH_RADIUS_NM, Point, bearing_deg, distance_nm

CELLS_PER_DEGREE = 10
MAX_AHEAD_S = 120.0
MAX_SPEED_NM_S, MAX_CLIMB_FT_S = 1000.0 / 3600, 10_000.0 / 60
"""Faster motion is taken as this fast: no aircraft that sends its position is, and a wrong value must not fill all cells."""
MIN_POLAR_LAT, MAX_PLAIN_LAT = 70.0, 71.0
"""Between them an aircraft has boxes in both frames. No box is as long as a degree of latitude."""
SLACK_NM = 0.05
"""Added to each side of a box, for a straight track is not straight in latitude and longitude."""
MAX_IN_CELL = 500
"""So many aircraft within 0.1 degree are no traffic."""
MAX_CANDIDATES = 20_000

_KEYS_PER_ROW = 8192
_Box = tuple[float, float, float, float, float, float, int]
"""Lowest and highest altitude, south, north, west and east end, and the place of the aircraft in the list."""


class Motion(NamedTuple):
    """An aircraft at the moment of the search. `north`, `east`: nautical miles per second, 0 where `is_known` is false. `climb`: feet
    per second, up to `level`, the altitude at which it levels off (None: not known). `half_nm`, `half_ft`: its half of the distances."""

    lat: float
    lon: float
    north: float
    east: float
    altitude: float
    climb: float
    half_nm: float
    half_ft: float
    level: float | None = None
    is_known: bool = True

    def altitude_at(self, seconds: float) -> float:
        """Its altitude after so many seconds."""
        altitude = self.altitude + self.climb * seconds
        if self.level is None or (self.level - self.altitude) * self.climb <= 0:
            return altitude
        return min(altitude, self.level) if self.climb > 0 else max(altitude, self.level)

    @property
    def level_s(self) -> float | None:
        """In how many seconds it levels off; None where it does not."""
        if self.level is None or (self.level - self.altitude) * self.climb <= 0:
            return None
        return (self.level - self.altitude) / self.climb


class Encounter(NamedTuple):
    """How two aircraft pass each other, in straight flight. Now: `distance_nm`, `vertical_ft`, `closing_kt` (negative: they move apart;
    None: not known), `vertical_closing_ft_min`, `relative_kt`, the speed of one as seen from the other (None: not known). At the closest
    point of approach: `cpa_s`, `cpa_nm`, `cpa_ft`. `starts_s`: when both distances are below their limits; None: not in the time looked at."""

    distance_nm: float
    vertical_ft: float
    closing_kt: float | None
    vertical_closing_ft_min: float
    relative_kt: float | None
    cpa_s: float
    cpa_nm: float
    cpa_ft: float
    limit_nm: float
    limit_ft: float
    starts_s: float | None


def candidates(
    motions: Sequence[Motion], ahead_s: float, pause: Callable[[], None] = lambda: None, crowded: set[int] | None = None
) -> list[tuple[int, int]]:
    """The pairs, as places in `motions` (the lower one first), whose swept boxes overlap. `pause` is called after each short piece of
    work. `crowded` is filled with the places of those that were compared with some of the others only, because too many are in one cell,
    or too many pairs were found."""
    crowded = set() if crowded is None else crowded
    ahead = min(ahead_s, MAX_AHEAD_S)
    plain: dict[int, list[_Box]] = {}
    polar: dict[int, list[_Box]] = {}
    seen: set[tuple[int, int]] = set()
    for place, motion in enumerate(motions):
        if not place & 63:
            pause()
        lat = motion[0]
        if -MAX_PLAIN_LAT < lat < MAX_PLAIN_LAT:
            box = _plain_box(motion, place, ahead)
            _enter(box, plain, seen, crowded, pause)
            if box[5] > 180.0:
                _enter(_shifted(box, -360.0), plain, seen, crowded, pause)
            elif box[4] < -180.0:
                _enter(_shifted(box, 360.0), plain, seen, crowded, pause)
        if not -MIN_POLAR_LAT < lat < MIN_POLAR_LAT:
            _enter(_polar_box(motion, place, ahead), polar, seen, crowded, pause)
        if len(seen) >= MAX_CANDIDATES:
            crowded.update(range(place + 1, len(motions)))
            break
    return sorted(seen)


def encounter(a: Motion, b: Motion, ahead_s: float) -> Encounter:
    """How two aircraft pass each other within `ahead_s`."""
    x, y, vx, vy = _relative(a, b)
    limit_nm, limit_ft = a.half_nm + b.half_nm, a.half_ft + b.half_ft
    distance_squared, speed_squared, product = x * x + y * y, vx * vx + vy * vy, x * vx + y * vy
    distance = sqrt(distance_squared)
    z, vz = b.altitude - a.altitude, b.climb - a.climb
    is_known = a.is_known and b.is_known
    cpa_s = max(0.0, -product / speed_squared) if speed_squared > 0 else 0.0
    cpa_squared = max(0.0, distance_squared + cpa_s * (2 * product + cpa_s * speed_squared))
    near = _below(distance_squared, product, speed_squared, limit_nm * limit_nm, min(ahead_s, MAX_AHEAD_S) if is_known else 0.0)
    return Encounter(
        distance,
        abs(z),
        (-product / distance if distance > 0 else 0.0) * 3600 if is_known else None,
        (-vz if z > 0 else vz if z < 0 else -abs(vz)) * 60,
        sqrt(speed_squared) * 3600 if is_known else None,
        cpa_s,
        sqrt(cpa_squared),
        abs(b.altitude_at(cpa_s) - a.altitude_at(cpa_s)),
        limit_nm,
        limit_ft,
        None if near is None else _first_below(a, b, near, limit_ft),
    )


def _below(square: float, product: float, speed_squared: float, limit: float, ahead: float) -> tuple[float, float] | None:
    """From when until when the squared distance `square + 2 product t + speed_squared t²` is below `limit`, in 0 to `ahead`."""
    excess = square - limit
    if speed_squared <= 0:
        return (0.0, ahead) if excess < 0 else None
    root = product * product - speed_squared * excess
    if root <= 0:
        return None
    root = sqrt(root)
    begin, end = max(0.0, (-product - root) / speed_squared), min(ahead, (-product + root) / speed_squared)
    return (begin, end) if begin <= end else None


def _first_below(a: Motion, b: Motion, span: tuple[float, float], limit: float) -> float | None:
    """The first moment of `span` at which the vertical distance is below `limit`. Between the moments at which one of them levels off,
    it changes evenly."""
    begin, end = span
    stops = sorted(stop for stop in (a.level_s, b.level_s) if stop is not None and begin < stop < end)
    for first, last in zip([begin, *stops], [*stops, end], strict=True):
        at_first = b.altitude_at(first) - a.altitude_at(first)
        if abs(at_first) < limit:
            return first
        at_last = b.altitude_at(last) - a.altitude_at(last)
        if abs(at_last) < limit or at_first * at_last < 0:
            goal = limit if at_first > 0 else -limit
            return first + (last - first) * (goal - at_first) / (at_last - at_first)
    return None


def _relative(a: Motion, b: Motion) -> tuple[float, float, float, float]:
    """Where b is and how it moves, as seen from a: nautical miles east and north, and the same per second."""
    if abs(a.lat) < MIN_POLAR_LAT:
        dlon = (b.lon - a.lon + 540.0) % 360.0 - 180.0
        east = dlon * 60.0 * cos(radians((a.lat + b.lat) / 2))
        return east, (b.lat - a.lat) * 60.0, b.east - a.east, b.north - a.north
    here, there = (a.lat, a.lon), (b.lat, b.lon)
    bearing, distance = bearing_deg(here, there), distance_nm(here, there)
    turned = radians(bearing - bearing_deg(there, here) - 180.0)  # north at b is another direction than at a
    angle = radians(bearing)
    east = b.east * cos(turned) + b.north * sin(turned)
    north = b.north * cos(turned) - b.east * sin(turned)
    return distance * sin(angle), distance * cos(angle), east - a.east, north - a.north


def _plain_box(motion: Motion, place: int, ahead: float) -> _Box:
    lat, lon, north, east, altitude, climb, half_nm, half_ft, level, _ = motion
    half = (half_nm + SLACK_NM) / 60.0
    nm_per_degree = cos(lat * 0.017453292519943295)
    half_lon = half / nm_per_degree
    end = altitude + climb * ahead if level is None else motion.altitude_at(ahead)
    dlat, dlon = north * ahead / 60.0, east * ahead / 60.0 / nm_per_degree
    return (
        (altitude if climb >= 0 else end) - half_ft,
        (end if climb >= 0 else altitude) + half_ft,
        (lat if dlat >= 0 else lat + dlat) - half,
        (lat + dlat if dlat >= 0 else lat) + half,
        (lon if dlon >= 0 else lon + dlon) - half_lon,
        (lon + dlon if dlon >= 0 else lon) + half_lon,
        place,
    )


def _polar_box(motion: Motion, place: int, ahead: float) -> _Box:
    """The box in the turned frame, where the poles are at latitude 0, longitude 90 and -90."""
    here = (motion.lat, motion.lon)
    there = moved(here, motion.north * ahead, motion.east * ahead)
    (lat1, lon1), (lat2, lon2) = _turned(here), _turned(there)
    half = (motion.half_nm + SLACK_NM) / 60.0
    half_lon = half / cos(radians(max(abs(lat1), abs(lat2))))
    low, high = sorted((motion.altitude, motion.altitude_at(ahead)))
    return (
        low - motion.half_ft,
        high + motion.half_ft,
        min(lat1, lat2) - half,
        max(lat1, lat2) + half,
        min(lon1, lon2) - half_lon,
        max(lon1, lon2) + half_lon,
        place,
    )


def moved(point: Point, north_nm: float, east_nm: float) -> Point:
    """Where a way from a point leads, so far along its meridian and across it; exact at a pole too."""
    lat, lon = radians(point[0]), radians(point[1])
    north, east = north_nm / EARTH_RADIUS_NM, east_nm / EARTH_RADIUS_NM
    x = cos(lat) * cos(lon) - north * sin(lat) * cos(lon) - east * sin(lon)
    y = cos(lat) * sin(lon) - north * sin(lat) * sin(lon) + east * cos(lon)
    z = sin(lat) + north * cos(lat)
    return degrees(atan2(z, sqrt(x * x + y * y))), degrees(atan2(y, x))


def _turned(point: Point) -> Point:
    lat, lon = radians(point[0]), radians(point[1])
    x, y, z = cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)
    return degrees(asin(max(-1.0, min(1.0, y)))), degrees(atan2(z, x))


def _shifted(box: _Box, by: float) -> _Box:
    return (*box[:4], box[4] + by, box[5] + by, box[6])


def _enter(
    box: _Box, cells: dict[int, list[_Box]], seen: set[tuple[int, int]], crowded: set[int], pause: Callable[[], None]
) -> None:
    """Put a box into its cells, and the pairs that it makes there into `seen`; into `crowded`, where a cell is full."""
    low, high, south, north, west, east, place = box
    first, last = int((west + 400.0) * CELLS_PER_DEGREE), int((east + 400.0) * CELLS_PER_DEGREE)
    for row in range(int((south + 100.0) * CELLS_PER_DEGREE), int((north + 100.0) * CELLS_PER_DEGREE) + 1):
        for key in range(row * _KEYS_PER_ROW + first, row * _KEYS_PER_ROW + last + 1):
            cell = cells.get(key)
            if cell is None:
                cells[key] = [box]
                continue
            for other in cell:
                if (
                    other[0] <= high and low <= other[1] and other[2] <= north and south <= other[3]
                    and other[4] <= east and west <= other[5] and other[6] != place
                ):  # fmt: skip
                    seen.add((other[6], place))
            if len(cell) < MAX_IN_CELL:
                cell.append(box)
            else:
                crowded.add(place)
                pause()
