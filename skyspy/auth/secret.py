"""The installation's secret key, with a derived key for every purpose; and the former secret key after a change.

Invariants: derived keys and digests of different purposes are independent of each other, and none is ever shown. Everything new
uses the current key. The former key only verifies what was made under it, and only until its end, which is checked against the
wall clock at every use; what is found stored under it is stored under the current key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from skyspy.clock import Clock
from skyspy.config import Config, FormerKey


class Secret:
    """The secret key, and the former one. A changed key without a former one invalidates every token and API key."""

    __slots__ = ("_clock", "_former", "_root", "_until", "id")

    def __init__(self, text: str, former: FormerKey | None = None, clock: Clock | None = None) -> None:
        self._root = text.encode("utf-8")
        self._former = None if former is None else Secret(former.text)
        self._until = 0.0 if former is None else former.until
        self._clock = clock or Clock()
        self.id = self.digest("key id", "")[:16]
        """The `kid` of tokens signed with this key: derived from it, without revealing it."""

    def __repr__(self) -> str:
        return "Secret(***)"

    def __iter__(self) -> Iterator[bytes]:
        """The raw keys for itsdangerous, which signs with the last one and verifies with all."""
        return iter([secret._root for secret in reversed(self.accepted)])

    @property
    def former(self) -> Secret | None:
        """The key that was in force before; None where there was none or its end has passed."""
        return self._former if self._clock.wall() < self._until else None

    @property
    def accepted(self) -> tuple[Secret, ...]:
        """Every key that is accepted now, the current one first."""
        former = self.former
        return (self,) if former is None else (self, former)

    def key(self, purpose: str) -> bytes:
        """The derived key of one purpose: 32 bytes."""
        return hmac.digest(self._root, b"skyspy " + purpose.encode("utf-8"), hashlib.sha256)

    def digest(self, purpose: str, text: str) -> str:
        """The keyed hash of a text for one purpose, as 64 hex digits. Takes any text, lone surrogates too."""
        return hmac.digest(self.key(purpose), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()


def secret_of(config: Config, clock: Clock) -> Secret:
    """The secret key that the configuration names."""
    return Secret(config.secret_key, config.former_key, clock)
