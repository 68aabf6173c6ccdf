"""The conflict search gives the pairs that a comparison of everybody with everybody gives, also at poles and the antimeridian."""

from __future__ import annotations

from math import cos, radians, sin, sqrt
from random import Random

import pytest

from skyspy.geo import EARTH_RADIUS_NM
from skyspy.safety.swept_boxes import MAX_CANDIDATES, MAX_IN_CELL, Motion, candidates, encounter

AHEAD_S = 35.0
TIMES = [step / 5 for step in range(176)]
PLACES = {
    "the equator": (0.0, 10.0),
    "middle latitudes": (47.0, 8.0),
    "the antimeridian": (-17.0, 180.0),
    "the border of the polar frame": (70.5, 20.0),
    "the antimeridian in the north": (69.9, -180.0),
    "the north pole": (89.95, 0.0),
    "the south pole": (-90.0, 0.0),
}


def around(chance: Random, place: tuple[float, float], count: int) -> list[Motion]:
    """Aircraft within some 6 nm of a place; at a pole, on all meridians."""
    lat, lon = place
    result = []
    for _ in range(count):
        at_lat = max(-90.0, min(90.0, lat + chance.uniform(-0.1, 0.1)))
        spread = 180.0 if abs(lat) > 89 else 0.1 / cos(radians(lat))
        at_lon = (lon + chance.uniform(-spread, spread) + 540.0) % 360.0 - 180.0
        speed, track = chance.uniform(0, 500) / 3600, radians(chance.uniform(0, 360))
        feet, climb = chance.uniform(21_000, 23_000), chance.choice((0.0, 0.0, -30.0, 25.0))
        half = chance.choice((0.25, 0.1))
        result.append(Motion(at_lat, at_lon, speed * cos(track), speed * sin(track), feet, climb, half, half * 1200))
    return result


def vectors(motion: Motion) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Place and velocity in nautical miles from the earth's centre: a computation without longitudes."""
    lat, lon = radians(motion.lat), radians(motion.lon)
    up = (cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat))
    north = (-sin(lat) * cos(lon), -sin(lat) * sin(lon), cos(lat))
    east = (-sin(lon), cos(lon), 0.0)
    velocity = tuple(motion.north * n + motion.east * e for n, e in zip(north, east, strict=True))
    return tuple(EARTH_RADIUS_NM * part for part in up), velocity


def nearest(a: Motion, b: Motion) -> float:
    """How far two are apart at their nearest, as a share of the limits (the larger one of both), in steps of a fifth of a second."""
    (place_a, way_a), (place_b, way_b) = vectors(a), vectors(b)
    x, y, z = (there - here for here, there in zip(place_a, place_b, strict=True))
    u, v, w = (there - here for here, there in zip(way_a, way_b, strict=True))
    height, climb, most_nm, most_ft = b.altitude - a.altitude, b.climb - a.climb, a.half_nm + b.half_nm, a.half_ft + b.half_ft
    return min(
        max(sqrt((x + u * t) ** 2 + (y + v * t) ** 2 + (z + w * t) ** 2) / most_nm, abs(height + climb * t) / most_ft)
        for t in TIMES
    )


@pytest.mark.parametrize("name", PLACES)
def test_the_pairs_are_those_of_a_search_by_brute_force_at(name: str) -> None:
    motions = around(Random(name), PLACES[name], 60)
    found = {
        pair
        for pair in candidates(motions, AHEAD_S)
        if encounter(motions[pair[0]], motions[pair[1]], AHEAD_S).starts_s is not None
    }
    compared = 0
    for i, a in enumerate(motions):
        for j in range(i + 1, len(motions)):
            if abs(motions[j].altitude - a.altitude) > 3000:
                assert (i, j) not in found
                continue
            share = nearest(a, motions[j])
            if share < 0.93:
                assert (i, j) in found, f"{share:.2f} of the limits"
                compared += 1
            elif share > 1.07:
                assert (i, j) not in found, f"{share:.2f} of the limits"
    assert compared >= 3


def test_the_candidates_are_all_pairs_whose_boxes_overlap_each_once_and_ordered() -> None:
    motions = [motion for place in PLACES.values() for motion in around(Random(1), place, 40)]
    found = candidates(motions, AHEAD_S)
    assert found == sorted(set(found))
    assert all(i < j for i, j in found)


def test_two_at_one_place_on_both_sides_of_the_antimeridian_are_a_pair() -> None:
    a = Motion(0.0, 179.999, 0.0, 0.0, 10_000, 0.0, 0.25, 300)
    b = Motion(0.0, -179.999, 0.0, 0.0, 10_000, 0.0, 0.25, 300)
    assert candidates([a, b], AHEAD_S) == [(0, 1)]
    assert encounter(a, b, AHEAD_S).distance_nm == pytest.approx(0.12, abs=0.01)


def test_an_aircraft_that_levels_off_is_not_predicted_beyond_its_level() -> None:
    level = Motion(47.0, 8.0, 0.0, 0.1, 11_000, 0.0, 0.25, 300)
    climbing = Motion(47.0, 8.1, 0.0, -0.1, 9_000, 70.0, 0.25, 300)
    assert encounter(level, climbing, AHEAD_S).starts_s is not None
    assert encounter(level, climbing._replace(level=10_000.0), AHEAD_S).starts_s is None
    assert encounter(level, climbing._replace(level=8_000.0), AHEAD_S).starts_s is not None, "it climbs away from that"


def test_an_impossible_density_is_bounded() -> None:
    everybody = [Motion(47.0, 8.0, 0.1, 0.0, 10_000, 0.0, 0.25, 300)] * 1500
    crowded: set[int] = set()
    assert len(candidates(everybody, AHEAD_S, crowded=crowded)) <= MAX_CANDIDATES + 1500
    assert len(crowded) >= 1000, "those of whom some pairs were left out are counted"


def test_those_who_are_compared_with_some_of_the_others_only_are_known_and_are_none_in_traffic() -> None:
    at_many_heights = [Motion(47.0, 8.0, 0.0, 0.0, 1000.0 * number, 0.0, 0.25, 300) for number in range(MAX_IN_CELL + 20)]
    crowded: set[int] = set()
    assert candidates(at_many_heights, AHEAD_S, crowded=crowded) == []
    assert crowded == set(range(MAX_IN_CELL, MAX_IN_CELL + 20))
    crowded.clear()
    candidates(at_many_heights[:MAX_IN_CELL], AHEAD_S, crowded=crowded)
    assert crowded == set()
