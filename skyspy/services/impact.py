"""Application: what a change would do to the present sessions of every process, for previews.

The rule is auth/policy.impact (pure), which the reauthorizer applies after the change too. This module reads its inputs: the
list of sessions, and their accounts as they are now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from skyspy import topics
from skyspy.auth.apikeys import principal_of_key
from skyspy.auth.policy import Impact, impact
from skyspy.auth.principal import ANONYMOUS, MESSAGES, Principal, TokenError
from skyspy.server import Server
from skyspy.store import keys, users
from skyspy.store.presence import SessionRow
from skyspy.store.settings import Settings


def impact_on_sessions(
    server: Server, rows: Iterable[SessionRow], settings: Settings, held: frozenset[str] | None = None
) -> list[tuple[SessionRow, Impact]]:
    """The impact on each of these sessions of these settings and of the permissions `held` of their user (None: the present ones).

    A session whose user or key is gone is left out: it ends in any case.
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
        found.append((row, impact(narrowed, settings, topics.NAMESPACES[row.namespace], joined)))
    return found


def _identities(server: Server, rows: list[SessionRow]) -> list[Principal | TokenError | None]:
    """The principal, or the token error, of each session by its account now; None for a session that ends in any case."""
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
            return principal_of_key(held[row.key_id or 0], now)
        except (KeyError, TokenError):
            return None

    return [identity(row) for row in rows]
