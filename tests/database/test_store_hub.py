"""Claims about the store in a gevent process: waiting for a database does not block the hub."""

from __future__ import annotations

import sqlite3
import textwrap
from pathlib import Path

from tests.support.databases import database_url, forked, open_store, python
from tests.support.store_lock import HOLD, raise_version, version

BESIDE_HUB = textwrap.dedent("""
    from gevent import monkey
    monkey.patch_all()
    import sys, threading, gevent, sqlite3
    from sqlalchemy import select, text, update
    from skyspy.store import Store, StoreBusy
    from skyspy.store.schema import STATE

    store = Store(sys.argv[1])
    store.upgrade()
    # The machine may be slow; tests of these limits set their own.
    if store.is_sqlite:
        store._backend._writer.pool.timeout = store._backend._reader.pool.timeout = 60
    else:
        store._backend._engine.pool._timeout = 60

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
            lane = store._backend._writer.pool

            def attempt():
                try:
                    store.write(one_up)
                except StoreBusy as busy:
                    return str(busy)
                return "done"

            def twenty(timeout):
                lane.timeout = timeout
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


def test_the_hub_goes_on_during_a_long_postgres_query(tmp_path: Path) -> None:
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


def test_more_transactions_than_connections_are_refused_in_time(tmp_path: Path) -> None:
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
            store._backend._timeout = 0.5
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
