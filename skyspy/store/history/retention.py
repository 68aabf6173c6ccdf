"""Deleting old rows: by age, by size, and simulated traffic after a day.

Invariants: one slice is one transaction of at most `Kind.slice_rows` rows, and a pause follows in which other writes run. Every
slice begins with the oldest rows, so whatever interrupts this, the next run continues. What is younger than its limit in days, or
of the last day for a limit in bytes, is never deleted. Deleting needs no lease: two processes that do it delete the same rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import floor, inf
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, delete, func, select, tuple_

from skyspy.clock import Clock
from skyspy.store import sqlite_space
from skyspy.store.errors import StoreBusy
from skyspy.store.history.kinds import BUDGETS, DAY_S, DEMO_DAYS, KINDS, LAST_DAY_S, WHOLE, HistoryLimits, Kind, kinds_of
from skyspy.store.history.schema import RECEIVER_RANGE, SEGMENT, STATISTICS_HOUR, VISIT
from skyspy.store.history.sizes import Sizes, span, used_bytes

PAUSE_S = 0.05
MAX_STEPS = 100
"""A deletion by size goes on in steps of one hundredth of the time that there is, or an hour."""
HOUR_S = MIN_STEP_S = 3600.0
DEMO_VISITS = 10
"""Simulated visits per slice: each has a segment for every ten minutes."""
VACUUM_BYTES = 1_000_000
FREE_RESERVE = 8_000_000
"""Free bytes that stay in an SQLite file for the rows to come."""
BUSY_TRIES = 60
BUSY_PAUSE_S = 1.0


class Database(Protocol):
    """What deleting needs of a HistoryStore."""

    def read(self, fn: Callable[..., Any], /, *args: Any) -> Any: ...
    def maintain(self, fn: Callable[..., Any], /, *args: Any) -> Any: ...


class Interrupted(Exception):
    """The process may not go on deleting: it lost the lease, or is stopping."""


@dataclass(slots=True)
class Deleted:
    """What was deleted: rows by the name of their kind, and bytes."""

    rows: Counter[str] = field(default_factory=Counter)
    bytes: float = 0.0


def delete_slice(connection: Connection, kind: Kind, end: float, only: ColumnElement[bool] | None = None) -> tuple[int, int]:
    """Delete the oldest rows before time `end` (in the kind's units), at most `slice_rows`; returns rows, and the bytes that this
    freed (0 on Postgres, where that is not known)."""
    key = list(kind.table.primary_key.columns)
    oldest = select(*key).where(kind.rows, kind.column < end).order_by(kind.column).limit(kind.slice_rows)
    if only is not None:
        oldest = oldest.where(only)
    before = used_bytes(connection)
    rows = connection.execute(delete(kind.table).where((key[0] if len(key) == 1 else tuple_(*key)).in_(oldest))).rowcount
    after = used_bytes(connection)
    return rows, 0 if before is None or after is None else before - after


def delete_demo_visits(connection: Connection, since: float, before: float) -> int:
    """Delete some visits of simulated traffic that were last heard in this time, with their tracks; returns their number."""
    chosen = select(VISIT.c.id).where(VISIT.c.last >= since, VISIT.c.last < before, VISIT.c.demo).order_by(VISIT.c.last)
    visits = list(connection.execute(chosen.limit(DEMO_VISITS)).scalars())
    if visits:
        connection.execute(delete(SEGMENT).where(SEGMENT.c.visit_id.in_(visits)))
        connection.execute(delete(VISIT).where(VISIT.c.id.in_(visits)))
    return len(visits)


def delete_demo_ranges(connection: Connection, end: float) -> None:
    """Delete the ranges of all time of simulated receivers that heard nothing since hour `end`."""
    table = RECEIVER_RANGE
    connection.execute(delete(table).where(table.c.unit == "all", table.c.demo, table.c.upto < end))


class Deletion:
    """One run. `go_on` is asked before each slice: False raises Interrupted."""

    def __init__(self, database: Database, clock: Clock, go_on: Callable[[], bool], pause_s: float = PAUSE_S) -> None:
        self._database = database
        self._clock = clock
        self._go_on = go_on
        self._pause_s = pause_s
        self.done = Deleted()

    def delete_expired(self, limits: HistoryLimits, now: float) -> None:
        """Delete what is older than its limit in days. Raises StoreError, Interrupted."""
        for kind in KINDS:
            self.older(kind, now - limits.days_of(kind) * DAY_S)

    def demo(self, since: float, now: float) -> float:
        """Delete simulated traffic that is older than a day, of the time from wall time `since` on; returns the time from which
        the next run must look. Raises as `delete_expired`."""
        before = now - DEMO_DAYS * DAY_S
        for kind in KINDS:
            if kind.table is not VISIT and kind.has_demo:
                only = kind.table.c.demo & (kind.column >= kind.end(since))
                if self._database.read(_exists, kind, kind.end(before), only):
                    self.older(kind, before, only)
        self._slice(delete_demo_ranges, floor(before / HOUR_S))
        visits = VISIT.c.demo & (VISIT.c.last >= since)
        if self._database.read(_exists, _VISITS, before, visits):
            while found := self._slice(delete_demo_visits, since, before):
                self.done.rows["visits"] += found
        # Rows of that time may still wait in a queue.
        return before - DAY_S

    def delete_over_budget(self, limits: HistoryLimits, sizes: Sizes, now: float) -> None:
        """Delete the oldest rows of each budget that is exceeded, down to the last day. Raises as `delete_expired`."""
        before = self.done.bytes
        for name, groups in BUDGETS.items():
            limit = limits.bytes.get(name)
            if limit is None:
                continue
            freed = self.done.bytes - before if name == WHOLE else 0.0
            excess = (sizes.used if name == WHOLE else sizes.of_groups(groups)) - limit - freed
            for group in groups:
                excess -= self._free(group, excess, sizes, now - LAST_DAY_S)

    def older(self, kind: Kind, before: float, only: ColumnElement[bool] | None = None, row_bytes: float = 0.0) -> float:
        """Delete the rows of a kind that are older than wall time `before`; returns the bytes, by `row_bytes` where the database
        does not say. Raises as `delete_expired`."""
        freed = 0.0
        end = deleted_until(self._database, kind, before)
        while True:
            found: tuple[int, int] = self._slice(delete_slice, kind, end, only)
            rows, exact = found
            freed += exact or rows * row_bytes
            self.done.rows[kind.name] += rows
            if rows < kind.slice_rows:
                self.done.bytes += freed
                return freed

    def shrink(self, reserve: int = FREE_RESERVE) -> int:
        """Give free pages of an SQLite file back to the disk, but `reserve` bytes; returns the bytes. Raises as `delete_expired`."""
        given = 0
        while (found := self._database.read(_space)) is not None and found.shrinks and found.free > reserve:
            step = self._slice(sqlite_space.shrink, min(VACUUM_BYTES, found.free - reserve))
            if not step:
                break
            given += step
        return given

    def _free(self, group: str, excess: float, sizes: Sizes, floor: float) -> float:
        """Delete the oldest rows of a group until so many bytes are free, or all before wall time `floor` are deleted."""
        kinds = kinds_of(group)
        widths = {table.name: table.row_bytes for table in sizes.tables}
        freed = 0.0
        before = self._oldest(kinds)
        step = max(MIN_STEP_S, (floor - before) / MAX_STEPS)
        while freed < excess and before < floor:
            before = min(before + step, floor)
            freed += sum(self.older(kind, before, None, widths[kind.table.name]) for kind in kinds)
        return freed

    def _oldest(self, kinds: Iterable[Kind]) -> float:
        spans = [(kind, self._database.read(span, kind)) for kind in kinds]
        starts: list[float] = [times[0] * kind.unit_s for kind, times in spans if times is not None]
        return min(starts, default=float("inf"))

    def _slice(self, fn: Callable[..., Any], *args: object) -> Any:
        """One transaction, tried again while the database is busy, and a pause as long as it took."""
        for tries in range(BUSY_TRIES):
            if not self._go_on():
                raise Interrupted
            began = self._clock.steady()
            try:
                result = self._database.maintain(fn, *args)
            except StoreBusy:
                if tries == BUSY_TRIES - 1:
                    raise
                self._clock.sleep(BUSY_PAUSE_S)
            else:
                self._clock.sleep(max(self._pause_s, self._clock.steady() - began))
                return result
        raise AssertionError


def deleted_until(database: Database, kind: Kind, before: float) -> float:
    """The time in a kind's units before which its rows that are older than wall time `before` can be deleted now."""
    end = kind.end(before)
    return min(end, database.read(_rolled_up_minutes)) if kind.rolled_up else end


_VISITS = next(kind for kind in KINDS if kind.table is VISIT)


def _rolled_up_minutes(connection: Connection) -> float:
    """The minute before which all minutes are in the statistics by hour; -inf: none are. The last two hours may lack some."""
    last = connection.execute(select(func.max(STATISTICS_HOUR.c.hour))).scalar()
    return -inf if last is None else (last - 1) * 60


def _exists(connection: Connection, kind: Kind, end: float, only: ColumnElement[bool]) -> bool:
    found = select(kind.table.primary_key.columns[0]).where(kind.rows, kind.column < end, only).limit(1)
    return connection.execute(found).first() is not None


def _space(connection: Connection) -> sqlite_space.Space | None:
    return sqlite_space.space(connection) if connection.dialect.name == "sqlite" else None
