"""Alert rules of users, their watchlists and where their alerts go.

Revision 0010, after 0009.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables."""
    _table(
        "alert_rules",
        *_owned(),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=True),
        *_dates(),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    _table("watchlists", *_owned(), *_dates())
    _table(
        "watchlist_entries",
        sa.Column("watchlist_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("exclude", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("note", sa.String(length=200), nullable=False, server_default=""),
        parent=("watchlist_id", "watchlists"),
    )
    op.create_index("uq_watchlist_entries_value", "watchlist_entries", ["watchlist_id", "kind", "value", "exclude"], unique=True)
    _table(
        "alert_destinations",
        *_owned(),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.Column("disabled_at", sa.Double(), nullable=True),
        sa.Column("disabled_reason", sa.String(length=200), nullable=False, server_default=""),
        *_dates(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("maker_key_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('webhook', 'mqtt', 'apprise', 'browser')", name=op.f("ck_alert_destinations_kind")),
    )


def _table(name: str, *columns: Any, parent: tuple[str, str] = ("owner_id", "users")) -> None:
    """A table whose rows are deleted with their parent, and whose ids are never reused."""
    column, refers_to = parent
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint([column], [f"{refers_to}.id"], name=op.f(f"fk_{name}_{column}"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f(f"ix_{name}_{column}"), name, [column])


def _owned() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("sky", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
    )


def _dates() -> tuple[sa.Column[Any], ...]:
    return sa.Column("created_at", sa.Double(), nullable=False), sa.Column("updated_at", sa.Double(), nullable=False)
