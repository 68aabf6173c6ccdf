"""Datalink messages, the words in them, and what each station heard.

On SQLite the words have a table that is made at each start where it is missing (words.py).

Revision 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_WORDS = " || ' ' || ".join(f"coalesce({name}, '')" for name in ("text", "tail", "flight", "callsign", "hex"))
_BETWEEN_WORDS = "[^0-9A-Za-z\u0080-\U0010ffff]+"


def upgrade() -> None:
    """Make the tables."""
    _make_message()
    _make_counters()
    if op.get_context().dialect.name == "postgresql":
        words = f"to_tsvector('simple'::regconfig, regexp_replace({_WORDS}, '{_BETWEEN_WORDS}', ' ', 'g'))"
        op.execute(f"ALTER TABLE acars_message ADD COLUMN words tsvector GENERATED ALWAYS AS ({words}) STORED")
        # What waits to be put in its place in the index is looked through by each search, and by what is written when it is full.
        op.execute("CREATE INDEX ix_acars_message_words ON acars_message USING gin (words) WITH (gin_pending_list_limit = 512)")


def _make_message() -> None:
    op.create_table(
        "acars_message",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("link", sa.String(length=8), nullable=False),
        sa.Column("label", sa.String(length=8), nullable=True),
        sa.Column("label_name", sa.String(length=64), nullable=True),
        sa.Column("sublabel", sa.String(length=8), nullable=True),
        sa.Column("mode", sa.String(length=8), nullable=True),
        sa.Column("hex", sa.String(length=7), nullable=True),
        sa.Column("sent_hex", sa.String(length=7), nullable=True),
        sa.Column("matched", sa.Boolean(), nullable=False),
        sa.Column("tail", sa.String(length=16), nullable=True),
        sa.Column("flight", sa.String(length=16), nullable=True),
        sa.Column("callsign", sa.String(length=16), nullable=True),
        sa.Column("ground", sa.String(length=32), nullable=True),
        sa.Column("downlink", sa.Boolean(), nullable=True),
        sa.Column("msgno", sa.String(length=16), nullable=True),
        sa.Column("blocks", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("on_ground", sa.Boolean(), nullable=True),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("destination", sa.String(length=8), nullable=False),
        sa.Column("out", sa.String(length=8), nullable=False),
        sa.Column("off", sa.String(length=8), nullable=False),
        sa.Column("on", sa.String(length=8), nullable=False),
        sa.Column("in_", sa.String(length=8), nullable=False),
        sa.Column("eta", sa.String(length=8), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("libacars", sa.Text(), nullable=True),
        sa.Column("app", sa.String(length=32), nullable=True),
        sa.Column("errors", sa.Integer(), nullable=True),
        sa.Column("stations", sa.Text(), nullable=False),
        sa.Column("station_names", sa.Text(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_acars_message")),
        sa.UniqueConstraint("id", name=op.f("uq_acars_message_id")),
    )
    op.create_index("ix_acars_message_hex", "acars_message", ["hex", "number"])
    op.create_index("ix_acars_message_tail", "acars_message", ["tail", "number"])
    op.create_index("ix_acars_message_flight", "acars_message", ["flight", "number"])
    op.create_index("ix_acars_message_label", "acars_message", ["label", "number"])
    op.create_index("ix_acars_message_change", "acars_message", ["change"])


def _make_counters() -> None:
    op.create_table(
        "acars_station_day",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("link", sa.String(length=8), nullable=False),
        sa.Column("station", sa.String(length=64), nullable=False),
        sa.Column("receiver", sa.String(length=96), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Double(), nullable=True),
        sa.Column("first", sa.Double(), nullable=False),
        sa.Column("last", sa.Double(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", "link", "station", "receiver", name=op.f("pk_acars_station_day")),
    )
    op.create_table(
        "acars_label_day",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("link", sa.String(length=8), nullable=False),
        sa.Column("label", sa.String(length=8), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("downlinks", sa.BigInteger(), nullable=False),
        sa.Column("with_position", sa.BigInteger(), nullable=False),
        sa.Column("incomplete", sa.BigInteger(), nullable=False),
        sa.Column("matched", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "link", "label", "demo", name=op.f("pk_acars_label_day")),
    )
