"""The name that people gave an added receiver.

Revision 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column. Receivers that are there have no name of their own."""
    op.add_column("feeds", sa.Column("label", sa.String(length=64), nullable=False, server_default=""))
