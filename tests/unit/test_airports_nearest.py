"""The nearest airports are those that comparing with every airport gives, over poles and antimeridian too."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skyspy.airports import KINDS, Airport
from skyspy.airports.index import MAX_RECORDS
from skyspy.airports.records import runway_between
from skyspy.geo import Point, distance_nm
from tests.support.airports import airport, fields, packed, points, shipped
from tests.support.examples import at_most

radii = st.sampled_from([0.0, 5.0, 61.0, 600.0, 5400.0, 11000.0]) | st.floats(0.0, 11000.0)
some_kinds = st.sets(st.sampled_from(KINDS))


@at_most(50)
@given(fields, points, radii, some_kinds)
@example([airport("A", (89.9, 10.0)), airport("B", (89.9, -170.0))], (90.0, 0.0), 7.0, set(KINDS))
@example([airport("A", (-89.999, 90.0))], (-89.5, -90.0), 40.0, set(KINDS))
@example([airport("A", (0.0, 180.0)), airport("B", (0.0, -180.0))], (0.0, 179.999999), 1.0, set(KINDS))
def test_within_is_what_comparing_with_all_gives(rows: list[Airport], point: Point, radius: float, kinds: set[str]) -> None:
    found = packed(rows).within(point, radius, kinds)
    expected = {row.ident for row in rows if row.kind in kinds and distance_nm(point, row.point) <= radius}
    assert {near.airport.ident for near in found} == expected
    assert [near.distance_nm for near in found] == sorted(distance_nm(point, near.airport.point) for near in found)


@at_most(50)
@given(fields, points, radii, some_kinds)
def test_the_nearest_is_what_comparing_with_all_gives(rows: list[Airport], point: Point, radius: float, kinds: set[str]) -> None:
    near = packed(rows).nearest(point, radius, kinds)
    expected = min(
        (
            (distance_nm(point, row.point), row.ident)
            for row in rows
            if row.kind in kinds and distance_nm(point, row.point) <= radius
        ),
        default=None,
    )
    assert (near and (near.distance_nm, near.airport.ident)) == expected


@cache
def shipped_places() -> list[tuple[str, Point]]:
    return [(row.ident, row.point) for row in shipped()]


@pytest.mark.parametrize("seed", range(4))
def test_in_the_shipped_table_too(seed: int) -> None:
    chance = random.Random(seed)
    everything = shipped_places()
    for _ in range(3):
        point = (chance.uniform(-90, 90), chance.uniform(-180, 180))
        near = shipped().nearest(point)
        assert near is not None
        assert (near.distance_nm, near.airport.ident) == min((distance_nm(point, place), ident) for ident, place in everything)


@pytest.mark.parametrize(
    ("point", "ident"),
    [
        ((50.05, 8.57), "EDDF"),
        ((37.62, -122.38), "KSFO"),
        ((47.46, 8.55), "LSZH"),
        ((50.90, 4.48), "EBBR"),
        ((-89.99, 77.0), "NZSP"),
        ((-16.69, -179.87), "NFNM"),  # Taveuni, whose nearest neighbours are beyond the antimeridian
    ],
)
def test_known_places_have_their_airport(point: Point, ident: str) -> None:
    near = shipped().nearest(point)
    assert near is not None and near.airport.ident == ident


def test_only_airports_with_a_known_runway_where_that_is_asked() -> None:
    runway = runway_between(("09", "27"), ((1.0, 1.0), (1.0, 1.02)), 7292)
    table = packed([airport("NEAR", (1.0, 1.0)), airport("FAR", (1.1, 1.0), runways=(runway,))])
    found = table.nearest((1.0, 1.0), with_runways=True)
    assert found is not None and found.airport.ident == "FAR"
    assert [near.airport.ident for near in table.within((1.0, 1.0), 10.0, with_runways=True)] == ["FAR"]


def test_an_empty_table_has_no_nearest_airport() -> None:
    empty = packed([])
    assert empty.nearest((0.0, 0.0)) is None and empty.find("LSZH") is None and empty.within((0.0, 0.0), 11000.0) == []


def test_few_records_are_kept_however_many_were_asked_for() -> None:
    table = packed([airport(f"F{n}", (n / 1000, 0.0)) for n in range(3000)])
    assert len(table.within((0.0, 0.0), 11000.0)) == 3000
    assert table._airport.cache_info().currsize == MAX_RECORDS  # type: ignore[attr-defined]
