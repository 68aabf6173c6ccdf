"""The tables of the history store, the same on SQLite and Postgres.

Invariants: these are the tables that the newest revision in migrations/ makes. No foreign keys to the main store, ids only: a
table whose rows belong to a user has a column `owner_id`, and erasure.py deletes them with the user. Times are wall seconds,
except where a name or a comment gives another unit. `fence` is the number of the lease under which a row was written (lease.py).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from skyspy.store.history import acars_schema, metadata

METADATA = metadata.METADATA

# Datalink messages, and what is counted of them.
ACARS_MESSAGE = acars_schema.ACARS_MESSAGE
ACARS_STATION_DAY = acars_schema.ACARS_STATION_DAY
ACARS_LABEL_DAY = acars_schema.ACARS_LABEL_DAY

# One row: the last row of the main store's deleted_owners that needs no further application (see erasure.py).
APPLIED_DELETION = Table(
    "applied_deletion",
    METADATA,
    Column("single", Integer, CheckConstraint("single = 1", name="single"), primary_key=True, autoincrement=False),
    Column("id", Integer, nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("deleted_at", Double, nullable=False),
)

# One row for each kind of work that one process does for all: who does it. `fence` grows by one with each new holder, `beat` with
# each renewal. Nobody compares the clocks of two machines: a lease has ended when its beat has not changed for a while.
LEASE = Table(
    "lease",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("holder", String(128)),
    Column("fence", BigInteger, nullable=False),
    Column("beat", BigInteger, nullable=False),
)


def _sky_numbers() -> list[Column[Any]]:
    return [
        Column("samples", Integer, nullable=False),
        Column("aircraft_max", Integer, nullable=False),
        Column("aircraft_avg", Double, nullable=False),
        Column("with_position_max", Integer, nullable=False),
        Column("military_max", Integer, nullable=False),
        Column("emergency_max", Integer, nullable=False),
        Column("messages", BigInteger, nullable=False),
        Column("max_distance_nm", Double),
        Column("demo", Boolean, nullable=False),
    ]


def _sky_table(unit: str, *more: Column[Any]) -> Table:
    key = Column(unit, BigInteger, primary_key=True, autoincrement=False)
    return Table(f"statistics_{unit}", METADATA, key, Column("sky", String(16), primary_key=True), *_sky_numbers(), *more)


def _receiver_table(unit: str) -> Table:
    return Table(
        f"receiver_{unit}",
        METADATA,
        Column(unit, BigInteger, primary_key=True, autoincrement=False),
        Column("sky", String(16), primary_key=True),
        Column("receiver", String(96), primary_key=True),
        Column("samples", Integer, nullable=False),
        Column("messages", BigInteger, nullable=False),
        Column("aircraft_max", Integer, nullable=False),
        Column("aircraft_avg", Double, nullable=False),
        Column("positions", Integer, nullable=False),
        Column("max_distance_nm", Double),
        Column("rssi_count", Integer, nullable=False),
        Column("rssi_mean", Double),
        Column("demo", Boolean, nullable=False),
    )


# Statistics of one sky in one minute, hour or day of UTC (see statistics.py and periods.py). `minute`, `hour` and `day` count them
# since 1970-01-01T00:00Z. Hours are made from minutes and days from hours; `aircraft` is the number of different ones by their
# visits, without demo traffic; None: not counted.
STATISTICS_MINUTE = _sky_table("minute")
STATISTICS_HOUR = _sky_table("hour", Column("aircraft", Integer))
STATISTICS_DAY = _sky_table("day", Column("aircraft", Integer))

# The same of one receiver, under the name that receivers/manager.py gives it. `positions` counts one position a second of each
# aircraft at most; `rssi_mean` is the mean in dBFS of the `rssi_count` positions whose signal strength is known.
RECEIVER_MINUTE = _receiver_table("minute")
RECEIVER_HOUR = _receiver_table("hour")
RECEIVER_DAY = _receiver_table("day")

# Range outline, coverage and signal strength of one receiver, measured from this place. `unit` is hour or all; `at` counts hours
# as above. The row of all time has `at` 0 and holds every hour before `upto`. `data` is what rollups/picture.py
# packs; its first byte is the version of its format.
RECEIVER_RANGE = Table(
    "receiver_range",
    METADATA,
    Column("unit", String(8), primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("sky", String(16), primary_key=True),
    Column("receiver", String(96), primary_key=True),
    Column("place_lat", Double, nullable=False),
    Column("place_lon", Double, nullable=False),
    Column("upto", BigInteger),
    Column("positions", BigInteger, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

# The records of one sky: the greatest confirmed value of each kind and when it was reached (wall seconds).
STATISTICS_RECORD = Table(
    "statistics_record",
    METADATA,
    Column("sky", String(16), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("value", Double, nullable=False),
    Column("at", Double, nullable=False),
    Column("hex", String(7)),
    Column("flight", String(8)),
)

SEVERAL_CALLSIGNS = "callsigns LIKE '%,%'"
"""The visits with more than one callsign. A query must hold this condition as it is for the database to use their index."""

# One visit of one aircraft. Its name outside is hex and `start`, which is the whole second in which it began and never changes.
# `callsigns`, `squawks`, `receivers` and `sources` are JSON lists of texts, in the order in which they were first heard.
# Distances are from the receiver's exact place. Altitudes are barometric feet; reports of "ground" count in none.
VISIT = Table(
    "visit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("hex", String(7), nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("first", Double, nullable=False),
    Column("last", Double, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("flight", String(8)),
    Column("callsigns", Text, nullable=False),
    Column("squawks", Text, nullable=False),
    Column("receivers", Text, nullable=False),
    Column("sources", Text, nullable=False),
    Column("r", String(16)),
    Column("t", String(8)),
    Column("own_op", String(64)),
    Column("country", String(64)),
    Column("category", String(2)),
    Column("military", Boolean, nullable=False),
    Column("emergency", String(12)),
    Column("demo", Boolean, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("positions", Integer, nullable=False),
    Column("closest_nm", Double),
    Column("closest_at", Double),
    Column("farthest_nm", Double),
    Column("farthest_at", Double),
    Column("alt_min", Integer),
    Column("alt_max", Integer),
    Column("gs_max", Double),
    Column("on_ground", Boolean, nullable=False),
    Column("first_lat", Double),
    Column("first_lon", Double),
    Column("last_lat", Double),
    Column("last_lon", Double),
    Column("fence", BigInteger, nullable=False),
    UniqueConstraint("hex", "start"),
    Index("ix_visit_last", "last"),
    Index("ix_visit_first", "first"),
    Index("ix_visit_hex_last", "hex", "last"),
    Index("ix_visit_flight", "flight"),
    Index("ix_visit_more_callsigns", "callsigns", sqlite_where=text(SEVERAL_CALLSIGNS), postgresql_where=text(SEVERAL_CALLSIGNS)),
)

# Each aircraft ever heard, without demo traffic: kept when its visits are deleted, so that "first ever" stays true.
AIRCRAFT_SEEN = Table(
    "aircraft_seen",
    METADATA,
    Column("hex", String(7), primary_key=True),
    Column("first", Double, nullable=False),
    Column("last", Double, nullable=False),
    Column("visits", Integer, nullable=False),
)

# The track of one visit in one slot of ten minutes: `slot` counts them since 1970-01-01T00:00Z. A track that crosses the
# antimeridian, or that is too long for one row, has several `part`s. `t0` and `t1` are milliseconds, the box is in 1e-5 degrees.
# `data` is what tracks/segment.py packs; its first byte is the version of its format.
SEGMENT = Table(
    "segment",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("visit_id", Integer, nullable=False),
    Column("slot", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    Column("t0", BigInteger, nullable=False),
    Column("t1", BigInteger, nullable=False),
    Column("south", Integer, nullable=False),
    Column("north", Integer, nullable=False),
    Column("west", Integer, nullable=False),
    Column("east", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("fence", BigInteger, nullable=False),
    UniqueConstraint("visit_id", "slot", "part"),
    Index("ix_segment_slot", "slot"),
)

# All tracks of one slot in the form in which clients read them: made once, after the slot has ended, and never changed.
CHUNK = Table(
    "chunk",
    METADATA,
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("tracks", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("made", Double, nullable=False),
    Column("fence", BigInteger, nullable=False),
)

# One safety event (see safety/events.py). `details` is a JSON object. `change` counts the changes of all rows, in the order in which
# they were committed; it is at least the wall time in milliseconds, so that no number returns when rows are deleted.
SAFETY_EVENT = Table(
    "safety_event",
    METADATA,
    Column("id", String(96), primary_key=True),
    Column("event_type", String(32), nullable=False),
    Column("key", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("hex", String(7)),
    Column("hex_2", String(7)),
    Column("callsign", String(8)),
    Column("callsign_2", String(8)),
    Column("lat", Double),
    Column("lon", Double),
    Column("message", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("started", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Column("resolved", Double),
    Column("acknowledged_by", Text),
    Column("acknowledged_at", Double),
    Column("demo", Boolean, nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Index("ix_safety_event_started", "started", "id"),
    Index("ix_safety_event_hex", "hex", "started"),
    Index("ix_safety_event_hex_2", "hex_2", "started"),
    Index("ix_safety_event_change", "change"),
    Index("ix_safety_event_open", "started", sqlite_where=text("resolved IS NULL"), postgresql_where=text("resolved IS NULL")),
)

# The size of this database on each day (days since 1970-01-01, UTC), as last measured on that day.
HISTORY_SIZE = Table(
    "history_size",
    METADATA,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("bytes", BigInteger, nullable=False),
)

# One alert of one user's rule. `matched` is a JSON list of what matched, `aircraft` a JSON object with what was known of the aircraft
# (null where the alert is not about one). `notify`: open pages show a notification. `matched_until`: the match went on at least until
# then, noted once a minute; `ended_at`: when it ended, None while it goes on. `suppressed`: alerts that this one sums up because there
# were too many. `change` as in SAFETY_EVENT.
ALERT = Table(
    "alert",
    METADATA,
    Column("id", String(48), primary_key=True),
    Column("owner_id", Integer, nullable=False),
    Column("rule_id", Integer, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("rule_name", String(100), nullable=False),
    Column("hex", String(7)),
    Column("callsign", String(8)),
    Column("message", Text, nullable=False),
    Column("matched", Text, nullable=False),
    Column("aircraft", Text, nullable=False),
    Column("notify", Boolean, nullable=False),
    Column("triggered_at", Double, nullable=False),
    Column("held_until", Double),
    Column("matched_until", Double, nullable=False),
    Column("ended_at", Double),
    Column("suppressed", Integer, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    UniqueConstraint("rule_id", "hex", "triggered_at"),
    Index("ix_alert_owner", "owner_id", "triggered_at", "id"),
    Index("ix_alert_triggered", "triggered_at"),
    Index("ix_alert_ended", "ended_at"),
    Index("ix_alert_change", "change"),
)

PENDING_ROWS = "state = 'pending'"
"""The deliveries that wait to be sent. A query must hold this condition as it is for the database to use their index."""

# What is to be sent, or was, to one destination of a user (see outbox.py): the outbox. `id` is sent with each attempt, so that a receiver
# knows one it has got. `data` is a JSON object. `number` is the order in which those of one destination are sent. `next_try`: when it is
# tried next; of a held one, until when it is held. `summary_id`: the delivery that sums this one up. `alert_id` is None for a summary.
ALERT_DELIVERY = Table(
    "alert_delivery",
    METADATA,
    Column("id", String(48), primary_key=True),
    Column("alert_id", String(48)),
    Column("owner_id", Integer, nullable=False),
    Column("destination_id", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("next_try", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("sent_at", Double),
    Column("dead_at", Double),
    Column("last_error", String(300)),
    Column("last_status", Integer),
    Column("summary_id", String(48)),
    Column("fence", BigInteger, nullable=False),
    Index("ix_alert_delivery_state", "state", "next_try"),
    Index("ix_alert_delivery_destination", "destination_id", "created_at"),
    Index("ix_alert_delivery_owner", "owner_id", "created_at", "id"),
    Index("ix_alert_delivery_alert", "alert_id"),
    Index("ix_alert_delivery_created", "created_at"),
    Index("ix_alert_delivery_number", "number"),
    Index(
        "ix_alert_delivery_pending",
        "destination_id",
        "number",
        sqlite_where=text(PENDING_ROWS),
        postgresql_where=text(PENDING_ROWS),
    ),
)
