"""Small rooms of the ground floor: places on the globe, strict JSON, times and log lines."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy import wirejson
from skyspy.clock import iso
from skyspy.geo import bearing_deg, destination, distance_nm, rounded
from skyspy.logs import SanitizingFormatter

ZURICH, GENEVA = (47.4582, 8.5555), (46.2381, 6.1089)
places = st.tuples(st.floats(-85, 85), st.floats(-180, 180))


def test_zurich_to_geneva_is_124_miles_south_west() -> None:
    assert distance_nm(ZURICH, GENEVA) == pytest.approx(124.4, abs=0.5)
    assert bearing_deg(ZURICH, GENEVA) == pytest.approx(235, abs=1.0)


@given(places, st.floats(0, 359.9), st.floats(0.1, 500))
def test_going_a_distance_arrives_at_that_distance(start: tuple[float, float], bearing: float, distance: float) -> None:
    there = destination(start, bearing, distance)
    assert distance_nm(start, there) == pytest.approx(distance, rel=1e-6, abs=1e-6)
    assert -90 <= there[0] <= 90
    assert -180 <= there[1] <= 180


def test_a_rounded_place_keeps_one_decimal() -> None:
    assert rounded((47.4582, -8.5555)) == (47.5, -8.6)


def test_what_is_not_json_is_never_written() -> None:
    assert wirejson.dumps({"a": float("nan"), "b": [float("inf")]}) == '{"a":null,"b":[null]}'


@pytest.mark.parametrize("text", ["NaN", '{"a":Infinity}', "[" * 100_000, "{", '"\ud800"'.encode("utf-8", "surrogatepass")])
def test_what_is_not_json_is_never_read(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wirejson.loads(text)


def test_a_time_is_written_in_utc_with_z() -> None:
    assert iso(1_800_000_000.1239) == "2027-01-15T08:00:00.123Z"


def test_nobody_can_forge_a_log_line() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(SanitizingFormatter("%(levelname)s %(message)s"))
    record = logging.LogRecord("x", logging.WARNING, "", 0, "sign-in of %s failed", ("a\n2026 INFO admin ok\x1b[2J\u202e",), None)
    handler.emit(record)
    assert out.getvalue() == "WARNING sign-in of a\\n2026 INFO admin ok\\x1b[2J\\u202e failed\n"
