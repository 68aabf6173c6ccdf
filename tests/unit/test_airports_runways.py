"""Height above an airport, on a runway, on final approach: against vectors, and at places that are known."""

from __future__ import annotations

from math import radians, tan

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skyspy.airports import Airport, Airports, RunwayEnd, altitude_ft, height_above, on_final, on_runway
from skyspy.airports.records import FEET_PER_NM, runway_between
from skyspy.airports.runways import MAX_FINAL_NM, along_and_across
from skyspy.geo import Point, destination
from tests.support.airports import airport, along_and_across_by_vectors, angle_nm, packed, points, shipped
from tests.support.examples import at_most

headings = st.floats(0.0, 360.0, exclude_max=True)
LENGTH_FT, WIDTH_FT, ELEVATION_FT = 9000, 150, 500


def strip(start: Point, heading: float, displaced: int = 0) -> Airports:
    """One airport with one runway, which begins at `start`."""
    start = round(start[0], 6), round(start[1], 6)
    finish = destination(start, heading, LENGTH_FT / FEET_PER_NM)
    runway = runway_between(("01", "19"), (start, finish), LENGTH_FT, WIDTH_FT, (ELEVATION_FT, ELEVATION_FT), (displaced, 0))
    return packed([airport("TEST", destination(start, heading, 0.7), elevation_ft=ELEVATION_FT, runways=(runway,))])


def beside(end: RunwayEnd, along_ft: float, across_ft: float, start: Point | None = None) -> Point:
    """A point along and to the right of a runway's centre line."""
    on_line = destination(start or end.point, end.heading, along_ft / FEET_PER_NM)
    return destination(on_line, end.heading + 90, across_ft / FEET_PER_NM)


def end_of(code: str, name: str) -> tuple[Airport, RunwayEnd]:
    found = shipped().find(code)
    assert found is not None
    return found, next(end for runway in found.runways for end in runway.ends if end.ident == name)


def before(end: RunwayEnd, nm: float, across_nm: float = 0.0) -> Point:
    """A point on the approach to an end, so far before its threshold."""
    return beside(end, -nm * FEET_PER_NM, across_nm * FEET_PER_NM, end.threshold)


def path_ft(nm: float, glide: float = 3.0) -> float:
    return nm * FEET_PER_NM * tan(radians(glide))


# -- geometry --------------------------------------------------------------------------------------


@at_most(50)
@given(points, headings, points)
def test_along_and_across_agree_with_vectors_anywhere(start: Point, heading: float, point: Point) -> None:
    assume(abs(start[0]) < 90 and abs(point[0]) < 90)
    # Around the poles of the great circle itself, along is not defined.
    expected = along_and_across_by_vectors(start, heading, point)
    assume(abs(expected[1]) < 5300 and 0.001 < angle_nm(start, point) < 10000)
    assert along_and_across(start, heading, point) == pytest.approx(expected, abs=0.01)


@at_most(50)
@given(points, headings, st.floats(-20, 20), st.floats(-3, 3))
def test_along_and_across_are_exact_to_a_few_feet_near_a_runway(
    start: Point, heading: float, along: float, across: float
) -> None:
    assume(abs(start[0]) < 85)
    point = destination(destination(start, heading, along), heading + 90, across)
    found, expected = along_and_across(start, heading, point), along_and_across_by_vectors(start, heading, point)
    assert [nm * FEET_PER_NM for nm in found] == pytest.approx([nm * FEET_PER_NM for nm in expected], abs=1.0)


# -- height ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alt_baro", "qnh", "altitude"),
    [
        (5000, 1013.25, 5000),
        (5000, None, 5000),
        (5000, 1023.25, 5272),  # 27 to 28 feet for each hectopascal
        (5000, 1003.25, 4725),
        (0, 950.0, -1773),  # the standard atmosphere has 950 hPa at 540 m
        (5000, 29.92, 5000),  # inches are no hectopascals
        (5000, 0.0, 5000),
    ],
)
def test_altitude_follows_the_altimeter_setting(alt_baro: float, qnh: float | None, altitude: float) -> None:
    assert altitude_ft(alt_baro, qnh) == pytest.approx(altitude, abs=3)


