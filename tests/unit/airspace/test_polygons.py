"""Which positions are inside an area: at edges, at the antimeridian, at poles; beside a winding number on the sphere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import atan2, ceil, cos, hypot, pi, radians, sin

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skyspy.airspace.area_index import FINE_DEG, MAX_FINE_CELLS, AreaIndex
from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.polygons import (
    ARC_STEP_DEG,
    MAX_CORNERS,
    MAX_RADIUS_NM,
    arc,
    area_of,
    area_of_circle,
    circle,
    overlaps,
)
from skyspy.airspace.records import Area, Box
from skyspy.geo import Point, bearing_deg, destination, distance_nm

Corners = list[tuple[float, float]]


def inside(area: Area, lat: float, lon: float) -> bool:
    """Whether the index of this one area has the position; and that the area's box has it in it then."""
    found = AreaIndex([("one", area)]).inside(lat, lon) == ["one"]
    if found:
        assert overlaps(area.box, Box(lat, lon, lat, lon))
    return found


def winding(ring: Sequence[Point], lat: float, lon: float) -> int:
    """How often the way along the ring turns around a position on the sphere, seen from it. Edges are walked along in short steps that are
    straight in degrees and take the shorter way around the earth."""
    total = 0.0
    phi, theta = radians(lat), radians(lon)

    def seen(at: Point) -> float:
        """The direction in which a point is seen."""
        a, b = radians(at[0]), radians(at[1]) - theta
        return atan2(cos(a) * sin(b), cos(phi) * sin(a) - sin(phi) * cos(a) * cos(b))

    for (from_lat, from_lon), (to_lat, to_lon) in pairwise([*ring, ring[0]]):
        step = (to_lon - from_lon + 180.0) % 360.0 - 180.0
        parts = max(1, ceil(hypot(to_lat - from_lat, step) / 0.25))
        walked = [(from_lat + (to_lat - from_lat) * n / parts, from_lon + step * n / parts) for n in range(parts + 1)]
        for one, other in pairwise(walked):
            total += (seen(other) - seen(one) + pi) % (2 * pi) - pi
    return round(total / (2 * pi))


def edge_gap(ring: Sequence[Point], lat: float, lon: float) -> float:
    """How far the position is from the corners and edges, in degrees; too near, the two ways of counting may differ by rounding."""
    nearest = 1e9
    for (from_lat, from_lon), (to_lat, to_lon) in pairwise([*ring, ring[0]]):
        step = (to_lon - from_lon + 180.0) % 360.0 - 180.0
        x, y = (lon - from_lon + 180.0) % 360.0 - 180.0, lat - from_lat
        rise = to_lat - from_lat
        length = step * step + rise * rise
        share = min(1.0, max(0.0, (x * step + y * rise) / length)) if length else 0.0
        nearest = min(nearest, hypot(x - share * step, y - share * rise))
    return nearest


@st.composite
def rings(draw: st.DrawFn) -> Corners:
    """A star of 3 to 12 corners around a centre anywhere, up to 25 degrees wide; it may have a pole in it."""
    centre = draw(st.floats(-89.0, 89.0)), draw(st.one_of(st.floats(-180, 180), st.floats(172, 180), st.floats(-180, -172)))
    count = draw(st.integers(3, 12))
    turns = sorted(draw(st.lists(st.integers(0, 359), min_size=count, max_size=count, unique=True)))
    assume(all((b - a) % 360 < 170 for a, b in pairwise([*turns, turns[0]])))
    return [destination(centre, turn, draw(st.floats(30, 1500))) for turn in turns]


@given(ring=rings(), data=st.data())
def test_a_position_is_inside_as_the_winding_number_on_the_sphere_says(ring: Corners, data: st.DataObject) -> None:
    near = data.draw(st.sampled_from(ring))
    lat = min(90.0, max(-90.0, near[0] + data.draw(st.floats(-20, 20))))
    lon = (near[1] + data.draw(st.floats(-30, 30)) + 180.0) % 360.0 - 180.0
    # Close to a pole a short step in degrees is no short step on the sphere.
    assume(abs(lat) < 89.5 and all(abs(corner[0]) < 89.5 for corner in ring) and edge_gap(ring, lat, lon) > 1e-3)
    assert inside(area_of([[ring]]), lat, lon) is (winding(ring, lat, lon) != 0)


@given(ring=rings(), lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_neither_direction_nor_first_corner_matters(ring: Corners, lat: float, lon: float) -> None:
    as_given = inside(area_of([[ring]]), lat, lon)
    assert inside(area_of([[ring[::-1]]]), lat, lon) is as_given
    assert inside(area_of([[[*ring[2:], *ring[:2]]]]), lat, lon) is as_given
    assert inside(area_of([[[*ring, ring[0]]]]), lat, lon) is as_given


@given(
    south=st.integers(-356, 320), west=st.integers(-720, 719), height=st.integers(1, 36), width=st.integers(1, 400),
    lat=st.integers(-360, 360), lon=st.integers(-720, 720),
)  # fmt: skip
def test_a_box_has_its_southern_and_western_edge_and_not_the_others(
    south: int, west: int, height: int, width: int, lat: int, lon: int
) -> None:
    """All in quarters of a degree, so that edges are within cells and between them."""
    corners = [(south, west), (south, west + width), (south + height, west + width), (south + height, west)]
    area = area_of([[[(a / 4, (b / 4 + 180.0) % 360.0 - 180.0) for a, b in corners]]])
    assert inside(area, lat / 4, lon / 4) is (south <= lat < south + height and (lon - west) % 1440 < width)


@given(
    lats=st.lists(st.floats(-80, 80), min_size=5, max_size=5), lons=st.lists(st.floats(-9, 9), min_size=5, max_size=5),
    at=st.integers(0, 3), share=st.floats(0, 1),
)  # fmt: skip
def test_of_two_areas_that_share_an_edge_exactly_one_has_a_position_on_it(
    lats: list[float], lons: list[float], at: int, share: float
) -> None:
    shared = [(round(lat, 6), round(lon, 6)) for lat, lon in zip(sorted(lats), lons, strict=True)]
    west = area_of([[[*shared, (90.0, -20.0), (-90.0, -20.0)]]])
    east = area_of([[[*shared, (90.0, 20.0), (-90.0, 20.0)]]])
    (low, left), (high, right) = shared[at : at + 2]
    lat = low + (high - low) * share
    lon = left + (right - left) * share
    assert len(AreaIndex([("west", west), ("east", east)]).inside(lat, lon)) == 1


SQUARE: Corners = [(0.0, 0.0), (0.0, 10.0), (10.0, 10.0), (10.0, 0.0)]
FIJI: Corners = [(-20.0, 175.0), (-20.0, -175.0), (-15.0, -175.0), (-15.0, 175.0)]
FIJI_BEYOND: Corners = [(-20.0, 175.0), (-20.0, 185.0), (-15.0, 185.0), (-15.0, 175.0)]
FIJI_CUT: Corners = [
    (-20.0, 175.0), (-20.0, 180.0), (-20.0, -180.0), (-20.0, -175.0), (-15.0, -175.0), (-15.0, -180.0), (-15.0, 180.0), (-15.0, 175.0),
]  # fmt: skip
WORLD: Corners = [(-80.0, -180.0), (-80.0, 180.0), (80.0, 180.0), (80.0, -180.0)]
QUARTERS: Corners = [(0.25, 0.25), (0.25, 9.75), (1.75, 9.75), (1.75, 0.25)]
WORLD_BEYOND: Corners = [(-80.0, 0.0), (-80.0, 360.0), (80.0, 360.0), (80.0, 0.0)]
BELT: Corners = [(10.0, -180.0), (10.0, 0.0), (10.0, 180.0), (20.0, 180.0), (20.0, -180.0)]
NORTH_CAP: Corners = [(60.0, -180.0), (60.0, 180.0), (90.0, 180.0), (90.0, -180.0)]
NORTH_RING: Corners = [(60.0, lon) for lon in (-170.0, -90.0, 0.0, 90.0, 170.0)]
SOUTH_RING: Corners = [(-60.0, lon) for lon in (170.0, 90.0, 0.0, -90.0, -170.0)]
ANTARCTICA: Corners = [
    (-90.0, -180.0),
    (-70.0, -180.0),
    (-65.0, -90.0),
    (-68.0, 0.0),
    (-66.0, 90.0),
    (-70.0, 180.0),
    (-90.0, 180.0),
]


@pytest.mark.parametrize(
    ("ring", "within", "without"),
    [
        # Cells of the index that only a level edge cuts.
        (QUARTERS, [(0.25, 5.5), (0.5, 5.5), (1.7, 5.5)], [(0.2, 5.5), (1.8, 5.5), (1.75, 5.5), (0.5, 0.2), (0.5, 9.8)]),
        (FIJI, [(-17, 180), (-17, -180), (-17, 176), (-17, -176), (-20, 175)], [(-17, 174), (-17, -174), (-17, 0), (-15, 180)]),
        (FIJI_BEYOND, [(-17, 180), (-17, -180), (-17, 176), (-17, -176)], [(-17, 174), (-17, -174), (-17, 0)]),
        (FIJI_CUT, [(-17, 180), (-17, -180), (-17, 176), (-17, -176)], [(-17, 174), (-17, -174), (-17, 0)]),
        (WORLD, [(0, 0), (0, -180), (0, 180), (79, 179.9), (-80, 5)], [(81, 0), (-81, 0), (90, 0), (-90, 0)]),
        (WORLD_BEYOND, [(0, 0), (0, -180), (0, 180), (79, -0.1), (-80, 5), (0, -90)], [(81, 0), (-81, 0), (90, 0)]),
        (BELT, [(15, 0), (15, 180), (15, -179.9), (10, 77)], [(9, 0), (21, 0), (50, 180), (90, 0)]),
        (NORTH_CAP, [(90, 0), (90, 180), (61, 7), (89.9999999, -180), (60, 7)], [(59.9, 7), (-90, 0), (0, 0)]),
        (NORTH_RING, [(90, 0), (90, 77), (61, 180), (61, 45)], [(59, 180), (59, 45), (-61, 0), (-90, 0)]),
        (NORTH_RING[::-1], [(90, 0), (90, 77), (61, 180), (61, 45)], [(59, 180), (59, 45), (-61, 0), (-90, 0)]),
        (SOUTH_RING, [(-90, 0), (-90, 77), (-61, 180), (-61, 45)], [(-59, 180), (61, 0), (90, 0)]),
        (ANTARCTICA, [(-90, 0), (-71, 180), (-71, -180), (-75, 33), (-66, -90)], [(-64, -90), (-60, 180), (90, 0)]),
    ],
)  # fmt: skip
def test_rings_at_the_antimeridian_and_around_poles(ring: Corners, within: Corners, without: Corners) -> None:
    area = area_of([[ring]])
    assert [at for at in within if not inside(area, *at)] == []
    assert [at for at in without if inside(area, *at)] == []


@pytest.mark.parametrize(
    ("ring", "box"),
    [
        (SQUARE, Box(0, 0, 10, 10)), (FIJI, Box(-20, 175, -15, -175)), (FIJI_CUT, Box(-20, 175, -15, -175)),
        (WORLD, Box(-80, -180, 80, 180)), (NORTH_RING, Box(60, -180, 90, 180)), (ANTARCTICA, Box(-90, -180, -65, 180)),
        ([(0.0, 170.0), (0.0, 180.0), (5.0, 180.0)], Box(0, 170, 5, 180)), ([(0.0, -170.0), (0.0, -180.0), (5.0, -180.0)], Box(0, -180, 5, -170)),
    ],
)  # fmt: skip
def test_the_box_of_an_area(ring: Corners, box: Box) -> None:
    assert area_of([[ring]]).box == box


def test_the_box_of_several_parts_leaves_out_the_widest_gap() -> None:
    parts = [[[(lat, lon + move) for lat, lon in SQUARE]] for move in (100.0, 165.0, -150.0)]
    assert area_of(parts).box == Box(0, 100, 10, -140)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (Box(0, 0, 10, 10), Box(10, 10, 20, 20), True), (Box(0, 0, 10, 10), Box(11, 0, 20, 10), False),
        (Box(0, 170, 10, -170), Box(5, 175, 6, 176), True), (Box(0, 170, 10, -170), Box(5, -176, 6, -175), True),
        (Box(0, 170, 10, -170), Box(5, 0, 6, 10), False), (Box(0, 170, 10, -170), Box(0, 179, 10, -179), True),
        (Box(0, -180, 10, 180), Box(5, 0, 6, 10), True),
    ],
)  # fmt: skip
def test_boxes_overlap_or_do_not(one: Box, other: Box, meet: bool) -> None:
    assert overlaps(one, other) is meet
    assert overlaps(other, one) is meet


