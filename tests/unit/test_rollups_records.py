"""A record is confirmed by more than one observation: neither one wrong value nor a burst of messages sets one."""

from __future__ import annotations

import pytest

from skyspy.rollups.records import (
    BUSIEST_HOUR,
    BUSIEST_MINUTE,
    FARTHEST,
    FASTEST,
    HIGHEST,
    MOST_AIRCRAFT,
    MinuteNumbers,
    of_aircraft,
    of_minutes,
)
from tests.support.flights import outbound

FLIGHT = outbound(90.0, 100.0, 3, altitude=38_000, geometric=38_900, gs=450.0)


def minutes(*messages: int, first: int = 60_000, aircraft: int = 10) -> list[MinuteNumbers]:
    return [MinuteNumbers(first + place, 60, number, aircraft) for place, number in enumerate(messages)]


def best(*numbers: MinuteNumbers) -> dict[str, float]:
    return {record.kind: record.value for record in of_minutes(numbers)}


def test_a_value_is_what_three_positions_all_reached() -> None:
    found = dict(of_aircraft(FLIGHT))
    assert found[FARTHEST] == FLIGHT[0].distance_nm
    assert (found[HIGHEST], found[FASTEST]) == (38_000, 450.0)
    assert dict(of_aircraft(FLIGHT[:2])) == {}


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"altitude": 126_000}, HIGHEST), ({"gs": 1900.0}, FASTEST), ({"distance_nm": 390.0}, FARTHEST)],
)
def test_one_wrong_value_sets_no_record(change: dict[str, float], kind: str) -> None:
    wrong = [*FLIGHT[:2], FLIGHT[2]._replace(**change)]
    assert dict(of_aircraft(wrong)).get(kind, 0.0) <= dict(of_aircraft(FLIGHT))[kind] + 1.0


def test_a_speed_that_the_way_contradicts_is_none() -> None:
    assert FASTEST not in dict(of_aircraft([one._replace(gs=900.0) for one in FLIGHT]))


def test_an_altitude_that_the_geometric_one_contradicts_is_none() -> None:
    assert HIGHEST not in dict(of_aircraft([one._replace(altitude=90_000) for one in FLIGHT]))
    assert dict(of_aircraft([one._replace(geometric=None) for one in FLIGHT]))[HIGHEST] == 38_000


def test_a_burst_in_one_minute_is_no_busiest_minute_and_no_busiest_hour() -> None:
    found = best(*minutes(*[1000] * 30, 90_000, *[1000] * 29))
    assert found[BUSIEST_MINUTE] == 1000
    assert BUSIEST_HOUR not in found


def test_the_busiest_minute_has_another_one_beside_it() -> None:
    assert best(*minutes(1000, 2000, 1500))[BUSIEST_MINUTE] == 2000
    assert BUSIEST_MINUTE not in best(*minutes(2000))
    alone = [*minutes(9000), *minutes(100, 100, first=60_010)]
    assert best(*alone)[BUSIEST_MINUTE] == 100


def test_the_most_aircraft_at_once_are_so_many_in_two_minutes() -> None:
    flood = [*minutes(1, 1), MinuteNumbers(60_002, 60, 1, 5000), *minutes(1, first=60_003)]
    assert best(*flood)[MOST_AIRCRAFT] == 10


def test_an_hour_counts_when_half_of_it_was_sampled() -> None:
    assert best(*minutes(*[100] * 60))[BUSIEST_HOUR] == 6000
    assert BUSIEST_HOUR not in best(*minutes(*[100] * 20))
