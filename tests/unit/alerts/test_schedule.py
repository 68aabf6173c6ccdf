"""Windows of time: over midnight, in the owner's zone, over both changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from skyspy.alerts import RuleError, Schedule, ends_at, is_within
from skyspy.alerts.errors import Problems
from skyspy.alerts.schedule import is_endless, parse_schedule
from skyspy.zones import is_zone, wall_of, zone_names

ZURICH = ZoneInfo("Europe/Zurich")


def schedule(*windows: str, zone: str = "Europe/Zurich") -> Schedule:
    """Windows written as "wed,thu 22:00-07:00", or without days for every day."""
    documents = []
    for text in windows:
        days, _, times = text.rpartition(" ")
        begins, ends = times.split("-")
        documents.append({"from": begins, "to": ends} | ({"days": days.split(",")} if days else {}))
    problems = Problems()
    found = parse_schedule({"zone": zone, "windows": documents}, "during", problems)
    problems.check()
    assert found is not None
    return found


def local(text: str, fold: int = 0, zone: ZoneInfo = ZURICH) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


@pytest.mark.parametrize(
    ("at", "is_in"),
    [
        ("2026-07-01T21:59:59", False),  # a Wednesday
        ("2026-07-01T22:00:00", True),
        ("2026-07-02T02:00:00", True),  # Thursday morning belongs to Wednesday
        ("2026-07-02T06:59:59", True),
        ("2026-07-02T07:00:00", False),
        ("2026-07-02T22:30:00", False),  # Thursday evening does not
        ("2026-07-01T02:00:00", False),  # nor does Wednesday morning
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(at: str, is_in: bool) -> None:
    assert is_within(schedule("wed 22:00-07:00"), local(at)) is is_in


def test_a_window_goes_by_the_clocks_of_its_zone() -> None:
    at = datetime(2026, 7, 1, 21, 0, tzinfo=UTC).timestamp()
    found = {zone: is_within(schedule("22:30-23:30", zone=zone), at) for zone in ("UTC", "Europe/Zurich", "America/New_York")}
    assert found == {"UTC": False, "Europe/Zurich": True, "America/New_York": False}


def test_when_the_clock_is_set_forward_the_hour_that_is_left_out_is_in_no_window() -> None:
    # On 29 March 2026 clocks go from 02:00 to 03:00, at 01:00 UTC.
    change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp()
    left_out = schedule("02:00-03:00")
    assert not any(is_within(left_out, change + seconds) for seconds in range(-3600, 3600, 60))
    over = schedule("01:30-02:30")
    assert is_within(over, change - 1)
    assert not is_within(over, change), "clocks show 03:00"
    assert ends_at(over, change - 1) == change


def test_when_the_clock_is_set_back_what_it_shows_twice_is_in_the_window_twice() -> None:
    # On 25 October 2026 clocks go from 03:00 to 02:00, at 01:00 UTC.
    twice = schedule("02:15-02:45")
    begins = [local("2026-10-25T02:15:00", fold) for fold in (0, 1)]
    assert begins[1] - begins[0] == 3600
    for start in begins:
        assert not is_within(twice, start - 1)
        assert is_within(twice, start)
        assert ends_at(twice, start) == start + 1800
    night = schedule("22:00-07:00")
    assert ends_at(night, local("2026-10-24T22:00:00")) - local("2026-10-24T22:00:00") == 10 * 3600, "this night has an hour more"
    assert ends_at(schedule("01:00-02:30"), local("2026-10-25T01:00:00")) == local("2026-10-25T02:30:00", 0)


@pytest.mark.parametrize("zone", ["Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago"])
def test_windows_hold_and_end_as_a_clock_on_the_wall_says_minute_by_minute(zone: str) -> None:
    windows = schedule("sat,sun 23:15-03:30", "fri 01:10-02:40", "sun 01:30-02:10", zone=zone)
    place = ZoneInfo(zone)
    for start in (datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 4, 3, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 9, 4, tzinfo=UTC)):  # fmt: skip
        minutes = [(start + timedelta(minutes=n)) for n in range(0, 4 * 1440, 5)]
        within = [expected(at.astimezone(place)) for at in minutes]
        assert [is_within(windows, at.timestamp()) for at in minutes] == within
        for n in range(0, len(minutes), 37):
            if within[n] and False in within[n:]:
                assert ends_at(windows, minutes[n].timestamp()) == minutes[n + within[n:].index(False)].timestamp()


def expected(at: datetime) -> bool:
    """The same windows, written down another way."""
    minute, day = at.hour * 60 + at.minute, at.strftime("%a")
    return (
        (day in ("Sat", "Sun") and minute >= 1395)
        or (day in ("Sun", "Mon") and minute < 210)
        or (day == "Fri" and 70 <= minute < 160)
        or (day == "Sun" and 90 <= minute < 130)
    )


def test_windows_that_follow_each_other_end_together() -> None:
    both = schedule("22:00-24:00", "00:00-07:00")
    assert ends_at(both, local("2026-07-01T23:00:00")) == local("2026-07-02T07:00:00")
    assert ends_at(both, local("2026-07-01T12:00:00")) == local("2026-07-01T12:00:00"), "none holds"


def test_windows_that_never_end_are_recognized() -> None:
    assert is_endless(schedule("00:00-24:00"))
    assert is_endless(schedule("07:00-07:00"))
    assert not is_endless(schedule("00:00-23:59"))
    assert not is_endless(schedule("mon,tue,wed,thu,fri,sat 00:00-24:00"))


def test_a_schedule_that_is_written_down_is_the_same_again() -> None:
    one = schedule("wed,fri 22:00-07:00", "00:00-24:00")
    problems = Problems()
    assert parse_schedule(one.document(), "", problems) == one


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("nights", "quiet"),
        ({"zone": "Europe/Nowhere", "windows": [{"from": "1:00", "to": "2:00"}]}, "quiet.zone"),
        ({"zone": "../etc/passwd", "windows": [{"from": "1:00", "to": "2:00"}]}, "quiet.zone"),
        ({"zone": "Europe", "windows": [{"from": "1:00", "to": "2:00"}]}, "quiet.zone"),
        ({"zone": "UTC", "windows": []}, "quiet.windows"),
        ({"zone": "UTC", "windows": [{"from": "25:00", "to": "2:00"}]}, "quiet.windows[0].from"),
        ({"zone": "UTC", "windows": [{"from": "24:00", "to": "2:00"}]}, "quiet.windows[0].from"),
        ({"zone": "UTC", "windows": [{"from": "1:00", "to": 7}]}, "quiet.windows[0].to"),
        ({"zone": "UTC", "windows": [{"from": "1:00", "to": "2:00", "days": ["Wednesday"]}]}, "quiet.windows[0].days"),
        ({"zone": "UTC", "windows": [{"from": "1:00", "to": "2:00", "days": []}]}, "quiet.windows[0].days"),
        ({"zone": "UTC", "windows": [7]}, "quiet.windows[0]"),
        ({"zone": "UTC", "windows": [{"from": "1:00", "to": "2:00"}], "day": 1}, "quiet.day"),
    ],
)
def test_an_error_of_a_schedule_names_its_path(document: object, path: str) -> None:
    problems = Problems()
    parse_schedule(document, "quiet", problems)
    with pytest.raises(RuleError) as error:
        problems.check()
    assert path in error.value.fields


def test_zones_are_those_of_the_database() -> None:
    assert {"Europe/Zurich", "UTC", "Australia/Lord_Howe"} <= set(zone_names())
    assert not any(map(is_zone, ("", "Mars/Phobos", "/etc/localtime", "..", "Europe\x00", "é", "a" * 100)))


def test_times_without_an_offset_are_utc() -> None:
    assert wall_of("2026-12-31T18:00:00") == wall_of("2026-12-31T18:00:00Z") == wall_of("2026-12-31T19:00:00+01:00")
    assert wall_of("soon") is None
    assert wall_of("0001-01-01T00:00:00Z") is None
