"""Make the fixture of an existing installation. Runs on the code of commit 6feff02, and on no other.

    cd CHECKOUT-OF-6feff02 && .venv/bin/python THIS-FOLDER/make.py postgresql:///test

Writes skyspy.db.gz, postgres.sql, rows.json and answers.json beside this file. One installation is made twice, through the
functions of 6feff02, once on a SQLite file and once in a schema of the Postgres database that the argument names; both must hold
the same rows. Time is a clock that this script moves, and randomness is replaced by plaintext.py, so that the committed
files hold digests only and a test can still present every key, token, cookie and link.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import plaintext
import psycopg
from maker import HOUR, Maker, MovedClock, make
from plaintext import AGENT, HOME, MADE_AT, NOW, SECRET_KEY
from sqlalchemy import select

from skyspy.auth.passwords import Passwords
from skyspy.store import Connection
from skyspy.store.schema import METADATA

HERE = Path(__file__).parent
SCHEMA = "skyspy_fixture_installation"
ENVIRON = {"SKYSPY_SECRET_KEY": SECRET_KEY, "AIRCRAFT_TIMEOUT_SECONDS": "90", "SKYSPY_LOG_LEVEL": "ERROR"}
READ_BACK = ("/api/admin/users/", "/api/admin/roles/", "/api/admin/keys/", "/api/admin/settings/", "/api/admin/feeds/")
TEXTS = ("title", "says", "group", "unit")
LIVE = ("state", "name", "format", "messages_per_second", "history", "aircraft", "last_seen", "error")
"""What an answer says of a receiver's connection at this moment."""
NOT_KEPT = {"/api/admin/settings/": TEXTS, "/api/admin/feeds/": LIVE}


def check(world: Maker) -> None:
    """Whether 6feff02 takes the cookies, tokens and links that plaintext.py computes."""

    def get(path: str, cookie: str = "", token: str = "") -> int:
        client = world.app.test_client()
        if cookie:
            client.set_cookie("skyspy_panel", plaintext.panel_cookie(cookie), path="/admin")
        head = {"User-Agent": AGENT, **({"Authorization": f"Bearer {token}"} if token else {})}
        return client.get(path, headers=head, environ_base={"REMOTE_ADDR": HOME}).status_code

    for label in ("anna's browser", "anna's kept browser", "otto's kept browser"):
        assert get("/admin/profile/", cookie=label) == 200, label
    assert get("/admin/profile/", cookie="signed out") == 303
    assert get("/admin/invite/" + plaintext.link("invitation", "invite", 7, 0, 1) + "/") == 200
    assert get("/admin/reset/" + plaintext.link("forgotten password", "reset", 3, 0, 1) + "/") == 200
    issued = NOW - HOUR + 8 * 60
    assert get("/api/auth/me/", token=plaintext.access_token("vera's app", 3, issued - 60, 7200)) == 200


def rows_of(world: Maker) -> dict[str, Any]:
    """Every row of every table, as plain JSON."""

    def read(connection: Connection) -> dict[str, Any]:
        found = {}
        for table in METADATA.sorted_tables:
            listed = [list(map(plain, row)) for row in connection.execute(select(table))]
            found[table.name] = {"columns": list(table.columns.keys()), "rows": sorted(listed, key=repr)}
        return found

    return world.house.store.read(read)


def plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def answers_of(world: Maker) -> dict[str, Any]:
    """What 6feff02 answers of this installation at NOW."""
    client = world.app.test_client()

    def get(path: str, key: str, address: str = HOME) -> Any:
        head = {"Authorization": f"Bearer {key}"}
        answer = client.get(path, headers=head, environ_base={"REMOTE_ADDR": address})
        return {"status": answer.status_code, "body": answer.get_json()}

    admin = plaintext.api_key("everything")
    read_back = {path: get(path, admin)["body"] for path in READ_BACK}
    for path, names in NOT_KEPT.items():
        for listed in read_back[path].values():
            for item in listed if isinstance(listed, list) else ():
                for name in names:
                    item.pop(name, None)
    log: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = get("/api/admin/audit/?limit=500" + (f"&cursor={cursor}" if cursor else ""), admin)["body"]
        log += page["entries"]
        cursor = page["next_cursor"]
    kinds = {"sandbox": "test"}
    names = [row["name"] for row in get("/api/admin/keys/?limit=500", admin)["body"]["keys"]] + ["successor", "replacement"]
    me = {}
    for name in sorted(set(names)):
        key = plaintext.api_key(name, kinds.get(name, "live"))
        me[name] = {"kind": kinds.get(name, "live"), **get("/api/auth/me/", key)}
    me["from home"]["elsewhere"] = get("/api/auth/me/", plaintext.api_key("from home"), "203.0.113.5")
    return {"answers": read_back, "audit": log, "keys": me}


