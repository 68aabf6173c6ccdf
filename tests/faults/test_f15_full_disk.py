"""F15: the disk that holds both databases is full, and has room again later."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, missing
from tests.faults.conftest import watched_health
from tests.security.asking import ask
from tests.support.browser_client import PASSWORD
from tests.wire.raw import Ws
from tests.wire.serving import Server, eventually

DISK_MB = 24
QUERY = """
import json, sqlite3, sys
print(json.dumps([row[0] for row in sqlite3.connect(sys.argv[1], timeout=30).execute(sys.argv[2])]))
"""
FULL_S = 10.0


class Disk:
    """A small disk that only the server sees, at `instance`; `seen` is its folder from outside."""

    def __init__(self, folder: Path) -> None:
        self._instance = folder / "instance"
        self._instance.mkdir()
        script = f'mount -t tmpfs -o size={DISK_MB}m,mode=700 tmpfs "{self._instance}" && exec "$@"'
        self.server = Server(
            folder,
            app="tests.wire.history_seconds:app",
            under=("unshare", "-m", "sh", "-c", script, "sh"),
            SKYSPY_FEEDS="demo://?aircraft=3",
        )
        self.seen = Path(f"/proc/{self.server.process.pid}/root{self._instance}")

    def fill(self) -> None:
        with contextlib.suppress(OSError), (self.seen / "filler").open("wb", buffering=0) as file:
            while file.write(b"\0" * 4096):
                pass
        assert os.statvfs(self.seen).f_bavail == 0

    def free(self) -> None:
        (self.seen / "filler").unlink()

    def inside(self, *words: str, typed: str | None = None) -> str:
        """Run Python where the disk is seen: SQLite resolves the links of /proc."""
        command = ["nsenter", "-t", str(self.server.process.pid), "-m", f"--wd={ROOT}", sys.executable, *words]
        environ = {**os.environ, "SKYSPY_INSTANCE": str(self._instance)}
        done = subprocess.run(command, env=environ, input=typed, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip()

    def query(self, name: str, query: str) -> list[Any]:
        """The first column of the query's rows."""
        return list(json.loads(self.inside("-c", QUERY, str(self._instance / name), query)))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    may = os.geteuid() == 0 and shutil.which("unshare")
    if not may or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        missing("a mount namespace (root, and unshare)")
    made = Disk(tmp_path)
    yield made
    made.server.stop()
    assert "Traceback" not in made.server.log()


def test_f15_on_a_full_disk_the_sky_goes_on_writes_are_refused_and_all_resumes_without_a_restart(disk: Disk) -> None:
    server = disk.server
    disk.inside("-m", "skyspy", "user", "create", "root", "--role", "admin", "--password-stdin", typed=PASSWORD)
    sign_in = {"username": "root", "password": PASSWORD}
    token = ask(server, "/api/auth/token/", send=sign_in).json()["access"]

    def new_key() -> int:
        return ask(server, "/api/auth/keys/", send={"name": "made", "kind": "live"}, token=token).status

    def history_is_up() -> bool:
        return "\nskyspy_history_up 1.0\n" in ask(server, "/metrics", token=token).text

    assert history_is_up()
    worker = server.worker
    with Ws(server) as client:
        client.join()
        client.tell("subscribe", {"topics": ["aircraft"]})
        client.until("aircraft:update")
        disk.fill()
        with watched_health(server) as health:
            # What is free inside the files is used up first.
            assert eventually(lambda: new_key() == 503)
            assert eventually(lambda: ask(server, "/api/auth/token/", send=sign_in).status == 503)
            assert ask(server, "/api/auth/me/", token=token).status == 200, "reading needs no room"
            assert eventually(lambda: not history_is_up())
            until, updates = time.monotonic() + FULL_S, 0
            while time.monotonic() < until:
                client.until("aircraft:update")
                updates += 1
        assert updates > FULL_S / 2, "as often as before"
        assert set(health.answers) == {200}
        disk.free()
        assert eventually(lambda: new_key() == 201)
        assert ask(server, "/api/auth/token/", send=sign_in).status == 200
        assert eventually(history_is_up, 30.0)
        assert client.alive()
    assert server.worker == worker
    now = time.time()
    query = "SELECT second FROM toy_second ORDER BY second"
    assert eventually(lambda: disk.query("history.sqlite3", query)[-1] >= now)
    seconds = disk.query("history.sqlite3", query)
    assert max(later - earlier for earlier, later in pairwise(seconds)) <= 3, "what waited is written"
    for name in ("skyspy.db", "history.sqlite3"):
        assert disk.query(name, "PRAGMA integrity_check") == ["ok"]
