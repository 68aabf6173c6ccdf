"""Sunrise and sunset against times that others published: those that the tests of astral (Apache-2.0) hold for London, and of almanacs."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from skyspy.airspace.sun import sun_event
from skyspy.airspace.times import start_of

LONDON = (51.5, -0.1167)
MINUTES = 1.5


@pytest.mark.parametrize(
    ("place", "day", "rises", "sets"),
    [
        (LONDON, "2015-01-01", "08:06", "16:02"),
        (LONDON, "2015-12-01", "07:43", "15:55"),
        (LONDON, "2015-12-12", "07:56", "15:51"),
        (LONDON, "2015-12-25", "08:05", "15:55"),
        # New York, winter solstice of 2023: 7:17 and 16:32 EST.
        ((40.7128, -74.006), "2023-12-21", "12:17", "21:32"),
    ],
)
def test_sunrise_and_sunset(place: tuple[float, float], day: str, rises: str, sets: str) -> None:
    number = date.fromisoformat(day).toordinal()
    for event, expected in (("SR", rises), ("SS", sets)):
        wanted = datetime.fromisoformat(f"{day} {expected}").replace(tzinfo=UTC).timestamp()
        found = sun_event("SR" if event == "SR" else "SS", number, place)
        assert found is not None
        assert abs(found - wanted) <= MINUTES * 60


def test_day_and_night_of_the_poles_have_no_events() -> None:
    for day in ("2023-06-21", "2023-12-21"):
        number = date.fromisoformat(day).toordinal()
        assert sun_event("SR", number, (78.2, 15.6)) is None
        assert sun_event("SS", number, (90.0, 0.0)) is None


def test_an_event_is_on_the_day_in_utc_anywhere_on_earth() -> None:
    number = date(2023, 9, 20).toordinal()
    for lon in range(-180, 181, 15):
        for found in (sun_event("SR", number, (10.0, lon)), sun_event("SS", number, (10.0, lon))):
            assert found is None or start_of(number) <= found < start_of(number + 1)