def on_sqlite(folder: Path, clock: MovedClock) -> Maker:
    return Maker({**ENVIRON, "SKYSPY_INSTANCE": str(folder)}, clock)


def on_postgres(folder: Path, clock: MovedClock, address: str) -> Maker:
    url = f"{address}?options=-csearch_path%3D{SCHEMA}"
    return Maker({**ENVIRON, "SKYSPY_INSTANCE": str(folder), "SKYSPY_DATABASE_URL": url}, clock)


def packed(file: Path) -> bytes:
    """A SQLite file without slack and without a log beside it, compressed; the same bytes each time."""
    connection = sqlite3.connect(file)
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert not file.with_name(file.name + "-wal").exists()
    return gzip.compress(file.read_bytes(), mtime=0)


def dumped(address: str) -> str:
    """The schema as SQL that fills whichever schema comes first in the search path."""
    command = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", f"--schema={SCHEMA}", address]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    without = re.compile(r"(--.*|SET .*|SELECT pg_catalog\.set_config.*|CREATE SCHEMA .*|\\.*|\s*)")
    lines = [line for line in text.splitlines() if not without.fullmatch(line)]
    return "\n".join(lines).replace(f"{SCHEMA}.", "") + "\n"


@contextmanager
def schema(address: str) -> Iterator[None]:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        yield
        connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


def lines(value: Any, depth: int = 3) -> str:
    """JSON whose outer levels stand on lines of their own."""
    if depth == 0 or not isinstance(value, dict | list) or not value:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[\n" + ",\n".join(lines(one, depth - 1) for one in value) + "\n]"
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {lines(one, depth - 1)}" for name, one in value.items()) + "\n}"


def written(name: str, value: object) -> None:
    (HERE / name).write_text(lines(value) + "\n", encoding="utf-8")


def main(address: str) -> None:
    clock = MovedClock()
    # Migrations and itsdangerous read the machine's clock.
    time.time = clock.wall
    # A hash has a random salt: each password is hashed once, so that both databases hold the same rows.
    hashed = lru_cache(None)(Passwords().hash)
    Passwords.hash = lambda _self, *typed: hashed(*typed)
    folder = Path(tempfile.mkdtemp())
    made: list[tuple[Any, Any]] = []
    builders: list[Callable[[], Maker]] = [
        lambda: on_sqlite(folder / "sqlite", clock),
        lambda: on_postgres(folder / "postgres", clock, address),
    ]
    with schema(address):
        for build in builders:
            clock.now = MADE_AT
            world = build()
            make(world)
            rows = rows_of(world)
            if world.house.store.is_sqlite:
                world.house.store.close()  # opens again by itself
                (HERE / "skyspy.db.gz").write_bytes(packed(folder / "sqlite" / "skyspy.db"))
            else:
                (HERE / "postgres.sql").write_text(dumped(address), encoding="utf-8")
            # Read last: an answer may leave a trace.
            made.append((rows, answers_of(world)))
            check(world)
            world.house.store.close()
    for on_sqlite_, on_postgres_ in zip(*made, strict=True):
        for name in on_sqlite_:
            assert on_sqlite_[name] == on_postgres_[name], f"{name} differs: {on_sqlite_[name]} and {on_postgres_[name]}"
    written("rows.json", made[0][0])
    written("answers.json", made[0][1])
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
