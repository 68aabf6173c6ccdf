"""Alerts, and what is to be sent of them.

Revision 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_alert()
    _make_delivery()


def _make_alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("rule_name", sa.String(length=100), nullable=False),
        sa.Column("hex", sa.String(length=7), nullable=True),
        sa.Column("callsign", sa.String(length=8), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("matched", sa.Text(), nullable=False),
        sa.Column("aircraft", sa.Text(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("triggered_at", sa.Double(), nullable=False),
        sa.Column("held_until", sa.Double(), nullable=True),
        sa.Column("matched_until", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("suppressed", sa.Integer(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("rule_id", "hex", "triggered_at", name=op.f("uq_alert_rule_id")),
    )
    op.create_index("ix_alert_owner", "alert", ["owner_id", "triggered_at", "id"])
    op.create_index("ix_alert_triggered", "alert", ["triggered_at"])
    op.create_index("ix_alert_ended", "alert", ["ended_at"])
    op.create_index("ix_alert_change", "alert", ["change"])


def _make_delivery() -> None:
    op.create_table(
        "alert_delivery",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("alert_id", sa.String(length=48), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("destination_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("next_try", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("sent_at", sa.Double(), nullable=True),
        sa.Column("dead_at", sa.Double(), nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("summary_id", sa.String(length=48), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_delivery")),
    )
    op.create_index("ix_alert_delivery_state", "alert_delivery", ["state", "next_try"])
    op.create_index("ix_alert_delivery_destination", "alert_delivery", ["destination_id", "created_at"])
    op.create_index("ix_alert_delivery_owner", "alert_delivery", ["owner_id", "created_at", "id"])
    op.create_index("ix_alert_delivery_alert", "alert_delivery", ["alert_id"])
    op.create_index("ix_alert_delivery_created", "alert_delivery", ["created_at"])
    op.create_index("ix_alert_delivery_number", "alert_delivery", ["number"])
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_alert_delivery_pending",
        "alert_delivery",
        ["destination_id", "number"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