HOLE: Corners = [(4.0, 4.0), (6.0, 4.0), (6.0, 6.0), (4.0, 6.0)]


@pytest.mark.parametrize("hole", [HOLE, HOLE[::-1]])
def test_a_hole_is_outside_whatever_its_direction(hole: Corners) -> None:
    area = area_of([[SQUARE, hole]])
    assert inside(area, 2, 2)
    assert inside(area, 5, 7)
    assert not inside(area, 5, 5)


def test_parts_that_overlap_do_not_cancel_each_other() -> None:
    moved = [(lat + 5.0, lon + 5.0) for lat, lon in SQUARE]
    for other in (moved, moved[::-1]):
        area = area_of([[SQUARE], [other]])
        assert [at for at in ((1, 1), (7, 7), (14, 14)) if not inside(area, *at)] == []
        assert not inside(area, 1, 14)


def test_an_island_in_a_hole_is_inside() -> None:
    area = area_of([[SQUARE, HOLE], [[(4.5, 4.5), (5.5, 4.5), (5.5, 5.5), (4.5, 5.5)]]])
    assert inside(area, 5, 5)
    assert not inside(area, 4.2, 4.2)


def test_a_hole_outside_of_its_outline_changes_nothing() -> None:
    area = area_of([[SQUARE, [(24.0, 24.0), (26.0, 24.0), (26.0, 26.0)]]])
    assert not inside(area, 25.5, 24.5)
    assert inside(area, 5, 5)


