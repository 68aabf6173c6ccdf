"""A server whose history cannot be used serves as before; the command line and the application bring both stores up."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import gevent
import pytest
from flask import Flask

from skyspy import app as application
from skyspy.app import create_app
from skyspy.auth.passwords import Passwords
from skyspy.server import Server, server_of
from skyspy.store import StoreError, presence, users
from skyspy.store.audit import Actor
from skyspy.store.errors import NewerSchema
from skyspy.store.history import erasure
from skyspy.store.history.statistics import minutes, write_minutes
from tests.conftest import StillClock
from tests.support.history import a_minute
from tests.support.running_clock import turns_until
from tests.support.shell import PASSWORD, Shell

ACTOR = Actor("cli", "test")


def newer(instance: Path) -> None:
    """Let the history be of a newer version."""
    with sqlite3.connect(instance / "history.sqlite3") as direct:
        direct.execute("UPDATE alembic_version SET version_num = '9999'")
    direct.close()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "instance").mkdir()
    return {"SKYSPY_INSTANCE": str(tmp_path / "instance"), "SKYSPY_FEEDS": "demo://?aircraft=3"}


def test_upgrade_brings_both_stores_up_and_says_where_they_stand(bare: Shell, tmp_path: Path) -> None:
    first = bare.good("db", "upgrade")
    database, history = first.splitlines()
    assert database.startswith(f"the database {tmp_path}/instance/skyspy.db is at schema ")
    assert history.startswith(f"the history {tmp_path}/instance/history.sqlite3 is at schema ")
    assert bare.good("db", "upgrade") == first


def test_upgrade_says_in_one_line_that_the_history_cannot_be_upgraded(shell: Shell, tmp_path: Path) -> None:
    shell.good("db", "upgrade")
    newer(tmp_path / "instance")
    done = shell.run("db", "upgrade")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "the history was made by a newer SkySpy" in done.stderr


def test_commands_that_need_no_history_do_not_touch_it(bare: Shell, tmp_path: Path) -> None:
    bare.good("user", "list")
    assert not (tmp_path / "instance" / "history.sqlite3").exists()


def test_a_newer_history_stops_the_start(environ: dict[str, str], tmp_path: Path) -> None:
    server = server_of(create_app(environ))
    server.store.close()
    newer(tmp_path / "instance")
    with pytest.raises(NewerSchema, match="the history was made by a newer SkySpy"):
        create_app(environ)


def test_the_main_database_may_not_have_the_name_of_the_history(shell: Shell, tmp_path: Path) -> None:
    error = shell.bad("db", "upgrade", environ={"SKYSPY_DATABASE_URL": f"sqlite:///{tmp_path}/history.sqlite3"})
    assert "SKYSPY_DATABASE_URL" in error


def works(server: Server, app: Flask) -> None:
    """Sign-in, a changed setting, an eviction, the aircraft and the live sky."""
    hashed = Passwords().hash(PASSWORD, 10, "ann")
    server.store.write(users.create, "ann", "admin", hashed, ACTOR, 0.0)
    client = app.test_client()
    signed_in = client.post("/api/auth/token/", json={"username": "ann", "password": PASSWORD})
    assert signed_in.status_code == 200, signed_in.text
    server.settings.change({"PASSWORD_MIN_LENGTH": "12"}, ACTOR)
    assert server.settings.fresh(0).PASSWORD_MIN_LENGTH == 12
    assert server.store.write(presence.evict, "user", "1", 1, ACTOR, 0.0) is not None
    server.skies["live"].tick()
    assert client.get("/api/aircraft/").status_code == 200


@pytest.mark.parametrize("state", ["a folder", "no database", "not readable"])
def test_with_an_unusable_history_everything_else_works(
    state: str, environ: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "instance" / "history.sqlite3"
    if state == "a folder":
        path.mkdir()
    elif state == "no database":
        path.write_bytes(b"no database" * 1000)
    else:
        # Root may read everything: a link into a folder that is not there cannot be opened by anybody.
        path.symlink_to(tmp_path / "nowhere" / "history.sqlite3")
    with caplog.at_level(logging.ERROR):
        app = create_app(environ, StillClock())
    assert ["history cannot be used" in record.getMessage() for record in caplog.records] == [True]
    server = server_of(app)
    application.start(app)
    try:
        works(server, app)
        with pytest.raises(StoreError):
            server.history.read(minutes, 0, 10**9)
        server.history.enqueue(write_minutes, a_minute(1))
        server.history.round()
        assert (server.history.status().available, server.history.status().queued) == (False, 1)
    finally:
        application.stop(app)


def test_a_history_that_breaks_while_the_server_runs_breaks_nothing_else(environ: dict[str, str], tmp_path: Path) -> None:
    app = create_app(environ, StillClock())
    server = server_of(app)
    application.start(app)
    try:
        server.history.close()
        (tmp_path / "instance" / "history.sqlite3").write_bytes(b"no database" * 1000)
        server.history.enqueue(write_minutes, a_minute(1))
        server.history.flush()
        assert server.history.status().failed_batches == 1
        works(server, app)
    finally:
        application.stop(app)


def test_a_running_server_keeps_its_minutes_over_its_stop(environ: dict[str, str]) -> None:
    clock = StillClock()
    app = create_app(environ, clock)
    server = server_of(app)
    application.start(app)
    parts = app.extensions[application.RUNNING]
    assert parts[0] is server.history, "what writes is stopped last: the others hand over what they have"
    server.skies["live"].tick()
    application.stop(app)
    server.history.upgrade()
    rows = server.history.read(minutes, 0, 10**9)
    assert [(row.minute, row.sky, row.samples) for row in rows] == [(int(clock.wall() // 60), "live", 1)]
    server.history.close()


def test_a_user_deleted_while_the_server_runs_is_followed_at_once(environ: dict[str, str]) -> None:
    clock = StillClock()
    app = create_app(environ, clock)
    server = server_of(app)
    user = server.store.write(users.create, "ann", "viewer", None, ACTOR, clock.wall())
    application.start(app)
    try:
        turns_until(lambda: server.history.loop.rounds)
        # On a clock that stands still no later round would look by itself. So long ago, that it needs no second application.
        server.store.write(users.remove, user.id, ACTOR, clock.wall() - erasure.RECHECK_S - 1)
        for _ in range(1000):
            if (mark := server.history.read(erasure.last_applied)) is not None:
                break
            gevent.sleep(0.01)
        assert mark is not None
        assert mark.user_id == user.id
    finally:
        application.stop(app)


def test_the_sandbox_has_a_history_of_its_own_in_memory_which_is_opened_at_its_first_use(app: Flask) -> None:
    server = server_of(app)
    assert server.histories["live"] is server.history
    sandbox = server.histories["sandbox"]
    assert (sandbox.where, sandbox.status().available) == (":memory:", False)
    sandbox.commit_now(write_minutes, [a_minute(1, sky="sandbox")])
    assert [row.minute for row in sandbox.read(minutes, 0, 10, "sandbox")] == [1]
    assert server.history.read(minutes, 0, 10, "sandbox") == []
    sandbox.close()
    assert sandbox.read(minutes, 0, 10, "sandbox") == [], "it is gone with the process"
