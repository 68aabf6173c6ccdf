"""The real server in a separate process, and an operator who changes its database from outside."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import jwt

from skyspy.auth.passwords import Passwords
from skyspy.clock import Clock
from skyspy.config import load
from skyspy.store import Store, keys, users
from skyspy.store.audit import Actor
from skyspy.store.settings import SettingsTable
from tests.conftest import ROOT, StillClock
from tests.support.browser_client import PASSWORD
from tests.support.databases import change, create_key
from tests.support.tokens import Parts, parts

OPERATOR = Actor("system", "test")
WORKER = "geventwebsocket.gunicorn.workers.GeventWebSocketWorker"
START_SECONDS = 90.0
"""Time-out for slow machines. Only the two seconds of an eviction are a claim about speed."""


class Server:
    """One gunicorn, started as the README says, with its instance in `folder`. Its port is bound here and handed over, so
    that no other run of the tests takes it meanwhile. Who starts several at once says `wait=False`, and waits for each
    when all have begun. `under` is a command that becomes the server's."""

    def __init__(
        self,
        folder: Path,
        wait: bool = True,
        app: str = "wsgi:app",
        under: tuple[str, ...] = (),
        tree: Path = ROOT,
        **environ: str,
    ) -> None:
        self.folder = folder
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        self.log_file = folder / f"log.{self.port}"
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SKYSPY_")},
            "SKYSPY_INSTANCE": str(folder / "instance"),
            "SKYSPY_LAT": "47.5",
            "SKYSPY_LON": "8.5",
            **environ,
        }
        descriptor = listener.fileno()
        command = [*under, sys.executable, "-m", "gunicorn", "-k", WORKER, "-w", "1", "-b", f"fd://{descriptor}", app]
        with listener, self.log_file.open("w") as log:
            self.process = subprocess.Popen(command, cwd=tree, env=self._environ, stdout=log, stderr=log, pass_fds=[descriptor])
        if wait:
            self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended: {self.log()}")
            try:
                with urllib.request.urlopen(self.url + "/healthz", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the server does not answer: {self.log()}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        return self.log_file.read_text()

    def cli(self, *words: str, typed: str | None = None) -> str:
        """Run the command line against this server's database; `typed` is its standard input."""
        done = subprocess.run(
            [sys.executable, "-m", "skyspy", *words],
            cwd=ROOT,
            env=self._environ,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout.strip()

    @property
    def worker(self) -> int:
        """The process id of the one worker."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        assert len(children) == 1
        return int(children[0])

    def rss_mb(self) -> float:
        """Memory of the worker, in MB."""
        for line in Path(f"/proc/{self.worker}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no VmRSS")

    def open_sockets(self) -> int:
        """Sockets of the worker: every connection is one. Its other files are the database's, opened when it likes."""
        found = 0
        for descriptor in Path(f"/proc/{self.worker}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed while we look
                found += str(descriptor.readlink()).startswith("socket:")
        return found

    def cpu_seconds(self) -> float:
        """Processor time the worker has used."""
        fields = Path(f"/proc/{self.worker}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Ask it to end; `stop` waits until it has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it and its worker, which it would replace, at once."""
        worker = self.worker
        self.process.kill()
        os.kill(worker, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.end()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def eventually(claim: Any, seconds: float = 20.0) -> bool:
    """Whether the condition becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if claim():
            return True
        time.sleep(0.02)
    return bool(claim())


class Operator:
    """Changes settings and accounts in a server's database, as another process would."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        config = load({"SKYSPY_INSTANCE": str(folder / "instance"), **environ})
        self.store = Store(config.database_url)
        self.settings = SettingsTable(self.store, {})
        self.clock = Clock()
        self._key = config.secret_key
        auth = self._parts(self.clock)
        self.secret, self.passwords, self.api_keys, self.tokens = auth.secret, auth.passwords, auth.api_keys, auth.tokens
        self._users: dict[str, int] = {}

    def _parts(self, clock: Clock) -> Parts:
        return parts(self.store, self.settings, self._key, clock, Passwords())

    def choose(self, **settings: object) -> None:
        """Change settings, and wait until a server follows them."""
        self.settings.change(settings, OPERATOR)
        time.sleep(0.3)

    def user(self, name: str, role: str = "admin") -> int:
        if name not in self._users:
            hashed = self.passwords.hash(PASSWORD, 10)
            self._users[name] = change(self, users.create, name, role, hashed, OPERATOR).id
        return self._users[name]

    def jwt(self, name: str = "ann", ago: float = 0.0) -> str:
        """An access token of a sign-in `ago` seconds in the past."""
        self.user(name)
        return self._parts(StillClock(wall=time.time() - ago)).tokens.login(name, PASSWORD, "127.0.0.1").access

    def made_key(self, name: str = "ann", kind: str = "live", **more: Any) -> Any:
        return create_key(self, self.user(name), kind, "test", OPERATOR, **more)

    def key(self, name: str = "ann", kind: str = "live", **more: Any) -> str:
        text: str = self.made_key(name, kind, **more).text
        return text

    def revoked_key(self) -> str:
        made = self.made_key()
        change(self, keys.revoke, made.key.id, OPERATOR)
        text: str = made.text
        return text

    def close(self) -> None:
        self.store.close()


def unsigned(token: str) -> str:
    """The same claims under `alg: none`."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def resigned(token: str) -> str:
    """The same claims, signed with another key."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, "another key of at least thirty-two bytes", "HS256")


def mistyped(token: str) -> str:
    """The token with one character changed."""
    return token[:20] + ("a" if token[20] != "a" else "b") + token[21:]
