"""Application: what is secret of destinations, after the secret key was changed.

`skyspy secret rotate` encrypts all of it under the new key; a server does so for what it finds under the former one, such as what was saved
between the change and the restart. Where the key comes from the environment, the server does all.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

from skyspy.auth.secret import Secret
from skyspy.notify import vault
from skyspy.notify.vault import VaultError
from skyspy.server import Context
from skyspy.store import Connection, alert_destinations, state

log = logging.getLogger(__name__)


class Resealed(NamedTuple):
    """So many destinations were encrypted again, and of so many the secrets could not be read: they have to be entered again."""

    done: int
    unreadable: int


def seal_under(connection: Connection, old: Secret, new: Secret) -> Resealed:
    """Encrypt under `new` what was encrypted under `old`, or under the key before that one."""
    state.lock(connection)
    unreadable = 0

    def again(owner_id: int, sealed: bytes) -> bytes | None:
        nonlocal unreadable
        try:
            return vault.seal(new, owner_id, vault.unseal(old, owner_id, sealed))
        except VaultError:
            unreadable += 1
            return None

    done = alert_destinations.seal_again(connection, again)
    return Resealed(done, unreadable)


def follow_key(context: Context) -> int:
    """Encrypt under the current key what is found under the former one; returns how many destinations that were. Raises StoreError."""
    if context.secret.former is None:
        return 0

    def again(owner_id: int, sealed: bytes) -> bytes | None:
        try:
            return vault.resealed(context.secret, owner_id, sealed)
        except VaultError:
            # Its owner reads that it has to be entered again.
            return None

    done = context.store.write(alert_destinations.seal_again, again)
    if done:
        log.info("the secrets of %d alert destinations are under the current secret key now", done)
    return done
