"""Limits of airspaces as files and NOTAMs write them."""

from __future__ import annotations

import pytest

from skyspy.airspace.altitudes import NOT_GIVEN, Limit, band_of, band_of_texts, limit_from, limit_of
from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.records import Band


@pytest.mark.parametrize(
    ("written", "feet", "reference"),
    [
        ("FL65", 6500, "STD"), ("FL 80", 8000, "STD"), ("fl195", 19500, "STD"), ("16500ft MSL", 16500, "AMSL"), ("16500 ft AMSL", 16500, "AMSL"),
        ("2700ft GND", 2700, "AGL"), ("1000ft AGL", 1000, "AGL"), ("300m AGL", 984.3, "AGL"), ("3000 m MSL", 9842.5, "AMSL"),
        ("3000F MSL", 3000, "AMSL"), ("2500", 2500, "AMSL"), ("MSL 2500 ft", 2500, "AMSL"), ("1500ft ASFC", 1500, "AGL"), ("4500 ALT", 4500, "AMSL"),
        ("SFC", 0, "SFC"), ("GND", 0, "SFC"), ("0 ft AGL", 0, "SFC"), ("UNL", None, "UNL"), ("Unlimited", None, "UNL"), ("99999 ft MSL", None, "UNL"),
        ("-100 ft MSL", -100, "AMSL"), ("5000ft STD", 5000, "STD"),
        ("F065", 6500, "STD"), ("1500 GND", 1500, "AGL"), ("1000M AAL", 3280.8, "AGL"), ("100 MTR AGL", 328.1, "AGL"), ("10000FT (AMSL).", 10000, "AMSL"),
        ("FL999", None, "UNL"),
    ],
)  # fmt: skip
def test_limits_have_units_and_references(written: str, feet: float | None, reference: str) -> None:
    assert limit_of(written) == (feet, reference)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "HIGH",
        "FL",
        "FL99999",
        "-5000FT",
        "9999999FT",
        "NaN",
        "1e9",
        "FT AMSL",
        "٣٠٠٠FT",
        "FL65 AGL",
        "MSL 2500 AGL",
        "FL100/3000 AGL",
        "5 km",
    ],
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(AirspaceError, match=r"cannot be read|no altitude"):
        limit_of(text)


def test_a_number_has_a_unit_and_a_reference() -> None:
    assert limit_from(65, "FL", "") == Limit(6500, "STD")
    assert limit_from(100.0, "m", "agl") == Limit(328.1, "AGL")
    assert limit_from(-9998, "FT", "UNLTD") == Limit(None, "UNL")
    for number, unit, reference in ((1.0, "MILE", ""), (1.0, "FT", "MOON"), (float("nan"), "FT", ""), (-3000.0, "FT", "")):
        with pytest.raises(AirspaceError):
            limit_from(number, unit, reference)


def test_a_band_has_its_lower_limit_below_the_upper() -> None:
    assert band_of(Limit(5000, "STD"), Limit(3000, "AGL")) == Band(5000, 3000, "STD", "AGL")
    for lower, upper in ((Limit(5000, "STD"), Limit(3000, "STD")), (Limit(None, "UNL"), Limit(3000, "STD"))):
        with pytest.raises(AirspaceError):
            band_of(lower, upper)
    assert band_of(NOT_GIVEN, NOT_GIVEN) == Band()


def test_a_limit_of_free_text_that_cannot_be_read_is_not_given() -> None:
    assert band_of_texts("SFC", "???") == Band(0.0, None, "SFC", "UNL")
    assert band_of_texts("???", "FL100") == Band(None, 10000.0, "SFC", "STD")
    assert band_of_texts("UNL", "UNL") == Band()
    assert band_of_texts("FL100", "FL50") == Band()
