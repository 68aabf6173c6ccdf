"""S35: a lost database opens nothing: real servers, real files, and a real Postgres."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from skyspy.config import ConfigError, load
from tests.security.asking import Browser, ask
from tests.support.databases import database_url
from tests.wire.raw import Ws
from tests.wire.serving import PASSWORD, Server, eventually

NAMESPACES = ("/", "/cannonball", "/acars")


@contextmanager
def running(folder: Path, count: int = 1, **environ: str) -> Iterator[list[Server]]:
    """Servers on one installation, all begun at the same time."""
    servers = [Server(folder, wait=False, **environ) for _ in range(count)]
    try:
        for server in servers:
            server.wait()
        yield servers
    finally:
        for server in servers:
            server.end()
        for server in servers:
            server.stop()
            assert "Traceback" not in server.log()


def is_open(server: Server) -> bool:
    """Whether a stranger sees the sky; what one door says the others must say, too."""
    answers = [ask(server, path).status for path in ("/api/aircraft/", "/data/aircraft.json", "/v2/mil")]
    for namespace in NAMESPACES:
        with Ws(server) as client:
            answers.append(200 if client.join(namespace)[0] == "connect" else 401)
    assert len(set(answers)) == 1, answers
    return answers[0] == 200


def lines_about_it(server: Server) -> list[str]:
    return [line for line in server.log().splitlines() if "db adopt" in line]


def lose(url: str, instance: Path, how: str) -> None:
    """Lose the main database; the history and the folder stay."""
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            (name,) = connection.execute("SELECT current_schema()").fetchone() or ("",)
            connection.execute(f"DROP SCHEMA {name} CASCADE; CREATE SCHEMA {name}")
        return
    for path in instance.glob("skyspy.db*"):
        path.unlink()
    if how == "empty":
        (instance / "skyspy.db").touch(0o600)


@pytest.mark.parametrize(("kind", "how"), [("sqlite", "deleted"), ("sqlite", "empty"), ("postgres", "dropped")])
def test_s35_strangers_stay_out_of_both_processes_until_the_database_is_adopted(tmp_path: Path, kind: str, how: str) -> None:
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    with database_url("postgres", tmp_path) if kind == "postgres" else nothing(instance) as url:
        with running(tmp_path, SKYSPY_DATABASE_URL=url) as (server,):
            assert is_open(server)
            server.cli("settings", "set", "AUTH_MODE", "private")
            assert eventually(lambda: ask(server, "/api/aircraft/").status == 401)
        lose(url, instance, how)
        with running(tmp_path, 2, SKYSPY_DATABASE_URL=url) as servers:
            for server in servers:
                assert not is_open(server)
                assert len(lines_about_it(server)) == 1
            servers[0].cli("settings", "set", "AUTH_MODE", "public")
            time.sleep(1.5)
            assert [is_open(server) for server in servers] == [False, False]
            # Whoever reads the console makes the first administrator; the panel says why the sky is closed, and what opens it.
            browser = Browser(servers[1])
            path = "/admin/first/" + servers[0].cli("admin-link").rpartition("/")[2] + "/"
            browser.get(path)
            assert browser.post(path, {"name": "ann", "password": PASSWORD, "again": PASSWORD}).status == 303
            assert browser.sign_in("ann").status == 303
            page = browser.get("/admin/access/").text
            assert re.search(r'class="told danger"[^>]*>[^<]*skyspy db adopt', page)
            assert not is_open(servers[0])
            assert "own now" in servers[0].cli("db", "adopt")
            for server in servers:
                assert eventually(lambda server=server: ask(server, "/api/aircraft/").status == 200, 3.0)
                assert is_open(server)
            assert "db adopt" not in browser.get("/admin/access/").text
        with running(tmp_path, SKYSPY_DATABASE_URL=url) as (server,):
            assert is_open(server)


@contextmanager
def nothing(instance: Path) -> Iterator[str]:
    yield f"sqlite:///{instance / 'skyspy.db'}"


def test_s35_a_fresh_start_as_make_run_does_it_is_open_as_ever(tmp_path: Path) -> None:
    with running(tmp_path) as (server,):
        pass
    shutil.rmtree(tmp_path / "instance")
    # The command line comes before the first server, and makes database and key.
    server.cli("db", "upgrade")
    assert server.cli("admin-link", "--if-empty").startswith("http://")
    with running(tmp_path) as (server,):
        assert is_open(server)
        assert lines_about_it(server) == []
    with running(tmp_path, 2) as servers:
        assert [is_open(server) for server in servers] == [True, True]


def test_s35_a_restored_backup_is_a_normal_start(tmp_path: Path) -> None:
    instance, backup = tmp_path / "instance", tmp_path / "backup.db"
    with running(tmp_path):
        with sqlite3.connect(instance / "skyspy.db") as live, sqlite3.connect(backup) as copy:
            live.backup(copy)
        live.close()
        copy.close()
    lose("", instance, "deleted")
    shutil.copy(backup, instance / "skyspy.db")
    with running(tmp_path) as (server,):
        assert is_open(server)


@pytest.mark.parametrize("how", ["replaced", "removed"])
def test_s35_a_database_file_that_is_exchanged_under_a_running_server_opens_nothing(tmp_path: Path, how: str) -> None:
    file = tmp_path / "instance" / "skyspy.db"
    with running(tmp_path) as (server,):
        assert is_open(server)
        with Ws(server) as there:
            assert there.join()[0] == "connect"
            with sqlite3.connect(file) as source, sqlite3.connect(tmp_path / "copy.db") as copy:
                source.backup(copy)
            if how == "removed":
                file.unlink()
            else:
                (tmp_path / "copy.db").replace(file)
            assert eventually(lambda: ask(server, "/api/aircraft/").status == 503)
            with Ws(server) as stranger:
                assert stranger.join() == ("refused", {"message": "Server busy", "data": {"code": "overloaded"}})
            assert there.alive()
            assert "was replaced or removed while the server runs: restart the server" in server.log()
    with running(tmp_path) as (server,):
        assert is_open(server) == (how == "replaced")


def test_s35_a_secret_key_that_others_can_read_stops_the_start_with_one_line(tmp_path: Path) -> None:
    load({"SKYSPY_INSTANCE": str(tmp_path / "instance")})
    path = tmp_path / "instance" / "secret_key"
    for mode in (0o644, 0o666, 0o640, 0o604):
        path.chmod(mode)
        with pytest.raises(ConfigError, match=r"\A[^\n]+chmod 600 [^\n]+\Z"):
            load({"SKYSPY_INSTANCE": str(tmp_path / "instance")})
    with pytest.raises(AssertionError, match=re.escape(f"chmod 600 {path}")) as ended:
        Server(tmp_path)
    said = str(ended.value)
    assert "Traceback" not in said
    assert len([line for line in said.splitlines() if "skyspy:" in line]) == 1
    path.chmod(0o600)
    with running(tmp_path) as (server,):
        assert is_open(server)
