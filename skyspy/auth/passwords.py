"""Passwords: hashed with argon2id on native threads, a few at a time.

Invariants: a password is never kept, logged or shown. How long a check takes does not tell whether the user exists: where
there is no hash, the password is checked against one that nothing matches.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

from skyspy.store.worker_pool import WorkerPool, WorkerPoolFull

MAX_BYTES = 1024
"""A longer password is refused before it is hashed; hashing it would only cost time."""


class PasswordError(ValueError):
    """A new password cannot be used; the message says what can. It does not hold the password."""


class PasswordsBusy(Exception):
    """Too many passwords wait to be checked: try again in a second."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the password was right, and its hash made anew where the old one is out of date."""

    good: bool
    new_hash: str | None = field(default=None, repr=False)


class Passwords:
    """Hashes and checks. The cost (19 MiB, two passes, one lane) is OWASP's floor for argon2id; raising it here
    is enough, each password is hashed anew when its owner next signs in."""

    def __init__(self, memory_kib: int = 19456, passes: int = 2, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1, type=Type.ID)
        self._pool = WorkerPool(threads=2, longest=64, patience=5.0)
        self._no_match = ""
        """A hash that no password matches. Made when it is first needed, since it costs as much as any other."""

    def hash(self, password: str, shortest: int, name: str = "") -> str:
        """The hash of a new password. Raises PasswordError where it is too short, too long, or the user's name."""
        encoded = _encoded(password)
        if len(password) < shortest:
            raise PasswordError(f"a password has at least {shortest} characters")
        if encoded is None:
            raise PasswordError(f"a password has at most {MAX_BYTES} bytes of UTF-8 text")
        if len(set(password)) == 1 or (name and password.casefold() == name.casefold()):
            raise PasswordError("a password is not one letter repeated, nor the user's name")
        return self._run(lambda: Checked(True, self._hasher.hash(encoded))).new_hash or ""

    def check(self, stored: str | None, password: object) -> Checked:
        """Whether the password is the one `stored` was made of; with None, no password is. Raises PasswordsBusy."""
        encoded = _encoded(password)
        if encoded is None:
            return Checked(False)
        return self._run(lambda: self._check(stored, encoded))

    def _check(self, stored: str | None, encoded: bytes) -> Checked:
        if not self._no_match:
            # At the first check of this process, whatever it is of: later ones cost one hash each, users and strangers alike.
            self._no_match = self._hasher.hash(secrets.token_hex(16))
        try:
            good = self._hasher.verify(stored or self._no_match, encoded) and stored is not None
        except (Argon2Error, InvalidHashError):
            return Checked(False)
        if good and stored is not None and self._hasher.check_needs_rehash(stored):
            return Checked(True, self._hasher.hash(encoded))
        return Checked(good)

    def _run(self, job: Callable[[], Checked]) -> Checked:
        try:
            return self._pool.run(job)
        except WorkerPoolFull:
            raise PasswordsBusy from None


def _encoded(password: object) -> bytes | None:
    """The bytes that are hashed: one form for a text that can be typed in several, None for what is no password."""
    # The length first: normalising a megabyte costs more than hashing.
    if not isinstance(password, str) or len(password) > MAX_BYTES:
        return None
    try:
        encoded = unicodedata.normalize("NFKC", password).encode("utf-8")
    except UnicodeEncodeError:
        return None
    return encoded if len(encoded) <= MAX_BYTES else None
