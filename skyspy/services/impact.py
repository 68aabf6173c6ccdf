"""What a change would do to the sessions that are connected now, to any process: asked before the change is made.

The pure rule is auth/policy.impact, which the reauthorizer applies after the change too. Here the common list of sessions
meets the accounts as they are now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from skyspy import topics
from skyspy.auth.apikeys import principal_of
from skyspy.auth.policy import Impact, impact
from skyspy.auth.principal import ANONYMOUS, MESSAGES, Principal, TokenError
from skyspy.server import Server
from skyspy.store import keys, users
from skyspy.store.presence import SessionRow
from skyspy.store.settings import Settings


def impacts(
    server: Server, rows: Iterable[SessionRow], settings: Settings, held: frozenset[str] | None = None
) -> list[tuple[SessionRow, Impact]]:
    """What becomes of these sessions under these settings, where their user holds only `held` (None: what the user holds now).

    A session whose user or key is gone is left out: it ends whatever is changed.
    """
    listed = list(rows)
    found = []
    for row, identity in zip(listed, _identities(server, listed), strict=True):
        if identity is None:
            continue
        narrowed = identity
        if held is not None and isinstance(identity, Principal):
            narrowed = replace(identity, permissions=identity.permissions & held)
        joined = {name: topics.TOPICS[name].permission for name in row.topics.split() if name in topics.TOPICS}
        found.append((row, impact(narrowed, settings, topics.NAMESPACES[row.namespace].permission, joined)))
    return found


def _identities(server: Server, rows: list[SessionRow]) -> list[Principal | TokenError | None]:
    """What each session's token would be found to be now; None for a session that ends whatever is changed."""
    people = server.store.read(users.by_ids, {row.user_id for row in rows if row.kind == "user" and row.user_id is not None})
    held = server.store.read(keys.by_ids, {row.key_id for row in rows if row.key_id is not None})
    now = server.clock.wall()

    def identity(row: SessionRow) -> Principal | TokenError | None:
        if row.kind == "anonymous":
            return TokenError(row.token_state) if row.token_state in MESSAGES else ANONYMOUS
        if row.kind == "user":
            user = people.get(row.user_id or 0)
            return None if user is None else Principal("user", user.id, user.name, user.role, user.permissions)
        try:
            return principal_of(held[row.key_id or 0], now)
        except (KeyError, TokenError):
            return None

    return [identity(row) for row in rows]