def test_both_halves_of_a_ring_that_crosses_itself_are_inside() -> None:
    area = area_of([[[(0.0, 0.0), (0.0, 10.0), (8.0, 0.0), (8.0, 12.0)]]])
    assert inside(area, 1, 3)
    assert inside(area, 7, 5)
    assert not inside(area, 4, 1)


def test_the_middle_of_a_star_that_is_drawn_in_one_line_is_inside() -> None:
    ring = [destination((50.0, 10.0), 144.0 * n, 100.0) for n in range(5)]
    for corners in (ring, ring[::-1]):
        area = area_of([[corners]])
        assert inside(area, 50.0, 10.0)
        assert not inside(area, *destination((50.0, 10.0), 36.0, 80.0))


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180), radius=st.floats(0.1, MAX_RADIUS_NM), turn=st.integers(0, 71))
def test_a_circle_ends_at_its_radius(lat: float, lon: float, radius: float, turn: int) -> None:
    ring = circle((lat, lon), radius)
    centre = max(-89.9999, min(89.9999, lat)), lon
    for corner in ring:
        assert distance_nm(centre, corner) == pytest.approx(radius, rel=1e-6, abs=0.02)
    # At corners: between them, an edge that is straight in degrees may bend.
    assume(abs(lat) + radius / 60.0 < 88.0)
    area = area_of_circle((lat, lon), radius)
    bearing = turn * ARC_STEP_DEG
    assert inside(area, *destination((lat, lon), bearing, radius * 0.98))
    assert not inside(area, *destination((lat, lon), bearing, radius * 1.01))


@pytest.mark.parametrize("centre", [(90.0, 0.0), (-90.0, 12.0), (89.5, 100.0), (-89.99, -179.0)])
def test_a_circle_around_a_pole_has_it_in_it(centre: Point) -> None:
    area = area_of_circle(centre, 60.0)
    pole = 90.0 if centre[0] > 0 else -90.0
    assert inside(area, pole, 44.0)
    assert not inside(area, -pole, 44.0)
    assert not inside(area, pole * 0.96, 44.0)


def test_a_circle_has_a_corner_each_five_degrees() -> None:
    ring = circle((47.0, 8.0), 10.0)
    assert [round(bearing_deg((47.0, 8.0), corner)) % 360 for corner in ring] == list(range(0, 360, 5))


