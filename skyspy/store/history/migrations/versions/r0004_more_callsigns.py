"""Visits with several callsigns are found by any of them.

Revision 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make an index of the visits, few in number, whose list of callsigns has a second one."""
    several = sa.text("callsigns LIKE '%,%'")
    op.create_index(
        "ix_visit_more_callsigns", "visit", ["callsigns"], unique=False, sqlite_where=several, postgresql_where=several
    )
