"""Statistics by hour and day, statistics of receivers, ranges and records.

Revision 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "statistics_hour",
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
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
        sa.Column("aircraft", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("hour", "sky", name=op.f("pk_statistics_hour")),
    )
    op.create_table(
        "statistics_day",
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
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
        sa.Column("aircraft", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("day", "sky", name=op.f("pk_statistics_day")),
    )
    op.create_table(
        "receiver_minute",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sky", sa.String(length=16), nullable=False),
        sa.Column("receiver", sa.String(length=96), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("aircraft_max", sa.Integer(), nullable=False),
        sa.Column("aircraft_avg", sa.Double(), nullable=False),
        sa.Column("positions", sa.Integer(), nullable=False),
        sa.Column("max_distance_nm", sa.Double(), nullable=True),
        sa.Column("rssi_count", sa.Integer(), nullable=False),
        sa.Column("rssi_mean", sa.Double(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "sky", "receiver", name=op.f("pk_receiver_minute")),
    )
    op.create_table(
        "receiver_hour",
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sky", sa.String(length=16), nullable=False),
        sa.Column("receiver", sa.String(length=96), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("aircraft_max", sa.Integer(), nullable=False),
        sa.Column("aircraft_avg", sa.Double(), nullable=False),
        sa.Column("positions", sa.Integer(), nullable=False),
        sa.Column("max_distance_nm", sa.Double(), nullable=True),
        sa.Column("rssi_count", sa.Integer(), nullable=False),
        sa.Column("rssi_mean", sa.Double(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "sky", "receiver", name=op.f("pk_receiver_hour")),
    )
    op.create_table(
        "receiver_day",
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sky", sa.String(length=16), nullable=False),
        sa.Column("receiver", sa.String(length=96), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("aircraft_max", sa.Integer(), nullable=False),
        sa.Column("aircraft_avg", sa.Double(), nullable=False),
        sa.Column("positions", sa.Integer(), nullable=False),
        sa.Column("max_distance_nm", sa.Double(), nullable=True),
        sa.Column("rssi_count", sa.Integer(), nullable=False),
        sa.Column("rssi_mean", sa.Double(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", "sky", "receiver", name=op.f("pk_receiver_day")),
    )
    op.create_table(
        "receiver_range",
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sky", sa.String(length=16), nullable=False),
        sa.Column("receiver", sa.String(length=96), nullable=False),
        sa.Column("place_lat", sa.Double(), nullable=False),
        sa.Column("place_lon", sa.Double(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=True),
        sa.Column("positions", sa.BigInteger(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "at", "sky", "receiver", name=op.f("pk_receiver_range")),
    )
    op.create_table(
        "statistics_record",
        sa.Column("sky", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("hex", sa.String(length=7), nullable=True),
        sa.Column("flight", sa.String(length=8), nullable=True),
        sa.PrimaryKeyConstraint("sky", "kind", name=op.f("pk_statistics_record")),
    )
