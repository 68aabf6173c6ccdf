"""Which API key made an API key, so that it ends with its maker.

Revision 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column. NULL: a user made it, or a key of before this revision, which nobody noted."""
    op.add_column("api_keys", sa.Column("maker_key_id", sa.Integer(), nullable=True))
