"""The tables of the history store, the same on SQLite and Postgres.

Invariants: these are the tables that the newest revision in migrations/ makes. No foreign keys to the main store, ids only: a
table whose rows belong to a user has a column `owner_id`, and erasure.py deletes them with the user. Times are wall seconds.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Double, Integer, MetaData, String, Table

from skyspy.store.schema import METADATA as MAIN_METADATA

METADATA = MetaData(naming_convention=MAIN_METADATA.naming_convention)

# One row: the last row of the main store's deleted_owners that needs no further application (see erasure.py).
APPLIED_DELETION = Table(
    "applied_deletion",
    METADATA,
    Column("single", Integer, CheckConstraint("single = 1", name="single"), primary_key=True, autoincrement=False),
    Column("id", Integer, nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("deleted_at", Double, nullable=False),
)

# Statistics of one sky in one minute (see statistics.py). `minute` counts minutes since 1970-01-01T00:00Z.
STATISTICS_MINUTE = Table(
    "statistics_minute",
    METADATA,
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("sky", String(16), primary_key=True),
    Column("samples", Integer, nullable=False),
    Column("aircraft_max", Integer, nullable=False),
    Column("aircraft_avg", Double, nullable=False),
    Column("with_position_max", Integer, nullable=False),
    Column("military_max", Integer, nullable=False),
    Column("emergency_max", Integer, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("max_distance_nm", Double),
    Column("demo", Boolean, nullable=False),
)
