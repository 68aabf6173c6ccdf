"""F50: a name server that never answers, and 64 receivers whose names it should resolve, beside one that is well."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing
from tests.faults.conftest import watched_health
from tests.faults.well import AIRCRAFT, Well
from tests.security.asking import ask
from tests.wire.serving import Operator, Server, eventually

NAME_SERVER = "127.53.53.53"
DEAD = 64
SECONDS, LATE = 12, 3
"""So long is looked, and so many polls less may come on a crowded machine. Of 64 dead names there once came none."""
SAID = "no name server answered"


class Silent:
    """A name server that reads questions and answers none."""

    def __init__(self) -> None:
        self.asked = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((NAME_SERVER, 53))
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while self._socket.recv(2048) != b"end":
            self.asked += 1

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"end", (NAME_SERVER, 53))
        self._thread.join()
        self._socket.close()


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """A command that runs another one where Silent is the only name server."""
    unshare = shutil.which("unshare")
    may = (
        os.geteuid() == 0
        and unshare
        and subprocess.run([unshare, "-m", "true"], capture_output=True, check=False).returncode == 0
    )
    if not may:
        missing("the right to make a mount namespace")
    (tmp_path / "resolv.conf").write_text(f"nameserver {NAME_SERVER}\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns\n")
    mounts = " && ".join(f"mount --bind {tmp_path}/{name} /etc/{name}" for name in ("resolv.conf", "nsswitch.conf"))
    yield ("unshare", "-m", "sh", "-c", f'{mounts} && exec "$@"', "sh")


def test_f50_dead_names_say_so_and_the_receiver_that_is_well_is_heard_each_second(
    tmp_path: Path, namespace: tuple[str, ...]
) -> None:
    silent, well = Silent(), Well()
    healthy = f"http://127.0.0.1:{well.port}/data/aircraft.json"
    dead = [f"http://dead{number}.example/a.json" for number in range(DEAD)]
    server = Server(tmp_path, under=namespace, SKYSPY_FEEDS=",".join([healthy, *dead]))
    operator = Operator(tmp_path)
    operator.user("root")
    key = operator.key("root")

    def feeds() -> dict[str, Any]:
        return {row["url"]: row for row in ask(server, "/api/admin/feeds/", token=key).json()["feeds"]}

    heard = set()
    with watched_health(server) as health:
        assert eventually(lambda: silent.asked > 0)
        began = time.monotonic()
        while time.monotonic() < began + SECONDS:
            heard.add(feeds()[healthy]["last_seen"])
            time.sleep(0.2)
        row = feeds()[healthy]
    assert len([at for at in well.times if at >= began]) >= SECONDS - LATE, "it is asked each second"
    assert len(heard) >= SECONDS - LATE, "and what it says is taken in"
    assert (row["state"], row["aircraft"], row["error"]) == ("up", AIRCRAFT, None)
    assert set(health.answers) == {200}
    assert eventually(lambda: all(SAID in (feeds()[url]["error"] or "") for url in dead), 180)
    for part in (well, silent, operator):
        part.close()
    server.stop()
    assert "Traceback" not in server.log()
