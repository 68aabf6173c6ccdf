"""Replacing digests made with the former secret key by those made with the current one.

Invariants: only digests change, no permission does, so the version is not raised and no audit row is written. Repeating it,
also in two processes at once, has no further effect.
"""

from __future__ import annotations

from sqlalchemy import Connection, update

from skyspy.store.schema import API_KEYS, PANEL_SESSIONS


def api_key(connection: Connection, old: str, new: str) -> None:
    """Replace an API key's digest."""
    connection.execute(update(API_KEYS).where(API_KEYS.c.digest == old).values(digest=new))


def panel_session(connection: Connection, old: str, new: str, agent: str) -> None:
    """Replace a panel session's digest, and that of its kind of browser."""
    connection.execute(update(PANEL_SESSIONS).where(PANEL_SESSIONS.c.digest == old).values(digest=new, agent=agent))