def test_height_is_above_the_airports_elevation_and_unknown_without_one() -> None:
    zurich, _ = end_of("LSZH", "14")
    assert height_above(zurich, 3416) == 2000
    assert height_above(zurich, 3416, 1033.25) == pytest.approx(2541, abs=5)
    assert height_above(airport("X", (1.0, 1.0)), 3416) is None


# -- on a runway -----------------------------------------------------------------------------------


@at_most(50)
@given(points, headings, st.floats(-300, LENGTH_FT + 300), st.floats(-400, 400), st.floats(-40, 40), st.booleans())
def test_on_a_runway_is_inside_its_rectangle_and_along_it(
    start: Point, heading: float, along: float, across: float, turn: float, backwards: bool
) -> None:
    assume(abs(start[0]) < 85)
    table = strip(start, heading)
    near = table.nearest(start)
    assert near is not None
    end = near.airport.runways[0].ends[1 if backwards else 0]
    point = beside(end, along, across)
    # The bounds are the margin of 100 ft around 9,000 by 150; next to them either answer is right.
    edges = (along + 100, along - LENGTH_FT - 100, abs(across) - 175)
    assume(min(abs(edge) for edge in edges) > 2 and abs(abs(turn) - 20) > 0.1)
    inside = -100 < along < LENGTH_FT + 100 and abs(across) < 175
    found = on_runway(table, point, (end.heading + turn) % 360)
    assert (found is not None) == (inside and abs(turn) < 20)
    if found is not None:
        assert found.end == end
        assert (found.along_ft, found.across_ft) == pytest.approx((along, across), abs=3)
    assert (on_runway(table, point, None) is not None) == inside


@pytest.mark.parametrize(
    ("code", "name", "along", "across", "track"),
    [
        ("KSFO", "28R", 500, 30, 298),
        ("KSFO", "28L", 9000, -30, 297),
        ("KSFO", "10L", 3000, 0, 110),
        ("EDDF", "18", 8000, 0, 180),
        ("LSZH", "28", 4000, 20, 270),
    ],
)
def test_known_runways_are_told_apart_by_place_and_direction(
    code: str, name: str, along: float, across: float, track: float
) -> None:
    _, end = end_of(code, name)
    found = on_runway(shipped(), beside(end, along, across), track)
    assert found is not None and (found.airport.ident, found.end) == (code, end)


def test_at_a_crossing_the_track_decides() -> None:
    ten, sixteen = end_of("LSZH", "10")[1], end_of("LSZH", "16")[1]
    along = min(range(0, 12000, 10), key=lambda ft: abs(along_and_across(ten.point, ten.heading, beside(sixteen, ft, 0))[1]))
    crossing = beside(sixteen, along, 0)
    found = [on_runway(shipped(), crossing, track) for track in (96, 276, 155, 335, 45)]
    assert [place and place.end and place.end.ident for place in found] == ["10", "28", "16", "34", None]


def test_an_aircraft_that_stands_has_a_runway_and_no_end() -> None:
    _, end = end_of("LSZH", "10")
    found = on_runway(shipped(), beside(end, 1000, 0), None)
    assert found is not None and found.end is None and end in found.runway.ends


# -- on final --------------------------------------------------------------------------------------


