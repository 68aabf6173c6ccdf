"""Which of the live connections in the common list share one transport, so that clients can be counted.

Revision 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column; rows of processes that are up have it within two seconds."""
    op.add_column("presence", sa.Column("transport", sa.String(length=32), server_default="", nullable=False))
