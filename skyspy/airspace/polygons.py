"""Areas made of polygons and circles, and which positions are inside, anywhere on earth.

Edges are straight in degrees, as GeoJSON (RFC 7946) has them, and go the shorter way around the earth. A ring that goes around the earth
has the pole of its hemisphere in it. A position on an edge belongs to the area east or north of the edge, so that of two areas that share
an edge exactly one has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from math import ceil, isfinite, radians, sin

from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.records import Area, Box
from skyspy.geo import Point, Ring, bearing_deg, destination, distance_nm, unrolled

Polygon = Sequence[Sequence[Point]]
"""An outline, and then its holes; the last corner of each may be the first one again."""

MAX_CORNERS = 20_000
"""Corners of an area, those of all its rings."""
MAX_CROSSED = 2_000
"""Edges of a ring that a parallel crosses, on the average: a test looks at so many."""
MAX_LON = 360.0
"""Degrees of longitude either way: a shape over the antimeridian may go on from 170 to 190."""
MAX_RADIUS_NM = 1000.0
ARC_STEP_DEG = 5.0
"""The angle between two corners of an arc. A chord is then at most 0.1 % of the radius inside the arc."""
MAX_EDGE_DEG = 120.0
"""Longer edges are divided, so that there is no doubt which way around the earth they go."""
NEAR_POLE = 90.0 - 1e-6
"""The highest latitude of the centre of a circle."""
PAUSE_CORNERS = 256
"""Corners between two pauses."""


def no_pause() -> None:
    """For callers that need not let others work in between."""


def area_of(polygons: Iterable[Polygon], pause: Callable[[], None] = no_pause) -> Area:
    """The area of one polygon or several, in degrees; parts may overlap, and a hole may be an outline's only. `pause` is called between
    pieces of work. Raises AirspaceError where a ring has fewer than three different corners, a corner that is not on earth, or no area,
    or is too large."""
    rings: list[Ring] = []
    corners = 0
    for polygon in polygons:
        for place, ring in enumerate(polygon):
            corners += len(ring)
            if corners > MAX_CORNERS:
                raise AirspaceError(f"The area has more than {MAX_CORNERS} corners; simplify it.")
            rings.append(_directed(ring, is_hole=place > 0, pause=pause))
    if not rings:
        raise AirspaceError("The area has no polygon.")
    return Area(tuple(rings), _box([closed_ring(ring) for ring in rings]))


def area_of_circle(centre: Point, radius_nm: float) -> Area:
    """The area within `radius_nm` of `centre`. Raises AirspaceError for a radius that is not above 0 and at most MAX_RADIUS_NM."""
    return area_of([[circle(centre, radius_nm)]])


def circle(centre: Point, radius_nm: float) -> Ring:
    """The corners of a circle each ARC_STEP_DEG, clockwise from north. Raises AirspaceError for an impossible radius."""
    check_radius(radius_nm)
    # At a pole itself, bearings have no meaning; a tenth of a metre beside it they have.
    centre = max(-NEAR_POLE, min(NEAR_POLE, centre[0])), centre[1]
    return tuple(destination(centre, step * ARC_STEP_DEG, radius_nm) for step in range(round(360.0 / ARC_STEP_DEG)))


def check_radius(radius_nm: float) -> None:
    """Raises AirspaceError for a radius that is not above 0 and at most MAX_RADIUS_NM."""
    if not 0.0 < radius_nm <= MAX_RADIUS_NM:
        raise AirspaceError(f"A radius is above 0 and at most {MAX_RADIUS_NM:.0f} nm, not {radius_nm:g}.")


def arc(centre: Point, start: Point, end: Point, sweep_deg: float) -> Iterator[Point]:
    """The corners of an arc between `start` and `end`, both left out, at most ARC_STEP_DEG apart. `sweep_deg`: how far it goes around the
    centre, positive clockwise. The distance from the centre changes evenly from that of `start` to that of `end`, so that an arc whose
    ends are not equally far from the centre has no step in it and does not cross itself."""
    steps = ceil(abs(sweep_deg) / ARC_STEP_DEG - 1e-9)
    bearing = bearing_deg(centre, start)
    near, far = distance_nm(centre, start), distance_nm(centre, end)
    for step in range(1, steps):
        share = step / steps
        yield destination(centre, bearing + sweep_deg * share, near + (far - near) * share)


def overlaps(one: Box, other: Box) -> bool:
    """Whether two boxes have a position in common, their edges included."""
    if one.south > other.north or other.south > one.north:
        return False
    return any(a <= d and c <= b for a, b in _spans(one) for c, d in _spans(other))


def _spans(box: Box) -> tuple[tuple[float, float], ...]:
    if box.west <= box.east:
        return ((box.west, box.east),)
    return ((box.west, 180.0), (-180.0, box.east))


def closed_ring(ring: Ring) -> Ring:
    """The ring of an area with its first corner again at the end and longitudes that go on beyond 180; the most western one is from -180
    to 180. One that goes around the earth is led along a meridian to the pole and back."""
    points = unrolled((*ring, ring[0]))
    turn = points[-1][1] - points[0][1]
    if abs(turn) > 180.0:
        pole = 90.0 if sum(sin(radians(lat)) for lat, _ in ring) >= 0.0 else -90.0
        points = (*points, (pole, points[-1][1]), (pole, points[0][1]), points[0])
    return _shifted(points)


def _shifted(points: Ring) -> Ring:
    """The points with the most western longitude from -180 to 180."""
    turns = (min(lon for _, lon in points) + 180.0) // 360.0
    if turns == 0.0:
        return points
    return tuple((lat, lon - 360.0 * turns) for lat, lon in points)


def _directed(ring: Sequence[Point], is_hole: bool, pause: Callable[[], None]) -> Ring:
    """The ring as an Area holds it: an outline counterclockwise, a hole clockwise."""
    points = _divided(_untangled(_cleaned(ring, pause)), pause)
    if min(lon for _, lon in points) < -180.0 or max(lon for _, lon in points) > 180.0:
        points = [(lat, (lon + 180.0) % 360.0 - 180.0) for lat, lon in points]
    found = tuple(points)
    closed = closed_ring(found)
    area = signed_area(closed)
    if area == 0.0:
        raise AirspaceError("A ring has no area; its corners are on one line, or in a wrong order.")
    pause()
    height = max(lat for lat, _ in closed) - min(lat for lat, _ in closed)
    if sum(abs(to[0] - at[0]) for at, to in pairwise(closed)) > MAX_CROSSED * height:
        raise AirspaceError("A ring goes up and down too often; simplify it.")
    return found if (area > 0.0) is not is_hole else found[::-1]


def signed_area(closed: Ring) -> float:
    """The area of a closed ring in square degrees; negative where it runs clockwise."""
    # Relative to the first corner: a small ring far from the origin would lose its area to rounding.
    south, west = closed[0]
    return 0.5 * sum((at[1] - west) * (to[0] - south) - (to[1] - west) * (at[0] - south) for at, to in pairwise(closed))


def _cleaned(ring: Sequence[Point], pause: Callable[[], None]) -> list[Point]:
    """The corners, to a tenth of a millimetre, without those that repeat the one before. Raises AirspaceError where there are fewer than
    three different ones."""
    found: list[Point] = []
    for place, (lat, lon) in enumerate(ring):
        if not (isfinite(lat) and isfinite(lon) and abs(lat) <= 90.0 and abs(lon) <= MAX_LON):
            raise AirspaceError(f"A corner is at latitude {lat:g}, longitude {lon:g}, which is no place on earth.")
        corner = round(lat, 9), round(lon, 9)
        if not found or found[-1] != corner:
            found.append(corner)
        if not place % PAUSE_CORNERS:
            pause()
    while len(found) > 1 and found[-1] == found[0]:
        found.pop()
    if len(set(found)) < 3:
        raise AirspaceError("A ring needs three different corners.")
    return found


def _untangled(ring: list[Point]) -> Ring:
    """The ring, its first corner again at the end, with longitudes that go on beyond 180.

    From -180 to 180 is either no step, at the antimeridian, or one around the earth. It is none where the ring then closes and is not flat.
    """
    closed = [*ring, ring[0]]
    short = unrolled(closed, whole_turns=False)
    if abs(short[-1][1] - short[0][1]) < 180.0 and len({lon for _, lon in short}) > 1:
        return short
    whole = unrolled(closed)
    return whole if abs(whole[-1][1] - whole[0][1]) < 180.0 else short


def _divided(points: Ring, pause: Callable[[], None]) -> list[Point]:
    """The points but the last one, those of long edges in between, shifted as _shifted does it."""
    found: list[Point] = []
    for place, ((lat, lon), (to_lat, to_lon)) in enumerate(pairwise(_shifted(points))):
        parts = max(1, ceil(abs(to_lon - lon) / MAX_EDGE_DEG))
        found += ((lat + (to_lat - lat) * n / parts, lon + (to_lon - lon) * n / parts) for n in range(parts))
        if not place % PAUSE_CORNERS:
            pause()
    return found


def _box(rings: Iterable[Ring]) -> Box:
    """The smallest box around closed rings."""
    spans: list[tuple[float, float]] = []
    south, north = 90.0, -90.0
    for ring in rings:
        lats, lons = [lat for lat, _ in ring], [lon for _, lon in ring]
        south, north = min(south, *lats), max(north, *lats)
        west, east = min(lons), max(lons)
        if east - west >= 360.0:
            spans.append((-180.0, 180.0))
        else:
            spans += [(west, east)] if east <= 180.0 else [(west, 180.0), (-180.0, east - 360.0)]
    spans.sort()
    first = spans[0][0]
    # What is left out is the widest gap, counted around the earth.
    reached, gaps = first, []
    for west, east in spans:
        gaps.append((west - reached, west, reached))
        reached = max(reached, east)
    gaps.append((first + 360.0 - reached, first, reached))
    width, west, east = max(gaps)
    return Box(south, west, north, east) if width > 0.0 else Box(south, -180.0, north, 180.0)