@at_most(50)
@given(points, headings, st.floats(0.1, 9.9), st.floats(-0.09, 0.09), st.floats(-14, 14), st.floats(2.5, 6.0), st.booleans())
def test_an_aircraft_on_the_path_is_on_final_at_its_distance(
    start: Point, heading: float, nm: float, across: float, turn: float, glide: float, backwards: bool
) -> None:
    assume(abs(start[0]) < 85)
    table = strip(start, heading, displaced=800)
    near = table.nearest(start)
    assert near is not None
    end = near.airport.runways[0].ends[1 if backwards else 0]
    found = on_final(table, before(end, nm, across), (end.heading + turn) % 360, ELEVATION_FT + path_ft(nm, glide), 1013.25)
    assert found is not None and found.end == end
    assert (found.distance_nm, found.across_nm) == pytest.approx((nm, across), abs=0.002)
    assert found.glide_deg == pytest.approx(glide, abs=0.1)
    assert found.height_ft == pytest.approx(path_ft(nm, glide), abs=1)


@pytest.mark.parametrize(
    ("nm", "across", "turn", "height"),
    [
        (5.0, 0.5, 0, path_ft(5)),  # beside the approach
        (5.0, -0.5, 0, path_ft(5)),
        (5.0, 0.0, 20, path_ft(5)),  # crosses it
        (5.0, 0.0, 180, path_ft(5)),  # flies away
        (-0.1, 0.0, 0, 50),  # over the runway
        (MAX_FINAL_NM + 0.1, 0.0, 0, path_ft(10)),
        (5.0, 0.0, 0, path_ft(5, 10)),  # flies over at height
        (5.0, 0.0, 0, 300),  # low and far
    ],
)
def test_an_aircraft_elsewhere_is_on_no_final(nm: float, across: float, turn: float, height: float) -> None:
    table = strip((47.0, 8.0), 40.0)
    near = table.nearest((47.0, 8.0))
    assert near is not None
    end = near.airport.runways[0].ends[0]
    assert on_final(table, before(end, nm, across), end.heading + turn, ELEVATION_FT + height, 1013.25) is None


def test_without_qnh_a_height_may_be_wrong_by_what_the_weather_does() -> None:
    table = strip((47.0, 8.0), 40.0)
    near = table.nearest((47.0, 8.0))
    assert near is not None
    end = near.airport.runways[0].ends[0]
    point, low_pressure = before(end, 3.0), ELEVATION_FT + path_ft(3.0) + 27.5 * 33
    assert on_final(table, point, end.heading, low_pressure, 980.0) is not None
    assert on_final(table, point, end.heading, low_pressure) is not None
    assert on_final(table, before(end, 1.0), end.heading, ELEVATION_FT + path_ft(1.0) + 1600) is None


def test_where_no_elevation_is_known_nothing_is_on_final() -> None:
    runway = runway_between(("09", "27"), ((1.0, 1.0), (1.0, 1.02)), 7292)
    table = packed([airport("X", (1.0, 1.01), runways=(runway,))])
    assert on_final(table, (1.0, 0.95), 90.0, 1000.0) is None


@pytest.mark.parametrize("nm", [0.5, 2.0, 5.0, 9.5])
@pytest.mark.parametrize(
    ("code", "name", "glide"),
    [
        ("KSFO", "28R", 3.0),
        ("KSFO", "28L", 2.85),
        ("EDDF", "25L", 3.0),
        ("EDDF", "25C", 3.0),
        ("EDDF", "07L", 3.0),
        ("LSZH", "14", 3.0),
        ("LSZH", "34", 3.3),  # its threshold is 1,541 ft beyond the pavement's beginning
        ("EGLL", "27L", 3.0),
        ("EGLC", "27", 5.5),
    ],
)
def test_known_approaches_are_told_apart_from_the_parallel_one(code: str, name: str, glide: float, nm: float) -> None:
    place, end = end_of(code, name)
    elevation = end.elevation_ft if end.elevation_ft is not None else place.elevation_ft
    assert elevation is not None
    found = on_final(shipped(), before(end, nm), end.heading, elevation + path_ft(nm, glide), 1013.25)
    assert found is not None and (found.airport.ident, found.end.ident) == (code, name)
    assert found.distance_nm == pytest.approx(nm, abs=0.01)
