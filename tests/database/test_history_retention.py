"""Claims about what is deleted from the history: by age, by size, and simulated traffic; in slices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from skyspy.store import Connection
from skyspy.store.history import ranges
from skyspy.store.history.kinds import GROUPS, KEPT, KINDS, MB
from skyspy.store.history.retention import Deletion, Interrupted
from skyspy.store.history.schema import METADATA
from skyspy.store.history.sizes import growth, measure, record_size, recorded_sizes
from tests.support.history import Stores, open_stores
from tests.support.history_rows import (
    DAY_S,
    HOUR_S,
    add_hours,
    add_minutes,
    add_ranges,
    add_size,
    add_tracks,
    add_visit,
    kind,
    limits,
    times,
)

DAY_SLOTS = 144


def rolled_up(stores: Stores) -> None:
    """Let all minutes be in the statistics by hour."""
    stores.history.commit_now(add_hours, [int(stores.clock.wall() // 3600)])


def deletion(stores: Stores, go_on: Callable[[], bool] = lambda: True) -> Deletion:
    return Deletion(stores.history, stores.clock, go_on, pause_s=0.0)


def test_every_table_has_a_kind_or_is_named_as_kept() -> None:
    assert {one.table.name for one in KINDS} | KEPT == set(METADATA.tables)
    assert all(one.time in one.table.c for one in KINDS)


def test_every_kind_can_be_found_by_its_time_through_an_index() -> None:
    for one in KINDS:
        indexes = [*(list(index.columns) for index in one.table.indexes), list(one.table.primary_key.columns)]
        # Behind a column that `only` fixes, the time may be the second.
        names = {column.name for columns in indexes for column in columns[: 1 if one.only is None else 2]}
        assert one.time in names, one.name


# By age


def test_what_is_older_than_its_days_goes_and_the_rest_stays(stores: Stores) -> None:
    now = stores.clock.wall()
    slot, minute = int(now // 600), int(now // 60)
    rolled_up(stores)
    for age in (13, 15, 29, 31):
        stores.history.commit_now(add_visit, now - age * DAY_S)
        stores.history.commit_now(add_tracks, [slot - age * DAY_SLOTS])
        stores.history.commit_now(add_minutes, [minute - age * 1440])
        stores.history.commit_now(add_size, int(now // DAY_S) - age, 1)
    run = deletion(stores)
    run.delete_expired(limits(), now)
    assert times(stores.history, "segments") == times(stores.history, "chunks") == [slot - 13 * DAY_SLOTS]
    assert [round((now - last) / DAY_S) for last in times(stores.history, "visits")] == [29, 15, 13]
    assert times(stores.history, "minutes") == [minute - days * 1440 for days in (29, 15, 13)]
    assert len(times(stores.history, "sizes")) == 4
    assert +run.done.rows == {"segments": 3, "chunks": 3, "visits": 1, "minutes": 1}


def test_statistics_by_hour_ranges_and_days_have_limits_of_their_own(stores: Stores) -> None:
    now = stores.clock.wall()
    hour = int(now // 3600)
    hours = [hour - 731 * 24, hour - 729 * 24, hour - 31 * 24, hour]
    stores.history.commit_now(add_hours, hours)
    stores.history.commit_now(add_ranges, hours)
    deletion(stores).delete_expired(limits(), now)
    assert times(stores.history, "hours") == hours[1:]
    assert times(stores.history, "ranges") == [hour]
    ever = stores.history.read(ranges.of_all_time, "live")
    assert [row.upto for row in ever] == [hour + 1], "what is of all time stays"


def test_minutes_are_kept_until_the_statistics_by_hour_are_made_from_them(stores: Stores) -> None:
    now = stores.clock.wall()
    old = int(now // 3600) - 60 * 24
    stores.history.commit_now(add_minutes, range(old * 60, (old + 3) * 60, 30))
    deletion(stores).delete_expired(limits(), now)
    assert len(times(stores.history, "minutes")) == 6
    stores.history.commit_now(add_hours, [old, old + 1, old + 2])
    deletion(stores).delete_expired(limits(), now)
    assert times(stores.history, "minutes") == [minute * 30.0 for minute in range(2 * old + 2, 2 * old + 6)]


def test_tracks_are_not_kept_longer_than_sightings(stores: Stores) -> None:
    now = stores.clock.wall()
    slot = int(now // 600)
    stores.history.commit_now(add_tracks, [slot - 2 * DAY_SLOTS, slot])
    deletion(stores).delete_expired(limits(SIGHTING_RETENTION_DAYS=1, TRACK_RETENTION_DAYS=14), now)
    assert times(stores.history, "segments") == [slot]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with open_stores("sqlite", tmp_path_factory.mktemp("shared")) as made:
        yield made


@tries(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ages=st.lists(st.floats(0, 4 * DAY_S), min_size=1, max_size=12),
    days=st.integers(1, 3),
    mb=st.integers(0, 1),
    moment=st.floats(0, DAY_S),
)
def test_nothing_younger_than_its_limit_is_ever_deleted(
    shared: Stores, ages: list[float], days: int, mb: int, moment: float
) -> None:
    history, now = shared.history, shared.clock.wall() + moment
    hour = int(now // 3600) + 1
    slots, minutes = {int((now - age) // 600) for age in ages}, {int((now - age) // 60) for age in ages}

    def fill(connection: Connection) -> None:
        for one in KINDS:
            connection.execute(one.table.delete())
        add_tracks(connection, slots, size=90_000)
        add_minutes(connection, minutes)
        add_hours(connection, [hour])
        for age in ages:
            add_visit(connection, now - age)

    history.commit_now(fill)
    bounds = limits(
        SIGHTING_RETENTION_DAYS=days, TRACK_RETENTION_DAYS=days, MINUTE_RETENTION_DAYS=days, HISTORY_MAX_MB=mb, TRACK_MAX_MB=mb
    )
    run = deletion(shared)
    run.delete_expired(bounds, now)
    run.delete_over_budget(bounds, measure(history.read), now)
    kept = {name: set(times(history, name)) for name in ("segments", "chunks", "minutes", "visits")}
    # Without a limit by size all that is younger stays, and with one the last day does.
    young = now - (days * DAY_S if mb == 0 else DAY_S)
    assert kept["segments"] == kept["chunks"] >= {slot for slot in slots if (slot + 1) * 600 > young}
    assert kept["minutes"] >= {minute for minute in minutes if (minute + 1) * 60 > young}
    assert kept["visits"] >= {now - age for age in ages if now - age >= young}
    # What is older has gone, but for the ten minutes in which the tracks of a visit may end.
    old = now - days * DAY_S
    assert not [slot for slot in kept["segments"] if (slot + 1) * 600 <= old]
    assert not [last for last in kept["visits"] if last < old - 600]


# By size


def three_days(stores: Stores) -> int:
    """Tracks of 3 days with 120 kB for each hour (8.8 MB), and 2,161 minutes; returns the newest slot."""
    now = stores.clock.wall()
    slot, minute = int(now // 600), int(now // 60)
    rolled_up(stores)
    stores.history.commit_now(add_tracks, range(slot - 3 * DAY_SLOTS, slot + 1, 6), size=60_000)
    stores.history.commit_now(add_minutes, range(minute - 3 * 1440, minute + 1, 2))
    return slot


def test_beyond_the_largest_size_the_oldest_tracks_go_first(stores: Stores) -> None:
    slot, now = three_days(stores), stores.clock.wall()
    sizes = measure(stores.history.read)
    assert 8 * MB < sizes.used < 12 * MB
    deletion(stores).delete_over_budget(limits(HISTORY_MAX_MB=7), sizes, now)
    # On Postgres the sizes are estimates.
    assert 6.2 * MB < measure(stores.history.read).used <= 7.5 * MB
    left = times(stores.history, "segments")
    assert left == list(range(int(left[0]), slot + 1, 6)), "the oldest are gone, with no gap"
    assert len(times(stores.history, "minutes")) == 2161


def test_then_minutes_and_sightings_go_but_never_the_last_day(stores: Stores) -> None:
    slot, now = three_days(stores), stores.clock.wall()
    for hours in (2, 30, 60):
        stores.history.commit_now(add_visit, now - hours * HOUR_S)
    deletion(stores).delete_over_budget(limits(HISTORY_MAX_MB=1), measure(stores.history.read), now)
    assert times(stores.history, "segments") == [float(one) for one in range(slot - DAY_SLOTS, slot + 1, 6)]
    assert len(times(stores.history, "minutes")) == 721
    assert times(stores.history, "visits") == [now - 2 * HOUR_S]


@pytest.mark.parametrize(
    ("name", "touched"),
    [("TRACK_MAX_MB", {"segments", "chunks"}), ("STATISTICS_MAX_MB", {"minutes"}), ("HISTORY_MAX_MB", set())],
)
def test_a_kind_has_a_size_of_its_own(stores: Stores, name: str, touched: set[str]) -> None:
    now = stores.clock.wall()
    three_days(stores)
    if name == "STATISTICS_MAX_MB":
        stores.history.commit_now(add_minutes, range(int(now // 60) - 20_000, int(now // 60) - 3 * 1440))
    run = deletion(stores)
    run.delete_over_budget(limits(**{name: 12 if name == "HISTORY_MAX_MB" else 1}), measure(stores.history.read), now)
    assert {one for one, rows in run.done.rows.items() if rows} == touched


def test_of_two_limits_the_stricter_one_applies(stores: Stores) -> None:
    slot, now = three_days(stores), stores.clock.wall()
    strict = limits(HISTORY_MAX_MB=8, TRACK_MAX_MB=4)
    run = deletion(stores)
    run.delete_expired(strict, now)
    run.delete_over_budget(strict, measure(stores.history.read), now)
    by_tracks = measure(stores.history.read).of_groups(("tracks",))
    assert 3.5 * MB < by_tracks <= 4.2 * MB
    assert times(stores.history, "segments")[-1] == slot
    more = deletion(stores)
    more.delete_over_budget(strict, measure(stores.history.read), now)
    assert more.done.rows.total() <= 2 * 6 + 10, "a second run finds next to nothing"


# Simulated traffic


def test_simulated_traffic_is_kept_for_a_day_with_its_tracks_and_the_real_one_is_not_touched(stores: Stores) -> None:
    now = stores.clock.wall()
    slot = int(now // 600)
    rolled_up(stores)
    stores.history.commit_now(add_ranges, [int(now // 3600) - 30], "demo", True)
    stores.history.commit_now(add_ranges, [int(now // 3600) - 30])
    for demo in (True, False):
        for number, hours in enumerate((30, 2)):
            visit = stores.history.commit_now(add_visit, now - hours * HOUR_S, demo)
            stores.history.commit_now(add_tracks, [slot - 6 * hours - 2 * number - demo], visit, demo=demo)
            stores.history.commit_now(add_minutes, [int(now // 60) - 60 * hours - demo], demo)
    run = deletion(stores)
    since = run.demo(0.0, now)
    assert +run.done.rows == {"chunks": 1, "minutes": 1, "visits": 1, "ranges": 1}
    assert [row.receiver for row in stores.history.read(ranges.of_all_time, "live")] == ["roof"]
    assert len(times(stores.history, "segments")) == len(times(stores.history, "visits")) == 3
    assert slot - 6 * 30 - 1 not in times(stores.history, "segments")
    assert run.demo(since, now + HOUR_S) >= since
    assert len(times(stores.history, "visits")) == 3


# In slices


def test_a_slice_is_at_most_500_rows_or_10_chunks_and_a_transaction_of_its_own(stores: Stores) -> None:
    now = stores.clock.wall()
    old = int(now // 60) - 60 * 1440
    rolled_up(stores)
    stores.history.commit_now(add_minutes, range(old, old + 1200))
    stores.history.commit_now(add_tracks, range(1, 26))
    left: list[tuple[int, int]] = []

    def go_on() -> bool:
        left.append((len(times(stores.history, "minutes")), len(times(stores.history, "chunks"))))
        return True

    run = deletion(stores, go_on)
    for name in ("chunks", "minutes"):
        run.older(kind(name), now - 31 * DAY_S)
    assert left == [(1200, 25), (1200, 15), (1200, 5), (1200, 0), (700, 0), (200, 0)]


def test_an_interrupted_deletion_goes_on_where_it_stopped(stores: Stores) -> None:
    now = stores.clock.wall()
    old = int(now // 60) - 60 * 1440
    rolled_up(stores)
    stores.history.commit_now(add_minutes, range(old, old + 1200))
    allowed = iter([True, False])
    run = deletion(stores, lambda: next(allowed))
    with pytest.raises(Interrupted):
        run.older(kind("minutes"), now - 31 * DAY_S)
    assert times(stores.history, "minutes") == list(range(old + 500, old + 1200))
    again = deletion(stores)
    again.older(kind("minutes"), now - 31 * DAY_S)
    assert (again.done.rows["minutes"], times(stores.history, "minutes")) == (700, [])


def test_the_sizes_name_rows_times_and_bytes_of_each_table(stores: Stores) -> None:
    slot = three_days(stores)
    sizes = measure(stores.history.read)
    tables = {table.name: table for table in sizes.tables}
    assert set(tables) == set(METADATA.tables)
    segment = tables["segment"]
    assert (segment.rows, segment.oldest, segment.newest) == (73, (slot - 432) * 600.0, slot * 600.0)
    assert segment.bytes == pytest.approx(73 * 60_000, rel=0.3)
    assert tables["chunk"].bytes == pytest.approx(73 * 60_000, rel=0.3)
    assert tables["visit"].rows == 0
    assert sizes.used == pytest.approx(sum(table.bytes for table in sizes.tables), rel=0.1)
    assert {table.group for table in sizes.tables} == {*GROUPS, ""}


def test_the_size_of_each_day_is_kept_and_gives_the_growth(stores: Stores) -> None:
    for day, size in ((100, 10), (101, 20), (101, 30), (104, 90)):
        stores.history.commit_now(record_size, day, size)
    assert stores.history.read(recorded_sizes, 101) == [(101, 30), (104, 90)]
    assert growth([(101, 30), (104, 90)]) == 20
    assert growth([(101, 30)]) is None


# The file


def test_a_new_file_gives_freed_pages_back_to_the_disk_but_a_reserve(tmp_path: Path) -> None:
    with open_stores("sqlite", tmp_path) as stores:
        three_days(stores)
        file = tmp_path / "history.sqlite3"
        run = deletion(stores)
        run.older(kind("chunks"), stores.clock.wall())
        before = measure(stores.history.read)
        assert before.shrinks
        assert before.free > 4 * MB
        assert run.shrink(reserve=2 * MB) == pytest.approx(before.free - 2 * MB, abs=8192)
        assert measure(stores.history.read).free == pytest.approx(2 * MB, abs=8192)
        stores.history.close()
        assert file.stat().st_size == pytest.approx(before.used + 2 * MB, abs=20_000)
