"""Claims about writing to the history: at once, and in batches that are bounded, retried and counted."""

from __future__ import annotations

import logging
from pathlib import Path

import gevent
import pytest
from sqlalchemy import text

from skyspy.store import Connection, StoreBusy, StoreError
from skyspy.store.history import HistoryStore
from skyspy.store.history import store as history_store
from skyspy.store.history.batches import BatchQueue, Pending
from skyspy.store.history.statistics import minutes, write_minutes
from tests.support.history import Stores, a_minute, note, notes, write_notes
from tests.support.running_clock import RunningClock, turns_until
from tests.support.store_lock import Holder


def queue_of(*texts: str, rows: int = 100, size: int = 1000) -> BatchQueue:
    queue = BatchQueue(rows, size)
    for one in texts:
        queue.add(Pending(write_notes, one, 10))
    return queue


def rows_in(queue: BatchQueue) -> list[object]:
    return [pending.row for pending in queue.take(1000)]


# What waits in memory


@pytest.mark.parametrize("limits", [{"rows": 3}, {"size": 30}, {"size": 39}])
def test_of_too_many_rows_or_bytes_the_oldest_are_dropped_and_counted(limits: dict[str, int]) -> None:
    queue = queue_of("a", "b", "c", "d", "e", **limits)
    assert (len(queue), queue.size, queue.dropped) == (3, 30, 2)
    assert rows_in(queue) == ["c", "d", "e"]
    assert (len(queue), queue.size) == (0, 0)


def test_what_could_not_be_written_goes_back_to_the_front_and_is_dropped_first() -> None:
    queue = queue_of("a", "b", "c", rows=3)
    taken = queue.take(2)
    queue.add(Pending(write_notes, "d", 10))
    queue.put_back(taken)
    assert (queue.dropped, queue.size, rows_in(queue)) == (1, 30, ["b", "c", "d"])


# At once


def test_a_commit_is_kept_when_it_returns(stores: Stores) -> None:
    stores.history.commit_now(note, "kept")
    assert notes(stores.again()) == ["kept"]


def test_a_commit_that_raises_keeps_nothing(stores: Stores) -> None:
    def fail(connection: Connection) -> None:
        note(connection, "no")
        raise KeyError("no")

    with pytest.raises(KeyError):
        stores.history.commit_now(fail)
    assert notes(stores.history) == []


def test_a_commit_that_is_not_kept_says_so_to_its_caller_and_is_counted(sqlite_stores: Stores, tmp_path: Path) -> None:
    with Holder(tmp_path / "history.sqlite3", 60), pytest.raises(StoreBusy):
        sqlite_stores.history.commit_now(note, "no")
    assert (sqlite_stores.history.status().failed_commits, notes(sqlite_stores.history)) == (1, [])
    sqlite_stores.history.commit_now(note, "yes")
    assert (sqlite_stores.history.status().last_error, notes(sqlite_stores.history)) == (None, ["yes"])


# In batches


def test_rows_of_several_kinds_are_written_in_order_and_counted(stores: Stores) -> None:
    history = stores.history
    history.enqueue(write_notes, "first")
    history.enqueue(write_minutes, a_minute(7))
    history.enqueue(write_notes, "second")
    assert (notes(history), history.status().queued) == ([], 3)
    history.flush()
    assert (notes(history), history.read(minutes, 0, 9)) == (["first", "second"], [a_minute(7)])
    status = history.status()
    assert (status.queued, status.queued_bytes, status.written, status.dropped, status.failed_batches) == (0, 0, 3, 0, 0)
    assert status.last_flush_s is not None


def test_a_batch_that_fails_is_kept_whole_and_tried_again_later(sqlite_stores: Stores, tmp_path: Path) -> None:
    history, clock = sqlite_stores.history, sqlite_stores.clock
    history.enqueue(write_notes, "one")
    history.enqueue(write_notes, "two")
    with Holder(tmp_path / "history.sqlite3", 60):
        history.round()
    status = history.status()
    assert (status.queued, status.failed_batches, status.available) == (2, 1, False)
    assert status.last_error is not None
    assert "busy" in status.last_error
    history.round()
    assert history.status().queued == 2, "not before some seconds have passed"
    clock.pass_by(history_store.FLUSH_SECONDS)
    history.round()
    assert (notes(history), history.status().available, history.status().written) == (["one", "two"], True, 2)


