"""Places: circles and GeoJSON, at the antimeridian and at poles, with a band at their edges."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from skyspy.alerts import Circle, Engine, Place, Polygons, RuleError
from skyspy.alerts.areas import area_of, band_nm, position_of
from skyspy.alerts.engine import PREVIEW_SLICE
from skyspy.alerts.errors import Problems
from skyspy.alerts.place_memory import CIRCLE_UNITS, MAX_UNITS
from skyspy.alerts.places import MAX_POINTS, parse_place
from skyspy.alerts.rule import MAX_CONDITIONS
from skyspy.geo import Point, destination, distance_nm
from tests.support.alert_rounds import Rounds, condition, rule, state


def parsed(document: object) -> Place:
    problems = Problems()
    found = parse_place(document, "value", problems)
    problems.check()
    assert found is not None
    return found


def polygon(*rings: list[tuple[float, float]]) -> dict[str, Any]:
    """A Polygon of rings of (longitude, latitude)."""
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in (*ring, ring[0])] for ring in rings]}


def inside(document: object, lat: float, lon: float) -> bool:
    """Whether it is inside; and that the boxes, by which aircraft are found, have it in them then."""
    area = area_of(parsed(document))
    found = area.is_inside(position_of(lat, lon))
    if found:
        assert any(box.south <= lat <= box.north and box.west <= lon <= box.east for box in area.boxes)
    return found


L_SHAPE = polygon([(0, 0), (4, 0), (4, 1), (1, 1), (1, 4), (0, 4)])
WITH_HOLE = polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [(4, 4), (6, 4), (6, 6), (4, 6)])
FIJI_OVER_190 = polygon([(175, -20), (185, -20), (185, -15), (175, -15)])
FIJI_OVER_MINUS = polygon([(175, -20), (-175, -20), (-175, -15), (175, -15)])
WORLD = polygon([(-180, -80), (180, -80), (180, 80), (-180, 80)])


@pytest.mark.parametrize(
    ("document", "lat", "lon", "is_inside"),
    [
        (L_SHAPE, 0.5, 3.5, True), (L_SHAPE, 3.5, 0.5, True), (L_SHAPE, 2, 2, False), (L_SHAPE, -0.1, 1, False), (L_SHAPE, 0.5, 4.1, False),
        (WITH_HOLE, 2, 2, True), (WITH_HOLE, 5, 5, False), (WITH_HOLE, 5, 7, True),
        (FIJI_OVER_190, -17, 180, True), (FIJI_OVER_190, -17, -180, True), (FIJI_OVER_190, -17, -176, True), (FIJI_OVER_190, -17, 176, True),
        (FIJI_OVER_190, -17, 174, False), (FIJI_OVER_190, -17, -174, False), (FIJI_OVER_190, -17, 0, False),
        (FIJI_OVER_MINUS, -17, 180, True), (FIJI_OVER_MINUS, -17, -176, True), (FIJI_OVER_MINUS, -17, 0, False),
        (WORLD, 0, 0, True), (WORLD, 0, -179.9, True), (WORLD, 79, 179.9, True), (WORLD, 81, 0, False),
        ({"circle": {"lat": 90, "lon": 0, "radius_nm": 60}}, 89.5, 123.0, True),
        ({"circle": {"lat": 90, "lon": 0, "radius_nm": 60}}, 88.5, 123.0, False),
        ({"circle": {"lat": 89.9, "lon": 0, "radius_nm": 60}}, 89.9, 180.0, True),
        ({"circle": {"lat": -17, "lon": 179.9, "radius_nm": 30}}, -17, -179.9, True),
        ({"circle": {"lat": 0, "lon": -179.9, "radius_nm": 30}}, 0, 179.9, True),
    ],
)  # fmt: skip
def test_a_point_is_inside_or_not(document: object, lat: float, lon: float, is_inside: bool) -> None:
    assert inside(document, lat, lon) is is_inside


@pytest.mark.parametrize("centre", [(0.0, 0.0), (47.0, 8.0), (70.0, 179.5), (-89.0, 20.0), (89.99, -170.0)])
@pytest.mark.parametrize("radius", [0.1, 5.0, 250.0, 5000.0])
def test_a_circle_ends_at_its_radius(centre: Point, radius: float) -> None:
    document = {"circle": {"lat": centre[0], "lon": centre[1], "radius_nm": radius}}
    for bearing in range(0, 360, 15):
        assert inside(document, *destination(centre, bearing, radius * 0.999))
        assert not inside(document, *destination(centre, bearing, radius * 1.001))


def test_a_polygon_is_what_a_plain_crossing_count_says() -> None:
    random = Random(4)
    for _ in range(60):
        ring = [(random.uniform(-20, 20), random.uniform(-60, 60)) for _ in range(random.randrange(3, 40))]
        area = area_of(parsed(polygon(ring)))
        for _ in range(50):
            lat, lon = random.uniform(-65, 65), random.uniform(-25, 25)
            crossings = sum(
                (a[1] > lat) != (b[1] > lat) and lon < a[0] + (b[0] - a[0]) * (lat - a[1]) / (b[1] - a[1])
                for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
            )
            assert area.is_inside(position_of(lat, lon)) is bool(crossings % 2)


@pytest.mark.parametrize(
    "document", [{"circle": {"lat": 60, "lon": 10, "radius_nm": 30}}, polygon([(9, 59.5), (11, 59.5), (11, 60.5), (9, 60.5)])]
)
def test_the_band_is_as_wide_as_it_says(document: object) -> None:
    area = area_of(parsed(document))
    edge = next(d / 1000 for d in range(20_000, 40_000) if not area.is_inside(position_of(*destination((60, 10), 90, d / 1000))))
    beyond = next(
        d / 1000
        for d in range(int(edge * 1000), 40_000)
        if not area.is_in_band(position_of(*destination((60, 10), 90, d / 1000)))
    )
    assert beyond - edge == pytest.approx(0.6, abs=0.02)


def test_the_band_is_bounded() -> None:
    assert (band_nm(0.1), band_nm(10), band_nm(5000)) == (0.05, 0.2, 1.0)


def test_features_and_collections_are_read() -> None:
    square, other = polygon([(0, 0), (1, 0), (1, 1), (0, 1)]), polygon([(5, 5), (6, 5), (6, 6), (5, 6)])
    feature = {"type": "Feature", "properties": {"name": "x"}, "geometry": square}
    both = {"type": "FeatureCollection", "features": [feature, {"type": "Feature", "properties": None, "geometry": other}]}
    multi = {"type": "MultiPolygon", "coordinates": [square["coordinates"], other["coordinates"]]}
    assert parsed(feature) == parsed(square)
    assert parsed(both) == parsed(multi)
    assert inside(both, 5.5, 5.5)
    assert not inside(both, 3, 3)


@pytest.mark.parametrize(
    "document", [L_SHAPE, WITH_HOLE, FIJI_OVER_190, WORLD, {"circle": {"lat": 1.5, "lon": 2.0, "radius_nm": 3.0}}]
)
def test_a_place_that_is_written_down_is_the_same_again(document: object) -> None:
    assert parsed(parsed(document).document()) == parsed(document)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (None, "value"), ("here", "value"), ({}, "value"), ({"type": "Point", "coordinates": [1, 2]}, "value"),
        ({"circle": {"lat": 91, "lon": 0, "radius_nm": 1}}, "value.circle.lat"),
        ({"circle": {"lat": 0, "lon": 181, "radius_nm": 1}}, "value.circle.lon"),
        ({"circle": {"lat": 0, "lon": 0, "radius_nm": 0}}, "value.circle.radius_nm"),
        ({"circle": {"lat": 0, "lon": 0, "radius_nm": float("nan")}}, "value.circle.radius_nm"),
        ({"circle": {"lat": True, "lon": 0, "radius_nm": 1}}, "value.circle.lat"),
        ({"circle": {"lat": 0, "lon": 0}}, "value"),
        ({"type": "Polygon", "coordinates": None}, "value.coordinates"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "value.coordinates[0]"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0], [1, 1]]]}, "value.coordinates[0]"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 91], [2, 0]]]}, "value.coordinates[0][1]"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, "1"], [2, 0]]]}, "value.coordinates[0][1]"),
        ({"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 1], 7]]]}, "value.coordinates[0][0][2]"),
        ({"type": "Feature", "geometry": None}, "value.geometry"),
        ({"type": "FeatureCollection", "features": [3]}, "value.features[0]"),
        ({"type": "FeatureCollection", "features": []}, "value"),
        (polygon([(0, 70), (120, 70), (-120, 70)]), "value.coordinates[0]"),  # around the pole
        (polygon([(n / 100, n % 2) for n in range(MAX_POINTS + 1)]), "value.coordinates[0]"),
        ({"type": "MultiPolygon", "coordinates": [polygon([(n, 0), (n + 1, 0), (n, 1)])["coordinates"] for n in range(170)]}, "value"),
    ],
)  # fmt: skip
def test_an_error_of_a_place_names_its_path(document: object, path: str) -> None:
    problems = Problems()
    parse_place(document, "value", problems)
    with pytest.raises(RuleError) as error:
        problems.check()
    assert path in error.value.fields


def saw(teeth: int, at: float = 0.0) -> dict[str, Any]:
    """A polygon whose edges go from one end to the other, so that every look is at all of them."""
    return polygon([(at + n * 2.0 / teeth, 40.0 + 10 * (n % 2)) for n in range(teeth)])


UNITS = 6000
"""A budget for some sixty looks at a saw of ninety teeth."""


def test_an_owner_with_costly_places_waits_longer_and_others_do_not() -> None:
    costly = [rule(condition("inside", "inside", saw(90, n / 1000)), id=f"c{n}") for n in range(3)]
    cheap = rule(condition("inside", "inside", {"circle": {"lat": 45, "lon": 1.0, "radius_nm": 300}}), id="cheap", owner=2)
    rounds = Rounds(*costly, cheap, engine=Engine(UNITS))
    fleet = [state(f"{n:06X}", lat=45.0, lon=0.1 + n / 50) for n in range(1, 70)]
    first = rounds.look(*fleet)
    assert sum(one.owner_id == 2 for one in first) == 60, "as many as an owner may have in a minute"
    true = {one.id: rounds.engine._matches[one.id].true.bit_count() for one in costly}
    expected = {one.id: len(rounds.engine.preview(one, rounds.round(*fleet))) for one in costly}
    assert true != expected, "some could not be looked at yet"
    for _ in range(6):
        rounds.look(*fleet)
    assert {one.id: rounds.engine._matches[one.id].true.bit_count() for one in costly} == expected


def test_all_aircraft_of_a_costly_place_are_looked_at_in_turn_though_all_move() -> None:
    rounds = Rounds(*(rule(condition("inside", "inside", saw(90, n / 1000)), id=str(n)) for n in range(2)), engine=Engine(UNITS))
    for number in range(12):
        rounds.look(*(state(f"{n:06X}", lat=45.0 + number / 1000, lon=0.1 + n / 100) for n in range(1, 170)))
    places = list(rounds.engine._places._known.values())
    assert [(one.inside | one.outside).bit_count() for one in places] == [169, 169]


def test_one_costly_place_leaves_something_for_the_other_one_of_its_rule() -> None:
    both = {"any": [condition("inside", "inside", saw(90)), condition("inside", "inside", saw(90, 20.0))]}
    rounds = Rounds(rule(both), engine=Engine(UNITS))
    fleet = [state(f"{n:06X}", lat=45.0, lon=20.1 * (n % 2) + 0.1 + n / 100) for n in range(1, 170)]
    hexes = {one.hex for _ in range(8) for one in rounds.look(*fleet, after=10)}
    assert any(int(str(hex_), 16) % 2 for hex_ in hexes)
    assert any(not int(str(hex_), 16) % 2 for hex_ in hexes)


def test_a_preview_of_costly_places_comes_to_an_end() -> None:
    owned = rule(condition("inside", "inside", saw(490)))
    look = Rounds().round(*(state(f"{n:06X}", lat=45.0, lon=n / 150) for n in range(1, 300)))
    area = area_of(parsed(saw(490)))
    assert len(Rounds().engine.preview(owned, look)) == sum(area.is_inside(position_of(45.0, n / 150)) for n in range(1, 300))
    assert PREVIEW_SLICE * (MAX_POINTS + MAX_CONDITIONS * (CIRCLE_UNITS + 1)) <= MAX_UNITS, "whatever a rule may have"


def test_shapes_are_values() -> None:
    assert Place(Circle((1.0, 2.0), 3.0)) == parsed({"circle": {"lat": 1, "lon": 2, "radius_nm": 3}})
    assert isinstance(parsed(L_SHAPE).shape, Polygons)
    assert distance_nm((0, 0), (0, 1)) == pytest.approx(60, abs=0.1)
