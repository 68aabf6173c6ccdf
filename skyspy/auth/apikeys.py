"""API keys: `sk_live_` or `sk_test_`, 32 random letters and digits, and a checksum of 6.

Invariants: a key is shown once, when it is created, and stored as a keyed hash. A mistyped key is refused by its checksum
without a query. Its permissions are those its owner has now, narrowed by its scopes; a test key belongs to the sandbox and
never has an operator permission.

Last uses are collected in memory and written in batches (`flush`), so that no request costs a write. A key that is stored under
the former secret key is stored under the current one at its next use: one small write per key.
"""

from __future__ import annotations

import logging
import secrets
import string
import zlib
from dataclasses import dataclass, field, replace

from skyspy.auth.principal import Principal, TokenError
from skyspy.auth.secret import Secret
from skyspy.clock import Clock
from skyspy.permissions import OPERATOR_PERMISSIONS
from skyspy.store import Connection, Store, StoreError, keys, rekey
from skyspy.store.audit import Actor
from skyspy.store.keys import Key, KeyUse, NewKey

log = logging.getLogger(__name__)

PREFIXES = {"live": "sk_live_", "test": "sk_test_"}
SKIES = {"live": "live", "test": "sandbox"}
_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 32, 6


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key. `text` is shown once and not stored."""

    text: str = field(repr=False)
    key: Key


def checksum(text: str) -> str:
    """The CRC-32 of the text as six base-62 digits."""
    number, digits = zlib.crc32(text.encode("ascii")), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_LETTERS))
        digits = _LETTERS[digit] + digits
    return digits


def new_key_text(kind: str) -> str:
    """The text of a new key: about 190 random bits, and the checksum."""
    body = PREFIXES[kind] + "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return body + checksum(body)


def looks_like_key(token: str) -> bool:
    """Whether the text starts like an API key, well formed or not."""
    return token.startswith(tuple(PREFIXES.values()))


def is_well_formed_key(token: str) -> bool:
    """Whether the text has the form that `generate` gives: prefix, length, letters, checksum."""
    body, check = token[:-_CHECK], token[-_CHECK:]
    prefix = next((p for p in PREFIXES.values() if body.startswith(p)), None)
    if prefix is None or len(body) != len(prefix) + _RANDOM or not set(body[len(prefix) :]) <= set(_LETTERS):
        return False
    return secrets.compare_digest(checksum(body).encode(), check.encode("utf-8", "replace"))


class ApiKeys:
    """Creates, rotates and identifies API keys, and collects their last uses."""

    def __init__(self, store: Store, secret: Secret, clock: Clock) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock
        self._uses: dict[int, KeyUse] = {}

    def create(self, connection: Connection, user_id: int, new: NewKey, actor: Actor, at: float) -> MadeKey:
        """Create a key for a user. Raises AccountError."""
        # The store refuses an unknown kind; until then it only needs some prefix.
        text = new_key_text(new.kind if new.kind in PREFIXES else "test")
        return MadeKey(text, keys.create(connection, user_id, new, self._digest(text), _hint(text), actor, at))

    def rotate(
        self,
        connection: Connection,
        key_id: int,
        actor: Actor,
        at: float,
        overlap_s: float = 0.0,
        maker_key_id: int | None = None,
    ) -> MadeKey:
        """Create a key with the limits of an old one, which works for `overlap_s` seconds more. Raises AccountError."""
        text = new_key_text(keys.by_id(connection, key_id).kind)
        made = keys.rotate(connection, key_id, self._digest(text), _hint(text), overlap_s, actor, at, maker_key_id)
        return MadeKey(text, made)

    def identify(self, token: str, client: str | None) -> Principal:
        """The principal of a key; `client` is the address it came from. Raises TokenError, StoreError."""
        if not is_well_formed_key(token):
            raise TokenError("token_invalid")
        key = self._store.read(keys.by_digest, self._digest(token)) or self._find_under_former(token)
        if key is None:
            raise TokenError("token_invalid")
        principal = principal_of_key(key, self._clock.wall())
        if not principal.allowed_from(client):
            raise TokenError("permission_denied")
        self._note_use(key.id, client or "")
        return principal

    def flush(self) -> int:
        """Write the collected last uses; returns how many keys. What was not written is kept. Raises StoreError."""
        uses, self._uses = self._uses, {}
        if not uses:
            return 0
        try:
            self._store.write(keys.record_uses, uses)
        except Exception:
            for key_id, use in uses.items():
                later = self._uses.get(key_id)
                self._uses[key_id] = use if later is None else KeyUse(later.at, later.address, later.times + use.times)
            raise
        return len(uses)

    def _find_under_former(self, token: str) -> Key | None:
        """The key if it is stored under the former secret key; it is stored under the current one from now on."""
        former = self._secret.former
        if former is None:
            return None
        old = former.digest("api key", token)
        key = self._store.read(keys.by_digest, old)
        if key is None:
            # Another request may have stored it under the current secret key between the two queries.
            return self._store.read(keys.by_digest, self._digest(token))
        try:
            self._store.write(rekey.api_key, old, self._digest(token))
        except StoreError as error:
            # The key is valid all the same; its next use tries again.
            log.warning("an API key is moved to the current secret key later: %s", error)
        return key

    def _note_use(self, key_id: int, client: str) -> None:
        before = self._uses.get(key_id)
        self._uses[key_id] = KeyUse(self._clock.wall(), client, 1 if before is None else before.times + 1)

    def _digest(self, text: str) -> str:
        return self._secret.digest("api key", text)


def principal_of_key(key: Key, now: float) -> Principal:
    """The principal of a stored key; raises TokenError where it is revoked or expired. `now` is wall seconds."""
    if key.revoked_at is not None or key.user.disabled:
        raise TokenError("token_revoked")
    if key.expires_at is not None and now >= key.expires_at:
        raise TokenError("token_expired")
    user = key.user
    held = user.permissions - OPERATOR_PERMISSIONS if key.kind == "test" else user.permissions
    may = held if key.scopes is None else held & key.scopes
    who = Principal("key", user.id, user.name, user.role, may, key.scopes, SKIES[key.kind], key.id, key.name)
    return replace(who, expires_at=key.expires_at, networks=key.networks)


def _hint(text: str) -> str:
    """The part of a key that is shown in lists: its prefix and the first four letters."""
    return text[: len(PREFIXES["live"]) + 4]
