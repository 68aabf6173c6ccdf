"""Claims about the lease: one process writes the history, another takes over from it, and what it then writes is refused."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from skyspy.config import history_url_of
from skyspy.store import Store, StoreError, users
from skyspy.store.audit import Actor
from skyspy.store.history import HistoryStore, lease, visits
from skyspy.store.history.lease import Fenced
from skyspy.store.history.schema import LEASE
from skyspy.store.history.statistics import minutes, write_minutes
from skyspy.store.history.store import GRACE_S
from skyspy.store.history.visits import Recorded
from skyspy.store.history.writer import LOST_S
from tests.database.test_history_visits_writing import T0, a_state
from tests.support.clock import StillClock
from tests.support.history import Stores, a_minute, note, notes, write_notes
from tests.support.history_processes import Process
from tests.support.store_lock import Holder

ACTOR = Actor("cli", "test")


@pytest.fixture
def process(stores: Stores) -> Iterator[Callable[[], Process]]:
    """Makes processes on one database, none started."""
    made: list[Process] = []

    def make() -> Process:
        made.append(Process(stores))
        return made[-1]

    yield make
    for one in made:
        one.kill()


@pytest.fixture
def pair(process: Callable[[], Process]) -> tuple[Process, Process]:
    """The holder, and a process that has seen it renew the lease."""
    first, second = process().start(), process().start()
    for _ in range(3):
        first.run(1)
        second.run(1)
    assert (first.lease.fence, second.lease.fence, second.lease.other_writes) == (1, None, True)
    return first, second


def row(stores: Stores) -> tuple[object, ...] | None:
    found = stores.history.read(lambda c: c.execute(select(LEASE.c.fence, LEASE.c.holder)).one_or_none())
    return None if found is None else tuple(found)


# Taking it


def test_of_many_processes_that_take_it_at_once_one_holds_it(stores: Stores) -> None:
    contenders, rounds = 6, 4
    barrier, won = threading.Barrier(contenders), [0] * rounds
    url = stores.history._store._url.render_as_string(hide_password=False)

    def contend(name: str) -> None:
        store = Store(url)
        for number in range(rounds):
            seen = store.read(lease.look)
            barrier.wait(30)
            if store.write(lease.take, seen, name) is not None:
                won[number] += 1
            barrier.wait(30)
        store.close()

    threads = [threading.Thread(target=contend, args=(f"host {number} x",)) for number in range(contenders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [1] * rounds
    found = row(stores)
    assert found is not None
    assert found[0] == rounds


def test_the_first_process_holds_it_as_soon_as_it_is_started_and_another_follows(
    pair: tuple[Process, Process], stores: Stores
) -> None:
    first, second = pair
    assert (first.heard, second.heard) == ([1], [])
    assert first.lease.holder == second.lease.holder
    assert first.lease.holder is not None
    assert first.lease.holder.startswith("process ")
    assert (first.lease.seen_fence, second.lease.seen_fence) == (1, 1)


def test_a_dead_holder_is_followed_after_six_seconds_without_a_renewal(pair: tuple[Process, Process]) -> None:
    first, second = pair
    first.kill()
    second.run(int(LOST_S) - 2)
    assert not second.lease.held
    second.run(4)
    assert (second.lease.fence, second.heard) == (2, [2])


def test_a_start_beside_the_row_of_a_dead_process_takes_over_too(process: Callable[[], Process]) -> None:
    process().start().kill()
    late = process().start()
    assert not late.lease.held
    late.run(int(LOST_S) + 2)
    assert late.lease.fence == 2


def test_a_clean_stop_writes_what_waits_and_the_next_look_of_another_takes_over(pair: tuple[Process, Process]) -> None:
    first, second = pair
    first.history.enqueue(write_notes, "the last")
    first.end()
    second.run(1)
    assert (second.lease.fence, notes(second.history)) == (2, ["the last"])


def test_a_process_that_was_stopped_itself_does_not_take_it_for_that(pair: tuple[Process, Process]) -> None:
    _, second = pair
    second.clock.pass_by(60.0)
    second.lease.loop.round()
    assert not second.lease.held


# Writing


def test_only_the_holder_writes_batches_and_events(pair: tuple[Process, Process]) -> None:
    first, second = pair
    for name, one in (("first", first), ("second", second)):
        one.history.enqueue(write_notes, name)
        one.history.flush()
    with pytest.raises(Fenced, match=r"nothing was written: process .* writes the history now, not this one"):
        second.history.commit_now(note, "no")
    first.history.commit_now(note, "event")
    assert notes(first.history) == ["first", "event"]
    status = second.history.status()
    assert (status.available, status.failed_commits, status.failed_batches, status.queued) == (True, 0, 0, 1)


def test_rows_of_a_follower_are_left_to_the_holder_after_a_while_and_are_no_loss(pair: tuple[Process, Process]) -> None:
    _, second = pair
    second.history.enqueue(write_notes, "old")
    second.clock.pass_by(GRACE_S)
    second.history.enqueue(write_notes, "new")
    second.clock.pass_by(0.5)
    second.history.round()
    status = second.history.status()
    assert (status.queued, status.left, status.dropped) == (1, 1, 0)


def test_who_takes_over_writes_what_the_dead_one_could_not(pair: tuple[Process, Process]) -> None:
    first, second = pair
    second.history.enqueue(write_notes, "seen by both")
    first.kill()
    for _ in range(8):
        second.run(1)
        second.history.round()
    assert notes(second.history) == ["seen by both"]


def test_each_minute_is_one_row_also_the_one_of_a_takeover(pair: tuple[Process, Process]) -> None:
    first, second = pair
    first.history.enqueue(write_minutes, a_minute(1, samples=60))
    second.history.enqueue(write_minutes, a_minute(1, samples=59))
    first.history.flush()
    # A clean stop in the middle of the second minute hands over what was counted of it.
    first.history.enqueue(write_minutes, a_minute(2, samples=20))
    first.end()
    second.run(1)
    second.history.enqueue(write_minutes, a_minute(2, samples=58))
    second.history.flush()
    assert [(row.minute, row.samples) for row in second.history.read(minutes, 0, 9)] == [(1, 60), (2, 58)]


def test_a_process_that_was_stopped_writes_nothing_after_another_took_over(pair: tuple[Process, Process]) -> None:
    first, second = pair
    second.run(9)
    second.history.commit_now(note, "second")
    # It has not run since, so it still counts itself as the holder.
    assert first.lease.held
    first.history.enqueue(write_notes, "late")
    first.history.flush()
    with pytest.raises(Fenced):
        first.history.commit_now(note, "late event")
    assert notes(second.history) == ["second"]
    assert (first.lease.held, first.history.status().queued, first.history.status().written) == (False, 1, 0)
    first.run(1)
    assert (first.heard, first.lease.other_writes, first.lease.holder) == ([1, "lost"], True, second.lease.holder)
    first.history.enqueue(write_notes, "later still")
    first.history.round()
    assert notes(second.history) == ["second"]


def test_without_a_renewal_for_six_seconds_it_does_not_write_and_asks_no_database(pair: tuple[Process, Process]) -> None:
    first, _ = pair
    first.clock.pass_by(LOST_S)
    first.history.enqueue(write_notes, "late")
    assert not first.lease.held
    first.history.flush()
    assert (notes(first.history), first.history.status().queued) == ([], 1)
    # Nobody took it meanwhile, so nobody else wrote.
    first.run(1)
    first.history.flush()
    assert (notes(first.history), first.heard) == (["late"], [1])


def test_what_is_written_has_the_fence_at_hand_and_only_under_the_lease(pair: tuple[Process, Process]) -> None:
    first, second = pair
    seen: list[int] = []

    def write(connection: Connection, _: object = None) -> None:
        seen.append(lease.fence_of(connection))

    def fail(_: Connection) -> None:
        raise KeyError

    first.history.enqueue(write, "row")
    first.history.flush()
    first.history.commit_now(write)
    with pytest.raises(KeyError):
        first.history.commit_now(fail)
    first.history.commit_anywhere(write)
    second.history.commit_anywhere(write)
    assert seen == [1, 1, 0, 0]


def test_what_was_handed_over_before_another_process_wrote_makes_no_second_visit(pair: tuple[Process, Process]) -> None:
    first, second = pair
    # The first process is frozen before it has written a visit; the second one wrote it with a beginning of its own.
    first.history.enqueue(visits.write_recorded, Recorded(a_state(T0), fence=1))
    another = a_state(T0, hex_="AAAAAA", last=T0 + 5, ended=True)
    first.history.enqueue(visits.write_recorded, Recorded(another, fence=1))
    second.run(7)
    after_it = a_state(T0 + 5, hex_="AAAAAA")
    second.history.commit_now(visits.write_recorded, [Recorded(a_state(T0 + 3), fence=2), Recorded(after_it, fence=2)])
    second.end()
    first.run(3)
    assert first.lease.fence == 3
    first.history.flush()
    kept = first.history.read(visits.recent, T0 + 120)
    assert sorted((state.hex, state.start - int(T0)) for state in kept) == [("4B1805", 3), ("AAAAAA", 0), ("AAAAAA", 5)]


def test_what_waited_while_the_database_was_away_is_written_under_the_next_fence(pair: tuple[Process, Process]) -> None:
    first, _ = pair
    first.history.commit_now(visits.write_recorded, [Recorded(a_state(T0 - 700, last=T0 - 650), fence=0)])
    first.history.enqueue(visits.write_recorded, Recorded(a_state(T0), fence=0))
    first.history.flush()
    assert [state.start for state in first.history.read(visits.recent, T0 + 120)] == [int(T0)]


def test_rows_of_users_are_written_and_deleted_in_every_process(pair: tuple[Process, Process], stores: Stores) -> None:
    _, second = pair
    at = stores.clock.wall()
    ann = stores.main.write(users.create, "ann", "viewer", None, ACTOR, at)
    second.history.commit_anywhere(note, "of ann", ann.id)
    stores.main.write(users.remove, ann.id, ACTOR, at)
    assert (notes(second.history), second.history.apply_deletions()) == (["of ann"], 1)


def test_on_postgres_a_takeover_waits_for_a_write_that_has_begun_and_a_renewal_does_not(
    tmp_path: Path, kind: str, pair: tuple[Process, Process]
) -> None:
    if kind != "postgres":
        return
    first, second = pair
    begun, go_on, took = threading.Event(), threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        begun.set()
        assert go_on.wait(30)
        note(connection, "in time")

    writing = threading.Thread(target=lambda: first.history.commit_now(slow))
    writing.start()
    assert begun.wait(30)
    name = first.lease._name
    assert first.history._store.write(lease.renew, name, 1)
    seen = second.history._store.read(lease.look)
    taking = threading.Thread(target=lambda: (second.history._store.write(lease.take, seen, "b 2 x"), took.set()))
    taking.start()
    assert not took.wait(0.3)
    go_on.set()
    writing.join(30)
    taking.join(30)
    assert took.is_set()
    assert notes(second.history) == ["in time"]
    with pytest.raises(Fenced):
        first.history.commit_now(note, "late")


# Subscribers


@pytest.mark.parametrize("kind", ["postgres"])
def test_a_connection_that_breaks_in_a_batch_is_an_error_of_the_database_and_the_rows_wait(pair: tuple[Process, Process]) -> None:
    first, _ = pair

    def broken(connection: Connection, _rows: object) -> None:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StoreError):
        first.history.commit_now(broken, None)
    first.history.enqueue(broken, "a row")
    first.history.flush()
    assert (first.history.status().queued, first.history.status().dropped) == (1, 0)


def test_nothing_is_written_before_every_subscriber_has_returned_and_one_that_fails_stops_no_other(
    process: Callable[[], Process], logged: list[logging.LogRecord]
) -> None:
    one = process()
    held: list[bool] = []

    def fail(_: int) -> None:
        raise KeyError("a bug")

    one.lease.on_gained("broken", fail)
    one.lease.on_gained("reading what is stored", lambda _: held.append(one.lease.held))
    one.start()
    assert (held, one.lease.held, one.heard) == ([False], True, [1])
    assert [record.getMessage() for record in logged if record.exc_info] == [
        "broken failed, as the process that writes the history changed"
    ]


# Without a database, and without a lease


def test_without_the_database_no_process_is_the_holder_rows_wait_and_each_change_is_one_line(
    sqlite_stores: Stores, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "skyspy.store.history.writer")
    one = Process(sqlite_stores).start()
    one.history._store._backend._writer.pool.timeout = 0.05  # type: ignore[union-attr]
    with Holder(tmp_path / "history.sqlite3", 60):
        one.history.enqueue(write_notes, "kept")
        one.run(int(LOST_S))
        one.clock.pass_by(2 * GRACE_S)
        assert (one.lease.held, one.lease.other_writes, one.heard) == (False, False, [1, "lost"])
        assert "busy" in str(one.lease.error)
        one.history.round()
        assert (one.history.status().queued, one.history.status().left) == (1, 0)
    one.run(2)
    one.history.round()
    assert (one.heard, notes(one.history)) == ([1, "lost", 2], ["kept"])
    lines = [record.getMessage().partition(":")[0] for record in caplog.records if record.name.endswith(".writer")]
    assert lines == [
        "this process writes the history (fence 1)",
        "it is not known which process writes the history",
        "this process writes the history (fence 2)",
    ]
    one.kill()


def test_a_history_that_could_not_be_opened_is_held_by_nobody_until_it_is(
    sqlite_stores: Stores, tmp_path: Path, logged: list[logging.LogRecord]
) -> None:
    sqlite_stores.history.close()
    for path in tmp_path.glob("history.sqlite3*"):
        path.unlink()
    (tmp_path / "history.sqlite3").mkdir()
    one = Process(sqlite_stores).start()
    one.run(3)
    assert not one.lease.held
    (tmp_path / "history.sqlite3").rmdir()
    one.history.enqueue(write_minutes, a_minute(1))
    one.clock.pass_by(120.0)
    one.history.round()
    one.run(1)
    one.history.round()
    assert (one.lease.fence, one.history.read(minutes, 0, 9)) == (1, [a_minute(1)])
    assert not [record for record in logged if record.exc_info]
    one.kill()


def test_a_database_in_memory_is_always_held_and_a_store_that_was_not_started_writes(stores: Stores) -> None:
    main = Store("sqlite:///:memory:")
    memory = HistoryStore(history_url_of("sqlite:///:memory:"), main, StillClock())
    memory.open()
    memory.start()
    memory.loop.stop()
    assert (memory.lease.held, memory.lease.fence, memory.lease.loop.running) == (True, 0, False)
    memory.commit_now(write_minutes, [a_minute(1)])
    memory.close()
    stores.history.commit_now(note, "by a command")
    assert (notes(stores.history), row(stores)) == (["by a command"], None)
