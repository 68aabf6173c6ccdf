"""Safety events.

Revision 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "safety_event",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("event_type", sa.String(length=32), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("hex", sa.String(length=7), nullable=True),
        sa.Column("hex_2", sa.String(length=7), nullable=True),
        sa.Column("callsign", sa.String(length=8), nullable=True),
        sa.Column("callsign_2", sa.String(length=8), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.Column("resolved", sa.Double(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", sa.Double(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_event")),
    )
    op.create_index("ix_safety_event_started", "safety_event", ["started", "id"])
    op.create_index("ix_safety_event_hex", "safety_event", ["hex", "started"])
    op.create_index("ix_safety_event_hex_2", "safety_event", ["hex_2", "started"])
    op.create_index("ix_safety_event_change", "safety_event", ["change"])
    is_open = sa.text("resolved IS NULL")
    op.create_index("ix_safety_event_open", "safety_event", ["started"], sqlite_where=is_open, postgresql_where=is_open)
