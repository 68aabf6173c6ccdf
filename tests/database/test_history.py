"""Claims about the history store: separate from the main store, and how it is opened."""

from __future__ import annotations

import logging
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from skyspy.config import history_url_of
from skyspy.store import Store, StoreError
from skyspy.store.errors import NewerSchema
from skyspy.store.history import HistoryStore, words
from skyspy.store.history.schema import METADATA
from skyspy.store.history.statistics import minutes, write_minutes
from skyspy.store.schema import METADATA as MAIN_METADATA
from tests.conftest import ROOT, StillClock
from tests.support.databases import KINDS, database_url, python
from tests.support.history import Stores, a_minute, note, notes, open_stores

INDEX_OF_WORDS = {*words.TABLES, words.COLUMN, "ix_acars_message_words"}
"""What is beside the tables on one of the databases; test_history_words.py tests it."""


def test_the_revisions_make_exactly_the_tables_that_the_code_names(stores: Stores) -> None:
    def compare(connection: object) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})  # type: ignore[arg-type]
        return [
            change
            for change in compare_metadata(context, METADATA)
            if not {"alembic_version", "notes", *INDEX_OF_WORDS} & set(str(change).split("'"))
        ]

    assert stores.history.commit_now(compare) == []


def test_neither_store_holds_a_table_of_the_other(stores: Stores) -> None:
    main = set(stores.main.read(lambda c: inspect(c).get_table_names()))
    history = set(stores.history.read(lambda c: inspect(c).get_table_names()))
    assert main == {*MAIN_METADATA.tables, "alembic_version"}
    assert history - words.TABLES == {*METADATA.tables, "alembic_version", "notes"}


def test_no_table_of_the_history_has_a_foreign_key_to_the_main_store() -> None:
    targets = {key.target_fullname.split(".")[0] for table in METADATA.tables.values() for key in table.foreign_keys}
    assert targets <= set(METADATA.tables)


def test_on_postgres_the_history_is_a_schema_of_its_own(tmp_path: Path) -> None:
    with open_stores("postgres", tmp_path) as stores:
        schema = stores.main.read(lambda c: c.execute(text("SELECT current_schema()")).scalar_one())
        assert stores.history.read(lambda c: c.execute(text("SELECT current_schema()")).scalar_one()) == f"{schema}_history"
        assert stores.history.where.endswith(f"(schema {schema}_history)")


@pytest.mark.parametrize(
    ("options", "schema"),
    [
        ("", "history"),
        ("?options=-csearch_path%3Dpublic", "history"),
        ("?options=-csearch_path%3Doffice", "office_history"),
        ("?options=-c%20lock_timeout%3D5%20-c%20search_path%3Doffice,public", "office_history"),
    ],
)
def test_the_schema_follows_the_search_path_of_the_address(options: str, schema: str) -> None:
    main = Store("sqlite:///:memory:")
    history = HistoryStore(f"postgresql://somebody:s3kret-word@127.0.0.1:1/sky{options}", main, StillClock())
    assert history.where == f"127.0.0.1/sky (schema {schema})"
    history.open()
    assert "s3kret" not in str(history.status())


def test_a_role_without_the_privilege_to_create_the_schema_gets_one_line(tmp_path: Path) -> None:
    with open_stores("postgres", tmp_path) as stores:
        role = f"{stores.main.read(lambda c: c.execute(text('SELECT current_schema()')).scalar_one())}_role"
        stores.main.write(lambda c: c.execute(text(f"CREATE ROLE {role}")).rowcount)
        try:
            url = history_url_of(stores.url).replace("search_path%3D", f"role%3D{role}%20-csearch_path%3Dother_")
            with pytest.raises(StoreError, match=r"cannot upgrade the database .*permission denied") as caught:
                HistoryStore(url, stores.main, stores.clock).upgrade()
            assert "\n" not in str(caught.value)
        finally:
            stores.main.write(lambda c: c.execute(text(f"DROP ROLE {role}")).rowcount)


