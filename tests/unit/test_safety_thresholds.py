"""The thresholds of the safety rules are settings."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from skyspy.safety.thresholds import Thresholds
from skyspy.sky.thresholds import SETTING_NAMES, thresholds_of
from skyspy.store.registry import ROWS, SettingError, Settings, check, parse, settings_from_rows

LEGAL_SEPARATION_SHOWS_AS_FT = 900
"""1,000 ft show as 925 to 975 ft, because altitudes come in steps of 25 ft."""


@pytest.mark.parametrize("name", [threshold.name for threshold in fields(Thresholds)])
def test_every_threshold_is_a_setting_with_its_default(name: str) -> None:
    row = ROWS[SETTING_NAMES[name]]
    assert row.group == "Safety"
    assert row.default == getattr(Thresholds(), name)
    assert type(row.default) is type(getattr(Thresholds(), name))


def test_every_safety_setting_is_a_threshold() -> None:
    assert {row.name for row in ROWS.values() if row.group == "Safety"} == set(SETTING_NAMES.values())


def test_untouched_settings_give_the_default_thresholds() -> None:
    assert thresholds_of(Settings()) == Thresholds()


@pytest.mark.parametrize("name", [threshold.name for threshold in fields(Thresholds)])
def test_a_changed_setting_changes_its_threshold_and_no_other(name: str) -> None:
    row = ROWS[SETTING_NAMES[name]]
    value = (not row.default) if row.kind == "bool" else parse(row, row.low)
    assert thresholds_of(replace(Settings(), **{row.name: value})) == replace(Thresholds(), **{name: value})


@pytest.mark.parametrize("name", ["proximity_ft", "proximity_high_ft", "proximity_critical_ft"])
def test_no_vertical_distance_reaches_what_legal_separation_shows_as(name: str) -> None:
    row = ROWS[SETTING_NAMES[name]]
    assert row.high < LEGAL_SEPARATION_SHOWS_AS_FT
    with pytest.raises(SettingError, match="to 850"):
        parse(row, LEGAL_SEPARATION_SHOWS_AS_FT)


@pytest.mark.parametrize(
    ("critical", "outer"),
    [
        ("SAFETY_PROXIMITY_CRITICAL_NM", "SAFETY_PROXIMITY_NM"),
        ("SAFETY_PROXIMITY_CRITICAL_FT", "SAFETY_PROXIMITY_FT"),
        ("SAFETY_PROXIMITY_CRITICAL_FT", "SAFETY_PROXIMITY_HIGH_FT"),
    ],
)
def test_a_critical_distance_is_never_larger_than_the_one_of_a_warning(critical: str, outer: str) -> None:
    with pytest.raises(SettingError, match=f"{critical} cannot be more than {outer}"):
        check(replace(Settings(), **{outer: ROWS[outer].low}))


def test_damaged_rows_give_the_default_thresholds() -> None:
    rows: dict[str, str | None] = dict.fromkeys(SETTING_NAMES.values(), '"broken')
    assert thresholds_of(settings_from_rows({"AUTH_MODE": '"hybrid"', **rows}, 1)) == Thresholds()
