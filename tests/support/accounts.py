"""What the tests of accounts stand on: every kind of database, and the few acts that most of them begin with."""

from __future__ import annotations

import threading
from collections.abc import Callable

from skyspy.store import families, keys, state, users
from skyspy.store.audit import Actor
from skyspy.store.keys import Key, NewKey
from skyspy.store.roles import AccountError
from skyspy.store.users import User
from tests.support.databases import Db, change

ANNA = Actor("user", "anna", "192.0.2.7")
HASH = "a stand-in for a hash"


def make(db: Db, name: str, role: str = "viewer", password_hash: str | None = HASH) -> User:
    return change(db, users.create, name, role, password_hash, ANNA)


def make_key(db: Db, owner: User, digest: str = "d1", **more: object) -> Key:
    new = NewKey("live", "my app", **more)  # type: ignore[arg-type]
    return change(db, keys.create, owner.id, new, digest, "sk_live_Abcd", ANNA)


def start_family(db: Db, user: User, family: str = "f1", digest: str = "r1", lives: float = 100) -> bool:
    ends = db.clock.wall() + lives
    return change(db, families.start, family, user, digest, ends, None, Actor("user", user.name, "192.0.2.7"))


def version(db: Db) -> int:
    return db.store.read(state.current_version)


def both_at_once(first: Callable[[], object], second: Callable[[], object]) -> list[Exception]:
    """Run both in threads of their own; what they raised."""
    errors: list[Exception] = []

    def run(job: Callable[[], object]) -> None:
        try:
            job()
        except AccountError as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors
