"""The first tables of the history store.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "applied_deletion",
        sa.Column("single", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=False),
        sa.CheckConstraint("single = 1", name=op.f("ck_applied_deletion_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_applied_deletion")),
    )
    op.create_table(
        "statistics_minute",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sky", sa.String(length=16), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("aircraft_max", sa.Integer(), nullable=False),
        sa.Column("aircraft_avg", sa.Double(), nullable=False),
        sa.Column("with_position_max", sa.Integer(), nullable=False),
        sa.Column("military_max", sa.Integer(), nullable=False),
        sa.Column("emergency_max", sa.Integer(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("max_distance_nm", sa.Double(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "sky", name=op.f("pk_statistics_minute")),
    )
