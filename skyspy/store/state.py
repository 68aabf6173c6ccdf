"""The version: one number that rises with every change that live sockets must hear of.

Law: a change raises it first, in its own transaction. The row is then locked until the change is kept, so
such changes come one after another on every database, and what they check stays true (the last
administrator, the whole of the settings).
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from skyspy.store.schema import STATE


def bump(connection: Connection) -> int:
    """Raise the version, and with it take the lock; returns the new version."""
    connection.execute(update(STATE).values(version=STATE.c.version + 1))
    return version(connection)


def version(connection: Connection) -> int:
    """The version as this transaction sees it."""
    return int(connection.execute(select(STATE.c.version)).scalar_one())
