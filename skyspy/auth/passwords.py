"""Passwords: hashed with argon2id on native threads, a few at a time.

Invariants: a password is never kept, logged or shown. How long a check takes does not tell whether the user exists: where
there is no hash, the password is checked against one that nothing matches.
"""

from __future__ import annotations

import os
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

from skyspy.store.worker_pool import WorkerPool, WorkerPoolFull

MAX_BYTES = 1024
"""A longer password is refused before it is hashed; hashing it would only cost time."""

MAX_THREADS, NICENESS = 2, 10
"""Native threads that hash, fewer than the machine has processors, each with a lower priority than the one that serves all clients:
strangers may have passwords checked, and hashing takes all the processor and memory bandwidth it gets."""


class PasswordError(ValueError):
    """A new password cannot be used; the message says what can. It does not hold the password."""


class PasswordsBusy(Exception):
    """Too many passwords are waiting to be checked; try again in a second."""


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """Whether the password matches; `new_hash` replaces a stored hash of outdated cost, else None."""

    matches: bool
    new_hash: str | None = field(default=None, repr=False)


class Passwords:
    """Hashes and checks passwords. The cost (19 MiB, two passes, parallelism 1) is OWASP's minimum for argon2id; raising it here
    is enough, since each password is hashed again at its user's next sign-in."""

    def __init__(self, memory_kib: int = 19456, passes: int = 2, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1, type=Type.ID)
        self._pool = WorkerPool(threads=_threads(), max_waiting=64, timeout=5.0, niceness=NICENESS)
        self._no_match = ""
        """A hash that no password matches. Made at the first check, since it costs as much as any other."""

    def hash(self, password: str, min_length: int, name: str = "") -> str:
        """The hash of a new password. Raises PasswordError where it is shorter than `min_length`, too long, or the user's
        `name`."""
        encoded = _encoded(password)
        if len(password) < min_length:
            raise PasswordError(f"a password has at least {min_length} characters")
        if encoded is None:
            raise PasswordError(f"a password has at most {MAX_BYTES} bytes of UTF-8 text")
        if len(set(password)) == 1 or (name and password.casefold() == name.casefold()):
            raise PasswordError("a password is not one letter repeated, nor the user's name")
        return self._run(lambda: PasswordCheck(True, self._hasher.hash(encoded))).new_hash or ""

    def check(self, stored: str | None, password: object) -> PasswordCheck:
        """Whether the password matches the hash `stored`; none matches None. Raises PasswordsBusy."""
        encoded = _encoded(password)
        if encoded is None:
            return PasswordCheck(False)
        return self._run(lambda: self._check(stored, encoded))

    def _check(self, stored: str | None, encoded: bytes) -> PasswordCheck:
        if not self._no_match:
            # At the first check of the process, for a known user or not: every later check costs one hash, whether or not the
            # user exists.
            self._no_match = self._hasher.hash(secrets.token_hex(16))
        try:
            matches = self._hasher.verify(stored or self._no_match, encoded) and stored is not None
        except (Argon2Error, InvalidHashError):
            return PasswordCheck(False)
        if matches and stored is not None and self._hasher.check_needs_rehash(stored):
            return PasswordCheck(True, self._hasher.hash(encoded))
        return PasswordCheck(matches)

    def _run(self, job: Callable[[], PasswordCheck]) -> PasswordCheck:
        try:
            return self._pool.run(job)
        except WorkerPoolFull:
            raise PasswordsBusy from None


def _threads() -> int:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(MAX_THREADS, processors - 1))


def is_password(password: object) -> bool:
    """Whether this can be anybody's password: where it cannot, `check` is False and costs no hash."""
    return _encoded(password) is not None


def _encoded(password: object) -> bytes | None:
    """The bytes that are hashed: NFKC, so that one text typed in different forms is one password. None for an invalid
    password."""
    # The length first: normalising a megabyte costs more than hashing.
    if not isinstance(password, str) or len(password) > MAX_BYTES:
        return None
    try:
        encoded = unicodedata.normalize("NFKC", password).encode("utf-8")
    except UnicodeEncodeError:
        return None
    return encoded if len(encoded) <= MAX_BYTES else None
