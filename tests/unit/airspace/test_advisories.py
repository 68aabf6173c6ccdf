"""Claims about SIGMETs, G-AIRMETs, CWAs and flight restrictions. Expected values are read by hand from the texts of the samples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from skyspy.airspace.awc_advisories import in_force, read_airsigmets, read_cwas, read_gairmets, read_isigmets, series_of
from skyspy.airspace.current import MAX_REMEMBERED, REMEMBERED_S, Changes, Current
from skyspy.airspace.notam import in_force as notams_in_force
from skyspy.airspace.notam import parse
from skyspy.airspace.records import Advisory, Band, Notam
from skyspy.airspace.tfr import notam_of, read_tfrs, with_list
from tests.support.weather import CANCELLED, CWA, ERUPTION, recorded

CNL_AT = 1628614620.0
"""2021-08-10 16:57 UTC."""


def advisories() -> Current[Advisory]:
    return Current(in_force, lambda one: one.cancels is not None)


def ids(changes: Changes[Advisory]) -> tuple[list[str], list[str], list[str]]:
    return [one.id for one in changes.appeared], [one.id for one in changes.changed], [one.id for one in changes.gone]


def test_recorded_us_sigmets() -> None:
    read = read_airsigmets(recorded("airsigmet.json"))
    first, second = read.items
    # CONVECTIVE SIGMET 3E … AREA TS MOV FROM 01015KT. TOPS TO FL320.
    assert (first.kind, first.hazard, first.severity, first.issuer) == ("sigmet", "CONVECTIVE", "5", "KKCI")
    assert (first.movement_deg, first.movement_kt) == (190.0, 15.0)
    assert first.band == Band(None, 32000.0, "SFC", "STD")
    assert (first.valid_from, first.valid_to) == (1774749300.0, 1774752899.0)
    assert first.area is not None
    assert len(first.area.rings[0]) == 4
    # The sample has only two of its corners.
    assert (second.area, read.bad) == (None, 0)


def test_an_outlook_and_the_names_of_lower_limits() -> None:
    item = recorded("airsigmet.json")[0]
    (outlook,) = read_airsigmets([item | {"airSigmetType": "OUTLOOK"}]).items
    assert outlook.kind == "outlook"
    for name in ("altitudeLow1", "altitudeLo1"):
        (found,) = read_airsigmets([item | {name: "18000"}]).items
        assert found.band == Band(18000.0, 32000.0, "STD", "STD")


def test_a_recorded_international_sigmet() -> None:
    item = recorded("isigmet.json")[0]
    (found,) = read_isigmets([item]).items
    assert (found.id, found.issuer, found.severity, found.hazard) == ("isigmet:ZHWH:8:1775664000", "ZHWH", "EMBD", "TS")
    assert (found.movement_deg, found.movement_kt, found.band) == (45.0, 32.0, Band(None, 40000.0, "SFC", "STD"))
    assert found.area is None
    (line,) = read_isigmets([item | {"geom": "LINE", "coords": ERUPTION["coords"]}]).items
    assert line.area is None


def test_a_recorded_g_airmet_has_corners_in_text_and_holds_three_hours() -> None:
    item = recorded("gairmet.json")[0]
    (found,) = read_gairmets([item]).items
    assert (found.hazard, found.valid_from, found.valid_to) == ("MT_OBSC", 1774753200.0, 1774764000.0)
    assert (found.text, found.band, found.severity) == ("MTNS OBSC BY CLDS/BR", Band(), "")
    assert found.area is not None
    assert (47.62, -69.3) in found.area.rings[0]
    levels = [
        {"base": "180", "top": "390"},
        {"base": "SFC", "top": "180"},
        {"base": "FZL", "fzlbase": "040", "top": "150"},
        {"level": "120"},
    ]
    bands = [read_gairmets([item | level]).items[0].band for level in levels]
    assert bands == [
        Band(18000.0, 39000.0, "STD", "STD"),
        Band(0.0, 18000.0, "SFC", "STD"),
        Band(4000.0, 15000.0, "AMSL", "AMSL"),
        Band(12000.0, 12000.0, "AMSL", "AMSL"),
    ]


def test_a_center_weather_advisory() -> None:
    (found,) = read_cwas([CWA]).items
    assert (found.id, found.kind, found.band) == ("cwa:ZJX:101:1779163200", "cwa", Band(None, 45000.0, "SFC", "STD"))
    (urgent,) = read_cwas([CWA | {"cwaText": "UCWA ZOA1 041815"}]).items
    assert urgent.severity == "URGENT"


def test_an_advisory_may_come_as_a_feature() -> None:
    ring = [[one["lon"], one["lat"]] for one in CWA["coords"]]
    properties = {name: value for name, value in CWA.items() if name not in {"coords", "geom"}}
    feature = {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}
    assert read_cwas({"type": "FeatureCollection", "features": [feature]}).items == read_cwas([CWA]).items


def test_an_area_over_the_antimeridian_is_read() -> None:
    corners = [{"lat": 50, "lon": 170}, {"lat": 50, "lon": -170}, {"lat": 55, "lon": -170}, {"lat": 55, "lon": 170}]
    (found,) = read_isigmets([ERUPTION | {"coords": corners}]).items
    assert found.area is not None
    assert (found.area.box.west, found.area.box.east) == (170.0, -170.0)


@pytest.mark.parametrize(
    "change", [{"validTimeTo": None}, {"validTimeTo": 5}, {"coords": [{"lat": 91, "lon": 0}]}, {"coords": [{"lat": 1, "lon": 1}] * 3000}, {"coords": ["x"]}]
)  # fmt: skip
def test_a_bad_advisory_costs_itself(change: dict[str, Any]) -> None:
    read = read_isigmets([ERUPTION | change, ERUPTION])
    assert (len(read.items), read.bad) == (1, 1)


def test_copies_are_one_and_parts_have_ids_of_their_own() -> None:
    other = ERUPTION | {"coords": [{"lat": -9.1, "lon": 112.9}, {"lat": -9.3, "lon": 112.6}, {"lat": -9.5, "lon": 112.8}]}
    found = [one.id for one in read_isigmets([ERUPTION, ERUPTION, other]).items]
    assert found == ["isigmet:WAAF:7:1628594760", "isigmet:WAAF:7:1628594760#2"]


def test_a_sigmet_that_cancels_another_removes_it_and_is_not_shown() -> None:
    eruption, cancelled = read_isigmets([ERUPTION, CANCELLED]).items
    # CNL SIGMET 07 101126/101710
    assert cancelled.cancels == eruption.id
    assert in_force([eruption], CNL_AT) == [eruption]
    assert in_force([eruption, cancelled], CNL_AT) == []
    assert in_force([replace(eruption, id=f"{eruption.id}#2"), cancelled], CNL_AT) == []


def test_a_us_cancellation_names_no_time_and_cancels_only_what_began_before() -> None:
    item = {
        "icaoId": "KKCI",
        "airSigmetType": "SIGMET",
        "seriesId": "NOVEMBER 4",
        "hazard": "TURB",
        "validTimeFrom": 1000,
        "validTimeTo": 15400,
    }
    text = "WSUS01 KKCI 190115\nWS1N\nBOSN WS 190115\nCANCEL SIGMET NOVEMBER 4. CONDS MSTLY MOD."
    first, by, later = read_airsigmets(
        [item, item | {"seriesId": "NOVEMBER 5", "validTimeFrom": 2000, "rawAirSigmet": text}, item | {"validTimeFrom": 3000}]
    ).items
    assert by.cancels == first.id.removesuffix("1000")
    assert in_force([first, by, later], 4000.0) == [later]


@pytest.mark.parametrize(
    ("text", "series"),
    [("E02", "E2"), ("e 2", "E2"), ("07", "7"), ("3E", "3E"), ("NOVEMBER 4", "NOVEMBER4"), ("A12B?", "A12B?"), ("", "")],
)
def test_series_are_compared_without_blanks_and_zeros(text: str, series: str) -> None:
    assert series_of(text) == series


def test_an_older_copy_of_the_list_does_not_bring_back_what_was_cancelled() -> None:
    current = advisories()
    old, new = read_isigmets([ERUPTION]).items, read_isigmets([ERUPTION, CANCELLED]).items
    name = old[0].id
    assert ids(current.listed("isigmet", old, CNL_AT - 600)) == ([name], [], [])
    assert ids(current.listed("isigmet", new, CNL_AT)) == ([], [], [name])
    assert ids(current.listed("isigmet", old, CNL_AT + 60)) == ([], [], [])
    assert current.items() == []


def test_what_changes_and_what_ends_is_said_once() -> None:
    current = advisories()
    (first,) = read_isigmets([ERUPTION]).items
    current.listed("isigmet", [first], CNL_AT)
    assert ids(current.listed("isigmet", [replace(first, movement_kt=10.0)], CNL_AT)) == ([], [first.id], [])
    assert current.look(CNL_AT) == Changes()
    assert first.valid_to is not None
    assert ids(current.look(first.valid_to)) == ([], [], [first.id])
    assert current.look(first.valid_to + 1) == Changes()


def test_sources_do_not_touch_each_other() -> None:
    current = advisories()
    (sigmet,), (cwa,) = read_isigmets([ERUPTION]).items, read_cwas([CWA]).items
    current.listed("isigmet", [sigmet], CNL_AT)
    current.listed("cwa", [cwa], CNL_AT)
    assert ids(current.listed("cwa", [], CNL_AT)) == ([], [], [cwa.id])
    assert current.items() == [sigmet]
    assert ids(current.drop("isigmet", CNL_AT)) == ([], [], [sigmet.id])


def test_cancelled_notams_do_not_come_back_either() -> None:
    text = "A1/23 NOTAMN\nQ) EGTT/QOBCE/IV/M/AE/000/003/5130N00027W001\nA) EGLL B) 2310021700 C) PERM\nE) CRANE"
    first, by = parse(text), parse(text.replace("A1/23 NOTAMN", "A2/23 NOTAMC A1/23"))
    current: Current[Notam] = Current(notams_in_force, lambda one: one.replaces is not None)
    now = 1_696_300_000.0
    assert current.listed("notam", [first], now).appeared == [first]
    assert current.listed("notam", [first, by], now).gone == [first]
    assert current.listed("notam", [first], now + 60).appeared == []
    assert current.listed("notam", [first], now + 61 + REMEMBERED_S).appeared == [first]


def test_what_replaced_another_is_remembered_and_does_not_hold_once_it_is_not_listed() -> None:
    text = "A1/23 NOTAMN\nQ) EGTT/QOBCE/IV/M/AE/000/003/5130N00027W001\nA) EGLL B) 2310021700 C) PERM\nE) CRANE"
    first, by = parse(text), parse(text.replace("A1/23 NOTAMN", "A2/23 NOTAMR A1/23"))
    current: Current[Notam] = Current(notams_in_force, lambda one: one.replaces is not None)
    now = 1_696_300_000.0
    assert current.listed("notam", [first, by], now).appeared == [by]
    assert current.listed("notam", [first], now + 60) == Changes(gone=[by])


def test_cancellations_are_remembered_in_bounds() -> None:
    current = advisories()
    (by,) = read_isigmets([CANCELLED]).items
    current.listed("isigmet", [replace(by, id=f"x:{number}") for number in range(MAX_REMEMBERED + 50)], CNL_AT)
    assert len(current._cancelling) == MAX_REMEMBERED


def test_a_recorded_flight_restriction() -> None:
    (found,) = read_tfrs(recorded("tfr_wfs.geojson")).items
    assert (found.id, notam_of(found), found.kind, found.hazard, found.issuer) == (
        "tfr:6/3475-1",
        "6/3475",
        "tfr",
        "SECURITY",
        "ZOA",
    )
    assert (found.title, found.band) == ("Beale AFB, CA", Band())
    # March 8, 2026 through November 1, 2026, local time: from 00:00 at UTC+10 to 24:00 at UTC-11.
    assert (found.valid_from, found.valid_to) == (1772892000.0, 1793617200.0)
    assert found.area is not None
    assert found.area.box.south == pytest.approx(39.0268208)
    assert found.area.box.west == pytest.approx(-121.65169634)


def test_the_list_adds_type_office_and_description_by_the_notam() -> None:
    found = read_tfrs(recorded("tfr_wfs.geojson")).items
    listing = [
        {"notam_id": "6/3475", "type": "SECURITY", "facility": "ZOA", "state": "CA", "description": "Beale AFB"},
        {"notam_id": "9/9999"},
        5,
    ]
    (joined,) = with_list(found, listing)
    assert joined.text == "Beale AFB"
    assert with_list(found, None) == with_list(found, [{"notam_id": "6/347", "description": "X"}]) == found


def test_a_flight_restriction_in_metres_of_a_projection_or_without_area_or_name_is_bad() -> None:
    document = recorded("tfr_wfs.geojson")
    feature = document["features"][0]
    flat = feature | {
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[-8589000.0, 4738000.0], [-8589000.0, 4739000.0], [-8588000.0, 4738000.0]]],
        }
    }
    huge = feature | {"geometry": {"type": "Polygon", "coordinates": [[[lon / 100, 10.0 + lon % 2] for lon in range(30_000)]]}}
    nameless = feature | {"properties": feature["properties"] | {"NOTAM_KEY": "x"}}
    nowhere = feature | {"geometry": None}
    read = read_tfrs(document | {"features": [flat, huge, nameless, nowhere, feature, feature]})
    assert (len(read.items), read.bad) == (1, 4)
    assert "1 to 20000" in read.errors[1]


def test_areas_of_one_restriction_have_ids_of_their_own() -> None:
    document = recorded("tfr_wfs.geojson")
    feature = document["features"][0]
    second = feature | {"properties": feature["properties"] | {"NOTAM_KEY": "6/3475-2-FDC-F", "TITLE": "No date"}}
    one, two = read_tfrs(document | {"features": [feature, second]}).items
    assert (two.id, notam_of(two), two.valid_from, two.title) == ("tfr:6/3475-2", notam_of(one), None, "No date")
