"""A whole server in a few milliseconds: one site per process is used again and again, and a migrated database is copied.

Compiling the URL rules, running the migrations and reading the templates cost a hundred times what the rest of a
server does. A test still gets a server of its own: every part that keeps something is new.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from flask import Flask

from skyspy.app import Components, build_site, create_app
from skyspy.auth.passwords import Passwords
from skyspy.clock import Clock
from skyspy.config import HISTORY_FILE, history_url_of
from skyspy.server import server_of
from skyspy.store import Store
from skyspy.store.history import HistoryStore

MAIN_FILE = "skyspy.db"
QUICK = Passwords(memory_kib=8, passes=1)
"""Hashes at a price for tests. What a real hash is worth is the claim of test_passwords alone."""

_FREE: list[Flask] = []
"""Sites that no server uses now."""


TESTED = Components(passwords=lambda: QUICK)


def serve(environ: Mapping[str, str], clock: Clock, components: Components = TESTED) -> Flask:
    """A server with nothing started; `release` it. Its instance folder gets a migrated database where it has none."""
    if "SKYSPY_DATABASE_URL" not in environ:
        provide_database(Path(environ["SKYSPY_INSTANCE"]))
    return create_app(environ, clock, components, site=_FREE.pop() if _FREE else build_site())


def release(app: Flask) -> None:
    """Close a server's databases, and keep its site for the next one."""
    for history in server_of(app).histories.values():
        history.close()
    server_of(app).store.close()
    # Socket.IO put itself around the site's own function: the next server's does the same.
    del app.wsgi_app
    _FREE.append(app)


def provide_database(instance: Path) -> None:
    """Migrated SQLite files under the names that a server looks for in its instance folder, where there are none."""
    instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy_database(instance / MAIN_FILE)
    copy_database(instance / HISTORY_FILE, HISTORY_FILE)


def copy_database(path: Path, name: str = MAIN_FILE) -> None:
    """A migrated SQLite file at this path, if there is none: the main database, or the other one of that name."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(_migrated()[name])


@cache
def _migrated() -> dict[str, bytes]:
    """New SQLite databases with the newest schemas, by the names of their files."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/{MAIN_FILE}"
        store = Store(url)
        store.upgrade()
        history = HistoryStore(history_url_of(url), store, Clock())
        history.upgrade()
        history.close()
        store.close()
        return {name: (Path(folder) / name).read_bytes() for name in (MAIN_FILE, HISTORY_FILE)}