def test_on_sqlite_the_history_is_a_file_beside_the_main_one_that_only_its_owner_reads(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    def pragmas(connection: object) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]  # type: ignore[attr-defined]

    assert sqlite_stores.history.commit_now(pragmas) == ["wal", 2, 1]
    files = [path for path in tmp_path.iterdir() if path.name.startswith("history.sqlite3")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_main_store_in_memory_has_its_history_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    main = Store("sqlite:///:memory:")
    main.upgrade()
    history = HistoryStore(history_url_of("sqlite:///:memory:"), main, StillClock())
    history.open()
    history.enqueue(write_minutes, a_minute(1))
    history.flush()
    assert history.read(minutes, 0, 9) == [a_minute(1)]
    assert list(tmp_path.iterdir()) == []


def test_a_read_cannot_write(stores: Stores) -> None:
    with pytest.raises(Exception, match=r"read.?only"):
        stores.history.read(note, "no")
    assert notes(stores.history) == []


@pytest.mark.parametrize("kind", KINDS)
def test_processes_that_start_together_upgrade_once(kind: str, tmp_path: Path) -> None:
    code = (
        "import sys; from skyspy.store import Store; from skyspy.store.history import HistoryStore; from skyspy.clock import Clock\n"
        "from skyspy.config import history_url_of\n"
        "print(HistoryStore(history_url_of(sys.argv[1]), Store(sys.argv[1]), Clock()).upgrade())"
    )
    with database_url(kind, tmp_path) as url:
        started = [
            subprocess.Popen(
                [sys.executable, "-c", code, url], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for _ in range(4)
        ]
        answers = [process.communicate(timeout=60) for process in started]
        assert [process.returncode for process in started] == [0] * 4, answers
        assert len({out for out, _ in answers}) == 1


def test_a_newer_schema_stops_the_start_with_one_clear_line(stores: Stores) -> None:
    stores.history.commit_now(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")).rowcount)
    with pytest.raises(
        NewerSchema, match=r"the history was made by a newer SkySpy \(schema 9999, this one knows up to \d+\)"
    ) as caught:
        stores.again()
    assert "\n" not in str(caught.value)


def test_without_its_file_the_next_start_makes_a_new_one(sqlite_stores: Stores, tmp_path: Path) -> None:
    sqlite_stores.history.commit_now(note, "gone")
    sqlite_stores.history.close()
    for path in tmp_path.glob("history.sqlite3*"):
        path.unlink()
    history = sqlite_stores.again()
    history.enqueue(write_minutes, a_minute(1))
    history.flush()
    assert history.read(minutes, 0, 9) == [a_minute(1)]


def test_a_file_that_cannot_be_used_is_one_line_in_the_log_and_mended_without_a_restart(
    sqlite_stores: Stores, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sqlite_stores.history.close()
    for path in tmp_path.glob("history.sqlite3*"):
        path.unlink()
    (tmp_path / "history.sqlite3").mkdir()
    with caplog.at_level(logging.ERROR):
        history = sqlite_stores.again()
    assert [record.getMessage() for record in caplog.records] == [
        f"history cannot be used, everything else goes on: cannot use the database {tmp_path}/history.sqlite3: unable to open database file"
    ]
    with pytest.raises(StoreError, match="history is not available: cannot use"):
        history.read(minutes, 0, 9)
    with pytest.raises(StoreError, match="history is not available"):
        history.commit_now(note, "no")
    history.enqueue(write_minutes, a_minute(1))
    history.round()
    assert (history.status().available, history.status().queued) == (False, 1)

    (tmp_path / "history.sqlite3").rmdir()
    sqlite_stores.clock.pass_by(120)
    history.round()
    assert history.read(minutes, 0, 9) == [a_minute(1)]
    assert (history.status().available, history.status().last_error) == (True, None)


def test_a_file_damaged_under_a_running_server_is_an_error_and_heals(sqlite_stores: Stores, tmp_path: Path) -> None:
    history, path = sqlite_stores.history, tmp_path / "history.sqlite3"
    history.commit_now(note, "kept")
    history.close()
    good = path.read_bytes()
    path.write_bytes(b"\0" * 100 + good[100:])
    history.enqueue(write_minutes, a_minute(1))
    history.round()
    with pytest.raises(StoreError):
        notes(history)
    assert (history.status().available, history.status().queued, history.status().failed_batches) == (False, 1, 1)
    path.write_bytes(good)
    sqlite_stores.clock.pass_by(120)
    history.round()
    assert (notes(history), history.read(minutes, 0, 9)) == (["kept"], [a_minute(1)])


def test_a_file_deleted_under_a_running_server_is_made_anew(sqlite_stores: Stores, tmp_path: Path) -> None:
    history = sqlite_stores.history
    history.close()
    for path in tmp_path.glob("history.sqlite3*"):
        path.unlink()
    history.enqueue(write_minutes, a_minute(1))
    history.round()
    assert "no such table" in str(history.status().last_error)
    sqlite_stores.clock.pass_by(120)
    history.round()
    assert history.read(minutes, 0, 9) == [a_minute(1)]


def test_what_is_written_after_the_schema_was_checked_again_is_seen_by_other_processes(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    path = tmp_path / "history.sqlite3"
    history = sqlite_stores.history
    other = f"import sqlite3; print([row[0] for row in sqlite3.connect({str(path)!r}).execute('SELECT text FROM notes')])"
    history.commit_now(note, "before")
    # As after an error. To close a descriptor of the file would drop this process's locks, and the next process
    # to close the database would delete the log into which this one writes.
    history.upgrade()
    assert python(other).stdout == "['before']\n"
    history.commit_now(note, "after")
    assert python(other).stdout == "['before', 'after']\n"
