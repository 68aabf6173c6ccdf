"""Who writes the history, visits, tracks, and the size of the database.

Revision 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hex", sa.String(length=7), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.Double(), nullable=False),
        sa.Column("last", sa.Double(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("flight", sa.String(length=8), nullable=True),
        sa.Column("callsigns", sa.Text(), nullable=False),
        sa.Column("squawks", sa.Text(), nullable=False),
        sa.Column("receivers", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("r", sa.String(length=16), nullable=True),
        sa.Column("t", sa.String(length=8), nullable=True),
        sa.Column("own_op", sa.String(length=64), nullable=True),
        sa.Column("country", sa.String(length=64), nullable=True),
        sa.Column("category", sa.String(length=2), nullable=True),
        sa.Column("military", sa.Boolean(), nullable=False),
        sa.Column("emergency", sa.String(length=12), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("positions", sa.Integer(), nullable=False),
        sa.Column("closest_nm", sa.Double(), nullable=True),
        sa.Column("closest_at", sa.Double(), nullable=True),
        sa.Column("farthest_nm", sa.Double(), nullable=True),
        sa.Column("farthest_at", sa.Double(), nullable=True),
        sa.Column("alt_min", sa.Integer(), nullable=True),
        sa.Column("alt_max", sa.Integer(), nullable=True),
        sa.Column("gs_max", sa.Double(), nullable=True),
        sa.Column("on_ground", sa.Boolean(), nullable=False),
        sa.Column("first_lat", sa.Double(), nullable=True),
        sa.Column("first_lon", sa.Double(), nullable=True),
        sa.Column("last_lat", sa.Double(), nullable=True),
        sa.Column("last_lon", sa.Double(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("hex", "start", name=op.f("uq_visit_hex")),
    )
    op.create_index(op.f("ix_visit_first"), "visit", ["first"])
    op.create_index(op.f("ix_visit_flight"), "visit", ["flight"])
    op.create_index(op.f("ix_visit_hex_last"), "visit", ["hex", "last"])
    op.create_index(op.f("ix_visit_last"), "visit", ["last"])
    op.create_table(
        "aircraft_seen",
        sa.Column("hex", sa.String(length=7), nullable=False),
        sa.Column("first", sa.Double(), nullable=False),
        sa.Column("last", sa.Double(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hex", name=op.f("pk_aircraft_seen")),
    )
    op.create_table(
        "segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("t0", sa.BigInteger(), nullable=False),
        sa.Column("t1", sa.BigInteger(), nullable=False),
        sa.Column("south", sa.Integer(), nullable=False),
        sa.Column("north", sa.Integer(), nullable=False),
        sa.Column("west", sa.Integer(), nullable=False),
        sa.Column("east", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("visit_id", "slot", "part", name=op.f("uq_segment_visit_id")),
    )
    op.create_index(op.f("ix_segment_slot"), "segment", ["slot"])
    op.create_table(
        "chunk",
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tracks", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("made", sa.Double(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_chunk")),
    )
    op.create_table(
        "history_size",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_history_size")),
    )
