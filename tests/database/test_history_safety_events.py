"""Claims about stored safety events, on every kind of database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skyspy.safety.events import SafetyEvent
from skyspy.store.history import safety_events
from skyspy.store.history.safety_events import DayCount, EventSearch, TypeCount, key_of
from tests.support.history import Stores

DAY = 20_000 * 86_400.0


def event(number: int = 1, **more: object) -> SafetyEvent:
    """The event with this number, which began so many seconds after DAY."""
    values: dict[str, object] = {
        "id": f"event-{number:04}",
        "event_type": "proximity",
        "key": f"pair {number}",
        "severity": "warning",
        "message": "Two aircraft are close",
        "started": DAY + number,
        "updated": DAY + number,
        "hex": "4B1800",
        "hex_2": "4B1801",
        "callsign": "SWR100",
        "lat": 47.5,
        "lon": 8.5,
        "details": {"distance_nm": 0.31, "vertical_ft": 200, "sense": None, "confirmed": True},
    }
    return SafetyEvent(**(values | more))  # type: ignore[arg-type]


def write(stores: Stores, *events: SafetyEvent) -> None:
    stores.history.commit_now(safety_events.write_events, events)


def ids(found: list[SafetyEvent]) -> list[str]:
    return [one.id for one in found]


def test_an_event_is_read_as_it_was_written(stores: Stores) -> None:
    written = event(resolved=DAY + 9, callsign_2="EZY1", demo=True)
    write(stores, written, event(2, hex=None, hex_2=None, callsign=None, lat=None, lon=None, details={}))
    assert stores.history.read(safety_events.one, written.id) == written
    assert stores.history.read(safety_events.one, "event-0002").hex is None  # type: ignore[union-attr]
    assert stores.history.read(safety_events.one, "no such") is None


def test_an_event_that_is_written_again_is_one_row_with_its_first_beginning(stores: Stores) -> None:
    write(stores, event())
    write(stores, event(severity="critical", updated=DAY + 5, started=DAY + 3), event(severity="critical", resolved=DAY + 9))
    found = stores.history.read(safety_events.page, EventSearch(), None, 9)
    assert [(one.severity, one.started, one.resolved) for one in found] == [("critical", DAY + 1, DAY + 9)]


def test_the_open_events_are_those_without_an_end(stores: Stores) -> None:
    write(stores, event(1), event(2, resolved=DAY + 9), event(3))
    assert ids(stores.history.read(safety_events.open_events)) == ["event-0003", "event-0001"]
    assert ids(stores.history.read(safety_events.open_events, 1)) == ["event-0003"]


def test_the_first_acknowledgement_stays_and_writing_again_does_not_undo_it(stores: Stores) -> None:
    write(stores, event())
    noted = stores.history.commit_anywhere(safety_events.acknowledge, "event-0001", "anna", DAY + 4)
    assert noted is not None
    assert (noted.acknowledged_by, noted.acknowledged_at) == ("anna", DAY + 4)
    again = stores.history.commit_anywhere(safety_events.acknowledge, "event-0001", "otto", DAY + 5)
    assert again == noted
    write(stores, event(severity="critical"))
    assert stores.history.read(safety_events.one, "event-0001") == replace(noted, severity="critical")
    assert stores.history.commit_anywhere(safety_events.acknowledge, "no such", "anna", DAY) is None


def test_who_reads_changes_since_a_number_gets_each_change_once_and_the_acknowledgements_too(stores: Stores) -> None:
    write(stores, event(1), event(2))
    first = stores.history.read(safety_events.changed_since, 0)
    assert ids(first.events) == ["event-0001", "event-0002"]
    assert first.upto == stores.history.read(safety_events.last_change)
    assert stores.history.read(safety_events.changed_since, first.upto) == ([], first.upto)
    write(stores, event(3))
    stores.history.commit_anywhere(safety_events.acknowledge, "event-0001", "anna", DAY + 4)
    second = stores.history.read(safety_events.changed_since, first.upto)
    assert [(one.id, one.acknowledged_by) for one in second.events] == [("event-0003", None), ("event-0001", "anna")]
    half = stores.history.read(safety_events.changed_since, first.upto, 1)
    assert ids(half.events) == ["event-0003"]
    assert ids(stores.history.read(safety_events.changed_since, half.upto).events) == ["event-0001"]


def test_no_number_of_a_change_returns_when_its_row_is_deleted(stores: Stores) -> None:
    write(stores, event(1))
    before = stores.history.read(safety_events.last_change)
    stores.history.commit_now(lambda c: c.execute(safety_events.SAFETY_EVENT.delete()))
    write(stores, event(2))
    assert ids(stores.history.read(safety_events.changed_since, before).events) == ["event-0002"]


def test_a_clock_that_went_back_does_not_number_a_change_before_an_earlier_one(stores: Stores) -> None:
    write(stores, event(9))
    before = stores.history.read(safety_events.last_change)
    write(stores, event(1))
    assert ids(stores.history.read(safety_events.changed_since, before).events) == ["event-0001"]


def test_pages_go_on_where_the_one_before_ended_also_among_events_of_one_moment(stores: Stores) -> None:
    write(stores, *(event(number, started=DAY + number // 3) for number in range(10)))
    found: list[str] = []
    after = None
    while rows := stores.history.read(safety_events.page, EventSearch(), after, 4):
        found += ids(rows)
        after = key_of(rows[-1])
    assert found == [f"event-{number:04}" for number in reversed(range(10))]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (EventSearch(since=DAY + 3), [3, 4]),
        (EventSearch(until=DAY + 3), [1, 2]),
        (EventSearch(event_types=["tcas_ra", "emergency"]), [3]),
        (EventSearch(severities=["critical"]), [2]),
        (EventSearch(hex="ABC123"), [2, 3]),
        (EventSearch(callsign="swr1"), [1, 4]),
        (EventSearch(callsign="%"), []),
        (EventSearch(is_open=True), [1, 2, 3]),
        (EventSearch(is_open=False), [4]),
        (EventSearch(acknowledged=True), [1]),
        (EventSearch(acknowledged=False, is_open=True), [2, 3]),
        (EventSearch(demo=False), [1, 2, 3]),
    ],
)
def test_a_search_finds_what_matches_all_its_filters(stores: Stores, search: EventSearch, expected: list[int]) -> None:
    write(
        stores,
        event(1),
        event(2, hex="ABC123", severity="critical", callsign=None, callsign_2="EZY7"),
        event(3, hex_2="ABC123", event_type="tcas_ra", callsign="EZY8"),
        event(4, resolved=DAY + 9, demo=True, callsign=None, callsign_2="SWR120"),
    )
    stores.history.commit_anywhere(safety_events.acknowledge, "event-0001", "anna", DAY + 4)
    found = stores.history.read(safety_events.page, search, None, 9)
    assert sorted(ids(found)) == [f"event-{number:04}" for number in expected]


def test_statistics_count_types_days_aircraft_and_how_long_events_lasted(stores: Stores) -> None:
    write(
        stores,
        event(1, resolved=DAY + 11),
        event(2, resolved=DAY + 22, severity="critical"),
        event(3, event_type="emergency", hex="ABC123", hex_2=None),
        event(90_000, hex="4B1801", hex_2=None, resolved=DAY + 90_030),
        event(4, demo=True),
    )
    stores.history.commit_anywhere(safety_events.acknowledge, "event-0001", "anna", DAY + 4)
    found = stores.history.read(safety_events.statistics, DAY, DAY + 200_000)
    assert (found.events, found.open, found.acknowledged, found.aircraft) == (4, 1, 1, 3)
    assert (found.mean_s, found.longest_s) == (20.0, 30.0)
    assert found.by_type == (
        TypeCount("emergency", "warning", 1, 0),
        TypeCount("proximity", "critical", 1, 0),
        TypeCount("proximity", "warning", 2, 1),
    )
    assert found.by_day == (DayCount(20_000, 3), DayCount(20_001, 1))
    assert stores.history.read(safety_events.statistics, DAY, DAY + 200_000, count_demo=True).events == 5
    empty = stores.history.read(safety_events.statistics, 0.0, 1.0)
    assert (empty.events, empty.open, empty.mean_s, empty.by_type, empty.by_day) == (0, 0, None, (), ())


def test_details_that_are_damaged_are_read_as_none(stores: Stores) -> None:
    write(stores, event(1), event(2))
    stores.history.commit_now(lambda c: c.exec_driver_sql("UPDATE safety_event SET details = '{' WHERE id = 'event-0001'"))
    stores.history.commit_now(lambda c: c.exec_driver_sql("UPDATE safety_event SET details = '[1]' WHERE id = 'event-0002'"))
    assert [one.details for one in stores.history.read(safety_events.open_events)] == [{}, {}]
