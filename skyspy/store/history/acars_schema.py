"""The tables of datalink messages; schema.py has those of the rest."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, String, Table, Text, UniqueConstraint

from skyspy.store.history.metadata import METADATA

# One datalink message (see datalink/message.py). `number` is `time` in microseconds, made unique: the order of lists. `hex` is the aircraft
# that it belongs to, or the one that it names; `sent_hex` the one that it names; `matched`: it belongs to an aircraft that was in the sky.
# `position`, `blocks`, `stations` and `libacars` are JSON; `station_names` the names of the stations in small letters, a line each. `change` as in
# SAFETY_EVENT. What is searched for words is beside it (see words.py).
ACARS_MESSAGE = Table(
    "acars_message",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("id", String(64), nullable=False),
    Column("time", Double, nullable=False),
    Column("link", String(8), nullable=False),
    Column("label", String(8)),
    Column("label_name", String(64)),
    Column("sublabel", String(8)),
    Column("mode", String(8)),
    Column("hex", String(7)),
    Column("sent_hex", String(7)),
    Column("matched", Boolean, nullable=False),
    Column("tail", String(16)),
    Column("flight", String(16)),
    Column("callsign", String(16)),
    Column("ground", String(32)),
    Column("downlink", Boolean),
    Column("msgno", String(16)),
    Column("blocks", Text, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column("on_ground", Boolean),
    Column("origin", String(8), nullable=False),
    Column("destination", String(8), nullable=False),
    Column("out", String(8), nullable=False),
    Column("off", String(8), nullable=False),
    Column("on", String(8), nullable=False),
    Column("in_", String(8), nullable=False),
    Column("eta", String(8), nullable=False),
    Column("lat", Double),
    Column("lon", Double),
    Column("position", Text),
    Column("libacars", Text),
    Column("app", String(32)),
    Column("errors", Integer),
    Column("stations", Text, nullable=False),
    Column("station_names", Text, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    UniqueConstraint("id"),
    Index("ix_acars_message_hex", "hex", "number"),
    Index("ix_acars_message_tail", "tail", "number"),
    Index("ix_acars_message_flight", "flight", "number"),
    Index("ix_acars_message_label", "label", "number"),
    Index("ix_acars_message_change", "change"),
)

# What one station received on one data link on one day (days since 1970-01-01, UTC). `station` is the name that its decoder sends, `receiver` the
# name under which the receiver that read it is stored; "" where there is none. `frames` had no text and are no messages. `level`: the best one,
# in dB; `first` and `last` in wall seconds.
ACARS_STATION_DAY = Table(
    "acars_station_day",
    METADATA,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("link", String(8), primary_key=True),
    Column("station", String(64), primary_key=True),
    Column("receiver", String(96), primary_key=True),
    Column("messages", BigInteger, nullable=False),
    Column("frames", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("level", Double),
    Column("first", Double, nullable=False),
    Column("last", Double, nullable=False),
    Column("demo", Boolean, nullable=False),
)

# How many messages of one label came over one data link on one day, each once however many stations heard it. `label` is "" for messages
# without one.
ACARS_LABEL_DAY = Table(
    "acars_label_day",
    METADATA,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("link", String(8), primary_key=True),
    Column("label", String(8), primary_key=True),
    Column("demo", Boolean, primary_key=True),
    Column("messages", BigInteger, nullable=False),
    Column("downlinks", BigInteger, nullable=False),
    Column("with_position", BigInteger, nullable=False),
    Column("incomplete", BigInteger, nullable=False),
    Column("matched", BigInteger, nullable=False),
)
