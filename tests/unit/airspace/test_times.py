"""Claims about times in texts and documents."""

from __future__ import annotations

import pytest

from skyspy.airspace.times import day_time_near, moment, packed


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1775677860, 1775677860.0), ("1775677860", 1775677860.0), (1775677860123, 1775677860.123), ("2026-04-08T19:51:00.000Z", 1775677860.0),
        ("2026-04-08 19:51:00", 1775677860.0), ("2026-04-08T21:51:00+02:00", 1775677860.0),
        (None, None), (True, None), ("", None), ("1.5.2", None), ("now", None), (1e300, None), (float("nan"), None), ([], None), ("٣٠٠٠", None),
    ],
)  # fmt: skip
def test_a_moment_of_a_json_document(value: object, expected: float | None) -> None:
    assert moment(value) == expected


def test_packed_times() -> None:
    assert packed("2306281216") == 1687954560.0
    assert packed("2402292400") == 1709251200.0
    assert [packed(text) for text in ("2302290000", "2306281260", "2306282401", "230628121", "23062812165", "PERM")] == [None] * 6


def test_a_day_and_time_is_in_the_nearest_month() -> None:
    # 2021-08-10 16:57.
    near = 1628614620.0
    assert day_time_near("101126", near) == 1628594760.0
    assert day_time_near("312300", near) == near + ((31 - 10) * 86400 + (23 * 60 - 16 * 60 - 57) * 60) - 31 * 86400
    assert day_time_near("320000", near) is None
