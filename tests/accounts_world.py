"""What the tests of accounts stand on: every kind of database, and the few acts that most of them begin with."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from skyspy.store import Store, state
from skyspy.store.accounts import AccountError, Accounts, Actor, Key, NewKey, User
from tests.conftest import StillClock
from tests.databases import store

__all__ = ["store"]

ANNA = Actor("user", "anna", "192.0.2.7")
HASH = "a stand-in for a hash"


@pytest.fixture
def accounts(store: Store, clock: StillClock) -> Accounts:
    return Accounts(store, clock)


def make(accounts: Accounts, name: str, role: str = "viewer", password_hash: str | None = HASH) -> User:
    return accounts.create_user(name, role, password_hash, ANNA)


def make_key(accounts: Accounts, owner: User, digest: str = "d1", **more: object) -> Key:
    new = NewKey("live", "my app", digest, "sk_live_Abcd", **more)  # type: ignore[arg-type]
    return accounts.create_key(owner.id, new, ANNA)


def start_family(accounts: Accounts, user: User, family: str = "f1", digest: str = "r1", lives: float = 100) -> bool:
    ends = accounts.clock.wall() + lives
    return accounts.start_family(family, user, digest, ends, Actor("user", user.name, "192.0.2.7"))


def version(accounts: Accounts) -> int:
    return accounts.store.read(state.version)


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
