"""Statistics of hours and days are sums over minutes: whatever is repeated, interrupted or deleted meanwhile."""

from __future__ import annotations

import random
from dataclasses import asdict

import pytest
from sqlalchemy import delete, insert

from skyspy.rollups.picture import Picture
from skyspy.rollups.records import Record
from skyspy.store.history import periods, ranges, records
from skyspy.store.history.periods import DAY, HOUR, MINUTE, Steps, Unit
from skyspy.store.history.ranges import RangeRow
from skyspy.store.history.records import RecordRow
from skyspy.store.history.schema import STATISTICS_MINUTE, VISIT
from skyspy.store.history.statistics import Minute, ReceiverMinute, write_minutes, write_receiver_minutes
from skyspy.store.history.top import KINDS, top
from tests.support.flights import reading
from tests.support.history import Stores, a_minute

START = 480_000
"""An hour at which a day begins."""
SUMS = ("samples", "messages")
PEAKS = ("aircraft_max", "with_position_max", "military_max", "emergency_max", "max_distance_nm")


def some_minutes(seed: int, hours: int = 30) -> list[Minute]:
    """Minutes of two days, some missing, some partial."""
    rng = random.Random(seed)
    return [
        a_minute(
            minute,
            rng.choice([60, 60, 60, 17]),
            messages=rng.randrange(100_000),
            aircraft_max=rng.randrange(300),
            aircraft_avg=rng.randrange(300),
            max_distance_nm=rng.choice([None, rng.randrange(250)]),
            demo=rng.random() < 0.01,
        )
        for minute in range(START * 60, (START + hours) * 60)
        if rng.random() > 0.2
    ]


def of_receiver(minute: Minute, receiver: str) -> ReceiverMinute:
    far, count = minute.max_distance_nm, minute.messages % 50
    return ReceiverMinute(
        minute.minute,
        minute.sky,
        receiver,
        minute.samples,
        minute.messages,
        9,
        8.0,
        70,
        far,
        count,
        -20.0 if count else None,
        False,
    )


def steps(stores: Stores, unit: Unit, receiver: str | None = None) -> Steps:
    return stores.history.read(periods.steps, unit, "live", 0, 10**9, 10_000, receiver)


def column(found: Steps, name: str) -> list[float]:
    place = found.names.index(name)
    return [row[place] for row in found.values if row[place] is not None]


def roll(stores: Stores, first: int, end: int) -> None:
    stores.history.commit_now(periods.roll_up, "live", first, end)


@pytest.mark.parametrize("seed", [1, 2])
def test_minutes_hours_and_days_have_the_same_sums_and_peaks(stores: Stores, seed: int) -> None:
    minutes = some_minutes(seed)
    stores.history.commit_now(write_minutes, minutes)
    roll(stores, START, START + 30)
    found = [steps(stores, unit) for unit in (MINUTE, HOUR, DAY)]
    assert [len(each.at) for each in found] == [len(minutes), 30, 2]
    for name in SUMS:
        assert len({sum(column(each, name)) for each in found}) == 1, name
    for name in PEAKS:
        assert len({max(column(each, name)) for each in found}) == 1, name
    assert len({any(column(each, "demo")) for each in found}) == 1
    means = [sum(a * b for a, b in zip(column(each, "aircraft_avg"), column(each, "samples"), strict=True)) for each in found]
    assert means == pytest.approx([means[0]] * 3)


def test_the_same_holds_for_each_receiver(stores: Stores) -> None:
    minutes = some_minutes(3, hours=3)
    for name in ("beast-a", "beast-b"):
        stores.history.commit_now(write_receiver_minutes, [of_receiver(minute, name) for minute in minutes])
    roll(stores, START, START + 3)
    found = [steps(stores, unit, "beast-a") for unit in (MINUTE, HOUR, DAY)]
    for name in ("samples", "messages", "positions", "rssi_count"):
        assert len({sum(column(each, name)) for each in found}) == 1, name
    assert set(column(found[2], "rssi_mean")) == {-20.0}
    assert [row[:2] for row in stores.history.read(periods.receivers, "live")] == [("beast-a", False), ("beast-b", False)]


def test_rolling_up_again_in_other_slices_and_after_a_break_changes_nothing(stores: Stores) -> None:
    stores.history.commit_now(write_minutes, some_minutes(4))
    roll(stores, START, START + 7)
    assert stores.history.read(periods.first_unfinished_hour, "live") == START + 5
    for hour in range(START + 5, START + 30):
        roll(stores, hour, hour + 1)
    in_slices = steps(stores, HOUR), steps(stores, DAY)
    roll(stores, START, START + 30)
    assert (steps(stores, HOUR), steps(stores, DAY)) == in_slices


def test_minutes_that_were_deleted_take_nothing_from_their_hour(stores: Stores) -> None:
    stores.history.commit_now(write_minutes, some_minutes(5))
    roll(stores, START, START + 30)
    before = steps(stores, HOUR), steps(stores, DAY)
    stores.history.commit_now(lambda c: c.execute(delete(STATISTICS_MINUTE).where(STATISTICS_MINUTE.c.minute < START * 60 + 90)))
    roll(stores, START, START + 30)
    assert (steps(stores, HOUR), steps(stores, DAY)) == before


def test_hours_without_minutes_are_passed_over(stores: Stores) -> None:
    assert stores.history.read(periods.first_unfinished_hour, "live") is None
    stores.history.commit_now(write_minutes, [a_minute(START * 60), a_minute((START + 5000) * 60)])
    assert stores.history.read(periods.first_unfinished_hour, "live") == START
    assert stores.history.read(periods.next_hour, "live", START + 1) == START + 5000
    assert stores.history.read(periods.next_hour, "live", START + 5001) is None


def a_visit(hex_: str, hour: int, minutes: int = 10, demo: bool = False, **more: object) -> dict[str, object]:
    texts = dict.fromkeys(("callsigns", "squawks", "receivers", "sources"), "[]")
    first = hour * 3600.0
    values = {"hex": hex_, "start": int(first), "first": first, "last": first + minutes * 60, "ended": True, "military": False}
    return {**texts, **values, "demo": demo, "messages": 1, "positions": 1, "on_ground": False, "fence": 1, **more}


def keep_visits(stores: Stores, *visits: dict[str, object]) -> None:
    for visit in visits:
        stores.history.commit_now(lambda c, values: c.execute(insert(VISIT).values(values)), visit)


def test_different_aircraft_are_counted_by_their_visits_without_simulated_ones(stores: Stores) -> None:
    keep_visits(
        stores,
        a_visit("4B0001", START),
        a_visit("4B0001", START + 2),
        a_visit("4B0002", START, minutes=70),
        a_visit("DE0003", START, demo=True),
        a_visit("4B0004", START - 1),
    )
    stores.history.commit_now(write_minutes, [a_minute((START + hour) * 60) for hour in range(4)])
    roll(stores, START, START + 4)
    place = steps(stores, HOUR).names.index("aircraft")
    assert [row[place] for row in steps(stores, HOUR).values] == [2, 1, 1, None]
    assert column(steps(stores, DAY), "aircraft") == [2]


def test_top_lists_count_visits_of_the_time(stores: Stores) -> None:
    keep_visits(
        stores,
        a_visit("4B0001", START, t="A320", flight="SWR1A", r="HB-IJA", own_op="Swiss", country="Switzerland"),
        a_visit("4B0001", START + 2, t="A320", flight="SWR1A", r="HB-IJA", own_op="Swiss", country="Switzerland"),
        a_visit("4B0002", START, t="A320", flight="HBABC"),
        a_visit("4B0003", START, t="C172", flight="N123AB"),
        a_visit("4B0004", START - 100, t="B744", flight="DLH400"),
        a_visit("DE0005", START, t="C172", flight="SWR9", demo=True),
    )
    begin, end = START * 3600.0, (START + 24) * 3600.0
    found = {kind: stores.history.read(top, kind, begin, end, 2) for kind in KINDS}
    assert [tuple(row) for row in found["types"]] == [("A320", 3, 2, None), ("C172", 1, 1, None)]
    assert [row[:2] for row in found["airlines"]] == [("SWR", 2)]
    assert found["aircraft"][0] == ("4B0001", 2, 1, "HB-IJA")
    assert [row.name for row in found["operators"] + found["countries"]] == ["Swiss", "Switzerland"]
    assert found["callsigns"][0][:2] == ("SWR1A", 2)


def a_range(hour: int, positions: int, place: tuple[float, float] = (47.0, 8.0)) -> RangeRow:
    picture = Picture()
    for number in range(positions):
        picture.add(reading(number, 92.0, 50.0), None)
    return RangeRow("hour", hour, "live", "beast-a", place, positions, False, picture.pack())


def test_of_two_states_of_an_hour_the_fuller_one_stays_unless_the_place_changed(stores: Stores) -> None:
    def kept(*rows: RangeRow) -> list[RangeRow]:
        for row in rows:
            stores.history.commit_now(ranges.write_ranges, [row])
        return stores.history.read(ranges.hours, "live", START, START + 2)

    assert kept(a_range(START, 5), a_range(START, 9), a_range(START, 3)) == [a_range(START, 9)]
    assert kept(a_range(START, 2, (48.0, 9.0))) == [a_range(START, 2, (48.0, 9.0))]
    assert stores.history.read(ranges.receivers, "live") == ["beast-a"]


def test_a_lesser_record_replaces_no_greater_one(stores: Stores) -> None:
    first = Record("farthest", 210.0, 1000.0, "4B0001", "SWR1")
    for record in (first, Record("farthest", 200.0, 2000.0), Record("farthest", 210.0, 3000.0), Record("highest", 1.0, 1.0)):
        stores.history.commit_now(records.write_records, [RecordRow("live", record)])
    assert stores.history.read(records.stored, "live")["farthest"] == first


def test_records_of_minutes_leave_simulated_traffic_out(stores: Stores) -> None:
    minutes = [a_minute(START * 60 + n, messages=1000 + n) for n in range(60)]
    demo = [a_minute(START * 60 + 60 + n, messages=50_000, demo=True) for n in range(60)]
    stores.history.commit_now(write_minutes, minutes + demo)
    stores.history.commit_now(records.note_minutes, "live", START, START + 2)
    found = stores.history.read(records.stored, "live")
    assert (found["busiest_minute"].value, found["busiest_hour"].value) == (1059, sum(row.messages for row in minutes))
    assert found["busiest_hour"].at == START * 3600.0
    assert asdict(minutes[0])["aircraft_max"] == found["most_aircraft"].value