def test_a_full_disk_drops_the_oldest_rows_counts_them_and_heals(sqlite_stores: Stores) -> None:
    history = sqlite_stores.history

    def limit(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    history.commit_now(limit)
    for n in range(5):
        history.enqueue(write_notes, str(n) * 100_000, history_store.MAX_QUEUED_BYTES // 3)
    history.flush()
    status = history.status()
    assert (status.queued, status.dropped, status.failed_batches) == (3, 2, 1)
    assert "full" in str(status.last_error)
    # The limit belonged to that connection; as after space was freed, a later write goes through.
    sqlite_stores.clock.pass_by(history_store.FLUSH_SECONDS)
    history.round()
    assert [row[0] for row in notes(history)] == ["2", "3", "4"]


def test_rows_that_no_database_takes_do_not_keep_the_others_waiting(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_connection: Connection, _rows: object) -> None:
        raise ValueError("a bug")

    stores.history.enqueue(broken, "bad")
    with caplog.at_level(logging.ERROR):
        stores.history.flush()
    stores.history.enqueue(write_notes, "good")
    stores.history.flush()
    status = stores.history.status()
    assert (notes(stores.history), status.dropped, status.written, status.queued) == (["good"], 1, 1, 0)
    assert "a bug" in caplog.text


# The loop


def running(stores: Stores) -> tuple[HistoryStore, RunningClock]:
    clock = RunningClock()
    stores.clock = clock
    return stores.again(), clock


def begin(history: HistoryStore) -> None:
    """Start only the loop that writes, so that no other wait moves the clock."""
    history.loop.start()
    history.loop.wake()


def test_the_loop_writes_every_few_seconds(stores: Stores) -> None:
    history, clock = running(stores)
    begin(history)
    turns_until(lambda: history.loop.rounds == 1)
    began = clock.steady()
    history.enqueue(write_notes, "soon")
    turns_until(lambda: history.status().written == 1)
    assert clock.steady() - began <= history_store.FLUSH_SECONDS + 1
    history.stop()


def test_a_full_batch_is_written_at_once(stores: Stores) -> None:
    history, clock = running(stores)
    begin(history)
    turns_until(lambda: history.loop.rounds == 1)
    began = clock.steady()
    for n in range(history_store.MAX_BATCH_ROWS):
        history.enqueue(write_notes, str(n))
    turns_until(lambda: history.status().written)
    assert clock.steady() - began < 1.0
    history.stop()


def test_a_stop_writes_what_waits(stores: Stores) -> None:
    history, _ = running(stores)
    history.start()
    gevent.sleep(0)
    for n in range(history_store.MAX_BATCH_ROWS + 1):
        history.enqueue(write_notes, str(n))
    history.stop()
    assert len(notes(history)) == history_store.MAX_BATCH_ROWS + 1


def test_a_stop_in_the_middle_of_a_batch_writes_that_batch_still(sqlite_stores: Stores) -> None:
    history, _ = running(sqlite_stores)
    cut = [True]

    def interrupted(connection: Connection, texts: list[str]) -> None:
        if cut.pop() if cut else False:
            raise gevent.GreenletExit
        write_notes(connection, texts)

    history.enqueue(interrupted, "kept")
    history.start()
    turns_until(lambda: not cut)
    history.stop()
    assert (notes(history), history.status().queued) == (["kept"], 0)


def test_a_stop_beside_an_unusable_file_loses_only_what_waits_and_does_not_hang(
    sqlite_stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    history = sqlite_stores.history
    history.commit_now(lambda c: c.execute(text("DROP TABLE notes")).rowcount)
    history.enqueue(write_notes, "lost")
    history.flush()
    history.stop()
    assert "1 rows could not be written" in caplog.text


def test_an_error_while_reading_is_a_store_error(sqlite_stores: Stores) -> None:
    sqlite_stores.history.commit_now(lambda c: c.execute(text("DROP TABLE notes")).rowcount)
    with pytest.raises(StoreError, match="no such table"):
        notes(sqlite_stores.history)
