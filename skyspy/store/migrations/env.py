"""Alembic's entry: runs revisions on the connection that store/upgrade.py hands in.

A new revision is a file in versions/ written by hand: copy the shape of the last one, name the one before
it as `down_revision`, and change schema.py alike (database/test_store.py compares them). Steps must be
written with Alembic's batch mode where SQLite cannot alter a table, and run inside the caller's transaction.
"""

from __future__ import annotations

from alembic import context

from skyspy.store.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
