"""Claims about METARs, TAFs and PIREPs. Expected values are read by hand from the coded text beside the service's fields."""

from __future__ import annotations

from math import cos, sin
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.airspace.awc import latest, read_metars, read_pireps, read_tafs
from skyspy.airspace.awc_advisories import read_airsigmets, read_cwas, read_gairmets, read_isigmets
from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.notam import in_force, parse, parse_all
from skyspy.airspace.tfr import read_tfrs
from skyspy.airspace.values import MAX_ERRORS, MAX_ITEMS
from skyspy.airspace.weather import Cloud, Layer, Visibility, Wind
from tests.support.costs import longest_piece
from tests.support.weather import CWA, ERUPTION, PIREP, TAF, recorded

METAR: dict[str, Any] = {"icaoId": "KJFK", "obsTime": 1775677860, "lat": 40.6392, "lon": -73.7639}


def metar(**fields: Any) -> Any:
    (found,) = read_metars([METAR | fields]).items
    return found


def test_recorded_metars() -> None:
    read = read_metars(recorded("metar.json"))
    assert (len(read.items), read.bad) == (2, 0)
    # METAR KJFK 081951Z 20011KT 10SM FEW250 06/M05 A3061 RMK AO2 SLP365 T00561050; 3 m are 9.8 ft.
    first, second = read.items
    assert (first.station, first.observed, first.kind, first.category) == ("KJFK", 1775677860.0, "METAR", "VFR")
    assert (first.wind, first.visibility, first.clouds) == (
        Wind(200.0, False, 11.0),
        Visibility(10.0, True),
        (Cloud("FEW", 25000.0),),
    )
    assert (first.temperature_c, first.dewpoint_c, first.qnh_hpa, first.elevation_ft) == (5.6, -5.0, 1036.7, 9.8)
    # METAR EGLL 081950Z COR AUTO 22006KT 190V260 9999 NCD 20/08 Q1021 NOSIG
    assert (second.station, second.qnh_hpa, second.visibility, second.clouds) == ("EGLL", 1021.0, Visibility(6.0, True), ())


def test_numbers_may_be_texts_and_blanks_are_nothing() -> None:
    found = metar(
        temp="5.6", dewp="", wdir="270", wspd="11", wgst=" ", altim="1013", visib="", wxString="", clouds="", obsTime="1775677860"
    )
    assert (found.temperature_c, found.dewpoint_c, found.wind, found.qnh_hpa) == (5.6, None, Wind(270.0, False, 11.0), 1013.0)
    assert (found.visibility, found.weather, found.clouds, found.observed) == (Visibility(), "", (), 1775677860.0)


def test_variable_wind_has_no_direction() -> None:
    assert metar(wdir="VRB", wspd=3).wind == Wind(None, True, 3.0)
    assert metar(wdir=0, wspd=0).wind == Wind(0.0, False, 0.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("10+", Visibility(10.0, True)), ("6+", Visibility(6.0, True)), (2.5, Visibility(2.5)), ("3", Visibility(3.0)), ("1/2", Visibility(0.5)),
        ("1 3/4", Visibility(1.75)), ("1/0", Visibility()), ("CAVOK", Visibility()), (None, Visibility()), (True, Visibility()), ("nan", Visibility()),
    ],
)  # fmt: skip
def test_visibility(value: object, expected: Visibility) -> None:
    assert metar(visib=value).visibility == expected


def test_an_altimeter_setting_in_inches_is_converted_and_an_impossible_one_is_none() -> None:
    assert metar(altim=30.61).qnh_hpa == 1036.6
    assert [metar(altim=value).qnh_hpa for value in (0, 9999, "A3061", None)] == [None] * 4


def test_of_a_station_the_last_report_counts_while_it_is_recent() -> None:
    read = read_metars([METAR, METAR | {"obsTime": METAR["obsTime"] + 60}, METAR | {"icaoId": "EGLL", "obsTime": 1000}])
    assert {name: one.observed for name, one in latest(read.items, 1775678000.0, 3600.0).items()} == {"KJFK": 1775677920.0}


def test_a_taf_with_its_periods() -> None:
    (found,) = read_tafs([TAF]).items
    assert (found.station, found.valid_from, found.valid_to, found.issued) == ("KORD", 1699056000.0, 1699164000.0, 1699053600.0)
    first, second = found.periods
    assert (first.change, first.wind, first.visibility) == ("", Wind(None, True, 5.0), Visibility(6.0, True))
    assert first.clouds == (Cloud("FEW", 5000.0), Cloud("OVC", 11000.0))
    assert (second.change, second.weather, second.visibility) == ("TEMPO", "-SHRA", Visibility(0.75))


