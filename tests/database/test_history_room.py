"""Claims about a full disk: the history pauses before it is full, says so, and goes on by itself."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import exc, text

from skyspy.store import StoreError, sqlite_space
from skyspy.store.errors import StoreFull, translate
from skyspy.store.history.room import DiskGuard, disk_usage
from skyspy.store.history.sizes import measure
from skyspy.store.history.statistics import minutes, write_minutes
from skyspy.store.sqlite_space import space
from tests.support.history import Stores, a_minute, note, notes

GB = 10**9


class Disk:
    """A disk of a given size."""

    def __init__(self, free: float, total: float = 100 * GB) -> None:
        self.free, self.total = free, total

    def __call__(self, _: Path) -> tuple[int, int] | None:
        return int(self.free), int(self.total)


@pytest.mark.parametrize(
    ("free", "total", "low"),
    [
        (0.19 * GB, 100 * GB, True),
        (0.21 * GB, 100 * GB, False),
        (0.06 * GB, 1 * GB, False),
        (0.04 * GB, 1 * GB, True),
        (900_000, 1_000_000, False),
        (40_000, 1_000_000, True),
    ],
)
def test_room_is_low_below_200_mb_or_5_percent_of_a_small_disk(free: float, total: float, low: bool) -> None:
    assert (DiskGuard(Path("/"), Disk(free, total)).check() is not None) is low


def test_it_is_enough_again_only_with_a_quarter_more() -> None:
    disk = Disk(0.1 * GB)
    guard = DiskGuard(Path("/"), disk)
    said = []
    for disk.free in (0.1 * GB, 0.21 * GB, 0.26 * GB, 0.21 * GB):
        said.append(guard.check() is not None)
    assert said == [True, True, False, False]


def test_where_the_free_space_is_not_known_nothing_pauses(tmp_path: Path) -> None:
    assert DiskGuard(None).check() is None
    assert DiskGuard(tmp_path / "nowhere").check() is None
    assert disk_usage(tmp_path) is not None


def test_with_little_room_nothing_is_written_reading_and_deleting_go_on_and_so_does_writing_with_more_room(
    sqlite_stores: Stores,
) -> None:
    history, disk = sqlite_stores.history, Disk(50 * GB)
    history.condition.room = DiskGuard(Path("/"), disk)
    history.commit_now(note, "before")
    disk.free = 0.1 * GB
    history.enqueue(write_minutes, a_minute(1))
    history.round()
    status = history.status()
    assert (status.available, status.queued, status.disk_free) == (False, 1, 0.1 * GB)
    assert status.full is not None
    assert "100 MB free" in status.full
    with pytest.raises(StoreFull, match="history is paused: its disk has 100 MB free"):
        history.commit_now(note, "no")
    assert notes(history) == ["before"]
    history.maintain(lambda c: c.execute(text("DELETE FROM notes")).rowcount)
    assert notes(history) == []
    disk.free = 1 * GB
    history.round()
    status = history.status()
    assert (status.available, status.queued, status.full) == (True, 0, None)
    assert history.read(minutes, 0, 9) == [a_minute(1)]


def test_a_database_that_may_not_grow_pauses_and_goes_on_by_itself(sqlite_stores: Stores) -> None:
    history = sqlite_stores.history
    history.maintain(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1").fetchall() and None)
    with pytest.raises(StoreFull, match=r"the disk of the database .* is full: free space on it"):
        history.commit_now(lambda c: [note(c, "x" * 200) for _ in range(1000)] and None)
    status = history.status()
    assert status.full is not None
    assert not status.available
    # The connection was dropped with the error, and a new one has no such limit: as a disk with room again.
    history.enqueue(write_minutes, a_minute(1))
    history.round()
    assert (history.status().available, history.status().full) == (True, None)


def test_a_lease_that_cannot_be_renewed_for_want_of_room_is_a_pause_too(
    sqlite_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = sqlite_stores.history

    def full(*_: object) -> None:
        raise StoreFull("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(history._store, "write", full)
        history.lease.start()
        history.enqueue(write_minutes, a_minute(1))
        history.round()
        assert (history.lease.held, history.status().full) == (False, "the disk is full")
    history.lease.loop.round()
    history.round()
    assert (history.status().available, history.status().full) == (True, None)
    assert history.read(minutes, 0, 9) == [a_minute(1)]
    history.lease.stop()


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, "53100"])
def test_both_databases_errors_for_a_full_disk_are_one_error(code: object) -> None:
    class Full(sqlite3.OperationalError if isinstance(code, int) else Exception):  # type: ignore[misc]
        sqlite_errorcode = sqlstate = code

    found = translate(exc.OperationalError("INSERT", {}, Full("no space")), "here")
    assert isinstance(found, StoreFull)
    assert str(found) == "the disk of the database here is full: free space on it"


# Files that were made without auto_vacuum


def without_auto_vacuum(stores: Stores, path: Path) -> None:
    """Let the file be as an earlier version made it."""
    stores.history.close()
    direct = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode=DELETE", "PRAGMA auto_vacuum=NONE", "VACUUM", "PRAGMA journal_mode=WAL"):
        direct.execute(statement)
    direct.close()


def test_a_small_file_of_an_earlier_version_is_converted_at_the_start(sqlite_stores: Stores, tmp_path: Path) -> None:
    sqlite_stores.history.commit_now(note, "kept")
    without_auto_vacuum(sqlite_stores, tmp_path / "history.sqlite3")
    history = sqlite_stores.again()
    assert history.read(space).shrinks
    assert notes(history) == ["kept"]


def test_a_large_file_is_converted_only_by_compacting(
    sqlite_stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_stores.history.commit_now(note, "kept")
    without_auto_vacuum(sqlite_stores, tmp_path / "history.sqlite3")
    monkeypatch.setattr(sqlite_space, "MAX_CONVERTED_BYTES", 1000)
    history = sqlite_stores.again()
    assert not measure(history.read).shrinks
    sqlite_space.compact(history.url, history.where)
    assert measure(history.read).shrinks
    assert notes(history) == ["kept"]


def test_compacting_needs_room_for_a_copy(sqlite_stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 1000))  # type: ignore[attr-defined]
    with pytest.raises(StoreError, match=r"compacting needs \d+ MB of free disk, there are 0 MB"):
        sqlite_space.compact(sqlite_stores.history.url, sqlite_stores.history.where)
