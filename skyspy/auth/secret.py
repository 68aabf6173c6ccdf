"""The installation's secret key: one in, a key of its own for every purpose out; and beside it the key that was before.

Law: no purpose's key or digest tells anything of another's, and none of them is ever shown. Everything new is made under
the current key. The former one only proves what was made before, and only until its end, which is asked of the wall
clock at every use: whoever finds something made under it moves it to the current key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from skyspy.clock import Clock
from skyspy.config import Config, FormerKey


class Secret:
    """One secret key, and the one before it. Whoever changes the key and names no former one ends every token and API key."""

    __slots__ = ("_clock", "_former", "_root", "_until", "id")

    def __init__(self, text: str, former: FormerKey | None = None, clock: Clock | None = None) -> None:
        self._root = text.encode("utf-8")
        self._former = None if former is None else Secret(former.text)
        self._until = 0.0 if former is None else former.until
        self._clock = clock or Clock()
        self.id = self.digest("key id", "")[:16]
        """What a token says it was signed with: made from the key, and telling nothing of it."""

    def __repr__(self) -> str:
        return "Secret(***)"

    def __iter__(self) -> Iterator[bytes]:
        """The keys themselves, for itsdangerous and what is built on it: it signs with the last and believes them all."""
        return iter([secret._root for secret in reversed(self.believed)])

    @property
    def former(self) -> Secret | None:
        """The key that was in force before; None where there was none or its time is over."""
        return self._former if self._clock.wall() < self._until else None

    @property
    def believed(self) -> tuple[Secret, ...]:
        """Every key that proves something now, the current one first."""
        former = self.former
        return (self,) if former is None else (self, former)

    def key(self, purpose: str) -> bytes:
        """32 bytes for one purpose."""
        return hmac.digest(self._root, b"skyspy " + purpose.encode("utf-8"), hashlib.sha256)

    def digest(self, purpose: str, text: str) -> str:
        """The keyed hash of a text for one purpose, as 64 hex digits. Takes any text, lone surrogates too."""
        return hmac.digest(self.key(purpose), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()


def secret_of(config: Config, clock: Clock) -> Secret:
    """The secret that the environment names."""
    return Secret(config.secret_key, config.former_key, clock)
