"""Secrets of destinations as they are stored: encrypted under a key that is derived from the secret key.

A sealed text is one byte for its form, 12 random bytes, and the secrets as JSON under AES-256-GCM. It belongs to one owner: copied into
another owner's row it cannot be opened. After a change of the secret key what the former one sealed is opened until its end; `resealed`
puts it under the current key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from skyspy import wirejson
from skyspy.auth.secret import Secret
from skyspy.notify.destination import SEAL_PURPOSE

_FORM = b"\x01"
_NONCE_BYTES = 12


class VaultError(ValueError):
    """Stored secrets cannot be opened; the message is one line for people."""


def seal(secret: Secret, owner_id: int, values: Mapping[str, str]) -> bytes:
    """The values of one owner, encrypted under the current secret key."""
    nonce = os.urandom(_NONCE_BYTES)
    text = wirejson.dump_bytes(dict(values))
    return _FORM + nonce + _cipher(secret).encrypt(nonce, text, _bound_to(owner_id))


def unseal(secret: Secret, owner_id: int, sealed: bytes | None) -> dict[str, str]:
    """What `seal` was given for this owner, under the current key or the former one; nothing for None. Raises VaultError."""
    return {} if sealed is None else _opened(secret, owner_id, sealed)[0]


def resealed(secret: Secret, owner_id: int, sealed: bytes) -> bytes | None:
    """The same values under the current key; None where they are under it already. Raises VaultError."""
    values, key = _opened(secret, owner_id, sealed)
    return None if key is secret else seal(secret, owner_id, values)


def _opened(secret: Secret, owner_id: int, sealed: bytes) -> tuple[dict[str, str], Secret]:
    """The values, and the secret key under which they are."""
    form, nonce, text = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    for key in secret.accepted:
        if form != _FORM:
            break
        try:
            values = wirejson.loads(_cipher(key).decrypt(nonce, text, _bound_to(owner_id)))
        except (InvalidTag, ValueError):
            continue
        return values, key
    raise VaultError("its secrets cannot be read with the present secret key: enter them again")


def _cipher(secret: Secret) -> AESGCM:
    return AESGCM(secret.key(SEAL_PURPOSE))


def _bound_to(owner_id: int) -> bytes:
    return b"skyspy destination of %d" % owner_id