def test_a_pirep_has_levels_in_hundreds_of_feet() -> None:
    (found,) = read_pireps([PIREP]).items
    assert (found.altitude_ft, found.aircraft_type, found.temperature_c, found.is_urgent) == (7000.0, "C17", -10.0, False)
    assert (found.icing, found.turbulence, found.clouds) == ((Layer("LGT", "RIME", 5000.0, 8000.0),), (), ())
    (urgent,) = read_pireps([PIREP | {"rawOb": "MJX UUA /OV CYN080035", "tbInt1": "SEV", "tbBas1": 12000}]).items
    assert (urgent.is_urgent, urgent.turbulence, urgent.id != found.id) == (True, (Layer("SEV", "", 12000.0, None),), True)


def test_a_pirep_may_come_as_a_feature() -> None:
    properties = {name: value for name, value in PIREP.items() if name not in {"lat", "lon"}}
    feature = {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [-73.7172, 40.0143]}}
    assert read_pireps({"type": "FeatureCollection", "features": [feature]}).items == read_pireps([PIREP]).items


@pytest.mark.parametrize(
    "bad",
    [
        None, 5, "x", [], {}, METAR | {"lat": 91}, METAR | {"lon": "x"}, METAR | {"lat": 0, "lon": 0}, METAR | {"icaoId": "<b>x</b>"}, METAR | {"obsTime": None},
        METAR | {"obsTime": "tomorrow"}, METAR | {"obsTime": 1e300}, METAR | {"lat": 10**400},
    ],
)  # fmt: skip
def test_a_bad_item_costs_itself(bad: object) -> None:
    read = read_metars([METAR, bad, METAR | {"icaoId": "EGLL"}])
    assert ([one.station for one in read.items], read.bad, len(read.errors)) == (["KJFK", "EGLL"], 1, 1)
    assert read.errors[0].startswith("METAR 1: ")


def test_a_huge_document_is_bounded_and_counted() -> None:
    read = read_metars([METAR] * MAX_ITEMS + [{}] * 7)
    assert (len(read.items), read.bad) == (MAX_ITEMS, 7)
    assert len(read_metars([{}] * 100).errors) == MAX_ERRORS


READERS: list[Any] = [read_metars, read_tafs, read_pireps, read_airsigmets, read_isigmets, read_gairmets, read_cwas, read_tfrs]


@pytest.mark.parametrize("reader", READERS)
def test_no_data_is_an_empty_list_and_what_is_no_list_is_refused(reader: Any) -> None:
    assert reader(None).items == reader([]).items == []
    for document in ({"error": "rate limit"}, "x", 5, {"type": "FeatureCollection", "features": None}):
        with pytest.raises(AirspaceError):
            reader(document)


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.lists(st.none() | st.integers(), max_size=3)
)


@pytest.mark.parametrize("sample", [METAR, TAF, PIREP, CWA, ERUPTION], ids=["metar", "taf", "pirep", "cwa", "sigmet"])
@given(st.data())
def test_any_value_in_any_field_is_read_or_counted(sample: dict[str, Any], data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from([*sorted(sample), "geometry", "NOTAM_KEY", "TITLE", "validTime"]), max_size=4))
    item = sample | {name: data.draw(VALUES) for name in names}
    for reader in READERS:
        read = reader([item, {"type": "Feature"}])
        assert len(read.items) + read.bad == 2


def test_readers_pause_within_a_millisecond_of_work() -> None:
    many = ERUPTION | {
        "coords": [{"lat": f"{40 + 20 * sin(at / 155):.4f}", "lon": f"{20 * cos(at / 155):.4f}"} for at in range(970)]
    }
    taf = TAF | {"fcsts": [TAF["fcsts"][0] | {"clouds": [{"cover": "FEW", "base": 5000}] * 10}] * 40}
    notam = "Q) EGTT/QOBCE/IV/M/AE/000/003/5130N00027W001\nA) EGLL B) 2306281216 C) PERM\nE) X"
    assert len(read_isigmets([many]).items) == 1
    works: list[Any] = [
        lambda pause: read_metars([METAR] * 400, pause),
        lambda pause: read_isigmets([many] * 3, pause),
        lambda pause: read_pireps([PIREP] * 400, pause),
        lambda pause: parse_all([notam] * 400, pause),
        lambda pause: in_force([parse(notam)] * 5000, 1.7e9, pause),
        lambda pause: read_tafs([taf] * 3, pause),
    ]
    # A millisecond is some 10,000 lines.
    assert [longest_piece("airspace", work) // 10_000 for work in works] == [0] * len(works)
