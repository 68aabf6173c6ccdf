"""The tables, the same on SQLite and Postgres.

Invariants: these are the tables that the newest migration makes; a test compares the two. Times are wall seconds. Lists and
settings are JSON text. Secrets are stored only as digests or password hashes.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Double, ForeignKey, Index, Integer, String, Table, Text

MAX_ID = 2**31 - 1
"""The largest id that a row can have: ids are 32-bit integers on Postgres."""

METADATA = sa.MetaData(
    naming_convention={
        # The same names on every database, so that later migrations can refer to them.
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _times(*names: str, nullable: bool = False) -> list[Column[float]]:
    return [Column(name, Double, nullable=nullable) for name in names]


def _texts(length: int, *names: str) -> list[Column[str]]:
    return [Column(name, String(length), nullable=False, server_default="") for name in names]


def _parent(name: str, refers_to: str, kind: type[Integer] | String = Integer) -> Column[Any]:
    """A column of the row that this one is deleted with."""
    return Column(name, kind, ForeignKey(refers_to, ondelete="CASCADE"), nullable=False, index=True)


# One row: `version` counts the changes that affect open sessions. Raising it is also the lock that makes such changes run one
# after another (see state.py).
STATE = Table(
    "state",
    METADATA,
    Column("id", Integer, sa.CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    # Until then the list of connections is being viewed: every process writes traffic counters of its sessions (see presence.py).
    Column("wanted_until", Double, nullable=False, server_default="0"),
    # The random id that the database shares with its instance folder; NULL until a server first starts on it (see installation.py).
    Column("installation", String(32)),
)

# `value` is JSON; NULL means that the default was chosen: the row stays, so that the environment's value does not apply again.
SETTINGS = Table(
    "settings",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("value", Text),
    *_times("changed_at"),
    Column("changed_by", String(64), nullable=False),
)

# `permissions` is a JSON list; NULL for the built-in roles, whose permissions are in permissions.py. `says` is the description.
ROLES = Table(
    "roles",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    *_texts(200, "says"),
    Column("permissions", Text),
    *_times("created_at"),
)

# `name_key` is the folded name, so that two names that differ only in case or form cannot both exist. `session_epoch` is raised
# to end every panel session of a user.
USERS = Table(
    "users",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("name_key", String(200), nullable=False, unique=True),
    Column("role_id", Integer, ForeignKey("roles.id"), nullable=False, index=True),
    Column("password_hash", String(200)),
    Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    Column("session_epoch", Integer, nullable=False, server_default="0"),
    *_times("created_at"),
    *_times("password_changed_at", "last_login_at", nullable=True),
    Column("last_login_from", String(64)),
    sqlite_autoincrement=True,  # ids are never reused: open sessions refer to their user by id
)

# `digest` is the keyed hash of the whole key, `hint` its first characters. `scopes` and `networks` are JSON lists, NULL is no
# limit. `rotated_to` is the key that replaced a rotated one, `maker_key_id` the key that made it, with which it ends.
API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", Integer, primary_key=True),
    _parent("user_id", "users.id"),
    Column("kind", String(8), nullable=False),
    Column("name", String(64), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("hint", String(24), nullable=False),
    Column("scopes", Text),
    Column("networks", Text),
    *_times("created_at"),
    *_times("expires_at", "revoked_at", nullable=True),
    Column("rotated_to", Integer, ForeignKey("api_keys.id", ondelete="SET NULL")),
    *_times("last_used_at", nullable=True),
    Column("last_used_from", String(64)),
    Column("maker_key_id", Integer),
    sa.CheckConstraint("kind IN ('live', 'test')", name="kind"),
    sqlite_autoincrement=True,
)

# How often a key was used on each UTC day (days since 1970).
KEY_USES = Table(
    "key_uses",
    METADATA,
    Column("key_id", Integer, ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("uses", Integer, nullable=False),
)

# A family is one sign-in and every token that was issued for it; it ends as a whole.
FAMILIES = Table(
    "families",
    METADATA,
    Column("id", String(32), primary_key=True),
    _parent("user_id", "users.id"),
    *_times("created_at", "expires_at"),
    *_times("revoked_at", nullable=True),
    Column("revoked_why", String(32)),
    Column("address", String(64)),
    Index("ix_families_expires_at", "expires_at"),
)

REFRESH_TOKENS = Table(
    "refresh_tokens",
    METADATA,
    Column("digest", String(64), primary_key=True),
    _parent("family_id", "families.id", String(32)),
    *_times("created_at", "expires_at"),
    *_times("used_at", nullable=True),
)

# A session of the operators' panel. It belongs to a family, so that whatever ends a family ends the session with it; `digest`
# is of the secret in the cookie, `agent` of the kind of browser. `proved_at` and `proved_from`: when and from where the
# password was last given.
PANEL_SESSIONS = Table(
    "panel_sessions",
    METADATA,
    Column("digest", String(64), primary_key=True),
    _parent("family_id", "families.id", String(32)),
    *_times("created_at", "seen_at", "proved_at"),
    Column("proved_from", String(64), nullable=False),
    Column("kept", sa.Boolean, nullable=False, server_default=sa.false()),
    *_texts(64, "agent", "browser"),
)

# Links that work once: the first administrator, invitations, password resets. `subject` is the user's id, or empty. `maker_key_id` is the
# API key that made it; `maker_permissions` is a JSON list of what its maker held then, NULL for a user's link of before revision 0006.
LINKS = Table(
    "links",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    *_texts(64, "subject", "created_by"),
    *_times("created_at", "expires_at"),
    *_times("used_at", nullable=True),
    Column("maker_key_id", Integer),
    Column("maker_permissions", Text),
)

# Counted attempts: `bucket` names what they are counted for, `since` is the start of its window.
ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("bucket", String(128), primary_key=True),
    *_times("since"),
    Column("count", Integer, nullable=False),
    Index("ix_attempts_since", "since"),
)

# `before` and `after` are JSON. No foreign keys: the log outlives the rows it describes.
AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    *_times("at"),
    Column("actor_kind", String(16), nullable=False),
    Column("actor", String(64), nullable=False),
    *_texts(64, "address"),
    Column("action", String(32), nullable=False),
    *_texts(128, "object"),
    Column("before", Text),
    Column("after", Text),
    Index("ix_audit_at", "at"),
    Index("ix_audit_action", "action"),
    Index("ix_audit_actor", "actor"),
    # Ids are never reused, also after old rows were pruned: they are the cursors of the log's pages.
    sqlite_autoincrement=True,
)

# The sessions of every process, written when they begin, change or end. `topics` are separated by blanks; `updated` is when the
# process last renewed its rows.
PRESENCE = Table(
    "presence",
    METADATA,
    Column("process", String(32), primary_key=True),
    Column("sid", String(64), primary_key=True),
    Column("namespace", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("user_id", Integer),
    Column("key_id", Integer),
    *_texts(64, "name", "key_name", "role", "address"),
    *_texts(200, "agent"),
    Column("token_state", String(32), nullable=False),
    Column("sky", String(16), nullable=False, server_default="live"),
    Column("topics", Text, nullable=False, server_default=""),
    *_times("since"),
    Column("messages", Integer, nullable=False),
    Column("bytes", sa.BigInteger, nullable=False),
    Column("lag_ms", Integer, nullable=False),
    *_texts(32, "transport"),
    *_times("updated"),
    Index("ix_presence_updated", "updated"),
)

# Disconnects that operators ordered: `what` is session, key, user or anonymous, `target` its id. Every process reads new rows.
EVICTIONS = Table(
    "evictions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("what", String(16), nullable=False),
    *_texts(64, "target"),
    *_times("at"),
    sqlite_autoincrement=True,  # each process remembers the last id it read: ids are never reused
)

# Incidents that were requested of the sandbox's simulated traffic: `name` and `detail` are a row of simulate/incidents.py. Every process
# reads new rows, and shows the same aircraft from `begins` on.
SANDBOX_EVENTS = Table(
    "sandbox_events",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(32), nullable=False),
    *_texts(16, "detail"),
    *_times("begins", "ends"),
    sqlite_autoincrement=True,  # each process remembers the last id it read: ids are never reused
)

# Receivers that an operator added at run time, in addition to those of the environment. `url` may hold a password.
FEEDS = Table(
    "feeds",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("url", String(1000), nullable=False, unique=True),
    Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    *_texts(64, "added_by"),
    *_times("added_at"),
    Column("label", String(64), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)

# One row per deleted user, never removed: stores without foreign keys to this one (history/) delete the user's rows.
DELETED_OWNERS = Table(
    "deleted_owners",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, nullable=False),
    *_times("deleted_at"),
    sqlite_autoincrement=True,  # readers remember the last id they applied
)

# Alert rules of users, each of one sky. `document` is the rule as JSON (alerts/rule.py); name, paused and expires_at are out of it.
# `scopes` is a JSON list: what the API key that saved the rule was narrowed to, NULL for no limit.
ALERT_RULES = Table(
    "alert_rules",
    METADATA,
    Column("id", Integer, primary_key=True),
    _parent("owner_id", "users.id"),
    Column("sky", String(16), nullable=False),
    Column("name", String(100), nullable=False),
    Column("document", Text, nullable=False),
    Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    *_times("expires_at", nullable=True),
    Column("scopes", Text),
    *_times("created_at", "updated_at"),
    Column("version", Integer, nullable=False),
    sqlite_autoincrement=True,  # the history refers to rules by id: ids are never reused
)

WATCHLISTS = Table(
    "watchlists",
    METADATA,
    Column("id", Integer, primary_key=True),
    _parent("owner_id", "users.id"),
    Column("sky", String(16), nullable=False),
    Column("name", String(100), nullable=False),
    *_times("created_at", "updated_at"),
    sqlite_autoincrement=True,  # rules refer to watchlists by id
)

WATCHLIST_ENTRIES = Table(
    "watchlist_entries",
    METADATA,
    Column("id", Integer, primary_key=True),
    _parent("watchlist_id", "watchlists.id"),
    Column("kind", String(16), nullable=False),
    Column("value", String(64), nullable=False),
    Column("exclude", sa.Boolean, nullable=False, server_default=sa.false()),
    *_texts(200, "note"),
    Index("uq_watchlist_entries_value", "watchlist_id", "kind", "value", "exclude", unique=True),
    sqlite_autoincrement=True,  # ids are the cursors of pages
)

# Where alerts go. `settings` is JSON without anything secret; `secrets` is encrypted (notify/vault.py). `maker_key_id` is the API key
# that saved it last, with which it ends.
ALERT_DESTINATIONS = Table(
    "alert_destinations",
    METADATA,
    Column("id", Integer, primary_key=True),
    _parent("owner_id", "users.id"),
    Column("sky", String(16), nullable=False),
    Column("name", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("settings", Text, nullable=False),
    Column("secrets", sa.LargeBinary),
    *_times("disabled_at", nullable=True),
    *_texts(200, "disabled_reason"),
    *_times("created_at", "updated_at"),
    Column("version", Integer, nullable=False),
    Column("maker_key_id", Integer),
    sa.CheckConstraint("kind IN ('webhook', 'mqtt', 'apprise', 'browser')", name="kind"),
    sqlite_autoincrement=True,  # the history refers to destinations by id
)
