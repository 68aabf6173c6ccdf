"""Claims about stored statistics: one row for each minute and sky, also when clocks jump or a batch is repeated."""

from __future__ import annotations

import pytest

from skyspy.store.history.statistics import Minute, minutes, write_minutes
from tests.support.history import Stores, a_minute


def kept(stores: Stores, *rows: Minute) -> list[Minute]:
    """The stored minutes after these batches were written in order."""
    for row in rows:
        stores.history.enqueue(write_minutes, row)
        stores.history.flush()
    return stores.history.read(minutes, 0, 10**9)


def test_a_minute_is_read_as_it_was_written(stores: Stores) -> None:
    rows = [a_minute(28_333_333), a_minute(28_333_334, max_distance_nm=None, demo=True, messages=10**12)]
    assert kept(stores, *rows) == rows


def test_a_range_is_of_one_sky_in_order_half_open_and_bounded(stores: Stores) -> None:
    for minute in (5, 3, 4, 6):
        stores.history.enqueue(write_minutes, a_minute(minute))
    stores.history.enqueue(write_minutes, a_minute(4, sky="sandbox"))
    stores.history.flush()
    assert [row.minute for row in stores.history.read(minutes, 3, 6)] == [3, 4, 5]
    assert [row.minute for row in stores.history.read(minutes, 3, 6, limit=2)] == [3, 4]
    assert [row.sky for row in stores.history.read(minutes, 0, 9, "sandbox")] == ["sandbox"]


@pytest.mark.parametrize("first", [20, 60])
def test_of_two_rows_of_a_minute_the_fuller_one_stays(stores: Stores, first: int) -> None:
    rows = [a_minute(4, samples=first, messages=first), a_minute(4, samples=80 - first, messages=80 - first)]
    assert kept(stores, *rows) == [a_minute(4, samples=60, messages=60)]


def test_a_batch_written_twice_and_a_minute_twice_in_a_batch_make_one_row(stores: Stores) -> None:
    for _ in range(2):
        stores.history.commit_now(write_minutes, [a_minute(4, samples=9), a_minute(4), a_minute(4, samples=8)])
    assert kept(stores) == [a_minute(4)]
