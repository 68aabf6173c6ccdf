"""On Postgres, rows of visits and tracks that were written anew are vacuumed sooner.

Each visit under way and its present slot are written once a minute. By the defaults a fifth of a table must be dead first, which is
many days' worth of dead rows; room in each page lets most new versions stay in the page of the old one.

Revision 0005.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Set the parameters of the tables; SQLite has none."""
    if op.get_context().dialect.name == "postgresql":
        for table in ("visit", "segment"):
            op.execute(
                f"ALTER TABLE {table} SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000)"
            )
