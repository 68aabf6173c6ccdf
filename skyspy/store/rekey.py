"""What was kept under the former secret key, kept under the current one from now on.

Law: only digests change. Nobody's rights do, so no version is raised and no row of the log is written; doing it twice, or
in two processes at once, is the same as doing it once.
"""

from __future__ import annotations

from sqlalchemy import Connection, update

from skyspy.store.schema import API_KEYS, PANEL_SESSIONS


def key(connection: Connection, old: str, new: str) -> None:
    """An API key's digest."""
    connection.execute(update(API_KEYS).where(API_KEYS.c.digest == old).values(digest=new))


def session(connection: Connection, old: str, new: str, agent: str) -> None:
    """A signed-in page's digest, and that of its kind of browser."""
    connection.execute(update(PANEL_SESSIONS).where(PANEL_SESSIONS.c.digest == old).values(digest=new, agent=agent))
