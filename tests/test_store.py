"""The store: schema and migrations, reading and writing beside a hub, and what a broken database does."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, event, select, text, update

from skyspy.store import Store, StoreBusy, StoreError
from skyspy.store.schema import METADATA, ROLES, STATE
from tests.conftest import ROOT
from tests.databases import KINDS, database_url, forked, open_store, python

HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
held.execute("COMMIT")
"""


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    with open_store("sqlite", tmp_path) as made:
        yield made


class Holder:
    """Another process that holds SQLite's write lock."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", HOLD, str(path), str(seconds)], stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Holder:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "held\n"
        return self

    @property
    def holding(self) -> bool:
        """Whether it holds the lock still: it ends when it lets go."""
        return self._process.poll() is None

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def version(store: Store) -> int:
    return store.read(lambda c: c.execute(select(STATE.c.version)).scalar_one())


def raise_version(store: Store) -> None:
    store.write(lambda c: c.execute(update(STATE).values(version=STATE.c.version + 1)).rowcount)


# Schema


def test_the_migrations_make_exactly_the_schema_that_the_code_names(store: Store) -> None:
    def compare(connection: object) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})  # type: ignore[arg-type]
        return [change for change in compare_metadata(context, METADATA) if "alembic_version" not in str(change)]

    assert store.write(compare) == []


def test_an_upgrade_of_the_newest_schema_changes_nothing(store: Store) -> None:
    before = version(store)
    assert store.upgrade() == store.upgrade()
    assert version(store) == before


def test_the_builtin_roles_are_there_from_the_start(store: Store) -> None:
    assert store.read(lambda c: set(c.execute(select(ROLES.c.name)).scalars())) == {"viewer", "operator", "admin"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_newer_schema_stops_the_start_with_one_clear_line(kind: str, tmp_path: Path) -> None:
    with open_store(kind, tmp_path) as store:
        store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")).rowcount)
        with pytest.raises(StoreError, match=r"newer SkySpy \(schema 9999, this one knows up to \d+\)") as caught:
            store.upgrade()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_processes_that_start_together_upgrade_once(kind: str, tmp_path: Path) -> None:
    code = "import sys; from skyspy.store import Store; print(Store(sys.argv[1]).upgrade())"
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
        store = Store(url)
        assert store.read(lambda c: c.execute(select(ROLES.c.name).order_by(ROLES.c.id)).scalars().all()) == [
            "viewer",
            "operator",
            "admin",
        ]
        store.close()


def upgrade_until_killed(url: str, statements: int) -> None:
    """Upgrade, and be killed at the statement of that number that would change something."""
    left = statements

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal left
        if statement.lstrip().upper().startswith(("CREATE", "INSERT", "UPDATE")):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    Store(url).upgrade()


@pytest.mark.parametrize("kind", KINDS)
def test_an_upgrade_killed_at_any_statement_is_finished_by_the_next_start(kind: str, tmp_path: Path) -> None:
    ended = 0
    for nth in (1, 2, 5, 11, 17, 23, 26, 27, 28, 60):
        folder = tmp_path / str(nth)
        folder.mkdir()
        with database_url(kind, folder) as url:
            ended = forked(lambda url=url, nth=nth: upgrade_until_killed(url, nth))
            assert ended in (0, -signal.SIGKILL)
            store = Store(url)
            store.upgrade()
            assert version(store) == 1
            store.close()
    assert ended == 0, "the last number lies beyond the last statement, so every part of the upgrade was cut once"


# Reading and writing


def test_a_write_that_raises_keeps_nothing(store: Store) -> None:
    def fail(connection: object) -> None:
        connection.execute(update(STATE).values(version=77))  # type: ignore[attr-defined]
        raise KeyError("no")

    with pytest.raises(KeyError):
        store.write(fail)
    assert version(store) == 1


def test_the_reading_side_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"read.?only"):
        store.read(lambda c: c.execute(update(STATE).values(version=77)).rowcount)
    assert version(store) == 1


def test_a_read_sees_what_another_connection_kept_before_it(store: Store) -> None:
    assert version(store) == 1
    raise_version(store)
    assert version(store) == 2


def test_threads_of_an_unpatched_process_may_share_a_store(store: Store) -> None:
    threads = [threading.Thread(target=lambda: [raise_version(store) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert version(store) == 41


def test_a_database_in_memory_works_for_tests_and_trials() -> None:
    store = Store("sqlite:///:memory:")
    store.upgrade()
    raise_version(store)
    assert version(store) == 2
    store.close()


def test_sqlite_is_opened_for_durability(sqlite_store: Store, tmp_path: Path) -> None:
    def pragmas(connection: object) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]  # type: ignore[attr-defined]

    assert sqlite_store.write(pragmas) == ["wal", 2, 1]
    assert stat.S_IMODE((tmp_path / "test.db").stat().st_mode) == 0o600


# Locked, broken, away


def test_a_write_beside_a_held_lock_is_busy_in_time_and_reads_go_on(sqlite_store: Store, tmp_path: Path) -> None:
    with Holder(tmp_path / "test.db", 60) as other:
        with pytest.raises(StoreBusy, match="busy"):
            raise_version(sqlite_store)
        assert version(sqlite_store) == 1
        assert other.holding
    raise_version(sqlite_store)
    assert version(sqlite_store) == 2


def test_a_write_waits_for_a_lock_that_is_held_only_briefly(sqlite_store: Store, tmp_path: Path) -> None:
    with Holder(tmp_path / "test.db", 0.6):
        raise_version(sqlite_store)
    assert version(sqlite_store) == 2


def test_an_upgrade_that_has_nothing_to_do_does_not_wait_for_a_lock(sqlite_store: Store, tmp_path: Path) -> None:
    with Holder(tmp_path / "test.db", 60) as other:
        sqlite_store.upgrade()
        assert other.holding


def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "test.db").write_bytes(b"not a database at all, sorry" * 200)
    with pytest.raises(StoreError, match=r"cannot use the database .*test\.db: file is not a database") as caught:
        Store(f"sqlite:///{tmp_path / 'test.db'}").upgrade()
    assert "\n" not in str(caught.value)


def test_a_file_damaged_under_a_running_server_is_an_error_and_no_crash(tmp_path: Path) -> None:
    with open_store("sqlite", tmp_path) as made:
        made.close()
        path = tmp_path / "test.db"
        for extra in tmp_path.glob("test.db-*"):
            extra.unlink()
        good = path.read_bytes()
        path.write_bytes(b"\0" * 100 + good[100:])
        with pytest.raises(StoreError):
            version(made)
        path.write_bytes(good)
        assert version(made) == 1


def test_a_read_only_file_is_said_in_one_line(tmp_path: Path) -> None:
    with open_store("sqlite", tmp_path) as made:
        made.close()
    store = Store(f"sqlite:///file:{tmp_path / 'test.db'}?mode=ro&uri=true")
    store.upgrade()
    assert version(store) == 1
    with pytest.raises(StoreError, match="readonly"):
        raise_version(store)
    store.close()


def test_a_folder_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open database file"):
        Store(f"sqlite:///{tmp_path}/nowhere/test.db").upgrade()


def test_a_full_disk_refuses_the_write_and_heals_by_itself(sqlite_store: Store) -> None:
    def limited(connection: object) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()  # type: ignore[attr-defined]
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    sqlite_store.write(limited)
    with pytest.raises(StoreError, match="full"):
        sqlite_store.write(
            lambda c: c.execute(text("INSERT INTO settings VALUES ('X', :v, 0, '')"), {"v": "x" * 500_000}).rowcount
        )
    # The limit belonged to that connection; as after space was freed, a later write goes through.
    raise_version(sqlite_store)
    assert version(sqlite_store) == 2


def test_an_address_of_another_kind_of_database_is_refused() -> None:
    with pytest.raises(StoreError, match="not supported"):
        Store("mysql://localhost/x")
    with pytest.raises(StoreError, match="not a URL"):
        Store("nonsense")


def test_the_password_of_the_address_is_in_no_message() -> None:
    store = Store("postgresql://somebody:s3kret-word@127.0.0.1:1/nowhere")
    with pytest.raises(StoreError) as caught:
        store.read(lambda c: c.execute(text("SELECT 1")).scalar_one())
    assert "s3kret" not in repr(store) + str(caught.value) + repr(caught.value)
    store.close()


def test_a_postgres_that_accepts_and_never_answers_is_busy_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = Store(f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x?sslmode=disable")
        with pytest.raises(StoreBusy):
            version(store)
        store.close()


def test_postgres_that_drops_the_connection_is_used_again(tmp_path: Path) -> None:
    with open_store("postgres", tmp_path) as made:
        pid = made.read(lambda c: c.execute(text("SELECT pg_backend_pid()")).scalar_one())
        address = made._url.set(drivername="postgresql", query={}).render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        assert version(made) == 1


def test_postgres_writers_that_meet_wait_no_longer_than_the_lock_limit(tmp_path: Path) -> None:
    with open_store("postgres", tmp_path) as made:
        address = made._url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address) as other:
            other.execute("UPDATE state SET version = version + 1")
            with pytest.raises(StoreBusy):
                raise_version(made)
            other.rollback()
        raise_version(made)
        assert version(made) == 2


# Beside a hub


BESIDE_HUB = textwrap.dedent("""
    from gevent import monkey
    monkey.patch_all()
    import sys, threading, gevent, sqlite3
    from sqlalchemy import select, text, update
    from skyspy.store import Store, StoreBusy
    from skyspy.store.schema import STATE

    store = Store(sys.argv[1])
    store.upgrade()

    def one_up(connection):
        connection.execute(update(STATE).values(version=STATE.c.version + 1))

    def read():
        return store.read(lambda c: c.execute(select(STATE.c.version)).scalar_one())

    read(); store.write(one_up)
