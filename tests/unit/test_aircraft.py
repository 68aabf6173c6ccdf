"""Clean values: nothing that does not fit its row in FIELDS gets past `clean`."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy import wirejson
from skyspy.aircraft import FIELDS, clean, clean_fields, clean_hex

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(FIELDS)), anything)
def test_clean_never_raises_and_what_it_keeps_is_strict_json(name: str, value: object) -> None:
    kept = clean(name, value)
    if kept is not None:
        assert wirejson.loads(wirejson.dumps(kept)) == (list(kept) if isinstance(kept, tuple) else kept)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e400, 10**400, "1e999", True, [], {}, "", "abc", None])
def test_what_is_not_a_number_is_not_a_speed(value: object) -> None:
    assert clean("gs", value) is None


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("flight", " swr12a ", "SWR12A"),
        ("flight", "<b>AB\x00\u202eC", "BABC"),
        ("flight", "        ", None),
        ("flight", " N 12AB ", "N 12AB"),
        ("flight", "AB  CD   EF", "AB  CD"),
        (
            "acas_ra",
            {"ARA": "1100000", "df_type": 17, "unix_timestamp": 1.5, "debug": True},
            {"ARA": "1100000", "df_type": 17, "unix_timestamp": 1.5, "debug": True},
        ),
        ("acas_ra", {"a": "x" * 200, "b": [1], "c": None, "d" * 40: 1, "e": math.nan, "f": 2**60}, {"a": "x" * 128}),
        ("acas_ra", {"a": "b\x1b"}, {"a": "b"}),
        ("acas_ra", {}, None),
        ("acas_ra", "Climb", None),
        ("flight", "A" * 40, "A" * 8),
        ("alt_baro", "ground", "ground"),
        ("alt_baro", "36000", 36000),
        ("alt_baro", 200000, None),
        ("lat", 90.0000001, None),
        ("lat", "47.4512345678", 47.451235),
        ("squawk", "7700", "7700"),
        ("squawk", "d276", None),
        ("squawk", 7700, None),
        ("category", "A3", "A3"),
        ("category", "Z9", None),
        ("emergency", "nordo", "nordo"),
        ("emergency", "medical", None),
        ("nav_modes", ["autopilot", "autopliot", 7], ("autopilot",)),
        ("r", "D-AIBL\x1b[31m", "D-AIBL[31m"),
        ("not_a_field", 1, None),
    ],
)
def test_a_value_comes_out_as_its_row_wants_it(name: str, value: object, kept: object) -> None:
    assert clean(name, value) == kept


def test_half_a_position_is_no_position() -> None:
    assert clean_fields({"lat": 47.0, "lon": 400.0, "nic": 8, "rc": 186, "gs": 100}) == {"gs": 100.0}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("4b1613", "4B1613"),
        (" ~2A3b4C ", "~2A3B4C"),
        ("4b161", None),
        ("4b16133", None),
        ("000000", None),
        (7, None),
        ("ghijkl", None),
    ],
)
def test_an_address_is_six_hex_digits_in_upper_case(text: object, kept: str | None) -> None:
    assert clean_hex(text) == kept
