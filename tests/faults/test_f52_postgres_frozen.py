"""F52: Postgres is frozen (SIGSTOP), and goes on later."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.conftest import missing
from tests.faults.conftest import watched_health
from tests.security.asking import ask
from tests.support.browser_client import PASSWORD
from tests.wire.raw import Ws
from tests.wire.serving import Server, eventually

FROZEN_SECONDS = 8.0


def found(program: str) -> str:
    """A program of Postgres, which distributions put beside the search path."""
    candidates = [shutil.which(program), *map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True))]
    path = next((str(Path(each).resolve()) for each in candidates if each), "")
    if not path:
        missing(f"Postgres' {program}")
    return path


def port_for_now() -> int:
    """A port that is free now: Postgres cannot be handed a socket."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Cluster:
    """A Postgres of its own. It does not run as root: there it becomes nobody else's but `postgres`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="skyspy-postgres-"))
        self._as: list[str] = []
        if os.geteuid() == 0:
            if not shutil.which("runuser"):
                missing("runuser")
            shutil.chown(self.folder, "postgres")
            self._as = ["runuser", "-u", "postgres", "--"]
        self._run(found("initdb"), "-D", f"{self.folder}/data", "-A", "trust", "-U", "postgres", "-N", "--locale=C", "-E", "UTF8")
        self.port = port_for_now()
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        self._run(found("pg_ctl"), "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "-o", options, "start")
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def _run(self, *command: str) -> None:
        subprocess.run([*self._as, *command], check=True, capture_output=True, timeout=60, cwd="/")

    def _processes(self) -> list[int]:
        """The postmaster and its children, which is every process of the cluster."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        for process in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def stop(self) -> None:
        self.go_on()
        self._run(found("pg_ctl"), "-D", f"{self.folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    made.stop()


def status(server: Server, path: str, token: str = "", send: object = None) -> int:
    return ask(server, path, send=send, token=token or None).status


def test_f52_a_frozen_postgres_is_a_503_the_stream_goes_on_and_all_is_well_after(tmp_path: Path, cluster: Cluster) -> None:
    with psycopg.connect(cluster.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server = Server(tmp_path, SKYSPY_DATABASE_URL=cluster.url, SKYSPY_FEEDS="demo://")
    server.cli("user", "create", "root", "--role", "admin", "--password-stdin", typed=PASSWORD)
    sign_in = {"username": "root", "password": PASSWORD}
    token = ask(server, "/api/auth/token/", send=sign_in).json()["access"]
    assert status(server, "/api/auth/me/", token) == 200
    with Ws(server) as client:
        client.join()
        client.tell("subscribe", {"topics": ["aircraft"]})
        client.until("aircraft:update")
        cluster.freeze()
        try:
            with watched_health(server) as health:
                asking = ThreadPoolExecutor(3)
                answers = [asking.submit(status, server, "/api/auth/me/", token) for _ in range(3)]
                answers += [asking.submit(status, server, "/api/auth/token/", send=sign_in) for _ in range(3)]
                until, updates = time.monotonic() + FROZEN_SECONDS, 0
                while time.monotonic() < until:
                    client.until("aircraft:update")
                    updates += 1
                with Ws(server) as stranger:
                    kind, refusal = stranger.join()
                asking.shutdown()
        finally:
            cluster.go_on()
        assert {answer.result() for answer in answers} == {503}
        assert updates > FROZEN_SECONDS, "several a second, as before"
        assert set(health.answers) == {200}
        assert (kind, refusal["data"]) == ("refused", {"code": "overloaded"}), "nobody new is let in by what was read before"
        assert eventually(lambda: status(server, "/api/auth/me/", token) == 200)
        assert eventually(lambda: status(server, "/api/auth/token/", send=sign_in) == 200)
        assert client.alive(), "whoever was there stayed"
    with Ws(server) as later:
        assert later.join()[0] == "connect"
    server.stop()
    assert "Traceback" not in server.log()
