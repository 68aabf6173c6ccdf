"""Which API key made a link, and which permissions its maker held then.

Revision 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns. A user's link stays NULL and works on as it did; one of an API key, whose limits were not kept, opens
    nothing any more. A key is told by the blank in `created_by`, which no user's name has; a name of 64 letters would hide it."""
    op.add_column("links", sa.Column("maker_key_id", sa.Integer(), nullable=True))
    op.add_column("links", sa.Column("maker_permissions", sa.Text(), nullable=True))
    op.execute(
        "UPDATE links SET maker_permissions = '[]' WHERE kind <> 'first' AND (created_by LIKE '% %' OR length(created_by) = 64)"
    )