""")


def beside_hub(code: str, url: str) -> str:
    done = python(BESIDE_HUB + textwrap.dedent(code), url)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "nothing may be printed, neither by gevent's pool nor by a forgotten lock"
    return done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_many_greenlets_read_and_write_at_once(kind: str, tmp_path: Path) -> None:
    with database_url(kind, tmp_path) as url:
        said = beside_hub(
            """
            jobs = [gevent.spawn(store.write, one_up) for _ in range(60)] + [gevent.spawn(read) for _ in range(60)]
            gevent.joinall(jobs, raise_error=True)
            print(read())
            """,
            url,
        )
    assert said == "62\n"


def test_sqlite_reads_and_writes_on_a_native_thread_each_and_neither_is_the_hubs(tmp_path: Path) -> None:
    with database_url("sqlite", tmp_path) as url:
        said = beside_hub(
            """
            here = threading.get_native_id()
            jobs = [gevent.spawn(do, lambda c: threading.get_native_id()) for do in [store.read, store.write] * 20]
            gevent.joinall(jobs, raise_error=True)
            reading, writing = {job.value for job in jobs[::2]}, {job.value for job in jobs[1::2]}
            print(len(reading), len(writing), len(reading | writing | {here}))
            """,
            url,
        )
    assert said == "1 1 3\n"


def test_the_hub_goes_on_while_another_process_holds_the_database(tmp_path: Path) -> None:
    with database_url("sqlite", tmp_path) as url:
        said = beside_hub(
            f"""
            from gevent import subprocess
            held = subprocess.Popen([sys.executable, "-c", {HOLD!r}, {str(tmp_path / "test.db")!r}, "30"], stdout=subprocess.PIPE)
            held.stdout.readline()
            lane = store._backend._writer.lane

            def attempt():
                try:
                    store.write(one_up)
                except StoreBusy as busy:
                    return str(busy)
                return "done"

            def twenty(patience):
                lane.patience = patience
                return [gevent.spawn(attempt) for _ in range(20)]

            # Twenty wait together, not one after another: most were not begun when the first gave up.
            jobs = twenty(0.5)
            gevent.joinall(jobs)
            said = [job.value for job in jobs]
            print(said.count("done"), sum("waited too long" in text for text in said) >= 15, read())
            # The lock is freed by a greenlet of this very hub: were the hub held, it would never be.
            jobs = twenty(60)
            gevent.sleep(0.1)
            print(read(), any(job.ready() for job in jobs))
            held.kill(); held.wait()
            gevent.joinall(jobs)
            print({{job.value for job in jobs}}, read())
            """,
            url,
        )
    assert said == "0 True 2\n2 False\n{'done'} 22\n"


def test_the_hub_goes_on_while_postgres_thinks(tmp_path: Path) -> None:
    with database_url("postgres", tmp_path) as url:
        said = beside_hub(
            """
            import psycopg
            # The lock that five wait for is freed by this very hub, when all five wait: were it held, it would never be.
            held = psycopg.connect(sys.argv[1].split("?")[0], autocommit=True)
            held.execute("SELECT pg_advisory_lock(5150)")
            wait = text("SELECT pg_advisory_xact_lock_shared(5150)")
            jobs = [gevent.spawn(store.read, lambda c: c.execute(wait).scalar()) for _ in range(5)]
            waiting = "SELECT count(*) FROM pg_locks WHERE objid = 5150 AND NOT granted"
            while held.execute(waiting).fetchone()[0] < 5:
                gevent.sleep(0.01)
            held.execute("SELECT pg_advisory_unlock(5150)")
            gevent.joinall(jobs, raise_error=True)
            held.close()
            print(len(jobs))
            """,
            url,
        )
    assert said == "5\n"


def test_more_holders_than_connections_are_refused_in_time(tmp_path: Path) -> None:
    with database_url("postgres", tmp_path) as url:
        said = beside_hub(
            """
            store._backend._engine.pool._timeout = 0.5

            def hold():
                try:
                    store.read(lambda c: c.execute(text("SELECT pg_sleep(2.5)")).scalar())
                except StoreBusy:
                    return "busy"
                return "done"

            jobs = [gevent.spawn(hold) for _ in range(15)]
            gevent.joinall(jobs)
            said = [job.value for job in jobs]
            print(said.count("done"), said.count("busy"), read())
            """,
            url,
        )
    assert said == "10 5 2\n"


def test_a_frozen_postgres_answers_busy_and_the_connection_is_given_up(tmp_path: Path) -> None:
    with database_url("postgres", tmp_path) as url:
        said = beside_hub(
            """
            store._backend._patience = 0.5
            try:
                store.read(lambda c: c.execute(text("SELECT pg_sleep(5)")).scalar())
            except StoreBusy as busy:
                print("no answer in 0.5 s" in str(busy), read())
            """,
            url,
        )
    assert said == "True 2\n"


def test_an_error_in_a_job_reaches_its_caller_as_it_was(tmp_path: Path) -> None:
    with database_url("sqlite", tmp_path) as url:
        said = beside_hub(
            """
            for job in (lambda c: 1 / 0, lambda c: {}["gone"]):
                try:
                    store.write(job)
                except (ZeroDivisionError, KeyError) as error:
                    print(type(error).__name__)
            """,
            url,
        )
    assert said == "ZeroDivisionError\nKeyError\n"


def test_psycopg_imported_before_the_patch_is_refused() -> None:
    done = python(
        "import psycopg.waiting\nfrom gevent import monkey\nmonkey.patch_all()\nfrom skyspy.store import Store, StoreError\n"
        "try:\n    Store('postgresql:///test')\nexcept StoreError as error:\n    print(error)"
    )
    assert "patch first" in done.stdout, done.stderr


def test_a_forked_process_opens_connections_of_its_own(tmp_path: Path) -> None:
    with open_store("sqlite", tmp_path) as made:
        assert version(made) == 1

        def child() -> None:
            raise_version(made)
            assert version(made) == 2

        assert forked(child) == 0
        raise_version(made)
        assert version(made) == 3
        with sqlite3.connect(tmp_path / "test.db") as direct:
            assert direct.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        direct.close()
