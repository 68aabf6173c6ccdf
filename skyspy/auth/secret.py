"""One secret key in, a key of its own for every purpose out.

Law: no purpose's key or digest tells anything of another's, and none of them is ever shown.
"""

from __future__ import annotations

import hashlib
import hmac


class Secret:
    """The installation's secret key. Whoever changes it ends every token and API key."""

    __slots__ = ("_root",)

    def __init__(self, text: str) -> None:
        self._root = text.encode("utf-8")

    def __repr__(self) -> str:
        return "Secret(***)"

    def key(self, purpose: str) -> bytes:
        """32 bytes for one purpose."""
        return hmac.digest(self._root, b"skyspy " + purpose.encode("utf-8"), hashlib.sha256)

    def digest(self, purpose: str, text: str) -> str:
        """The keyed hash of a text for one purpose, as 64 hex digits. Takes any text, lone surrogates too."""
        return hmac.digest(self.key(purpose), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()
