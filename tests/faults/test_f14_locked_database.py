"""F14: another process holds the write lock of the databases (BEGIN IMMEDIATE), and lets go later."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

from sqlalchemy import text

from skyspy.clock import Clock
from skyspy.store import Store
from skyspy.store.history import HistoryStore
from tests.faults.conftest import watched_health
from tests.security.asking import ask
from tests.support.browser_client import PASSWORD
from tests.support.store_lock import Holder
from tests.wire.raw import Ws
from tests.wire.serving import Server, eventually

LOCKED_S = 10.0
"""Longer than the lease of the history lasts."""


def test_f14_while_the_databases_are_locked_the_sky_goes_on_writes_are_a_503_and_what_waits_is_written_after(
    tmp_path: Path,
) -> None:
    instance = tmp_path / "instance"
    server = Server(tmp_path, app="tests.wire.history_seconds:app", SKYSPY_FEEDS="demo://?aircraft=3")
    server.cli("user", "create", "root", "--role", "admin", "--password-stdin", typed=PASSWORD)
    sign_in, new_key = {"username": "root", "password": PASSWORD}, {"name": "made", "kind": "live"}

    def status(path: str, send: object = None) -> int:
        return ask(server, path, send=send, token=token).status

    token = None
    token = ask(server, "/api/auth/token/", send=sign_in).json()["access"]
    with Ws(server) as client:
        client.join()
        client.tell("subscribe", {"topics": ["aircraft"]})
        client.until("aircraft:update")
        with (
            Holder(instance / "skyspy.db", 120),
            Holder(instance / "history.sqlite3", 120),
            watched_health(server) as health,
        ):
            until, updates = time.monotonic() + LOCKED_S, 0
            assert status("/api/auth/token/", sign_in) == 503, "nobody is signed in whose sign-in cannot be stored"
            assert status("/api/auth/keys/", new_key) == 503
            assert status("/api/auth/me/") == 200, "reading needs no lock"
            while time.monotonic() < until:
                client.until("aircraft:update")
                updates += 1
        assert updates > LOCKED_S / 2, "as often as before"
        assert set(health.answers) == {200}
        assert status("/api/auth/token/", sign_in) == 200
        assert status("/api/auth/keys/", new_key) == 201
        assert client.alive()
    history = HistoryStore(f"sqlite:///{instance}/history.sqlite3", Store("sqlite://"), Clock())
    history.upgrade()

    def seconds() -> list[int]:
        return history.read(lambda c: list(c.execute(text("SELECT second FROM toy_second ORDER BY second")).scalars()))

    now = time.time()
    assert eventually(lambda: seconds()[-1] >= now)
    assert max(later - earlier for earlier, later in pairwise(seconds())) <= 3, "what waited is written"
    history.close()
    server.stop()
    assert "it is not known which process writes the history" in server.log(), "the lease was lost, and taken again"
    assert "Traceback" not in server.log()