def test_an_arc_goes_from_one_distance_to_the_other() -> None:
    centre, start, end = (47.0, 8.0), destination((47.0, 8.0), 350.0, 10.0), destination((47.0, 8.0), 20.0, 10.6)
    corners = list(arc(centre, start, end, 30.0))
    assert [round(bearing_deg(centre, corner)) for corner in corners] == [355, 0, 5, 10, 15]
    assert [distance_nm(centre, corner) for corner in corners] == pytest.approx([10.1, 10.2, 10.3, 10.4, 10.5], abs=1e-6)
    assert [round(bearing_deg(centre, at)) for at in arc(centre, start, end, -330.0)][:2] == [345, 340]
    assert list(arc(centre, start, start, 0.0)) == []


@pytest.mark.parametrize(
    ("polygons", "message"),
    [
        ([], "no polygon"), ([[[(0, 0), (1, 1)]]], "three different corners"), ([[[(0, 0), (1, 1), (0, 0), (1, 1)]]], "three different corners"),
        ([[[(0, 0), (1, 1), (2, 2)]]], "no area"), ([[[(0, 0), (91, 1), (2, 0)]]], "no place on earth"),
        ([[[(0, 0), (float("nan"), 1), (2, 0)]]], "no place on earth"), ([[[(0, 0), (1, 361), (2, 0)]]], "no place on earth"),
        ([[[(0, 0), (1, float("inf")), (2, 0)]]], "no place on earth"),
        ([[[(n % 7, n * 0.001) for n in range(MAX_CORNERS + 1)]]], "more than 20000 corners"),
        ([[[(n % 2 + n * 1e-6, n * 0.001) for n in range(MAX_CORNERS)]]], "up and down too often"),
    ],
)  # fmt: skip
def test_a_ring_that_is_none_is_refused(polygons: list[list[Corners]], message: str) -> None:
    with pytest.raises(AirspaceError, match=message):
        area_of(polygons)


@pytest.mark.parametrize("radius", [0.0, -1.0, MAX_RADIUS_NM + 1, float("nan"), float("inf")])
def test_a_circle_of_an_impossible_radius_is_refused(radius: float) -> None:
    with pytest.raises(AirspaceError, match="radius"):
        area_of_circle((0.0, 0.0), radius)


def test_the_index_names_areas_in_the_order_in_which_they_were_given() -> None:
    wide = area_of([[[(-40.0, -80.0), (-40.0, 80.0), (60.0, 80.0), (60.0, -80.0)]]])
    assert (100 / FINE_DEG) * (160 / FINE_DEG) > MAX_FINE_CELLS
    small = area_of([[[(1.2, 1.2), (1.2, 1.8), (1.8, 1.8)]]])
    index = AreaIndex([("b", small), ("wide", wide), ("a", area_of([[SQUARE]]))])
    assert len(index) == 3
    assert index.inside(1.3, 1.7) == ["b", "wide", "a"]
    assert index.inside(1.7, 1.3) == ["wide", "a"]
    assert index.inside(50, 50) == ["wide"]
    assert index.inside(65, 50) == []
    positions = {"in": (1.3, 1.7), "out": (65.0, 50.0)}
    assert index.inside_each(positions) == {"in": ["b", "wide", "a"]}


def test_an_edge_that_is_level_but_for_rounding_is_no_trouble() -> None:
    area = area_of([[[(0.0, 0.0), (1e-308, 2.0), (9.0, 2.0), (9.0, 0.0)]]])
    assert inside(area, 1.0, 1.0)
    assert not inside(area, -1.0, 1.0)


def test_many_positions_and_large_areas_are_worked_on_in_pieces() -> None:
    ring = circle((47.0, 8.0), 300.0)
    pauses: list[int] = []
    index = AreaIndex([(str(n), area_of([[ring]])) for n in range(50)], lambda: pauses.append(0))
    assert len(pauses) > 10
    pauses.clear()
    index.inside_each({str(n): (47.0, 8.0 + n * 0.02) for n in range(300)}, lambda: pauses.append(0))
    assert len(pauses) > 10
