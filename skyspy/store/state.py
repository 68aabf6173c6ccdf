"""The version: a number that rises with every change that affects open sessions.

Invariants: a change raises it first, in its own transaction. The row is then locked until the commit, so such changes run one
after another on every database, and what they checked stays true (the last administrator, the settings as a whole).
"""

from __future__ import annotations

from sqlalchemy import Connection, case, select, update

from skyspy.store.schema import STATE


def lock(connection: Connection) -> None:
    """Take the lock without raising the version, for a transaction that decides first whether it may change anything."""
    connection.execute(update(STATE).values(version=STATE.c.version))


def bump(connection: Connection, above: int = 0) -> int:
    """Raise the version, above `above` too, which takes the lock; returns the new version."""
    higher = case((STATE.c.version < above, above), else_=STATE.c.version)
    connection.execute(update(STATE).values(version=higher + 1))
    return current_version(connection)


def version_and_installation(connection: Connection) -> tuple[int, str | None]:
    """The version, and the id that the database shares with its installation (see installation.py)."""
    version, installation = connection.execute(select(STATE.c.version, STATE.c.installation)).one()
    return int(version), installation


def current_version(connection: Connection) -> int:
    """The version as visible to this transaction."""
    return int(connection.execute(select(STATE.c.version)).scalar_one())
