"""Claims about field D of NOTAMs. Expected times are read from the texts by hand; days of the week are those of the calendar of 2023."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.airspace.notam import parse
from skyspy.airspace.periods import MAX_CHARACTERS
from skyspy.airspace.schedules import Schedule, read_schedule, schedule_of

LONDON = (51.5, -0.12)


def at(text: str) -> float:
    return datetime.strptime(f"2023-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp()


def written(wall: float | None) -> str | None:
    return None if wall is None else datetime.fromtimestamp(wall, UTC).strftime("%m-%d %H:%M")


def october(text: str, begins: str = "10-02 17:00", ends: str = "10-30 23:00") -> Schedule:
    found = read_schedule(text, at(begins), at(ends), LONDON)
    assert found.is_readable
    return found


def periods(schedule: Schedule, count: int, after: str = "10-01 00:00") -> list[tuple[str | None, str | None]]:
    found, now = [], at(after)
    for _ in range(count):
        begins = schedule.next_activation(now)
        if begins is None:
            break
        found.append((written(begins), written(schedule.active_until(begins))))
        now = begins
    return found


def test_each_day() -> None:
    assert periods(october("0700-1700", "10-10 07:09", "10-12 17:00"), 5) == [
        ("10-10 07:09", "10-10 17:00"),
        ("10-11 07:00", "10-11 17:00"),
        ("10-12 07:00", "10-12 17:00"),
    ]


def test_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    schedule = october("04 05 09-12 2200-0330")
    assert schedule.is_active(at("10-04 23:00"))
    assert schedule.is_active(at("10-06 03:29"))
    assert not schedule.is_active(at("10-06 03:30"))
    assert not schedule.is_active(at("10-06 23:00"))
    assert written(schedule.next_activation(at("10-06 00:00"))) == "10-09 22:00"


def test_months_carry_on_until_another_is_named() -> None:
    schedule = october("OCT 02-05 1700-2200, 07 1500-2000, 13 20 27 1700-2200, NOV 03 10 \n17 1800-2300", ends="11-17 23:00")
    assert periods(schedule, 3, "10-05 17:30") == [
        ("10-07 15:00", "10-07 20:00"),
        ("10-13 17:00", "10-13 22:00"),
        ("10-20 17:00", "10-20 22:00"),
    ]
    assert periods(schedule, 9, "10-27 22:00") == [
        ("11-03 18:00", "11-03 23:00"),
        ("11-10 18:00", "11-10 23:00"),
        ("11-17 18:00", "11-17 23:00"),
    ]


def test_a_range_over_the_end_of_a_month() -> None:
    schedule = october("OCT 03-28 1200-2259, OCT 29-NOV 07 1300-2359", "10-03 12:00", "11-07 23:59")
    assert periods(schedule, 2, "10-28 00:00") == [("10-28 12:00", "10-28 22:59"), ("10-29 13:00", "10-30 00:00")]
    assert not schedule.is_active(at("10-30 12:30"))


def test_a_range_over_the_end_of_the_year() -> None:
    schedule = read_schedule("DEC 30-JAN 02 0700-0900", at("12-01 00:00"), at("12-31 23:00") + 5 * 86400)
    assert schedule.is_readable
    assert periods(schedule, 9, "12-02 00:00") == [
        (f"{day} 07:00", f"{day} 09:00") for day in ("12-30", "12-31", "01-01", "01-02")
    ]


def test_several_periods_on_one_day() -> None:
    schedule = october("15 1200-1500 1730-2030, 16 1830-2130")
    assert periods(schedule, 9) == [
        ("10-15 12:00", "10-15 15:00"),
        ("10-15 17:30", "10-15 20:30"),
        ("10-16 18:30", "10-16 21:30"),
    ]


def test_days_of_the_week() -> None:
    # 2023-10-02 was a Monday.
    schedule = october("MON-WED 0600-1800, SAT 0800-1200 SUN H24")
    assert periods(schedule, 4, "10-03 00:00") == [
        ("10-03 06:00", "10-03 18:00"),
        ("10-04 06:00", "10-04 18:00"),
        ("10-07 08:00", "10-07 12:00"),
        ("10-08 00:00", "10-09 00:00"),
    ]
    assert periods(october("FRI-MON 0600-0700"), 3, "10-03 00:00") == [
        (f"10-0{day} 06:00", f"10-0{day} 07:00") for day in (6, 7, 8)
    ]


def test_days_that_are_left_out() -> None:
    assert periods(october("DAILY 0600-0700 EXC SAT SUN"), 2, "10-06 08:00") == [
        ("10-09 06:00", "10-09 07:00"),
        ("10-10 06:00", "10-10 07:00"),
    ]
    assert periods(october("MON-FRI EXC 04 0600-0700"), 2, "10-03 08:00")[0] == ("10-05 06:00", "10-05 07:00")


def test_days_behind_the_times() -> None:
    assert periods(october("0600-0700 MON-FRI"), 1, "10-06 08:00") == [("10-09 06:00", "10-09 07:00")]
    assert periods(october("SR-SS DLY"), 9) == periods(october("HJ"), 9)


def test_one_period_over_several_days() -> None:
    assert periods(october("MON 0600-FRI 2200"), 2, "10-03 00:00")[0] == ("10-09 06:00", "10-13 22:00")
    assert periods(october("OCT 03 0700-OCT 05 1700"), 2) == [("10-03 07:00", "10-05 17:00")]


def test_h24_and_no_schedule_are_the_whole_validity() -> None:
    for text in ("H24", "", "DAILY 0000-2359", "0000-2400"):
        assert periods(october(text), 5) == [("10-02 17:00", "10-30 23:00")]


def test_sunrise_and_sunset_need_a_place() -> None:
    # London on 2023-10-03: sunrise 06:04, sunset 17:35 UTC (tables of HM Nautical Almanac Office), 30 minutes before and after.
    (begins, ends), *_ = periods(october("SR MINUS30-SS PLUS30"), 1, "10-03 00:00")
    assert (begins, ends) in {(f"10-03 05:{a}", f"10-03 18:0{b}") for a in (33, 34, 35) for b in (3, 4, 5, 6)}
    without = read_schedule("SR-SS", at("10-02 17:00"), at("10-30 23:00"))
    assert (without.is_readable, without.is_active(at("10-03 23:00"))) == (False, True)


def test_where_the_sun_does_not_rise_the_whole_day_counts() -> None:
    schedule = read_schedule("SR-SS", at("06-01 00:00"), at("06-30 00:00"), (78.2, 15.6))
    assert schedule.is_readable
    assert schedule.is_active(at("06-10 23:30"))


def test_night_at_the_date_line_is_over_midnight_utc_or_not() -> None:
    # Fiji, 178 E: the sun sets at about 06:10 and rises at about 17:40 UTC.
    schedule = read_schedule("SS-SR", at("10-02 00:00"), at("10-30 00:00"), (-17.8, 178.0))
    assert schedule.is_active(at("10-10 12:00"))
    assert not schedule.is_active(at("10-10 00:00"))


@pytest.mark.parametrize(
    "text",
    [
        "MON-FRI 0800-1600 EXC HOL", "HX", "HS", "AS REQUIRED", "0700", "0700-", "MON", "2500-2600", "0700-1299", "32 0700-0800", "FEB 30 0700-0800",
        "MON 02 0700-0800", "0700-0900, MON 1000-1200", "2023 OCT 02 0700-0900", "02/05 0700-0900", "OCT", "EXC", "DAILY 0700-0800 EXC SUN 0900-1000",
        "31 0700-02 1700", "X" * (MAX_CHARACTERS + 1), "02 04 0700-05 1700",
    ],
)  # fmt: skip
def test_what_cannot_be_read_counts_as_active_and_says_so(text: str) -> None:
    schedule = read_schedule(text, at("10-02 17:00"), at("10-30 23:00"), LONDON)
    assert not schedule.is_readable
    assert schedule.is_active(at("10-10 03:00"))
    assert not schedule.is_active(at("10-31 00:00"))
    assert not schedule.is_active(at("10-01 00:00"))


def test_a_day_without_a_month_is_not_read_in_a_validity_of_two_months() -> None:
    assert not read_schedule("03 0700-0900", at("10-02 00:00"), at("12-02 00:00")).is_readable
    assert read_schedule("OCT 03 0700-0900", at("10-02 00:00"), at("12-02 00:00")).is_readable


def test_a_schedule_without_an_end_activates_again_and_again() -> None:
    schedule = read_schedule("DEC 25 0700-0900", at("10-02 00:00"), None)
    first = schedule.next_activation(at("10-03 00:00"))
    assert written(first) == "12-25 07:00"
    assert first is not None
    assert written(schedule.next_activation(first)) == "12-25 07:00"
    assert read_schedule("", at("10-02 00:00"), None).active_until(at("10-03 00:00")) == float("inf")


def test_an_estimated_end_does_not_end_a_schedule() -> None:
    text = "A1/23 NOTAMN\nQ) EGTT/QOBCE/IV/M/AE/000/003/5130N00027W001\nA) EGLL B) 2310021700 C) 2310302300EST\nD) 0700-1700\nE) CRANE"
    found = schedule_of(parse(text))
    assert found is not None
    assert found.is_active(at("11-30 08:00"))
    assert schedule_of(parse(text.replace("EST", ""))) == read_schedule(
        "0700-1700", at("10-02 17:00"), at("10-30 23:00"), (51.5, -0.45)
    )


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "filling", ["0", "SR ", "MON ", "MON-", "OCT 02 ", "02 ", "0700-0800 ", "-", ",", "EXC ", "OCT 29-NOV 07 ", "SR MINUS"]
)
def test_a_hostile_text_costs_no_more_than_a_long_one(filling: str) -> None:
    schedule = read_schedule(filling * (MAX_CHARACTERS // len(filling)), at("10-02 17:00"), None, LONDON)
    schedule.is_active(at("10-10 03:00"))
    schedule.next_activation(at("10-10 03:00"))


WORDS = st.sampled_from(
    [
        "MON",
        "TUE",
        "FRI",
        "OCT",
        "NOV",
        "02",
        "05",
        "31",
        "0700",
        "1700",
        "2400",
        "-",
        "-",
        ",",
        "EXC",
        "H24",
        "SR",
        "SS",
        "DAILY",
        "HOL",
        "TO",
    ]
)


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=40), st.integers(0, 40 * 1440))
def test_any_text_is_read_or_counts_as_active(text: str, minute: int) -> None:
    now = at("10-01 00:00") + minute * 60
    schedule = read_schedule(text, at("10-02 00:00"), at("10-30 00:00"), LONDON)
    active = schedule.is_active(now)
    if not at("10-02 00:00") <= now < at("10-30 00:00"):
        assert not active
    elif not schedule.is_readable:
        assert active
    assert (schedule.active_until(now) is not None) is active
    begins = schedule.next_activation(now)
    assert begins is None or (begins > now and schedule.is_active(begins) and not schedule.is_active(begins - 1))
