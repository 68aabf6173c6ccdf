"""Claims about the positions that messages say. Expected values are worked out by hand from the texts; the ADS-C report is a recorded one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.datalink.message import DatalinkPosition
from skyspy.datalink.ooo import TABLE, checked
from skyspy.datalink.ooo import of_text as ooo_of_text
from skyspy.datalink.positions import is_place, of_libacars, of_text

HOUR = 1_641_834_000.0
"""2022-01-10 17:00:00 UTC."""

LONDON = (51.47, -0.02)


def place(text: str, near: tuple[float, float] | None = None) -> tuple[float, float] | None:
    found = of_text(text, near)
    if found is None:
        return None
    assert found.source == "text"
    return round(found.lat, 3), round(found.lon, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # 51 degrees 28.3 minutes north, 0 degrees 12.3 minutes west: minutes of 67 cannot be, so thousandths.
        ("POSN38676W077075,,211733,360,OTT", (38.676, -77.075)),
        ("POSN38160W077675,,211733,360,OTT", (38.16, -77.675)),
        ("N51.283W000.123", (51.283, -0.123)),
        ("#M1BPOS N51.283 W000.123", (51.283, -0.123)),
        ("/POSS33.946,E151.177", (-33.946, 151.177)),
        ("N2954.0,W09611.6,180618", (29.9, -96.193)),
        ("N40000W077000", (40.0, -77.0)),
    ],
)
def test_coordinates_with_one_reading_are_the_position(text: str, expected: tuple[float, float]) -> None:
    assert place(text) == expected


def test_two_readings_are_not_decided_without_the_live_aircraft() -> None:
    assert place("POSN51283W000123,,211733") is None


def test_of_two_readings_the_one_near_the_live_aircraft_is_taken() -> None:
    # Degrees and minutes: 51 28.3 N, 0 12.3 W. Degrees and thousandths: 51.283 N, 0.123 W.
    assert place("POSN51283W000123", (51.48, -0.2)) == (51.472, -0.205)
    assert place("POSN51283W000123", (51.28, -0.12)) == (51.283, -0.123)


def test_a_live_aircraft_between_the_readings_or_far_from_both_decides_nothing() -> None:
    assert place("POSN51283W000123", (51.377, -0.164)) is None
    assert place("POSN51283W000123", (40.0, -77.0)) is None


def test_a_position_that_is_recorded_after_a_route_is_that_near_the_aircraft() -> None:
    # Southwest 209, Dallas to Los Angeles, as a station in Albuquerque received it: 35 15.6 N, 107 25.6 W.
    text = "76401\r\n02E10KDALKLAX\r\nN35156W10725617153600M056094027G000X2300B87GX\r\n"
    assert place(text) is None
    assert place(text, (35.27, -107.4)) == (35.26, -107.427)


def test_of_several_coordinates_the_one_after_pos_is_the_position() -> None:
    assert place("FPN/N40.500W060.500/POSN41.250W070.250/N42.500W050.500") == (41.25, -70.25)


def test_several_coordinates_are_decided_by_the_live_aircraft_alone() -> None:
    text = "N40.500W060.500 N41.250W070.250"
    assert place(text) is None
    assert place(text, (41.3, -70.3)) == (41.25, -70.25)
    assert place(text, (45.0, -65.0)) is None


def test_a_point_far_from_the_live_aircraft_is_on_its_route() -> None:
    assert place("N41.250W070.250", (41.3, -71.0)) == (41.25, -70.25)
    assert place("N41.250W070.250", LONDON) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NO POSITION",
        "51283 000123",
        "N95000W000123",
        "N51.283W190.123",
        "N00000W000000",
        "N00.000E000.000",
        "N2964.0,W09611.6",
        "N2954.0,W09661.6",
        "N5128W000123",
    ],
)
def test_what_is_no_place_is_not_taken(text: str) -> None:
    assert place(text) is None


def test_a_long_text_is_searched_in_linear_time() -> None:
    assert place("N" * 60_000 + "N51.283W000.123") is None
    assert place("N51283 " * 5_000) is None


def test_so_many_coordinates_of_one_text_are_looked_at() -> None:
    far = "N10.500W060.500 "
    assert place(far * 63 + "N41.250W070.250", (41.3, -70.3)) == (41.25, -70.25)
    assert place(far * 64 + "N41.250W070.250", (41.3, -70.3)) is None


def report(**changes: Any) -> dict[str, Any]:
    """Southwest 720 as a station in Albuquerque received it and libacars read it."""
    basic = {"lat": 35.294609, "lon": -106.710548, "alt": 35992, "ts_sec": 944.0, **changes}
    adsc = {"tags": [{"ack": {"contract_num": 59}}, {"basic_report": basic}], "err": False}
    return {"arinc622": {"msg_type": "adsc_msg", "crc_ok": True, "gs_addr": "QXHADS2", "air_addr": ".N7726A", "adsc": adsc}}


def test_an_ads_c_report_is_the_position_with_altitude_and_time() -> None:
    expected = DatalinkPosition(35.294609, -106.710548, 35992.0, "adsc", HOUR + 944.0)
    assert of_libacars(report(), HOUR + 946.14) == expected


def test_the_second_of_a_report_is_of_the_hour_before_where_it_would_be_in_the_future() -> None:
    found = of_libacars(report(ts_sec=3590.0), HOUR + 10.0)
    assert found is not None
    assert found.at == HOUR - 10.0
    found = of_libacars(report(ts_sec=30.0), HOUR + 10.0)
    assert found is not None
    assert found.at == HOUR + 30.0, "clocks differ by some seconds"


def test_a_report_with_a_wrong_checksum_is_no_position() -> None:
    wrong = report()
    wrong["arinc622"]["crc_ok"] = False
    assert of_libacars(wrong, HOUR) is None
    wrong = report()
    wrong["arinc622"]["adsc"]["err"] = True
    assert of_libacars(wrong, HOUR) is None


@pytest.mark.parametrize(
    "libacars",
    [
        None,
        {},
        {"arinc622": []},
        {"arinc622": {"adsc": 5}},
        {"arinc622": {"adsc": {"tags": {}}}},
        {"arinc622": {"adsc": {"tags": [None, 5, {"basic_report": 3}]}}},
        report(lat="35"),
        report(lat=float("nan")),
        report(lat=True),
        report(lon=200),
        report(lat=None),
    ],
)
def test_malformed_output_of_libacars_is_no_position(libacars: Any) -> None:
    assert of_libacars(libacars, HOUR) is None


def test_a_malformed_altitude_or_time_is_left_out() -> None:
    for changes in ({"alt": "x", "ts_sec": -1}, {"alt": float("inf"), "ts_sec": 4000}, {"alt": None, "ts_sec": None}):
        assert of_libacars(report(**changes), HOUR) == DatalinkPosition(35.294609, -106.710548, None, "adsc", None)


def test_the_edges_of_the_earth_are_places() -> None:
    assert is_place(90, 180)
    assert is_place(-90.0, -180.0)
    assert not is_place(90.01, 0)
    assert not is_place(0, 180.01)


FROM_THE_AIR = st.text("NSEW0123456789. ,/POSN\n", max_size=60)


@given(FROM_THE_AIR, st.sampled_from([None, LONDON]))
def test_any_text_gives_a_place_or_nothing(text: str, near: tuple[float, float] | None) -> None:
    found = of_text(text, near)
    assert found is None or is_place(found.lat, found.lon)


@given(st.sampled_from([*TABLE, "26", "H1", None]), st.text("KJFEGLVRSCHTA/0123456789 ,\r\n\x00é", max_size=40))
def test_any_text_of_any_label_gives_airports_and_times_or_nothing(label: str | None, text: str) -> None:
    found = ooo_of_text(label, text)
    assert checked(found) == found
