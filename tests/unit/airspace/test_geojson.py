"""GeoJSON of airspaces: the property names of several publishers, recorded volumes, bounds, and errors that cost one feature only."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.airspace.area_index import AreaIndex
from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.geojson import MAX_BYTES, MAX_NESTING, MAX_PARTS, read_document, read_geojson
from skyspy.airspace.polygons import MAX_CORNERS, area_of_circle
from skyspy.airspace.reading import MAX_AIRSPACES, Reading
from skyspy.airspace.records import Airspace, Band, Box
from tests.support.captures import SHARED

SQUARE = [[8.0, 50.0], [9.0, 50.0], [9.0, 51.0], [8.0, 51.0], [8.0, 50.0]]
HOLE = [[8.4, 50.4], [8.6, 50.4], [8.6, 50.6], [8.4, 50.6], [8.4, 50.4]]
FAR = [[18.0, 50.0], [19.0, 50.0], [19.0, 51.0], [18.0, 50.0]]


def feature(properties: dict[str, Any] | None = None, *rings: list[list[float]], **more: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties or {},
        "geometry": {"type": "Polygon", "coordinates": list(rings) or [SQUARE]},
        **more,
    }


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def one(document: object) -> Airspace:
    reading = read_geojson(json.dumps(document).encode(), "test")
    assert reading.problems == []
    (found,) = reading.airspaces
    return found


def inside(found: Airspace, lat: float, lon: float) -> bool:
    return bool(AreaIndex([("one", found.area)]).inside(lat, lon))


# What the FAA, OpenAIP and converters publish, with the limits that their own descriptions give them.
@pytest.mark.parametrize(
    ("properties", "band"),
    [
        ({"LOWER_VAL": 1500, "LOWER_UOM": "FT", "LOWER_CODE": "MSL", "UPPER_VAL": 10000, "UPPER_UOM": "FT", "UPPER_CODE": "MSL"}, Band(1500, 10000, "AMSL", "AMSL")),
        ({"LOWER_VAL": "0", "LOWER_UOM": "FT", "LOWER_CODE": "SFC", "UPPER_VAL": "4500", "UPPER_UOM": "FT", "UPPER_CODE": "MSL", "UPPER_DESC": "TI"}, Band(0, 4500, "SFC", "AMSL")),
        ({"LOWER_VAL": "310", "LOWER_UOM": "FL", "LOWER_CODE": "STD", "UPPER_VAL": "-9998", "UPPER_UOM": None, "UPPER_CODE": "UNLTD"}, Band(31000, None, "STD", "UNL")),
        ({"LOWER_VAL": 700, "LOWER_UOM": "FT", "LOWER_CODE": "SFC", "UPPER_VAL": -9998, "UPPER_UOM": "FT", "UPPER_DESC": "AA"}, Band(700, 18000, "AGL", "AMSL")),
        ({"LOWER_VAL": None, "LOWER_UOM": None, "LOWER_CODE": "SFC", "UPPER_VAL": -9998}, Band(0, None, "SFC", "UNL")),
        ({"LOWER_VAL": -9998, "LOWER_CODE": "BYNOTAM", "UPPER_VAL": 18000.0, "UPPER_UOM": "FT", "UPPER_CODE": "MSL"}, Band(None, 18000, "SFC", "AMSL")),
        ({"lowerLimit": {"value": 9500, "unit": 1, "referenceDatum": 1}, "upperLimit": {"value": 195, "unit": 6, "referenceDatum": 2}}, Band(9500, 19500, "AMSL", "STD")),
        ({"lowerLimit": {"value": 0, "unit": 1, "referenceDatum": 0}, "upperLimit": {"value": 120, "unit": 0, "referenceDatum": 0}}, Band(0, 393.7, "SFC", "AGL")),
        ({"lowerCeiling": {"value": 0, "unit": "FT", "referenceDatum": "GND"}, "upperCeiling": {"value": 240, "unit": "FL", "referenceDatum": "STD"}}, Band(0, 24000, "SFC", "STD")),
        ({"lower": "GND", "upper": "FL65"}, Band(0, 6500, "SFC", "STD")),
        ({"Lower_Limit": "300m AGL", "Upper-Limit": "UNL"}, Band(984.3, None, "AGL", "UNL")),
        ({"floor": 1500, "ceiling": 4500}, Band(1500, 4500, "AMSL", "AMSL")),
        ({"floor_ft": 1500, "ceiling_ft": 4500, "upper_ref": "AGL"}, Band(1500, 4500, "AMSL", "AGL")),
        ({"lower": 65, "lower_unit": "FL", "upper": 3000, "upper_unit": "m"}, Band(6500, 9842.5, "STD", "AMSL")),
        ({}, Band()), ({"lower": "", "upper": None}, Band()),
    ],
)  # fmt: skip
def test_limits_by_the_names_of_several_publishers(properties: dict[str, Any], band: Band) -> None:
    assert one(feature(properties)).band == band


@pytest.mark.parametrize(
    ("properties", "kind", "letter"),
    [
        ({"CLASS": "B", "LOCAL_TYPE": "CLASS_B", "TYPE_CODE": "CLASS"}, "B", "B"), ({"CLASS": "E", "LOCAL_TYPE": "CLASS_E5"}, "E", "E"),
        ({"CLASS": "E4", "LOCAL_TYPE": "CLASS_E4"}, "E", "E"), ({"LOCAL_TYPE": "MODE C"}, "MODE C", ""),
        ({"TYPE_CODE": "R", "CLASS": None}, "R", ""), ({"TYPE_CODE": "MOA"}, "MOA", ""), ({"TYPE_CODE": "D"}, "Q", ""),
        ({"TYPE_CODE": "W"}, "WARNING", ""), ({"TYPE_CODE": "A"}, "ALERT", ""),
        ({"type": 4, "icaoClass": 3}, "CTR", "D"), ({"type": 1, "icaoClass": 8}, "R", ""), ({"type": 0, "icaoClass": 3}, "D", "D"), ({"type": 31, "icaoClass": 8}, "TRAFR", ""),
        ({"type": "tma", "class": "C"}, "TMA", "C"), ({"class": "R"}, "OTHER", ""), ({}, "OTHER", ""), ({"type": True, "class": [1]}, "OTHER", ""),
    ],
)  # fmt: skip
def test_kinds_and_classes_by_the_names_of_several_publishers(properties: dict[str, Any], kind: str, letter: str) -> None:
    found = one(feature(properties))
    assert (found.kind, found.icao_class) == (kind, letter)


def test_names_times_and_remarks_are_kept() -> None:
    found = one(
        feature({
            "GLOBAL_ID": "5F02297F", "NAME": "A-220\n\x00\x1bMCGUIRE\u202e", "TYPE_CODE": "A", "TIMESOFUSE": "0800 - 2200, DAILY", "REMARKS": "HIGH  VOLUME",
            "CONT_AGENT": "MCGUIRE APP",
        })
    )  # fmt: skip
    assert (found.id, found.source, found.name) == ("test/5F02297F", "test", "A-220 MCGUIRE")
    assert (found.active, found.text) == ("0800 - 2200, DAILY", "HIGH VOLUME; MCGUIRE APP")


def test_ids_differ_and_stay_the_same() -> None:
    document = collection(feature({"name": "X"}), feature({"name": "X"}), feature({"name": "Y"}, id=7), feature())
    ids = [found.id for found in read_document(document, "f").airspaces]
    assert ids == ["f/X", "f/X#2", "f/7", "f/unnamed"]
    assert [found.id for found in read_document(document, "f").airspaces] == ids


def test_holes_are_outside_and_every_part_is_inside() -> None:
    found = one(feature({}, SQUARE, HOLE))
    assert [inside(found, 50.2, 8.2), inside(found, 50.5, 8.5)] == [True, False]
    multi = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [FAR]]}
    for document in (multi, feature() | {"geometry": multi}, collection(collection(feature() | {"geometry": multi}))):
        found = one(document)
        assert [inside(found, 50.2, 8.2), inside(found, 50.5, 8.5), inside(found, 50.2, 18.6)] == [True, False, True]
    parts = [{"type": "Point", "coordinates": [0, 0]}, {"type": "Polygon", "coordinates": [SQUARE]}]
    assert inside(one({"type": "GeometryCollection", "geometries": parts}), 50.2, 8.2)


def test_corners_may_have_a_height_and_the_antimeridian_is_crossed() -> None:
    found = one(feature({}, [[175, -20, 0], [185, -20, 0], [185, -15, 0], [175, -15, 0], [175, -20, 0]]))
    assert found.area.box == Box(-20, 175, -15, -175)
    assert [inside(found, -17, 180), inside(found, -17, -176), inside(found, -17, 0)] == [True, True, False]


@pytest.mark.skipif(not SHARED.exists(), reason="no recorded data here")
def test_the_recorded_volume_of_toulouse_has_three_layers() -> None:
    reading = read_geojson((SHARED / "traffic" / "LFBOTMA.json").read_bytes(), "LFBOTMA.json")
    assert reading.problems == []
    assert [(found.name, found.kind) for found in reading.airspaces] == [("SIV TOULOUSE", "AUA")] * 3
    assert [found.band for found in reading.airspaces] == [
        Band(0, 6500, "SFC", "STD"), Band(6500, 11500, "STD", "STD"), Band(11500, 14500, "STD", "STD"),
    ]  # fmt: skip
    assert len({found.id for found in reading.airspaces}) == 3
    # Toulouse Blagnac, and Bordeaux.
    index = AreaIndex([(found.id, found.area) for found in reading.airspaces])
    assert len(index.inside(43.63, 1.37)) == 3
    assert index.inside(44.83, -0.71) == []


@pytest.mark.skipif(not SHARED.exists(), reason="no recorded data here")
def test_the_recorded_restriction_of_beale_has_no_altitudes() -> None:
    reading = read_geojson((SHARED / "aviationweather-samples" / "tfr_wfs.geojson").read_bytes(), "tfr")
    (found,) = reading.airspaces
    assert (found.id, found.band) == ("tfr/223040", Band())
    assert found.name.startswith("Beale AFB, CA, Sunday")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (None, "no Feature"), ([], "no Feature"), ({"type": "Topology"}, "no Feature"), (feature() | {"geometry": None}, "no geometry"),
        (feature() | {"geometry": {"type": "LineString", "coordinates": SQUARE}}, "neither a Polygon"), (feature({}, [[0, 0], [1, 1]]), "three different"),
        (feature() | {"geometry": {"type": "Polygon", "coordinates": []}}, "no list"), (feature() | {"geometry": {"type": "Polygon", "coordinates": {}}}, "no list"),
        (feature({}, [["8", "50"], [9, 50], [9, 51]]), "not \\[longitude"), (feature({}, [[True, False], [9, 50], [9, 51]]), "not \\[longitude"),
        (feature({}, [[8], [9, 50], [9, 51]]), "not \\[longitude"), (feature({}, [[50, 98], [9, 50], [9, 51]]), "no place on earth"),
        (feature({}, [[1e308, 50], [9, 50], [9, 51]]), "no place on earth"), (feature({"lower": "high"}), "cannot be read"),
        (feature({"lower": "FL100", "upper": "FL65"}), "above the upper"), (feature({"UPPER_VAL": 5, "UPPER_UOM": "FURLONG"}), "unit"),
        (feature({"upperLimit": {"value": 5, "unit": 99, "referenceDatum": 1}}), "unit"),
        (feature({"upperLimit": {"value": 5, "unit": 1, "referenceDatum": 9}}), "reference"),
        (feature() | {"geometry": {"type": "MultiPolygon", "coordinates": [[FAR]] * (MAX_PARTS + 1)}}, "no list of 1 to 2000"),
        (feature({}, [[n * 0.01, n % 2 + n / 1e6] for n in range(MAX_CORNERS + 1)]), "no list of 1 to 20000"),
    ],
)  # fmt: skip
def test_a_bad_feature_costs_itself_only(bad: object, words: str) -> None:
    reading = read_document(collection(feature({"name": "before"}), bad, feature({"name": "after"})), "test")
    assert [found.name for found in reading.airspaces] == ["before", "after"]
    ((place, message),) = reading.problems
    assert (place, reading.dropped) == (2, 1)
    assert re.search(words, message)
    assert "\n" not in message


def nested(levels: int) -> dict[str, Any]:
    document = collection(feature())
    for _ in range(levels):
        document = collection(document)
    return document


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no JSON"), (b"<html>", "no JSON"), (b'{"a": NaN}', "no JSON"), (b"[" * 100_000, "no JSON"), (b"\xff\xfe", "no JSON"),
        (b"[]", "no GeoJSON"), (b"null", "no GeoJSON"), (b'{"type": "Topology"}', "no GeoJSON"), (b'{"type": "FeatureCollection"}', "no GeoJSON"),
        (json.dumps(nested(MAX_NESTING)).encode(), "nested too deep"),
        (b" " * (MAX_BYTES + 1), "64 MB"),
    ],
)  # fmt: skip
def test_a_document_that_is_none_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(AirspaceError, match=words):
        read_geojson(data, "test")


def test_collections_nested_too_deep_in_a_geometry_cost_the_feature() -> None:
    geometry: dict[str, Any] = {"type": "Polygon", "coordinates": [SQUARE]}
    for _ in range(MAX_NESTING + 1):
        geometry = {"type": "GeometryCollection", "geometries": [geometry]}
    reading = read_document(collection(feature() | {"geometry": geometry}), "test")
    assert (reading.airspaces, reading.dropped) == ([], 1)


def test_the_polygons_of_a_feature_are_counted_over_its_collections() -> None:
    half = {"type": "MultiPolygon", "coordinates": [[FAR]] * (MAX_PARTS // 2 + 1)}
    reading = read_document({"type": "GeometryCollection", "geometries": [half, half]}, "test")
    assert [problem.message for problem in reading.problems] == ["It has more than 2000 polygons."]


def test_the_airspaces_of_a_file_are_bounded() -> None:
    reading = Reading("test")
    area = area_of_circle((50.0, 10.0), 5.0)
    for _ in range(MAX_AIRSPACES):
        reading.add("R", "X", "", Band(), area)
    with pytest.raises(AirspaceError, match="at most 20000 airspaces"):
        reading.add("R", "X", "", Band(), area)
    assert len({found.id for found in reading.airspaces}) == MAX_AIRSPACES


def test_others_have_their_turn_while_a_document_is_read() -> None:
    pauses: list[int] = []
    read_document(collection(*[feature()] * 100), "test", lambda: pauses.append(1))
    assert len(pauses) >= 100


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-200, 200), st.floats(), st.sampled_from(["FL65", "GND", "x", "Polygon", "Feature"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["type", "features", "geometry", "coordinates", "properties", "upper", "value", "unit"]), inner, max_size=4),
    ),
    max_leaves=12,
)  # fmt: skip


@given(geometry=values, properties=values)
def test_whatever_a_feature_has_it_is_read_or_refused(geometry: object, properties: object) -> None:
    reading = read_document(collection({"type": "Feature", "geometry": geometry, "properties": properties}), "test")
    assert len(reading.airspaces) + reading.dropped == 1
    given = properties if isinstance(properties, dict) else {}
    reading = read_document(collection(feature(given)), "test")
    assert len(reading.airspaces) + reading.dropped == 1
