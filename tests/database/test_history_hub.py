"""Claims about bulk writes: while the history's writer is blocked, the main store commits and the hub goes on.

Nothing here is measured by the clock: each bulk write is held by a lock that is only released after the main store's
commits, so a test in which they wait for it never ends.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.support.databases import KINDS, database_url, python
from tests.support.store_lock import HOLD

BESIDE_HUB = textwrap.dedent("""
    from gevent import monkey
    monkey.patch_all()
    import sys, threading, gevent
    from sqlalchemy import select, text
    from skyspy.clock import Clock
    from skyspy.config import history_url_of
    from skyspy.store import Store, StoreError, presence
    from skyspy.store.audit import Actor
    from skyspy.store.history import HistoryStore
    from skyspy.store.history.statistics import Minute, minutes, write_minutes
    from skyspy.store.schema import EVICTIONS
    from skyspy.store.settings import SettingsTable

    main = Store(sys.argv[1])
    main.upgrade()
    history = HistoryStore(history_url_of(sys.argv[1]), main, Clock())
    history.upgrade()
    settings = SettingsTable(main, clock=Clock())
    actor = Actor("cli", "test")

    # The machine may be crowded: nothing here is given up because it waited long.
    for store in (main, history._store):
        if store.is_sqlite:
            store._backend._writer.pool.timeout = store._backend._reader.pool.timeout = 60
        else:
            store._backend._timeout = 60

    def one(minute):
        return Minute(minute, "live", 60, 1, 1.0, 1, 0, 0, 1, None, False)

    def change_and_evict():
        settings.change({"PASSWORD_MIN_LENGTH": "12"}, actor)
        main.write(presence.evict, "user", "7", 1, actor, 0.0)
        evicted = main.read(lambda c: c.execute(select(EVICTIONS.c.target)).scalars().all())
        return settings.fresh(0).PASSWORD_MIN_LENGTH, evicted
""")


def beside_hub(code: str, url: str) -> str:
    done = python(BESIDE_HUB + textwrap.dedent(code), url)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_on_sqlite_a_blocked_bulk_write_delays_no_change_and_no_eviction(tmp_path: Path) -> None:
    with database_url("sqlite", tmp_path) as url:
        said = beside_hub(
            """
            # The lock of the unpatched module: it really stops the native thread that writes.
            allocate = monkey.get_original("_thread", "allocate_lock")
            slow, writing = allocate(), []
            slow.acquire()

            def slow_write(connection, rows):
                writing.append(threading.get_native_id())
                slow.acquire()
                write_minutes(connection, rows)

            history.enqueue(slow_write, one(1))
            history.start()
            while not writing:
                gevent.sleep(0.01)
            print(*change_and_evict(), history.status().written)
            threads = [main.write(lambda c: threading.get_native_id()), main.read(lambda c: threading.get_native_id())]
            print(len({threading.get_native_id(), *writing, *threads}), history.read(minutes, 0, 9))
            slow.release()
            while not history.status().written:
                gevent.sleep(0.01)
            print(len(history.read(minutes, 0, 9)))
            history.stop()
            """,
            url,
        )
    assert said == "12 ['7'] 0\n4 []\n1\n"


def test_on_postgres_bulk_writes_that_hold_every_connection_of_the_history_delay_nothing(tmp_path: Path) -> None:
    with database_url("postgres", tmp_path) as url:
        said = beside_hub(
            """
            import psycopg
            held = psycopg.connect(sys.argv[1].split("?")[0], autocommit=True)
            held.execute("SELECT pg_advisory_lock(5151)")
            history._store._backend._engine.pool._timeout = 0.2

            def wait(connection):
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_xact_lock_shared(5151)"))

            def slow_write(connection, rows):
                write_minutes(connection, rows)
                wait(connection)

            history.enqueue(slow_write, one(1))
            history.start()
            jobs = [gevent.spawn(history.read, wait) for _ in range(9)]
            waiting = "SELECT count(*) FROM pg_locks WHERE objid = 5151 AND NOT granted"
            while held.execute(waiting).fetchone()[0] < 10:
                gevent.sleep(0.01)
            try:
                history.read(minutes, 0, 9)
            except StoreError:
                print("no connection is left")
            print(*change_and_evict(), history.status().written)
            held.execute("SELECT pg_advisory_unlock(5151)")
            gevent.joinall(jobs, raise_error=True)
            while not history.status().written:
                gevent.sleep(0.01)
            held.close()
            print(len(history.read(minutes, 0, 9)))
            history.stop()
            """,
            url,
        )
    assert said == "no connection is left\n12 ['7'] 0\n1\n"


def test_while_another_process_holds_the_file_the_main_store_commits_and_an_event_waits_alone(tmp_path: Path) -> None:
    with database_url("sqlite", tmp_path) as url:
        said = beside_hub(
            f"""
            from gevent import subprocess
            history.start()
            held = subprocess.Popen(
                [sys.executable, "-c", {HOLD!r}, {str(tmp_path / "history.sqlite3")!r}, "60"], stdout=subprocess.PIPE
            )
            held.stdout.readline()
            history.enqueue(write_minutes, one(1))
            history.loop.wake()
            event = gevent.spawn(history.commit_now, write_minutes, [one(2)])
            gevent.sleep(0.1)
            print(*change_and_evict(), event.ready(), history.status().written)
            held.kill(); held.wait()
            event.get()
            while not history.status().written:
                gevent.sleep(0.01)
            print([row.minute for row in history.read(minutes, 0, 9)])
            history.stop()
            """,
            url,
        )
    assert said == "12 ['7'] False 0\n[1, 2]\n"


def test_an_unusable_file_is_tried_again_beside_the_hub(tmp_path: Path) -> None:
    with database_url("sqlite", tmp_path) as url:
        said = beside_hub(
            """
            import os, pathlib
            from skyspy.store.history import store
            path = pathlib.Path(history.where)
            history.close()
            for extra in path.parent.glob("history.sqlite3*"):
                extra.unlink()
            path.mkdir()
            again = HistoryStore(history_url_of(sys.argv[1]), main, Clock())
            again.open()
            threads, upgrade = [], again.upgrade

            def note_thread():
                threads.append(threading.get_native_id())
                return upgrade()

            again.upgrade = note_thread
            again.enqueue(write_minutes, one(1))
            again.round()
            path.rmdir()
            again.condition.retry_now()
            again.round()
            print(len(again.read(minutes, 0, 9)), len(threads), threading.get_native_id() in threads)
            again.stop()
            """,
            url,
        )
    assert said == "1 2 False\n"


@pytest.mark.parametrize("kind", KINDS)
def test_events_of_many_greenlets_and_batches_are_all_kept(kind: str, tmp_path: Path) -> None:
    with database_url(kind, tmp_path) as url:
        said = beside_hub(
            """
            if not main.is_sqlite:
                history._store._backend._engine.pool._timeout = 60
            history.start()
            for n in range(2000):
                history.enqueue(write_minutes, one(n))
            jobs = [gevent.spawn(history.commit_now, write_minutes, [one(5000 + n)]) for n in range(60)]
            gevent.joinall(jobs, raise_error=True)
            history.stop()
            history.upgrade()
            print(len(history.read(minutes, 0, 10_000, "live", 10_000)), history.status().written, history.status().committed)
            """,
            url,
        )
    assert said == "2060 2000 60\n"
