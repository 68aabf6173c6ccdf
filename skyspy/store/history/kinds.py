"""What retention deletes: one row for each table, and the limits, from the settings.

To keep a new table within limits, add its row to KINDS (a test fails while it is missing) and its setting to store/registry.py.

Invariants: no I/O here. A row of time `n` covers the wall seconds from `n * unit_s` up to `(n + 1) * unit_s`; it is deleted only
when all of that lies before the limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from types import MappingProxyType

from sqlalchemy import Column, ColumnElement, Table, true

from skyspy.store.history import schema
from skyspy.store.registry import Settings

DAY_S = 86400.0
SLOT_S = 600.0
MB = 1_000_000
DEMO_DAYS = 1.0
"""Simulated traffic is kept for a day."""
LAST_DAY_S = DAY_S
"""Rows of the last day are never deleted because of a size."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One table. `time` is an indexed column that counts units of `unit_s` seconds; `days` are the settings that limit its age,
    of which the shortest applies; `group` is what the limits by size and the command line name; one transaction deletes at most
    `slice_rows` rows. `longer_s`: kept so many seconds longer, until rows that belong to it are gone. `only`: the rows of the
    table that age. `rolled_up`: kept until the statistics by hour are made from it."""

    name: str
    group: str
    table: Table
    time: str
    unit_s: float
    days: tuple[str, ...]
    slice_rows: int = 500
    longer_s: float = 0.0
    only: ColumnElement[bool] | None = None
    rolled_up: bool = False

    @property
    def column(self) -> Column[float]:
        return self.table.c[self.time]

    @property
    def rows(self) -> ColumnElement[bool]:
        """The condition for the rows that age."""
        return true() if self.only is None else self.only

    @property
    def has_demo(self) -> bool:
        return "demo" in self.table.c

    def end(self, before: float) -> float:
        """The time in units before which all rows are older than the wall time `before`."""
        units = (before - self.longer_s) / self.unit_s
        return units if self.unit_s == 1.0 else floor(units)


_MESSAGES = ("ACARS_RETENTION_DAYS",)
_TRACKS = ("TRACK_RETENTION_DAYS", "SIGHTING_RETENTION_DAYS")
_MINUTES, _HOURS, _DAYS = (("MINUTE_RETENTION_DAYS",), ("HOUR_RETENTION_DAYS",), ("DAY_RETENTION_DAYS",))

KINDS: tuple[Kind, ...] = (
    # A chunk is some 20 to 100 kB.
    Kind("chunks", "tracks", schema.CHUNK, "slot", SLOT_S, _TRACKS, slice_rows=10),
    Kind("segments", "tracks", schema.SEGMENT, "slot", SLOT_S, _TRACKS),
    Kind("minutes", "minutes", schema.STATISTICS_MINUTE, "minute", 60.0, _MINUTES, rolled_up=True),
    Kind("receiver_minutes", "minutes", schema.RECEIVER_MINUTE, "minute", 60.0, _MINUTES, rolled_up=True),
    # Some kB each, and only the last ones are shown; what is of all time has rows of its own.
    Kind("ranges", "minutes", schema.RECEIVER_RANGE, "at", 3600.0, _MINUTES, only=schema.RECEIVER_RANGE.c.unit == "hour"),
    # The last segment of a visit belongs to a slot that may end up to ten minutes after the visit.
    Kind("visits", "sightings", schema.VISIT, "last", 1.0, ("SIGHTING_RETENTION_DAYS",), longer_s=SLOT_S),
    Kind("safety_events", "safety", schema.SAFETY_EVENT, "started", 1.0, ("SAFETY_RETENTION_DAYS",)),
    Kind("alerts", "alerts", schema.ALERT, "triggered_at", 1.0, ("ALERT_RETENTION_DAYS",)),
    # What waits to be sent is kept until it was sent, or could not be.
    Kind(
        "alert_deliveries",
        "alerts",
        schema.ALERT_DELIVERY,
        "created_at",
        1.0,
        ("DELIVERY_RETENTION_DAYS",),
        only=schema.ALERT_DELIVERY.c.state.not_in(("pending", "held")),
    ),
    Kind("acars_messages", "acars", schema.ACARS_MESSAGE, "number", 1e-6, _MESSAGES),
    Kind("acars_stations", "acars", schema.ACARS_STATION_DAY, "day", DAY_S, _MESSAGES),
    Kind("acars_labels", "acars", schema.ACARS_LABEL_DAY, "day", DAY_S, _MESSAGES),
    Kind("hours", "hours", schema.STATISTICS_HOUR, "hour", 3600.0, _HOURS),
    Kind("receiver_hours", "hours", schema.RECEIVER_HOUR, "hour", 3600.0, _HOURS),
    Kind("days", "days", schema.STATISTICS_DAY, "day", DAY_S, _DAYS),
    Kind("receiver_days", "days", schema.RECEIVER_DAY, "day", DAY_S, _DAYS),
    Kind("sizes", "days", schema.HISTORY_SIZE, "day", DAY_S, _DAYS),
)
"""In the order in which they are deleted: tracks before the visits to which they belong."""

GROUPS: tuple[str, ...] = tuple(dict.fromkeys(kind.group for kind in KINDS))

KEPT: frozenset[str] = frozenset({"applied_deletion", "lease", "aircraft_seen", "statistics_record"})
"""Tables whose rows have no age."""

BUDGETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "TRACK_MAX_MB": ("tracks",),
        "STATISTICS_MAX_MB": ("minutes", "hours"),
        "SIGHTING_MAX_MB": ("sightings",),
        "SAFETY_MAX_MB": ("safety",),
        "ALERT_MAX_MB": ("alerts",),
        "ACARS_MAX_MB": ("acars",),
        "HISTORY_MAX_MB": ("tracks", "acars", "minutes", "sightings", "hours", "safety", "alerts"),
    }
)
"""The settings that limit sizes, and what is deleted, in that order. HISTORY_MAX_MB limits the whole database, the others their
groups."""

WHOLE = "HISTORY_MAX_MB"


def kinds_of(group: str) -> tuple[Kind, ...]:
    """The kinds that are deleted up to one time: those of the group, and the tracks of sightings first."""
    return tuple(kind for kind in KINDS if kind.group == group or (group == "sightings" and kind.group == "tracks"))


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    """Days by the name of their setting, and bytes by the name of theirs (none: no limit)."""

    days: Mapping[str, float]
    bytes: Mapping[str, int]

    @classmethod
    def of(cls, settings: Settings) -> HistoryLimits:
        """The limits that the settings give."""
        days = {name: float(getattr(settings, name)) for kind in KINDS for name in kind.days}
        sizes = {name: getattr(settings, name) * MB for name in BUDGETS if getattr(settings, name)}
        return cls(days, sizes)

    @classmethod
    def same(cls, days: float) -> HistoryLimits:
        """The same days for all kinds, and no limits by size."""
        return cls({name: days for kind in KINDS for name in kind.days}, {})

    def days_of(self, kind: Kind) -> float:
        """For how many days rows of the kind are kept."""
        return min(self.days[name] for name in kind.days)
