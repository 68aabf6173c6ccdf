"""The id that the database shares with its installation.

Revision 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column. It stays NULL here: a server writes the id when it starts (see store/installation.py)."""
    op.add_column("state", sa.Column("installation", sa.String(length=32), nullable=True))
